"""Releases as folders: code, charts and migrations, as they were or as they will be; processes run from them."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[3]
PARTS = ("src", "charts", "migrations")


def today(folder: Path) -> Path:
    """Copy what is here, without the console."""
    ignored = shutil.ignore_patterns("__pycache__")
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    return folder


def before_newest_migration(folder: Path) -> Path | None:
    """Unpack the release that did not know the newest migration yet; None where the history does not tell."""
    newest = max((ROOT / "migrations" / "versions").glob("[0-9]*.py"))
    # By a merge, too.
    came = ("--first-parent", "--diff-merges=first-parent", "--diff-filter=A", "--no-patch")
    added = _git("log", *came, "-1", "--format=%H", "--", str(newest))
    archive = _git(
        "archive",
        "--format=zip",
        f"{added.decode().strip()}^" if added.strip() else "HEAD",
        *PARTS,
    )
    if not archive:
        return None
    with ZipFile(io.BytesIO(archive)) as packed:
        packed.extractall(folder)
    was_there = (folder / newest.relative_to(ROOT)).exists()
    return None if was_there else folder


def keep_published(charts: Path, before: Path) -> None:
    """Give a release the charts of the one before: what is published does not change."""
    shutil.copytree(before, charts, dirs_exist_ok=True)


def environment(release: Path, **more: str) -> Mapping[str, str]:
    """Return the environment in which a release runs with its own code."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ORDERWRIGHT_")}  # noqa: TID251
    paths = (release / "src", ROOT / "tests", ROOT / "tests" / "integration" / "runtime")
    return {**kept, "PYTHONPATH": os.pathsep.join(map(str, paths)), **more}


async def run(release: Path, script: str, *words: str) -> tuple[int, str]:
    """Run a script with the code of a release, and return its status and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script, *words),
        env=environment(release),
        cwd=release,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


def _git(*words: str) -> bytes:
    """Return what git says, or nothing: there may be no git, or no history."""
    if shutil.which("git") is None:
        return b""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""
