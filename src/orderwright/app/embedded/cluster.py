"""The data directory: is it there, is it ours, is it whole; and how it is made.

It is made in a sibling, `postgres.unfinished-*/data`, and moved into place by one rename, so that the place
itself is empty or complete at every moment. The sibling carries a marker from its first moment: what a
killed attempt left is recognised by it and thrown away. Nothing else is ever deleted, and a directory that
is not ours, or not whole, is not written to.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from orderwright.app.embedded.binaries import MAJOR, run
from orderwright.app.embedded.fault import (
    BrokenDirectory,
    ForeignDirectory,
    StartFailed,
    UnwritableDirectory,
)
from orderwright.app.embedded.layout import NAME
from orderwright.app.embedded.postmaster import quit_orphans

if TYPE_CHECKING:
    import subprocess

    from orderwright.app.embedded.account import Account
    from orderwright.app.embedded.layout import Layout

MARKER = "orderwright.json"
"""The file in a data directory that says that we made it."""

_UNFINISHED = "unfinished.json"
_FORMAT = json.dumps({"made_by": NAME, "format": 1}) + "\n"
_PARTS = (
    "PG_VERSION",
    "postgresql.conf",
    "base/1",
    "global/pg_control",
    "global/pg_filenode.map",
    "pg_multixact",
    "pg_tblspc",
    "pg_wal",
    "pg_xact",
)
_SETTINGS = {  # for a laptop; durability (fsync, synchronous_commit, full_page_writes) stays as PostgreSQL has it
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "random_page_cost": "1.1",
    "checkpoint_timeout": "15min",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def is_made(layout: Layout) -> bool:
    """Say whether a whole data directory of ours is there; False if the place is free.

    Raises:
        ForeignDirectory: something is there that we did not make, or another major version's.
        BrokenDirectory: it is ours, but not whole.
        UnwritableDirectory: it cannot be read or written.
    """
    data = layout.data
    if not os.path.lexists(data):
        return False
    if not data.is_dir():
        raise ForeignDirectory(f"{data} is not a directory", values={"path": str(data)})
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        raise UnwritableDirectory(f"{data} cannot be read and written", values={"path": str(data)})
    if not any(data.iterdir()):
        return False
    _assert_ours(data)
    _assert_version(data)
    return True


def assert_whole(layout: Layout, account: Account) -> None:
    """Look through a stopped server's data directory before PostgreSQL writes to it.

    Raises:
        BrokenDirectory: a part is missing, the control file is damaged, or the log that recovery needs is gone.
    """
    data = layout.data
    missing = [part for part in _PARTS if not (data / part).exists()]
    if missing:
        raise _broken(data, f"{', '.join(missing)} missing")
    control = run("pg_controldata", ["-D", str(data)], account)
    if control.returncode != 0 or control.stderr:
        raise _broken(data, f"global/pg_control is damaged ({control.stderr.strip()})")
    fields = dict(line.split(":", 1) for line in control.stdout.splitlines() if ":" in line)
    segment = fields["Latest checkpoint's REDO WAL file"].strip()
    if not (data / "pg_wal" / segment).exists():
        raise _broken(data, f"pg_wal/{segment} is missing")


def make(layout: Layout, account: Account) -> None:
    """Make the data directory with its database, where `is_made` said that the place is free.

    Raises:
        StartFailed: initdb failed; nothing is left behind.
        UnwritableDirectory: the finished directory cannot be moved into place.
    """
    clear_unfinished(layout)
    stage = Path(tempfile.mkdtemp(prefix=f"{layout.data.name}.unfinished-", dir=layout.home))
    (stage / _UNFINISHED).write_text(_FORMAT)
    account.own(stage)
    try:
        _initialise(stage / "data", account)
        _move(stage / "data", layout.data)
    finally:
        shutil.rmtree(stage)


def clear_unfinished(layout: Layout) -> None:
    """Throw away what killed attempts left; what does not carry our marker stays."""
    for stage in layout.home.glob(f"{layout.data.name}.unfinished-*"):
        if _is_marked(stage / _UNFINISHED) or not any(
            stage.iterdir()
        ):  # killed before or after the marker
            quit_orphans(stage / "data")
            shutil.rmtree(stage)


def _initialise(data: Path, account: Account) -> None:
    settings = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
    locale = [
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    ]
    _must(
        run(
            "initdb",
            ["-D", str(data), f"--username={NAME}", "--auth=peer", *locale, *settings],
            account,
        )
    )
    marker = data / MARKER
    marker.write_text(_FORMAT)
    account.own(marker)
    single = ["--single", "-D", str(data), "-c", "exit_on_error=on", "template1"]
    _must(run("postgres", single, account, stdin=f"CREATE DATABASE {NAME}\n"))
    _sync(marker)
    _sync(data)


def _must(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode != 0:
        raise StartFailed(f"the data directory could not be made: {done.stderr.strip()}")


def _move(made: Path, place: Path) -> None:
    try:
        made.rename(place)  # onto nothing or an empty directory
    except OSError as error:
        raise UnwritableDirectory(f"{place} cannot be put into place: {error.strerror}") from error
    _sync(place.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _assert_ours(data: Path) -> None:
    if not _is_marked(data / MARKER):
        raise ForeignDirectory(
            f"{data} was not made by Orderwright (it has no {MARKER}); it is left alone. "
            "Set ORDERWRIGHT_HOME to another place, or move it away",
            values={"path": str(data)},
        )


def _assert_version(data: Path) -> None:
    path = data / "PG_VERSION"
    if not path.exists():
        raise _broken(data, "PG_VERSION missing")
    version = path.read_text(errors="replace").strip()
    if not version.isdecimal():
        raise _broken(data, "PG_VERSION is damaged")
    if int(version) != MAJOR:
        raise ForeignDirectory(
            f"{data} was made by PostgreSQL {version}, and this is PostgreSQL {MAJOR}; "
            "dump it with the old version and restore it here",
            values={"path": str(data), "found": int(version), "expected": MAJOR},
        )


def _is_marked(path: Path) -> bool:
    return path.is_file() and NAME in path.read_text(errors="replace")


def _broken(data: Path, what: str) -> BrokenDirectory:
    return BrokenDirectory(
        f"{data}: {what}; it is left as it is. Restore it from a backup, or move it away to begin anew",
        values={"path": str(data), "problem": what},
    )
