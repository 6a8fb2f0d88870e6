"""`orderwright db` and `orderwright migrate`, as a person or a script calls them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from orderwright.app import embedded


@pytest.fixture
def home(scratch: Path) -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="ow-cli-", dir=scratch))
    path.chmod(0o711)
    yield path
    embedded.stop(path / "home", force=True)
    shutil.rmtree(path)


def orderwright(home: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    ours = os.environ  # noqa: TID251 (handed on)
    kept = {name: value for name, value in ours.items() if not name.startswith("ORDERWRIGHT_")}
    return subprocess.run(
        [sys.executable, "-m", "orderwright.cli", *words],
        env={**kept, "ORDERWRIGHT_HOME": str(home / "home"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def answered(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_database_is_started_looked_at_migrated_and_stopped(home: Path):
    assert answered(orderwright(home, "db", "status", "--json"))["state"] == "absent"
    started = answered(orderwright(home, "db", "start", "--json"))
    assert (started["state"], started["kept"]) == ("running", True)
    assert answered(orderwright(home, "db", "start", "--json"))["pid"] == started["pid"]

    first = answered(orderwright(home, "migrate", "--json"))
    again = answered(orderwright(home, "migrate", "--json"))
    assert first["before"] is None
    newest = first["after"]
    assert again == {"before": newest, "after": newest, "code": newest}

    said = orderwright(home, "db", "status").stdout
    assert f"pid {started['pid']}" in said
    assert "psql" in said
    assert answered(orderwright(home, "db", "stop", "--json"))["state"] == "stopped"
    assert answered(orderwright(home, "db", "stop", "--json"))["state"] == "stopped"


def test_migrate_alone_starts_the_database_and_leaves_none_running(home: Path):
    assert "from nothing to" in orderwright(home, "migrate").stdout
    assert "nothing to do" in orderwright(home, "migrate").stdout
    assert answered(orderwright(home, "db", "status", "--json"))["state"] == "stopped"


def test_a_refusal_is_one_line_with_its_code_and_status_one(home: Path):
    (home / "home" / "postgres").mkdir(parents=True)
    (home / "home" / "postgres" / "letters.txt").write_text("dear all")
    done = orderwright(home, "db", "start")
    assert done.returncode == 1
    assert done.stderr.startswith("error [database.foreign_directory]: ")
    assert done.stderr.count("\n") == 1
    told = orderwright(home, "db", "start", "--json")
    assert json.loads(told.stdout)["error"]["code"] == "database.foreign_directory"
    shutil.rmtree(home / "home" / "postgres")


def test_an_unknown_setting_is_named_with_the_nearest_one(home: Path):
    done = orderwright(home, "migrate", ORDERWRIGHT_DATABSE_URL="x")
    assert done.returncode == 1
    assert "error [settings.invalid]: ORDERWRIGHT_DATABSE_URL" in done.stderr
    assert "ORDERWRIGHT_DATABASE_URL?" in done.stderr


def test_a_database_of_ones_own_is_not_ours_to_stop(home: Path):
    done = orderwright(home, "db", "stop", ORDERWRIGHT_DATABASE_URL="postgresql://me@db/orders")
    assert done.returncode == 1
    assert "error [database.external]" in done.stderr


def test_an_unreachable_database_is_one_line_too(home: Path):
    done = orderwright(
        home, "migrate", ORDERWRIGHT_DATABASE_URL="postgresql://me@127.0.0.1:1/orders"
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error [database.unreachable]: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words", [(), ("db",), ("fly",), ("migrate", "--fast"), ("db", "start", "now")]
)
def test_wrong_usage_has_status_two(home: Path, words: tuple[str, ...]):
    done = orderwright(home, *words)
    assert done.returncode == 2
    assert "usage: orderwright" in done.stderr


def test_help_lists_the_commands(home: Path):
    done = orderwright(home, "--help")
    assert done.returncode == 0
    assert "start, stop or look at the embedded PostgreSQL" in done.stdout
