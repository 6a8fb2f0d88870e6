"""Which consumer has acknowledged which domain event, and when: a read model.

An event is acknowledged when its consumer has handled it or does not want it. That is one row for each batch, not
for each event: whatever lies at or before the row's place and does not wait was acknowledged by then. Events that
waited behind a failing one have a row of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from orderwright.runtime.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """How an event stands with a consumer.

    Attributes:
        status: *pending* until the consumer gets there, *parked* while it waits behind a failing event of its
            root or is that event itself, *dead* while that one is a dead letter.
        acknowledged_at: None until it is acknowledged, and where that was before it was written down.
    """

    consumer: str
    event_id: str
    status: Literal["acknowledged", "pending", "parked", "dead"]
    acknowledged_at: datetime | None


async def read_acknowledgements(
    connection: Connection, event_ids: Sequence[str]
) -> list[Acknowledgement]:
    """Tell of events how each consumer stands with them; in the order of the outbox, then by consumer."""
    rows = await connection.fetch(_READ, event_ids)
    return [Acknowledgement(**row) for row in rows]


_READ = """
select consumer.name as consumer, outbox.event_id,
       case when (outbox.ord, outbox.id) > (consumer.ord, consumer.id) then 'pending'
            when waiting.event_id is null or waiting.acknowledged_at is not null then 'acknowledged'
            when parked.dead_at is not null then 'dead'
            else 'parked' end as status,
       case when (outbox.ord, outbox.id) > (consumer.ord, consumer.id) then null
            when waiting.event_id is not null then waiting.acknowledged_at
            else (
                select acknowledged_at from orderwright.acknowledgement as passed
                where passed.consumer = consumer.name and (passed.ord, passed.id) >= (outbox.ord, outbox.id)
                order by passed.ord, passed.id
                limit 1) end as acknowledged_at
from orderwright.outbox
cross join orderwright.consumer
left join orderwright.waiting_event as waiting
    on waiting.consumer = consumer.name and waiting.event_id = outbox.event_id
left join orderwright.parked_root as parked
    on parked.consumer = consumer.name and parked.root_id = outbox.root_id
where outbox.event_id = any($1)
order by outbox.ord, outbox.id, consumer.name
"""
