"""Named lists, and API tokens of hosts."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated, Final, Literal

import strawberry

from orderwright.api.graphql.connection import PageInfo
from orderwright.api.graphql.context import Info
from orderwright.api.graphql.operations import First
from orderwright.api.graphql.policy import person
from orderwright.api.graphql.results import Refusal, answered_plainly
from orderwright.api.graphql.workflow import Actor
from orderwright.app.page import Page
from orderwright.app.policies.list_desk import Changed, EntryRow, ListRow


@strawberry.enum
class PolicyListKind(Enum):
    TEXT = "text"
    NUMBER = "number"


_KINDS: Final[dict[PolicyListKind, Literal["text", "number"]]] = {
    PolicyListKind.TEXT: "text",
    PolicyListKind.NUMBER: "number",
}


@strawberry.type(description="An entry of a list, as it was added and perhaps removed.")
class PolicyListEntry:
    row: strawberry.Private[EntryRow]
    value: str
    note: str | None
    added_at: datetime
    expires_at: datetime | None
    removed_at: datetime | None

    @classmethod
    def of(cls, row: EntryRow) -> PolicyListEntry:
        """Show an entry."""
        return cls(
            row=row,
            value=row.value,
            note=row.note,
            added_at=row.added_at,
            expires_at=row.expires_at,
            removed_at=row.removed_at,
        )

    @strawberry.field
    async def added_by(self, info: Info) -> Actor:
        return await person(info.context, self.row.added_by)

    @strawberry.field
    async def removed_by(self, info: Info) -> Actor | None:
        by = self.row.removed_by
        return await person(info.context, by) if by else None


@strawberry.type
class PolicyListEntryEdge:
    node: PolicyListEntry
    cursor: str


@strawberry.type
class PolicyListEntryConnection:
    name: strawberry.Private[str]
    with_removed: strawberry.Private[bool]
    edges: list[PolicyListEntryEdge]
    page_info: PageInfo

    @classmethod
    def of(
        cls, page: Page[EntryRow], name: str, *, with_removed: bool
    ) -> PolicyListEntryConnection:
        """Show a page of entries."""
        edges = [
            PolicyListEntryEdge(node=PolicyListEntry.of(row), cursor=at.cursor())
            for at, row in page.rows
        ]
        return cls(name=name, with_removed=with_removed, edges=edges, page_info=PageInfo.of(page))

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        lists = info.context.app.policy_office.lists
        return await lists.count(info.context.by, self.name, with_removed=self.with_removed)


@strawberry.type(description="A list that policies read.")
class PolicyList:
    row: strawberry.Private[ListRow]
    name: strawberry.ID
    kind: PolicyListKind
    description: str
    size: int = strawberry.field(description="How many entries it has now.")
    created_at: datetime

    @classmethod
    def of(cls, row: ListRow) -> PolicyList:
        """Show a list."""
        return cls(
            row=row,
            name=strawberry.ID(row.name),
            kind=PolicyListKind(row.kind),
            description=row.description,
            size=row.size,
            created_at=row.created_at,
        )

    @strawberry.field
    async def created_by(self, info: Info) -> Actor:
        return await person(info.context, self.row.created_by)

    @strawberry.field
    async def entries(
        self,
        info: Info,
        with_removed: bool = False,  # noqa: FBT001, FBT002 (an argument of the schema)
        first: First = 50,
        after: str | None = None,
    ) -> PolicyListEntryConnection:
        """Its entries, the newest first; with those that were removed if asked for."""
        page = await info.context.app.policy_office.lists.entries(
            info.context.by, self.row.name, with_removed=with_removed, first=first, after=after
        )
        return PolicyListEntryConnection.of(page, self.row.name, with_removed=with_removed)


@strawberry.type
class PolicyListChanged:
    list: PolicyList
    count: int = strawberry.field(description="How many entries were added or removed.")


PolicyListChangedResult = Annotated[
    PolicyListChanged | Refusal, strawberry.union("PolicyListChangedResult")
]


@strawberry.type
class PolicyListsQuery:
    @strawberry.field
    async def policy_lists(self, info: Info) -> list[PolicyList]:
        """Every list that policies may read, by name."""
        found = await info.context.app.policy_office.lists.lists(info.context.by)
        return [PolicyList.of(one) for one in found]

    @strawberry.field
    async def policy_list(self, info: Info, name: strawberry.ID) -> PolicyList | None:
        found = await info.context.app.policy_office.lists.one(info.context.by, name)
        return PolicyList.of(found) if found else None


@strawberry.type
class PolicyListsMutation:
    @strawberry.mutation
    async def create_policy_list(
        self,
        info: Info,
        name: strawberry.ID,
        kind: PolicyListKind = PolicyListKind.TEXT,
        description: str = "",
        idempotency_key: str | None = None,
    ) -> PolicyListChangedResult:
        """Begin a list that policies may read."""
        asked = info.context.asked(info, idempotency_key)
        lists = info.context.app.policy_office.lists
        command = lists.create(name, _KINDS[kind], description, asked)
        done = await answered_plainly(command, lambda made: made, info.context)
        return (
            done if isinstance(done, Refusal) else await _shown(info, Changed(name=done, count=0))
        )

    @strawberry.mutation
    async def add_policy_list_entries(
        self,
        info: Info,
        name: strawberry.ID,
        values: list[str],
        note: str | None = None,
        expires_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> PolicyListChangedResult:
        """Add entries, one or thousands; those that are there stay, extended where they would end sooner."""
        asked = info.context.asked(info, idempotency_key)
        lists = info.context.app.policy_office.lists
        command = lists.add(name, values, asked, note=note, expires_at=expires_at)
        done = await answered_plainly(command, lambda changed: changed, info.context)
        return done if isinstance(done, Refusal) else await _shown(info, done)

    @strawberry.mutation
    async def remove_policy_list_entries(
        self,
        info: Info,
        name: strawberry.ID,
        values: list[str],
        idempotency_key: str | None = None,
    ) -> PolicyListChangedResult:
        """Take entries away; their rows stay for who asks what was."""
        asked = info.context.asked(info, idempotency_key)
        command = info.context.app.policy_office.lists.remove(name, values, asked)
        done = await answered_plainly(command, lambda changed: changed, info.context)
        return done if isinstance(done, Refusal) else await _shown(info, done)


async def _shown(info: Info, done: Changed) -> PolicyListChanged:
    found = await info.context.app.policy_office.lists.one(info.context.by, done.name)
    if found is None:
        raise LookupError(f"the list {done.name} is gone")
    return PolicyListChanged(list=PolicyList.of(found), count=done.count)
