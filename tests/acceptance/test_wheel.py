"""The wheel is the whole product: code, charts, migrations and the built console."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files in a freshly built wheel."""
    if not (ROOT / "web/dist/index.html").exists():
        pytest.fail("the console is not built: make console")
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [wheel] = target.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize("kind", ["charts", "migrations", "policies"])
def test_the_wheel_carries_every_file_that_ships(names: set[str], kind: str):
    files = {
        f"orderwright/shipped/{file.relative_to(ROOT).as_posix()}"
        for file in (ROOT / kind).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert files <= names


def test_the_wheel_carries_the_built_console_and_the_types(names: set[str]):
    assert "orderwright/shipped/console/index.html" in names
    assert any(name.startswith("orderwright/shipped/console/assets/") for name in names)
    assert "orderwright/py.typed" in names


def test_the_wheel_carries_nothing_else(names: set[str]):
    strange = {n for n in names if not n.startswith(("orderwright/", "orderwright-"))}
    assert strange == set()
    assert not [name for name in names if "node_modules" in name or "__pycache__" in name]
