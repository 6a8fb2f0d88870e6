"""Requests for documents as the API shows them, and what people do about them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry

from orderwright.api.documents import FILES
from orderwright.api.graphql.connection import PageInfo
from orderwright.api.graphql.context import Context, Info
from orderwright.api.graphql.operations import First
from orderwright.api.graphql.results import Refusal, answered, answered_plainly
from orderwright.api.graphql.trade import HasWorkflow
from orderwright.api.graphql.workflow import Workflow
from orderwright.app.page import Page
from orderwright.app.policies.documents.desk import Answer
from orderwright.app.policies.documents.listing import RequestRow, WantedRequests
from orderwright.runtime.attempt import Result


@strawberry.input
class DocumentRequestFilter:
    states: list[str] | None = None
    entity_type: str | None = None
    entity_id: strawberry.ID | None = None

    def wanted(self) -> WantedRequests:
        """Return it in the application's words."""
        return WantedRequests(
            states=tuple(self.states or ()),
            entity_type=self.entity_type,
            entity_id=self.entity_id,
        )


@strawberry.type(description="A file that was handed in.")
class Document:
    id: strawberry.ID
    type: str
    media_type: str
    bytes: int
    at: datetime
    url: str = strawberry.field(description="Gives the file to who may see it.")


@strawberry.type(
    description="Papers that a policy asks for, from the request until they are accepted."
)
class DocumentRequest(HasWorkflow):
    row: strawberry.Private[RequestRow]
    id: strawberry.ID
    entity_type: str
    entity_id: strawberry.ID
    requested_at: datetime

    @classmethod
    def of(cls, row: RequestRow) -> DocumentRequest:
        """Show a request."""
        return cls(
            standing=row.standing,
            row=row,
            id=strawberry.ID(row.id),
            entity_type=row.entity_type,
            entity_id=strawberry.ID(row.entity_id),
            requested_at=row.requested_at,
        )

    @strawberry.field
    def types(self) -> list[str]:
        return [str(name) for name in self._context["types"]]

    @strawberry.field
    def message(self) -> str:
        """What whoever is asked is told; after a rejection the reason."""
        return str(self._context["message"])

    @strawberry.field
    def policy(self) -> str:
        return str(self._context["policy"])

    @strawberry.field
    def round(self) -> int:
        """How often they were asked for."""
        return int(self._context["round"])

    @strawberry.field
    def due_at(self) -> datetime:
        return datetime.fromisoformat(self._context["dueAt"])

    @strawberry.field
    def documents(self) -> list[Document]:
        """What was handed in since they were asked for last."""
        return [_document(one) for one in self._context["documents"]]

    @strawberry.field
    async def workflow(self, info: Info) -> Workflow:
        """What the person who asks may do about it, and why not."""
        return await Workflow.of(await info.context.app.workflows.instance(self.id), info.context)

    @property
    def _context(self) -> Any:
        return self.standing.context


def _document(one: Any) -> Document:
    return Document(
        id=strawberry.ID(one["documentId"]),
        type=one["type"],
        media_type=one["mediaType"],
        bytes=one["bytes"],
        at=datetime.fromisoformat(one["at"]),
        url=f"{FILES}/{one['documentId']}",
    )


@strawberry.type
class DocumentRequestEdge:
    node: DocumentRequest
    cursor: str


@strawberry.type
class DocumentRequestConnection:
    wanted: strawberry.Private[WantedRequests]
    edges: list[DocumentRequestEdge]
    page_info: PageInfo

    @classmethod
    def of(cls, page: Page[RequestRow], wanted: WantedRequests) -> DocumentRequestConnection:
        """Show a page of requests."""
        edges = [
            DocumentRequestEdge(node=DocumentRequest.of(row), cursor=at.cursor())
            for at, row in page.rows
        ]
        return cls(wanted=wanted, edges=edges, page_info=PageInfo.of(page))

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        return await info.context.app.acts.document_list.count(info.context.by, self.wanted)


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
    ) -> DocumentRequestConnection:
        """Requests for documents, the newest first."""
        wanted = (filter or DocumentRequestFilter()).wanted()
        page = await info.context.app.acts.document_list.page(
            info.context.by, wanted, first=first, after=after
        )
        return DocumentRequestConnection.of(page, wanted)

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
