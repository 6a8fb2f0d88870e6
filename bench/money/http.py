"""As little of an HTTP client as will do, so that it costs little on the cores that the server needs too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any, Self
from urllib.parse import urlsplit


class Caller:
    """Somebody signed in on one connection that is kept open."""

    def __init__(
        self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._host = host
        self._reader = reader
        self._writer = writer
        self._cookie = ""

    @classmethod
    async def open(cls, url: str, login: str, password: str, stack: AsyncExitStack) -> Self:
        """Connect and sign in."""
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        stack.callback(writer.close)
        caller = cls(parts.netloc, reader, writer)
        await caller._post("/api/v1/session", {"login": login, "password": password})
        return caller

    async def ask(self, query: str, variables: Mapping[str, object]) -> Any:
        """Ask GraphQL; an error ends the measuring."""
        answer = await self._post("/graphql", {"query": query, "variables": variables})
        if answer.get("errors"):
            raise RuntimeError(str(answer["errors"]))
        return answer["data"]

    async def _post(self, path: str, body: Mapping[str, object]) -> Any:
        written = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(written)}\r\nCookie: {self._cookie}\r\n\r\n"
        )
        self._writer.write(head.encode() + written)
        status, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        headers = {
            name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
        }
        text = await self._reader.readexactly(int(headers["content-length"]))
        if " 200 " not in status:
            raise RuntimeError(f"{status}: {text.decode()}")
        if "set-cookie" in headers:
            self._cookie = headers["set-cookie"].partition(";")[0]
        return json.loads(text)
