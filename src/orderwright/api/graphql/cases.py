"""What people ask of cases and do with them."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import strawberry

from orderwright.api.graphql import case
from orderwright.api.graphql.case import (
    Case,
    CaseChangedResult,
    CaseConnection,
    CaseFilter,
    CaseInput,
    CaseResolutionWord,
)
from orderwright.api.graphql.context import Info
from orderwright.api.graphql.operations import First
from orderwright.app.permissions import require
from orderwright.statechart import Event


@strawberry.type
class CasesQuery:
    @strawberry.field
    async def cases(
        self,
        info: Info,
        filter: CaseFilter | None = None,
        first: First = 50,
        after: str | None = None,
    ) -> CaseConnection:
        """The cases of the person's queues, those that wait longest first; of resolved ones alone the newest."""
        by = info.context.by
        wanted = (filter or CaseFilter()).wanted(by)
        page = await info.context.app.case_list.page(by, wanted, first=first, after=after)
        return CaseConnection.of(page, wanted)

    @strawberry.field
    async def case(self, info: Info, id: strawberry.ID) -> Case | None:
        row = await info.context.app.case_list.find(info.context.by, id)
        return Case.of(row) if row else None


@strawberry.type
class CasesMutation:
    @strawberry.mutation
    async def open_case(
        self, info: Info, input: CaseInput, idempotency_key: str | None = None
    ) -> CaseChangedResult:
        """Have people of a role look into something."""
        asked = info.context.asked(info, idempotency_key)
        return await case.opened(info.context, input, asked)

    @strawberry.mutation
    async def take_case(
        self, info: Info, id: strawberry.ID, idempotency_key: str | None = None
    ) -> CaseChangedResult:
        """Work on a case oneself."""
        asked = info.context.asked(info, idempotency_key)
        return await case.changed(info.context, id, Event("TAKE"), asked)

    @strawberry.mutation
    async def assign_case(
        self,
        info: Info,
        id: strawberry.ID,
        assignee_id: strawberry.ID,
        idempotency_key: str | None = None,
    ) -> CaseChangedResult:
        """Give a case to somebody who works on its queue."""
        asked = info.context.asked(info, idempotency_key)
        event = Event("ASSIGN", {"assigneeId": str(assignee_id)})
        return await case.changed(info.context, id, event, asked)

    @strawberry.mutation
    async def comment_case(
        self, info: Info, id: strawberry.ID, text: str, idempotency_key: str | None = None
    ) -> CaseChangedResult:
        """Write down what was found out."""
        asked = info.context.asked(info, idempotency_key)
        return await case.changed(info.context, id, Event("COMMENT", {"text": text}), asked)

    @strawberry.mutation
    async def change_case_priority(
        self,
        info: Info,
        id: strawberry.ID,
        priority: case.CasePriority,
        idempotency_key: str | None = None,
    ) -> CaseChangedResult:
        """Say how much a case matters."""
        asked = info.context.asked(info, idempotency_key)
        event = Event("CHANGE_PRIORITY", {"priority": priority.value})
        return await case.changed(info.context, id, event, asked)

    @strawberry.mutation
    async def resolve_case(
        self,
        info: Info,
        id: strawberry.ID,
        resolution: CaseResolutionWord,
        note: str,
        idempotency_key: str | None = None,
    ) -> CaseChangedResult:
        """Close a case; what it blocks goes on."""
        asked = info.context.asked(info, idempotency_key)
        event = Event("RESOLVE", {"resolution": resolution.value, "note": note})
        return await case.changed(info.context, id, event, asked)

    @strawberry.mutation
    async def reopen_case(
        self, info: Info, id: strawberry.ID, reason: str, idempotency_key: str | None = None
    ) -> CaseChangedResult:
        """Look into a case again, with a new term."""
        asked = info.context.asked(info, idempotency_key)
        return await case.changed(info.context, id, Event("REOPEN", {"reason": reason}), asked)


@strawberry.type(description="Some case changed: ask again for what you show.")
class CasesChange:
    order_ids: list[strawberry.ID] | None = strawberry.field(
        description="Of which orders it may have been; null when that is not known."
    )


@strawberry.type
class CasesSubscription:
    @strawberry.subscription
    async def cases_changed(self, info: Info) -> AsyncGenerator[CasesChange, None]:
        context = info.context
        require(context.by, "case.read")
        with context.app.listener.subscribe() as changes:
            async for change in changes:
                found = await context.app.case_list.touched(change.roots)
                if found == ():
                    continue
                await context.refresh()
                require(context.by, "case.read")
                named = None if found is None else [strawberry.ID(one) for one in found]
                yield CasesChange(order_ids=named)
