"""Requests for documents, as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from orderwright.api.documents import FILES
from orderwright.api.graphql.context import Info
from orderwright.api.graphql.trade import HasWorkflow
from orderwright.api.graphql.workflow import Workflow
from orderwright.app.policies.documents.listing import FileRow, RequestRow, WantedRequests


@strawberry.input
class DocumentRequestFilter:
    states: list[str] | None = None
    entity_type: str | None = None
    entity_id: strawberry.ID | None = None
    search: str | None = strawberry.field(
        default=None, description="In the subject's number and in who is asked."
    )

    def wanted(self) -> WantedRequests:
        """Return it in the application's words."""
        return WantedRequests(
            states=tuple(self.states or ()),
            entity_type=self.entity_type,
            entity_id=self.entity_id,
            search=self.search or "",
        )


@strawberry.type(description="A file that was handed in.")
class Document:
    id: strawberry.ID
    type: str
    media_type: str
    bytes: int
    at: datetime
    round: int = strawberry.field(description="The time of asking that it answers.")
    url: str = strawberry.field(description="Gives the file to who may see it.")

    @classmethod
    def of(cls, row: FileRow) -> Document:
        """Show a file."""
        return cls(
            id=strawberry.ID(row.id),
            type=row.type,
            media_type=row.media_type,
            bytes=row.bytes,
            at=row.at,
            round=row.round,
            url=f"{FILES}/{row.id}",
        )


@strawberry.type(description="A case that has come of a request for documents.")
class DocumentCase:
    id: strawberry.ID
    number: str
    opened_at: datetime


@strawberry.type(description="Who is asked for documents, as far as that is known here.")
class DocumentPerson:
    name: str
    user_id: strawberry.ID | None
    customer_id: strawberry.ID | None


@strawberry.type(
    description="Papers that a policy asks for, from the request until they are accepted."
)
class DocumentRequest(HasWorkflow):
    row: strawberry.Private[RequestRow]
    id: strawberry.ID
    entity_type: str
    entity_id: strawberry.ID
    number: str | None = strawberry.field(description="Of the entity, where it lives here.")
    requested_at: datetime
    execution_id: strawberry.ID | None
    policy_id: strawberry.ID | None
    version: int | None

    @classmethod
    def of(cls, row: RequestRow) -> DocumentRequest:
        """Show a request."""
        return cls(
            standing=row.standing,
            row=row,
            id=strawberry.ID(row.id),
            entity_type=row.entity_type,
            entity_id=strawberry.ID(row.entity_id),
            number=row.number,
            requested_at=row.requested_at,
            execution_id=_id(row.execution_id),
            policy_id=_id(row.policy_id),
            version=row.version,
        )

    @strawberry.field
    def asked(self) -> DocumentPerson | None:
        """Who stands behind the entity."""
        row = self.row
        if row.asked is None:
            return None
        return DocumentPerson(
            name=row.asked, user_id=_id(row.user_id), customer_id=_id(row.customer_id)
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
    def reminders(self) -> int:
        """How often whoever is asked is to be reminded in each round."""
        return int(self._context["reminders"])

    @strawberry.field
    def reminded(self) -> int:
        """How often they were reminded in this round."""
        return int(self._context["reminded"])

    @strawberry.field
    def ended_reason(self) -> str | None:
        """Why it was given up."""
        reason = self._context["endedReason"]
        return str(reason) if reason else None

    @strawberry.field
    def documents(self) -> list[Document]:
        """What was handed in since they were asked for last."""
        now = int(self._context["round"])
        return [Document.of(_file(one, now)) for one in self._context["documents"]]

    @strawberry.field
    async def files(self, info: Info) -> list[Document]:
        """What was handed in, of every round, the newest first."""
        found = await info.context.app.acts.document_list.files(info.context.by, self.id)
        return [Document.of(one) for one in found]

    @strawberry.field
    async def cases(self, info: Info) -> list[DocumentCase]:
        """The cases of the queues of who asks that have come of it, the newest first."""
        listed, untold = info.context.app.acts.document_list, self._context.get("untold")
        found = await listed.cases(info.context.by, self.id, untold)
        return [
            DocumentCase(id=strawberry.ID(one.id), number=one.number, opened_at=one.opened_at)
            for one in found
        ]

    @strawberry.field
    async def workflow(self, info: Info) -> Workflow:
        """What the person who asks may do about it, and why not."""
        return await Workflow.of(await info.context.app.workflows.instance(self.id), info.context)

    @property
    def _context(self) -> Any:
        return self.standing.context


def _id(known: str | None) -> strawberry.ID | None:
    return strawberry.ID(known) if known else None


def _file(one: Any, round_: int) -> FileRow:
    """Read a file as the context of a request keeps it."""
    return FileRow(
        id=one["documentId"],
        round=round_,
        type=one["type"],
        media_type=one["mediaType"],
        bytes=one["bytes"],
        at=datetime.fromisoformat(one["at"]),
    )
