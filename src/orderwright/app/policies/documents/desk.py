"""What people do about documents that were asked for: look at them, accept or reject them, cancel, pass a link on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from orderwright.app.permissions import PERMISSIONS, Identity, require
from orderwright.app.policies.documents.intake import DocumentsNotFound
from orderwright.app.policies.documents.link import link_for
from orderwright.domain.reading import moment
from orderwright.errors import InputInvalid
from orderwright.runtime.command import Send
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.orders import Asked
    from orderwright.app.policies.documents.link import DocumentLink
    from orderwright.app.receipt_store import ReceiptStore
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.instance import Instance

Answer = Literal["ACCEPT", "REJECT", "CANCEL"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFile:
    """A document as it is given back."""

    content: bytes
    media_type: str
    name: str


class DocumentDesk:
    """Commands on requests for documents, with permissions."""

    def __init__(self, engine: Engine, store: ReceiptStore) -> None:
        self._engine = engine
        self._store = store

    async def answer(self, request_id: str, answer: Answer, words: str, asked: Asked) -> Result:
        """Accept or reject what was handed in, or cancel the request; `words` is the note or the reason.

        Raises:
            RoleMissing, DocumentsNotFound, IdempotencyMismatch, InstanceBusy.
        """
        said = words.strip()
        key = "note" if answer == "ACCEPT" else "reason"
        data = {key: said} if said or key == "reason" else {}
        return await self.send(request_id, Event(answer, data), asked)

    async def send(self, request_id: str, event: Event, asked: Asked) -> Result:
        """Send an answer as an event.

        Raises:
            RoleMissing, DocumentsNotFound, IdempotencyMismatch, InstanceBusy.
        """
        operation = f"document_request.{event.type}"
        require(asked.by, operation if operation in PERMISSIONS else "document.open")
        await self._request(request_id)
        return await self._engine.carry_out(
            Send(instance_id=request_id, event=event, cause=asked.cause)
        )

    async def link(self, request_id: str, by: Identity) -> DocumentLink:
        """Return a link to hand documents in by, to be passed on.

        Raises:
            RoleMissing, DocumentsNotFound.
            InputInvalid: the request is settled.
        """
        require(by, "document.link")
        request = await self._request(request_id)
        due, now = moment(request.snapshot.context, "dueAt"), self._engine.clock.now()
        if request.status != "active" or due is None:
            raise InputInvalid("id", request_id, "a request that is not settled")
        async with self._engine.pool.acquire() as connection:
            return await link_for(connection, request_id, due, now)

    async def file(self, document_id: str, by: Identity) -> DocumentFile:
        """Return a document.

        Raises:
            RoleMissing, DocumentsNotFound, ReceiptStoreFailed.
        """
        require(by, "document.open")
        row = await self._engine.pool.fetchrow(_FILE, document_id)
        if row is None:
            raise DocumentsNotFound(f"no document has the id {document_id!r}")
        ending = row["key"].rpartition(".")[2]
        return DocumentFile(
            content=await self._store.get(row["key"]),
            media_type=row["media_type"],
            name=f"document-{document_id}.{ending}",
        )

    async def _request(self, request_id: str) -> Instance:
        request = await self._engine.read(request_id)
        if request is None or request.chart_id != "document_request":
            message = f"no request has the id {request_id!r}"
            raise DocumentsNotFound(message, values={"id": request_id})
        return request


_FILE: Final = "select key, media_type from orderwright.document where id = $1"
