"""Use the embedded server of a home: start it if need be, share it, stop it with its last user.

Who uses it is told by a shared `flock` on `in-use.lock`, which the kernel takes back however a process ends:
no list of pids has to be believed. Who leaves cleanly and finds nobody else holding it stops the server. After
a SIGKILL of its last user the server goes on; the next user attaches to it, and stops it when leaving.
`start` (the command `db start`) marks one run of the server as kept: that run outlives its users until `stop`.

The server is reached through a Unix socket in a directory that only its account and root can enter, by
`peer` rules: the kernel vouches for who connects, there is no password to store or leak, and it listens on
no network address, so no port can be taken. asyncpg, SQLAlchemy and psql all take `Lease.url`.

Everything here blocks; call it through a thread from a running event loop (see `database.opened`).
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from orderwright.app.embedded.access import prepare
from orderwright.app.embedded.account import let_in, server_account
from orderwright.app.embedded.binaries import open_to
from orderwright.app.embedded.cluster import assert_whole, is_made, make
from orderwright.app.embedded.fault import InUse, UnwritableDirectory
from orderwright.app.embedded.layout import layout_of, url_of
from orderwright.app.embedded.lock import alone, hold, is_held, is_last
from orderwright.app.embedded.postmaster import Postmaster, attach, find, halt, launch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from orderwright.app.embedded.layout import Layout


class Lease:
    """The right to use the server until `release`; a context manager, too.

    Attributes:
        url: where to connect; `postgresql://...` over the Unix socket.
        pid: the server's main process.
    """

    def __init__(self, layout: Layout, postmaster: Postmaster, held: int) -> None:
        self.url = url_of(postmaster.socket)
        self.pid = postmaster.pid
        self._layout = layout
        self._held: int | None = held

    def release(self) -> None:
        """Give the server up, and stop it if nobody else uses it and nobody asked to keep it. Safe to repeat."""
        if self._held is None:
            return
        held, self._held = self._held, None
        try:
            with alone(self._layout.lock):
                if is_last(held):
                    _halt_unless_kept(self._layout)
        finally:
            os.close(held)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What `db status` says.

    Attributes:
        state: `absent` (never made), `stopped` or `running`.
        in_use: whether a process holds a lease.
        kept: whether the server outlives its users.
    """

    state: Literal["absent", "stopped", "running"]
    data: str
    pid: int | None = None
    url: str | None = None
    in_use: bool = False
    kept: bool = False


def acquire(home: Path) -> Lease:
    """Make, start or join the server of a home.

    Raises:
        RuntimeFault: one of `embedded.fault`; no data directory that was there is changed by a failure.
    """
    layout = _entered(home)
    with _told(layout), alone(layout.lock):
        held = hold(layout.use)
        try:
            return Lease(layout, _ensure(layout), held)
        except BaseException:
            os.close(held)
            raise


def start(home: Path) -> Status:
    """Start the server and keep it running until `stop`, whoever comes and goes."""
    layout = _entered(home)
    with _told(layout), alone(layout.lock):
        postmaster = _ensure(layout)
        layout.kept.write_text(postmaster.identity)
    return status(home)


def stop(home: Path, *, force: bool = False) -> Status:
    """Stop the server; a stopped one is fine.

    Raises:
        InUse: a process uses it, and `force` is not given.
    """
    layout = layout_of(home)
    if not is_made(layout):
        return status(home)
    with alone(layout.lock):
        if find(layout.data) is not None and is_held(layout.use) and not force:
            raise InUse(
                "the database is in use by another process; end that first, or force the stop"
            )
        halt(layout.data)
        layout.kept.unlink(missing_ok=True)
    return status(home)


def status(home: Path) -> Status:
    """Look at the server of a home and change nothing.

    Raises:
        ForeignDirectory, BrokenDirectory, UnwritableDirectory: the data directory is not in order.
    """
    layout = layout_of(home)
    if not is_made(layout):
        return Status(state="absent", data=str(layout.data))
    postmaster = find(layout.data)
    if postmaster is None:
        return Status(state="stopped", data=str(layout.data))
    with alone(layout.lock):  # or the look at the second lock could be taken for a user
        in_use = is_held(layout.use)
    return Status(
        state="running",
        data=str(layout.data),
        pid=postmaster.pid,
        url=url_of(postmaster.socket),
        in_use=in_use,
        kept=_is_kept(layout, postmaster),
    )


def _entered(home: Path) -> Layout:
    layout = layout_of(home)
    try:
        layout.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnwritableDirectory(f"{layout.home} cannot be made: {error.strerror}") from error
    if not os.access(layout.home, os.R_OK | os.W_OK | os.X_OK):
        raise UnwritableDirectory(
            f"{layout.home} cannot be written", values={"path": str(layout.home)}
        )
    return layout


@contextmanager
def _told(layout: Layout) -> Iterator[None]:
    """Raise `UnwritableDirectory` for what the disk or its rights refuse on the way to a running server."""
    try:
        yield
    except OSError as error:
        place = error.filename or layout.home
        raise UnwritableDirectory(
            f"the database cannot be started: {place}: {error.strerror}",
            values={"path": str(place)},
        ) from error


def _ensure(layout: Layout) -> Postmaster:
    made = is_made(layout)
    running = attach(layout.data) if made else None
    if running is not None:
        return running
    account = server_account(layout.data if made else None)
    open_to(account)
    let_in(layout.data, account)
    if not made:
        make(layout, account)
    assert_whole(layout, account)
    return launch(layout.data, layout.log, account, prepare(layout, account))


def _halt_unless_kept(layout: Layout) -> None:
    postmaster = find(layout.data)
    if postmaster is not None and not _is_kept(layout, postmaster):
        halt(layout.data)


def _is_kept(layout: Layout, postmaster: Postmaster) -> bool:
    return layout.kept.exists() and layout.kept.read_text() == postmaster.identity
