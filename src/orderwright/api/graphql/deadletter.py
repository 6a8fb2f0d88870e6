"""Dead letters as the API shows them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from orderwright.api.graphql.belonging import Belonging, belonging
from orderwright.api.graphql.connection import PageInfo
from orderwright.api.graphql.context import Context, Info
from orderwright.api.graphql.results import Refusal, answered_plainly
from orderwright.api.graphql.scalars import JSON
from orderwright.app.orders import Asked
from orderwright.app.page import Page
from orderwright.runtime import dead_letter as runtime
from orderwright.runtime.retrying import Retried


@strawberry.enum
class DeadLetterSource(Enum):
    JOB = "job"
    CONSUMER = "consumer"


@strawberry.type
class DeadLetterHappening:
    at: datetime
    what: str
    host: str | None
    actor_id: str | None
    detail: str | None
    payload: JSON | None


@strawberry.type(
    description="Work that failed for the last time, and waits for somebody to look at it."
)
class DeadLetter:
    id: strawberry.ID
    source: DeadLetterSource
    name: str
    key: str
    payload: JSON | None
    root_id: strawberry.ID
    instance_id: strawberry.ID | None
    correlation_id: str
    causation_id: str | None
    status: str
    attempts: int
    error: str | None
    created_at: datetime
    died_at: datetime | None
    history: list[DeadLetterHappening]

    @strawberry.field
    async def belongs_to(self, info: Info) -> Belonging | None:
        """The order or quotation whose work it is."""
        return await belonging(info.context, self.root_id)

    @classmethod
    def of(cls, letter: runtime.DeadLetter) -> DeadLetter:
        """Show a dead letter."""
        return cls(
            id=strawberry.ID(letter.id),
            source=DeadLetterSource(letter.source),
            name=letter.name,
            key=letter.key,
            payload=JSON(letter.payload),
            root_id=strawberry.ID(letter.root_id),
            instance_id=strawberry.ID(letter.instance_id) if letter.instance_id else None,
            correlation_id=letter.correlation_id,
            causation_id=letter.causation_id,
            status=letter.status,
            attempts=letter.attempts,
            error=letter.last_error,
            created_at=letter.created_at,
            died_at=letter.died_at,
            history=[_happening(one) for one in letter.history],
        )


@strawberry.type
class DeadLetterEdge:
    node: DeadLetter
    cursor: str


@strawberry.type
class DeadLetterConnection:
    name: strawberry.Private[str | None]
    edges: list[DeadLetterEdge]
    page_info: PageInfo

    @classmethod
    def of(cls, page: Page[runtime.DeadLetter], name: str | None) -> DeadLetterConnection:
        """Show a page of dead letters."""
        edges = [
            DeadLetterEdge(node=DeadLetter.of(letter), cursor=at.cursor())
            for at, letter in page.rows
        ]
        return cls(name=name, edges=edges, page_info=PageInfo.of(page))

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        return await info.context.app.dead_letters.count(info.context.by, name=self.name)


@strawberry.type
class DeadLetterRetried:
    dead_letter: DeadLetter
    replayed: bool

    @classmethod
    def of(cls, retried: Retried) -> DeadLetterRetried:
        """Show a letter that waits again."""
        return cls(dead_letter=DeadLetter.of(retried.letter), replayed=retried.replayed)


RetryDeadLetterResult = Annotated[
    DeadLetterRetried | Refusal, strawberry.union("RetryDeadLetterResult")
]


async def retried(
    context: Context, letter_id: str, asked: Asked, payload: JSON | None
) -> DeadLetterRetried | Refusal:
    """Have a dead letter tried again."""
    command = context.app.dead_letters.retry(letter_id, asked, payload)
    return await answered_plainly(command, DeadLetterRetried.of, context)


def _happening(happened: runtime.Happened) -> DeadLetterHappening:
    return DeadLetterHappening(
        at=happened.at,
        what=happened.what,
        host=happened.host,
        actor_id=happened.actor_id,
        detail=happened.detail,
        payload=None if happened.payload is None else JSON(happened.payload),
    )
