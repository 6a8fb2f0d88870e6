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
    lines = _pid_file(data)
    if len(lines) <= _STATUS or not _is_server(int(lines[0]), data):
        return None
    return Postmaster(
        pid=int(lines[0]),
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
    _wait_for(lambda: (now := find(data)) is None or now.status == "ready", "become ready")
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

    _wait_for(is_decided, "start")
    found = find(data)
    if found is None:
        raise StartFailed(
            f"PostgreSQL did not start on {data}:\n{_tail(log)}", values={"path": str(data)}
        )
    return found


def halt(postmaster: Postmaster) -> None:
    """Stop the server: open transactions are rolled back, a checkpoint is written.

    Raises:
        StopFailed: it does not end in time.
    """
    try:
        process = psutil.Process(postmaster.pid)
        process.send_signal(signal.SIGINT)
        process.wait(_PATIENCE)
    except psutil.NoSuchProcess:
        return
    except psutil.TimeoutExpired:
        raise StopFailed(
            f"PostgreSQL (pid {postmaster.pid}) did not stop in {_PATIENCE:.0f} s"
        ) from None


def quit_orphans(data: Path) -> None:
    """End what a killed server left of its processes in a directory, as it would have done itself.

    Raises:
        StartFailed: one does not end.
    """
    orphans = [process for process in psutil.process_iter() if _works_in(process, data)]
    for process in orphans:
        process.send_signal(signal.SIGQUIT)
    _, alive = psutil.wait_procs(orphans, timeout=_PATIENCE)
    if alive:
        raise StartFailed(
            f"processes of a killed server do not end: {[process.pid for process in alive]}"
        )


def _clear_stale(data: Path) -> None:
    """Remove the pid file of a dead server, once none of its processes works in the directory any more.

    PostgreSQL would do that itself, except where the pid meanwhile belongs to another process of the account.
    """
    if not (data / "postmaster.pid").exists():
        return
    quit_orphans(data)
    (data / "postmaster.pid").unlink()


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


def _works_in(process: psutil.Process, data: Path) -> bool:
    try:
        return process.name().startswith("postgres") and Path(process.cwd()) == data
    except psutil.Error:  # gone, a zombie, or somebody else's
        return False


def _pid_file(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _wait_for(is_done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not is_done():
        if time.monotonic() > deadline:
            raise StartFailed(f"PostgreSQL did not {what} in {_PATIENCE:.0f} s")
        time.sleep(_STEP)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-12:])
