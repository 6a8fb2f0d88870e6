"""How much a request may hold; more is turned away before it is read."""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orderwright.api.problems import transport_problem
from orderwright.api.receipts import PATH as RECEIPTS
from orderwright.app.file_kind import LARGEST_FILE
from orderwright.app.policies.documents.link import PATH as DOCUMENTS

LARGEST_BODY: Final = 2**20
"""Bytes, wherever nothing else is said."""
_UPLOAD: Final = LARGEST_FILE + 2**16
"""Bytes at the doors for uploads: the file, and the form around it."""


class BodyLimit:
    """ASGI middleware that answers 413 to a body larger than the limit, announced or streamed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on unless it is too large."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        limit = _UPLOAD if _is_for_uploads(scope["path"]) else LARGEST_BODY
        if announced.isdigit() and int(announced) > limit:
            await _refuse(scope, receive, send, limit)
            return
        counted = _Counted(receive, limit)
        try:
            await self._app(scope, counted.receive, send)
        except _TooLarge:
            await _refuse(scope, receive, send, limit)


def _is_for_uploads(path: str) -> bool:
    return path == RECEIPTS or path.startswith(f"{DOCUMENTS}/")


class _TooLarge(Exception):
    pass


class _Counted:
    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._bytes = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if self._bytes > self._limit:
            raise _TooLarge
        return message


async def _refuse(scope: Scope, receive: Receive, send: Send, limit: int) -> None:
    detail = f"a request may hold {limit} bytes"
    await transport_problem(413, detail)(scope, receive, send)
