"""Where the files of the embedded database lie, and how to connect to it.

<home>/postgres                the data directory; complete or absent, never in between
<home>/postgres.unfinished-*   a data directory in the making (see `cluster`)
<home>/run                     socket and access rules, written at every start
<home>/postgres.log            what the server says
<home>/embedded.lock           held while the server is started or stopped
<home>/in-use.lock             held, shared, by each process that uses the server
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from orderwright.app.embedded.fault import NoSocket

NAME = "orderwright"
"""Database, database role and, where one is needed, system account."""

PORT = 5432
"""Only the name of the socket depends on it: the server listens on no network address."""

_LONGEST = 100  # of 103 bytes on macOS and 107 on Linux, for the whole name of the socket
_PLAIN = re.compile(r"[A-Za-z0-9._/-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The paths of one home."""

    home: Path

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.home / "postgres"

    @property
    def run(self) -> Path:
        """The directory of the socket and the access rules."""
        return self.home / "run"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.home / "postgres.log"

    @property
    def lock(self) -> Path:
        """The lock around starting and stopping."""
        return self.home / "embedded.lock"

    @property
    def use(self) -> Path:
        """The lock that says that somebody uses the server."""
        return self.home / "in-use.lock"

    @property
    def kept(self) -> Path:
        """Names the server that `db start` asked to keep without users."""
        return self.run / "kept"


def layout_of(home: Path) -> Layout:
    """Return the layout of a home; nothing is made."""
    return Layout(home=home.absolute().resolve())


def socket_directory(layout: Layout) -> Path:
    """Choose the directory of the socket: `run`, or one under /tmp where that path is too long or not plain.

    The name under /tmp depends on the data directory's inode, so that a server whose directory was
    deleted under it does not stand in the way of its successor.

    Raises:
        NoSocket: neither will do.
    """
    inode = layout.data.stat().st_ino
    digest = hashlib.sha256(f"{layout.data}:{inode}".encode()).hexdigest()[:12]
    for candidate in (layout.run, Path("/tmp").resolve() / f"{NAME}-{digest}"):  # noqa: S108 (made 0700 and checked)
        if _fits(candidate):
            return candidate
    raise NoSocket(f"no directory short enough for a socket: {layout.run}")


def url_of(directory: Path) -> str:
    """Return the URL that asyncpg, SQLAlchemy (see `database.engine`) and psql take."""
    # the port is said aloud because PGPORT in the environment would win over its default
    return f"postgresql://{NAME}@/{NAME}?host={quote(str(directory), safe='/')}&port={PORT}"


def _fits(directory: Path) -> bool:
    name = str(directory / f".s.PGSQL.{PORT}")
    return _PLAIN.fullmatch(name) is not None and len(name) <= _LONGEST
