"""A consumer for tests: it lists what it is handed in a table, where a second delivery would be an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from orderwright.runtime.consumer import Consumer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

TABLE = """
create table seen (
    n bigint generated always as identity, consumer text, event_id text, unique (consumer, event_id))
"""
Seen: TypeAlias = "Callable[..., Awaitable[list[str]]]"
"""What the fixture `seen` gives: the event ids that a consumer has listed, in order of writing."""


class Listing:
    """Lists events, and fails after the write on those that it is told to fail on, until it is told otherwise."""

    def __init__(
        self,
        name: str = "listing",
        events: frozenset[str] | None = None,
        attempts: int = 24,
        fails_on: Iterable[str] = (),
    ) -> None:
        self.fails_on = set(fails_on)
        self.tried: list[str] = []
        self.consumer = Consumer(name=name, events=events, handle=self._handle, attempts=attempts)

    async def _handle(self, connection: Connection, event: DomainEvent) -> None:
        self.tried.append(event.event_id)
        insert = "insert into seen (consumer, event_id) values ($1, $2)"
        await connection.execute(insert, self.consumer.name, event.event_id)
        if event.event_id in self.fails_on:
            await connection.execute("select 1/0")
