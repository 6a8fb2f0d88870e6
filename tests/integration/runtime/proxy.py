"""A door to the server that knows PostgreSQL's protocol: it cuts a connection at the statement that a test names."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import struct
import tempfile
from contextlib import asynccontextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

import asyncpg

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Cut(Enum):
    """How a connection is lost at a statement."""

    UNSENT = "closed before the statement reaches the server"
    UNHEARD = "closed when the server has done it and before its answer is heard"
    ENDED = "ended by the server, which says so in place of an answer"


class Proxy:
    """Forwards everything; once armed it cuts one connection, at the statement of that number."""

    def __init__(self, upstream: str, folder: Path) -> None:
        self._upstream = upstream
        self._how = Cut.UNSENT
        self._left = 0
        self._only = ""
        self._wires: set[_Wire] = set()
        self._is_shut = False
        self.cut_at: str | None = None
        parts = urlsplit(upstream)
        self.url = urlunsplit(parts._replace(netloc=_user(upstream), query=_host(folder)))

    def arm(self, number: int, how: Cut, only: str = "") -> None:
        """Cut at the statement of this number from now on, counted from 1 over all connections.

        With `only`, statements that have it in them count alone.
        """
        self._how, self._left, self._only, self.cut_at = how, number, only.lower(), None

    def disarm(self) -> None:
        """Cut nothing any more."""
        self._left = 0

    def shut(self) -> None:
        """Let the server be away: close what is open, and whoever comes, until `reopen`."""
        self._is_shut = True
        self.close()

    def reopen(self) -> None:
        """Let the server be back."""
        self._is_shut = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection, until either side closes it."""
        if self._is_shut:
            writer.close()
            return
        wire = _Wire(self, (reader, writer), await _open(self._upstream))
        self._wires.add(wire)
        try:
            await wire.run()
        finally:
            self._wires.discard(wire)

    def close(self) -> None:
        """Close what is still open."""
        for wire in list(self._wires):
            wire.close()

    def verdict(self, statement: str, *, is_whole: bool) -> Cut | None:
        """Tell whether this is the one; preparing alone has no outcome that could go unheard."""
        if not self._left or (self._how is Cut.UNHEARD and not is_whole):
            return None
        if self._only not in statement.lower():
            return None
        self._left -= 1
        if self._left:
            return None
        self.cut_at = " ".join(statement.split())
        return self._how

    async def end(self, pid: int) -> None:
        """Have the server end a connection, and wait until it is gone."""
        knife = await asyncpg.connect(self._upstream)
        try:
            assert await knife.fetchval("select pg_terminate_backend($1, 5000)", pid)
        finally:
            await knife.close()


_Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Wire:
    """One connection and its other half."""

    def __init__(self, proxy: Proxy, client: _Ends, server: _Ends) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._names: dict[bytes, str] = {}
        self._pid = 0
        self._is_mute = False

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._up())
                group.create_task(self._down())
        except* (asyncio.IncompleteReadError, ConnectionError):
            pass  # somebody has closed it
        finally:
            self.close()

    def close(self) -> None:
        for _, writer in (self._client, self._server):
            writer.close()

    async def _up(self) -> None:
        reader, writer = self._client[0], self._server[1]
        size = await reader.readexactly(4)
        writer.write(size + await reader.readexactly(struct.unpack("!I", size)[0] - 4))
        held, statement = b"", ""
        while True:
            kind, message, body = await _message(reader)
            statement = self._statement(kind, body) or statement
            held += message
            if kind in b"PBDECd":  # what a Sync or a Flush will follow
                continue
            if kind in b"QSH":
                how = self._proxy.verdict(statement, is_whole=kind != b"H")
                if how is Cut.ENDED:
                    await self._proxy.end(self._pid)
                    return  # its last words are still on their way
                if how is Cut.UNSENT:
                    raise ConnectionError
                self._is_mute = how is Cut.UNHEARD
            writer.write(held)
            held = b""
            await writer.drain()

    async def _down(self) -> None:
        reader, writer = self._server[0], self._client[1]
        while True:
            kind, message, body = await _message(reader)
            if kind == b"K":
                self._pid = struct.unpack("!I", body[:4])[0]
            if self._is_mute and kind == b"Z":
                raise ConnectionError
            if not self._is_mute:
                writer.write(message)
                await writer.drain()

    def _statement(self, kind: bytes, body: bytes) -> str | None:
        if kind == b"Q":
            return body[:-1].decode()
        if kind == b"P":
            name, text, _ = body.split(b"\0", 2)
            self._names[name] = text.decode()
            return self._names[name]
        if kind == b"B":
            return self._names[body.split(b"\0", 2)[1]]
        return None


@asynccontextmanager
async def proxied(url: str, scratch: Path) -> AsyncIterator[Proxy]:
    """Open a door to the server of a URL."""
    folder = Path(tempfile.mkdtemp(prefix="ow-proxy-", dir=scratch))
    proxy = Proxy(url, folder)
    server = await asyncio.start_unix_server(proxy.serve, folder / ".s.PGSQL.5432")
    try:
        yield proxy
    finally:
        server.close()
        proxy.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                await server.wait_closed()
        shutil.rmtree(folder)


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes, bytes]:
    head = await reader.readexactly(5)
    body = await reader.readexactly(struct.unpack("!I", head[1:])[0] - 4)
    return head[:1], head + body, body


async def _open(url: str) -> _Ends:
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    host, port = (asked.get("host") or [parts.hostname])[0], (asked.get("port") or [parts.port])[0]
    if host and host.startswith("/"):
        return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port or 5432}")
    return await asyncio.open_connection(host, int(port or 5432))


def _user(url: str) -> str:
    name, mark, _ = urlsplit(url).netloc.rpartition("@")
    return name + mark


def _host(folder: Path) -> str:
    return f"host={quote(str(folder), safe='/')}&port=5432"
