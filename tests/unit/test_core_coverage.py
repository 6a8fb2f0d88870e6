"""Every branch of the pure cores is taken by an example, so that chance never decides whether one was tested."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORES = ["condition", "policy", "statechart"]
SETTINGS = """
[run]
branch = true
data_file = {folder}/data

[report]
fail_under = 100
show_missing = true
skip_covered = true
"""


@pytest.mark.early
def test_the_examples_of_the_cores_take_every_branch(tmp_path: Path):
    settings = tmp_path / "coverage.ini"
    settings.write_text(SETTINGS.format(folder=tmp_path), encoding="utf-8")
    options = ["-q", "-p", "no:cacheprovider", "-m", "not hypothesis and not soak"]
    options += ["--ignore-glob=*_properties.py", "-k", "not ten_thousand"]  # chance, and long
    options += [f"--cov=orderwright.{core}" for core in CORES]
    options += [f"--cov-config={settings}", "--cov-report=term"]
    folders = [f"tests/unit/{core}" for core in CORES]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *folders],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
