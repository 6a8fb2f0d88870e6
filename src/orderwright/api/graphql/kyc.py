"""KYC sessions as the API shows them, and what may be asked of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry

from orderwright.api.graphql.compliance import ComplianceEntity
from orderwright.api.graphql.connection import Connection, connected
from orderwright.api.graphql.context import Info
from orderwright.api.graphql.operations import First
from orderwright.api.graphql.results import Refusal, SendEventResult, answered
from orderwright.api.graphql.scalars import JSON
from orderwright.api.graphql.sending import sent
from orderwright.app.compliance.lists import KycRow, WantedKyc
from orderwright.runtime.attempt import Result


@strawberry.type(description="A document that a user has handed in.")
class KycDocument:
    document_type: str
    country: str | None
    provider: str | None
    reference: str | None
    submitted_at: datetime


@strawberry.type(description="The proof of who a user is.")
class KycSession(ComplianceEntity):
    row: strawberry.Private[KycRow]
    number: str
    user_id: strawberry.ID
    user_email: str
    created_at: datetime

    @classmethod
    def of(cls, row: KycRow) -> KycSession:
        """Show a KYC session."""
        return cls(
            standing=row.standing,
            row=row,
            id=strawberry.ID(row.id),
            number=row.number,
            user_id=strawberry.ID(row.user_id),
            user_email=row.user_email,
            created_at=row.created_at,
        )

    @strawberry.field
    def submissions(self) -> int:
        """How often documents were handed in."""
        return int(self.standing.context["submissions"])

    @strawberry.field
    def documents(self) -> list[KycDocument]:
        """What was handed in since documents were asked for last."""
        return [_document(one) for one in self.standing.context["documents"]]

    @strawberry.field
    def required(self) -> list[str]:
        """Which documents are asked for."""
        return [str(one) for one in self.standing.context["required"]]

    @strawberry.field
    def message(self) -> str | None:
        """What the user is told about them."""
        message = self.standing.context["message"]
        return str(message) if message else None

    @strawberry.field
    def expires_at(self) -> datetime | None:
        """Until when it is to be done, or the approval holds."""
        ends = self.standing.context["expiresAt"]
        return datetime.fromisoformat(ends) if ends else None

    @strawberry.field
    def is_final(self) -> bool:
        """Whether it was rejected for good."""
        return self.standing.context["isFinal"] is True


def _document(document: dict[str, Any]) -> KycDocument:
    return KycDocument(
        document_type=document["documentType"],
        country=document["country"],
        provider=document["provider"],
        reference=document["reference"],
        submitted_at=datetime.fromisoformat(document["at"]),
    )


@strawberry.input
class KycSessionFilter:
    search: str | None = None
    states: list[str] | None = None
    user_id: strawberry.ID | None = None

    def wanted(self) -> WantedKyc:
        """Return it in the application's words."""
        return WantedKyc(
            states=tuple(self.states or ()), search=self.search or "", user_id=self.user_id
        )


@strawberry.type
class KycSessionApplied:
    session: KycSession
    replayed: bool


KycSessionResult = Annotated[KycSessionApplied | Refusal, strawberry.union("KycSessionResult")]


@strawberry.type
class KycQuery:
    @strawberry.field
    async def kyc_sessions(
        self,
        info: Info,
        filter: KycSessionFilter | None = None,
        first: First = 50,
        after: str | None = None,
    ) -> Connection[KycSession]:
        """KYC sessions, the newest first."""
        wanted = filter.wanted() if filter else WantedKyc()
        listed = info.context.app.kyc_list
        return await connected(info, listed, wanted, KycSession.of, first=first, after=after)

    @strawberry.field
    async def kyc_session(self, info: Info, id: strawberry.ID) -> KycSession | None:
        row = await info.context.app.kyc_list.find(info.context.by, id)
        return KycSession.of(row) if row else None


@strawberry.type
class KycMutation:
    @strawberry.mutation
    async def open_kyc_session(
        self,
        info: Info,
        user_id: strawberry.ID,
        expires_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> KycSessionResult:
        """Let a user prove who they are, until a time where one is given."""
        context = info.context
        asked = context.asked(info, idempotency_key)

        async def show(result: Result) -> KycSessionApplied:
            row = await context.app.kyc_list.known(result.instance_id)
            if row is None:
                raise LookupError(result.instance_id)
            return KycSessionApplied(session=KycSession.of(row), replayed=result.replayed)

        return await answered(
            context.app.users.open_kyc(user_id, expires_at, asked), show, context
        )

    @strawberry.mutation
    async def send_kyc_event(
        self,
        info: Info,
        kyc_session_id: strawberry.ID,
        event: str,
        data: JSON | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> SendEventResult:
        asked = info.context.asked(info, idempotency_key, reason)
        send = info.context.app.users.send_kyc
        return await sent(info.context, send, kyc_session_id, event, data, asked)
