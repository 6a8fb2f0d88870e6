"""Handing documents in by a link: whoever has it may, nobody has to sign in, and nothing is given back by it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.app.file_kind import kind_of
from orderwright.app.policies.documents.link import require_link
from orderwright.domain.reading import integer, rows, text
from orderwright.errors import NotFound
from orderwright.runtime.command import Actor, Cause, Send
from orderwright.runtime.identity import derived_id
from orderwright.runtime.observation import told_on_commit
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.policies.documents.link import DocumentLink
    from orderwright.app.receipt_store import ReceiptStore
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.instance import Instance
    from orderwright.runtime.pool import Connection

BEARER: Final = Actor("document-link", "system")
"""Who acts when a document is handed in: whoever had the link."""


class DocumentsNotFound(NotFound):
    """There is no such request for documents, or no such document."""

    code = "documents.not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the holder of a link sees: what is asked for, what of it is there, and whether more is taken."""

    request_id: str
    types: tuple[str, ...]
    missing: tuple[str, ...]
    message: str
    due_at: str
    is_open: bool


class DocumentIntake:
    """Takes documents."""

    def __init__(self, engine: Engine, store: ReceiptStore) -> None:
        self._engine = engine
        self._store = store

    async def wanted(self, link: DocumentLink) -> Wanted:
        """Return what a request asks for.

        Raises:
            DocumentLinkInvalid, DocumentsNotFound.
        """
        await self.admit(link)
        return _wanted(await self._request(link.request_id))

    async def admit(self, link: DocumentLink) -> None:
        """Let only those go on who have a link, before anything of a document is read.

        Raises:
            DocumentLinkInvalid.
        """
        async with self._engine.pool.acquire() as connection:
            await require_link(connection, link, self._engine.clock.now())

    async def take(self, link: DocumentLink, kind: str, content: bytes) -> Result:
        """Keep a document of a type that is asked for; the result is the request's, which may refuse it.

        The same file again is refused as known. What the request refuses may lie in the storage and is named nowhere.

        Raises:
            DocumentLinkInvalid, DocumentsNotFound, InputInvalid, ReceiptStoreFailed.
        """
        media_type, ending = kind_of(content)
        await self.admit(link)
        request = await self._request(link.request_id)
        key = f"documents/{link.request_id}/{hashlib.sha256(content).hexdigest()}.{ending}"
        await self._store.put(key, content, media_type)
        file = _File(
            id=derived_id(f"document/{key}/{kind}/{request.snapshot.context['round']}"),
            type=kind,
            media_type=media_type,
            bytes=len(content),
            key=key,
        )
        async with self._engine.pool.acquire() as connection, told_on_commit(connection):
            return await self._note(connection, request, file)

    async def _note(self, connection: Connection, request: Instance, file: _File) -> Result:
        data = {
            "documentId": file.id,
            "type": file.type,
            "mediaType": file.media_type,
            "bytes": file.bytes,
        }
        event = Event("DOCUMENT_RECEIVED", data)
        result = await self._engine.carry_out(
            Send(instance_id=request.instance_id, event=event, cause=Cause(actor=BEARER)),
            connection=connection,
        )
        if result.refused is None:
            place = self._store.place(file.key)
            round_ = integer(request.snapshot.context, "round")
            row = (file.id, request.instance_id, round_, file.type, file.media_type, file.bytes)
            where = (place.bucket, place.key, place.url)
            await connection.execute(_ADD, *row, *where, self._engine.clock.now())
        return result

    async def _request(self, request_id: str) -> Instance:
        request = await self._engine.read(request_id)
        if request is None or request.chart_id != "document_request":
            raise DocumentsNotFound(f"no request has the id {request_id!r}")
        return request


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    id: str
    type: str
    media_type: str
    bytes: int
    key: str


def _wanted(request: Instance) -> Wanted:
    context = request.snapshot.context
    types = context["types"]
    named = tuple(map(str, types)) if isinstance(types, list) else ()
    there = {row["type"] for row in rows(context, "documents")}
    return Wanted(
        request_id=request.instance_id,
        types=named,
        missing=tuple(one for one in named if one not in there),
        message=text(context, "message"),
        due_at=text(context, "dueAt"),
        is_open=request.state in ("REQUESTED", "OVERDUE"),
    )


_ADD: Final = """
insert into orderwright.document
    (id, request_id, round, type, media_type, bytes, bucket, key, url, uploaded_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (id) do nothing
"""
