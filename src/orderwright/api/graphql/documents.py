"""Requests for documents as the API shows them, and what people do about them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from orderwright.api.graphql.connection import Connection, connected
from orderwright.api.graphql.context import Context, Info
from orderwright.api.graphql.document_request import (
    DocumentRequest,
    DocumentRequestFilter,
)
from orderwright.api.graphql.operations import First
from orderwright.api.graphql.results import (
    Refusal,
    SendEventResult,
    answered,
    answered_plainly,
)
from orderwright.api.graphql.scalars import JSON
from orderwright.api.graphql.sending import sent
from orderwright.app.policies.documents.desk import Answer
from orderwright.runtime.attempt import Result


@strawberry.type
class DocumentRequestChanged:
    request: DocumentRequest
    replayed: bool


@strawberry.type(description="Whoever has it may hand documents in until it ends.")
class DocumentLink:
    url: str
    expires_at: datetime


DocumentRequestResult = Annotated[
    DocumentRequestChanged | Refusal, strawberry.union("DocumentRequestResult")
]
DocumentLinkResult = Annotated[DocumentLink | Refusal, strawberry.union("DocumentLinkResult")]


@strawberry.type
class DocumentsQuery:
    @strawberry.field
    async def document_requests(
        self,
        info: Info,
        filter: DocumentRequestFilter | None = None,
        first: First = 50,
        after: str | None = None,
    ) -> Connection[DocumentRequest]:
        """Requests for documents, the newest first."""
        wanted = (filter or DocumentRequestFilter()).wanted()
        listed = info.context.app.acts.document_list
        return await connected(info, listed, wanted, DocumentRequest.of, first=first, after=after)

    @strawberry.field
    async def document_request(self, info: Info, id: strawberry.ID) -> DocumentRequest | None:
        row = await info.context.app.acts.document_list.find(info.context.by, id)
        return DocumentRequest.of(row) if row else None


@strawberry.type
class DocumentsMutation:
    @strawberry.mutation
    async def accept_documents(
        self, info: Info, id: strawberry.ID, note: str = "", idempotency_key: str | None = None
    ) -> DocumentRequestResult:
        """Accept what was handed in; what waited for it goes on."""
        return await _answer(info, id, "ACCEPT", note, idempotency_key)

    @strawberry.mutation
    async def reject_documents(
        self, info: Info, id: strawberry.ID, reason: str, idempotency_key: str | None = None
    ) -> DocumentRequestResult:
        """Ask again, and tell why what was handed in will not do."""
        return await _answer(info, id, "REJECT", reason, idempotency_key)

    @strawberry.mutation
    async def cancel_document_request(
        self, info: Info, id: strawberry.ID, reason: str, idempotency_key: str | None = None
    ) -> DocumentRequestResult:
        """Do without the documents; what waited for them goes on."""
        return await _answer(info, id, "CANCEL", reason, idempotency_key)

    @strawberry.mutation
    async def send_document_request_event(
        self,
        info: Info,
        request_id: strawberry.ID,
        event: str,
        data: JSON | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> SendEventResult:
        """Any of these, by the name of its event."""
        context, asked = info.context, info.context.asked(info, idempotency_key, reason)
        return await sent(
            context, context.app.acts.document_desk.send, request_id, event, data, asked
        )

    @strawberry.mutation
    async def create_document_link(self, info: Info, id: strawberry.ID) -> DocumentLinkResult:
        """Make a link to hand documents in by, to be passed on to whoever is asked for them."""
        context = info.context
        address = context.app.settings.address
        return await answered_plainly(
            context.app.acts.document_desk.link(id, context.by),
            lambda link: DocumentLink(url=f"{address}{link.path}", expires_at=link.ends_at),
            context,
        )


async def _answer(
    info: Info, id: str, answer: Answer, words: str, key: str | None
) -> DocumentRequestResult:
    context, asked = info.context, info.context.asked(info, key)
    command = context.app.acts.document_desk.answer(id, answer, words, asked)
    return await answered(command, lambda result: _changed(context, result), context)


async def _changed(context: Context, result: Result) -> DocumentRequestChanged:
    row = await context.app.acts.document_list.known(result.instance_id)
    if row is None:
        raise LookupError(result.instance_id)
    return DocumentRequestChanged(request=DocumentRequest.of(row), replayed=result.replayed)
