"""The consumer behind webhooks: it writes a delivery for each event and subscription, and sends nothing.

Only what happens live is told: an import of old orders must not call anybody. A subscription gets events that were
recorded after it was made.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final

from orderwright.json_text import dump
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.identity import derived_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

NAME: Final = "webhooks"
_BATCH: Final = 1000


def webhooks_consumer() -> Consumer:
    """Return the consumer that the relay feeds."""
    return Consumer(name=NAME, events=None, handle=_handle, handle_all=_handle_all, batch=_BATCH)


def message_id(event: DomainEvent) -> str:
    """Return the id under which an event is sent, the same to every subscription and at every attempt."""
    return f"msg_{derived_id(f'webhook/{event.event_id}')}"


def body_of(event: DomainEvent) -> str:
    """Return what is sent of an event; `type`, `timestamp` and `data` are where the specification wants them."""
    return dump(
        {
            "type": event.name,
            "timestamp": event.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "data": dict(event.data),
            "eventId": event.event_id,
            "instanceId": event.instance_id,
            "version": event.version,
            "rootId": event.root_id,
            "correlationId": event.correlation_id,
        }
    )


async def _handle(connection: Connection, event: DomainEvent) -> None:
    await _handle_all(connection, [event])


async def _handle_all(connection: Connection, events: Sequence[DomainEvent]) -> None:
    live = [event for event in events if event.origin == "live"]
    if not live or not await connection.fetchval(_ANYBODY):
        return
    await connection.execute(
        _FAN_OUT,
        [message_id(event) for event in live],
        [event.event_id for event in live],
        [event.name for event in live],
        [body_of(event) for event in live],
        [event.recorded_at for event in live],
    )


_ANYBODY = "select exists (select from orderwright.webhook_subscription)"
# Whoever removes a subscription waits for this, and then finds what it has written.
_FAN_OUT = """
with s as (
    select subscription_id, patterns, created_at from orderwright.webhook_subscription for key share)
insert into orderwright.webhook_delivery
    (subscription_id, message_id, event_id, name, body, status, attempts, next_attempt_at, created_at)
select s.subscription_id, e.message_id, e.event_id, e.name, e.body, 'waiting', 0, e.recorded_at, e.recorded_at
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
    as e (message_id, event_id, name, body, recorded_at)
join s on s.created_at <= e.recorded_at and exists (
    select from unnest(s.patterns) as p
    where p in ('*', e.name) or (right(p, 2) = '.*' and starts_with(e.name, left(p, -1))))
on conflict (subscription_id, message_id) do nothing
"""
