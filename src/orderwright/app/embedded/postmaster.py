"""The server's main process: find it, launch it, halt it.

It is started directly, without `pg_ctl` (whose shell would read a path with a `$` in it), in a session of its
own, so that neither Ctrl-C nor the end of the process that started it reaches it. A process counts as the
server of a data directory only if it is a live `postgres` whose working directory that is: pids are
used again, above all in containers, and a pid file alone proves nothing.
"""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from orderwright.app.embedded.binaries import ENVIRONMENT, program
from orderwright.app.embedded.fault import StartFailed, StopFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from orderwright.app.embedded.account import Account

_PATIENCE = 60.0  # seconds for a start with recovery, or a stop with its checkpoint
_STEP = 0.01
_LOG_LIMIT = 10_000_000  # bytes
_DATA, _STARTED, _SOCKET, _STATUS = 1, 2, 4, 7  # lines of postmaster.pid


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmaster:
    """A live server.

    Attributes:
        started: the server's own start time, seconds since the epoch; with the pid it names one run.
        status: `starting`, `ready`, `stopping` or `standby`.
    """

    pid: int
    started: int
    socket: Path
    status: str

    @property
    def identity(self) -> str:
        """Name this run of the server."""
        return f"{self.pid}@{self.started}"


def find(data: Path) -> Postmaster | None:
    """Return the live server of a data directory, or None."""
    pid, lines = _pid_file(data)
    if pid is None or not _is_server(pid, data):
        return None
    if len(lines) <= _STATUS:  # it writes the file line by line
        return Postmaster(pid=pid, started=0, socket=data, status="starting")
    return Postmaster(
        pid=pid,
        started=int(lines[_STARTED]),
        socket=Path(lines[_SOCKET]),
        status=lines[_STATUS].strip(),
    )


def attach(data: Path) -> Postmaster | None:
    """Return the server when it is ready; wait while it starts, recovers or stops; None if none runs.

    Raises:
        StartFailed: it does not become ready in time.
    """
    found = find(data)
    if found is None or found.status == "ready":
        return found
    if not _comes_true(lambda: (now := find(data)) is None or now.status == "ready"):
        raise StartFailed(f"PostgreSQL (pid {found.pid}) is not ready after {_PATIENCE:.0f} s")
    return find(data)


def launch(data: Path, log: Path, account: Account, options: dict[str, str]) -> Postmaster:
    """Start the server on a data directory on which none runs, and wait until it is ready.

    Raises:
        StartFailed: it ended, or does not become ready in time; the message ends with its log.
    """
    _clear_stale(data)
    process = _spawn(data, log, account, options)
    # Reaps it whenever it ends, so that it never stays a zombie while we live; keeps no one from exiting.
    threading.Thread(target=process.wait, daemon=True, name="postmaster-reaper").start()

    def is_decided() -> bool:
        found = find(data)
        return (found is not None and found.status == "ready") or process.returncode is not None

    in_time = _comes_true(is_decided)
    found = find(data)
    if found is None or not in_time:
        raise StartFailed(
            f"PostgreSQL did not start on {data}:\n{_tail(log)}", values={"path": str(data)}
        )
    return found


def halt(data: Path) -> None:
    """Stop the server of a data directory, if one runs: transactions are rolled back, a checkpoint is written.

    Raises:
        StopFailed: it does not end in time.
    """
    found = find(data)
    if found is None:
        return
    with suppress(psutil.NoSuchProcess):  # it was quicker than we
        psutil.Process(found.pid).send_signal(signal.SIGINT)
    if not _comes_true(lambda: not _is_server(found.pid, data)):
        raise StopFailed(f"PostgreSQL (pid {found.pid}) did not stop in {_PATIENCE:.0f} s")


def quit_orphans(data: Path) -> None:
    """End what a killed server, or a killed maker of the directory, left running in it.

    Raises:
        StartFailed: one does not end.
    """
    orphans = [process for process in psutil.process_iter() if _is_orphan(process, data)]
    for process in orphans:
        _signal(process, signal.SIGQUIT)
    if not _comes_true(lambda: not any(_is_orphan(process, data) for process in orphans)):
        pids = [process.pid for process in orphans]
        raise StartFailed(f"processes of a killed server in {data} do not end: {pids}")


def _clear_stale(data: Path) -> None:
    """Clear away what a killed server left.

    PostgreSQL replaces a dead server's pid file itself, except where the pid meanwhile belongs to another
    process of the same account: then it takes that for the server, for ever. So it does with an empty file, which
    a loss of power can leave.
    """
    file = data / "postmaster.pid"
    if not file.exists():
        return
    quit_orphans(data)
    pid, _ = _pid_file(data)
    if pid is None or _is_stranger(pid):
        file.unlink(missing_ok=True)


def _spawn(
    data: Path, log: Path, account: Account, options: dict[str, str]
) -> subprocess.Popen[bytes]:
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
    settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 (our own program, no shell)
            [str(program("postgres")), "-D", str(data), *settings],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",
            env=ENVIRONMENT,
            umask=0o077,
            **account.identity(),
        )


def _is_server(pid: int, data: Path) -> bool:
    try:
        return _works_in(psutil.Process(pid), data)
    except psutil.NoSuchProcess:
        return False


def _is_orphan(process: psutil.Process, data: Path) -> bool:
    try:
        return _works_in(process, data) or (
            process.name() == "initdb" and str(data) in process.cmdline()
        )
    except psutil.Error:  # gone, or somebody else's
        return False


def _is_stranger(pid: int) -> bool:
    try:
        return not psutil.Process(pid).name().startswith("postgres")
    except psutil.NoSuchProcess:
        return False


def _works_in(process: psutil.Process, data: Path) -> bool:
    try:
        return process.name().startswith("postgres") and Path(process.cwd()) == data.resolve()
    except psutil.Error:  # gone, a zombie, or somebody else's
        return False


def _pid_file(data: Path) -> tuple[int | None, list[str]]:
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None, []
    return (int(lines[0]) if lines and lines[0].isdecimal() else None), lines


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):  # it was quicker than we
        process.send_signal(number)


def _comes_true(is_done: Callable[[], bool]) -> bool:
    # Not psutil's wait: that waits for a zombie too, until whoever inherited the process has collected it.
    deadline = time.monotonic() + _PATIENCE
    while not is_done():
        if time.monotonic() > deadline:
            return False
        time.sleep(_STEP)
    return True


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-12:])
