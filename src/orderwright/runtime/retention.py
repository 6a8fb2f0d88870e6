"""Letting go of what is old: everything that grows, but the log, the ledger and what somebody still needs.

Never deleted are domain events that a consumer has not acknowledged or that wait for a webhook, deliveries that wait,
jobs that wait, run or are dead, open incidents, and armed slots. A consumer that stands still, or a subscription that
stays paused, therefore holds its events for as long as it does.

A turn deletes a bounded number of rows of each kind, one short statement each, and finds them by an index. Any number
of workers may take turns at once: what another one has in hand is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from orderwright.clock import Clock
    from orderwright.runtime.pool import Connection, Pool

BATCH: Final = 1000
"""How many rows one statement looks at, and deletes at most."""
_HOURLY: Final = 3600.0
_START: Final = (0, 0)
_OLDEST: Final = (datetime(1, 1, 1, tzinfo=UTC), "")
_LOCK: Final = 0x6F776F6C64  # any number, the same in every process


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """For how long what is done with is kept.

    Attributes:
        events: domain events since they were recorded, and with them their acknowledgements.
        jobs: jobs since they were put down; until then their keys are known.
        deliveries: webhook deliveries since they were sent or given up, with their attempts.
        slots: slots since they were done or skipped.
        incidents: incidents since they were resolved.
        others: what a host keeps beside these, by a statement like those below: it deletes up to {batch} rows from
            before $1 and returns their count.
        walks: what a host keeps of which much may stay, by a statement like that of events: it takes the turn by
            {lock}, looks at up to {batch} rows from before $1 behind the place ($2, $3), a moment and an id, deletes
            those that may go, and returns the `at` and `id` of every row that it looked at, in their order.

    Idempotency keys carry their own end.
    """

    events: timedelta = timedelta(days=30)
    jobs: timedelta = timedelta(days=30)
    deliveries: timedelta = timedelta(days=30)
    slots: timedelta = timedelta(days=90)
    incidents: timedelta = timedelta(days=90)
    others: Mapping[str, timedelta] = field(default_factory=dict)
    walks: Mapping[str, timedelta] = field(default_factory=dict)


class Retention:
    """Deletes what is old, a batch of each kind at a turn."""

    def __init__(
        self, pool: Pool, clock: Clock, keep: Keep | None = None, *, batch: int = BATCH
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._keep = keep or Keep()
        self._batch = batch
        self._place = _START  # how far the outbox has been gone through in this round
        self._walked: dict[str, tuple[datetime, str]] = {}  # and how far each walk has come

    async def turn(self) -> float:
        """Delete a batch of each kind; return after how many seconds to come back, 0 while there is more."""
        now = self._clock.now()
        async with self._pool.acquire() as connection:
            is_more = await self._events(connection, now - self._keep.events)
            for query, before in self._due(now):
                is_more |= await self._delete(connection, query, before) == self._batch
            for query, span in self._keep.walks.items():
                is_more |= await self._walk(connection, query, now - span)
        return 0.0 if is_more else _HOURLY

    async def finish(self) -> None:
        """Take turns until nothing is left that may go."""
        while not await self.turn():
            pass

    def _due(self, now: datetime) -> tuple[tuple[str, datetime], ...]:
        keep = self._keep
        return (
            (_ACKNOWLEDGEMENTS, now - keep.events),
            (_WAITED, now - keep.events),
            (_KEYS, now),
            (_JOBS, now - keep.jobs),
            (_DELIVERIES, now - keep.deliveries),
            (_SLOTS, now - keep.slots),
            (_INCIDENTS, now - keep.incidents),
            *((query, now - span) for query, span in keep.others.items()),
        )

    async def _delete(self, connection: Connection, query: str, before: datetime) -> int:
        return int(await connection.fetchval(query.format(batch=self._batch), before))

    async def _walk(self, connection: Connection, query: str, before: datetime) -> bool:
        """Go on past what stays; the round ends where nothing old is left."""
        place = self._walked.pop(query, _OLDEST)
        looked = await connection.fetch(
            query.format(batch=self._batch, lock=_LOCK), before, *place
        )
        if len(looked) < self._batch:
            return False
        self._walked[query] = (looked[-1]["at"], looked[-1]["id"])
        return True

    async def _events(self, connection: Connection, before: datetime) -> bool:
        """Go on through the outbox, past what is held back; the round ends where events are young."""
        query = _EVENTS.format(batch=self._batch, lock=_LOCK)
        looked = await connection.fetch(query, before, *self._place)
        is_over = len(looked) < self._batch or not any(row["is_old"] for row in looked)
        self._place = _START if is_over else (looked[-1]["ord"], looked[-1]["id"])
        return not is_over


# A consumer moves its cursor and writes down what waits in one transaction, so one statement sees both or neither.
_EVENTS: Final = """
with turn as materialized (
    select pg_try_advisory_xact_lock({lock}) as is_mine
), looked as (
    select ord, id, event_id, recorded_at < $1 as is_old
    from orderwright.outbox
    where (select is_mine from turn)
      and (ord, id) > ($2, $3)
      and (ord, id) <= (select ord, id from orderwright.consumer order by ord, id limit 1)
    order by ord, id
    limit {batch}
), gone as (
    delete from orderwright.outbox as o using looked
    where o.ord = looked.ord and o.id = looked.id and looked.is_old
      and not exists (
          select from orderwright.consumer as c join orderwright.waiting_event as w on w.consumer = c.name
          where w.event_id = looked.event_id and w.acknowledged_at is null)
      and not exists (
          select from orderwright.webhook_delivery as d
          where d.event_id = looked.event_id and d.status = 'waiting'))
select ord, id, is_old from looked order by ord, id
"""
# One row tells of all events since the row before it: it may go when the last of those has gone.
_ACKNOWLEDGEMENTS: Final = """
with old as (
    select passed.consumer, passed.ord, passed.id
    from orderwright.consumer as c
    cross join lateral (
        select ord, id from (
            (select ord, id from orderwright.outbox order by ord, id limit 1)
            union all
            select c.ord, c.id) as ends
        order by ord, id
        limit 1) as first
    cross join lateral (
        select consumer, ord, id from orderwright.acknowledgement as a
        where a.consumer = c.name and (a.ord, a.id) < (first.ord, first.id)
          and (a.acknowledged_at is null or a.acknowledged_at < $1)
        order by a.ord, a.id
        limit {batch}
        for update of a skip locked) as passed
    limit {batch}
), gone as (
    delete from orderwright.acknowledgement as a using old
    where a.consumer = old.consumer and a.ord = old.ord and a.id = old.id
    returning 1
)
select count(*) from gone
"""
_WAITED: Final = """
with gone as (
    delete from orderwright.waiting_event where (consumer, event_id) in (
        select consumer, event_id from orderwright.waiting_event as w
        where acknowledged_at < $1
          and not exists (select from orderwright.outbox where outbox.event_id = w.event_id)
        order by acknowledged_at
        limit {batch}
        for update skip locked)
    returning 1
)
select count(*) from gone
"""
_KEYS: Final = """
with gone as (
    delete from orderwright.idempotency_key where key in (
        select key from orderwright.idempotency_key
        where expires_at <= $1
        order by expires_at
        limit {batch}
        for update skip locked)
    returning 1
)
select count(*) from gone
"""
_JOBS: Final = """
with old as (
    select job_id from orderwright.job
    where created_at < $1 and status in ('done', 'failed', 'stopped')
    order by created_at
    limit {batch}
    for update skip locked
), gone as (
    delete from orderwright.job using old where job.job_id = old.job_id returning job.job_id
), told as (
    delete from orderwright.job_history where job_id in (select job_id from gone)
)
select count(*) from gone
"""
# By when it was due, for which there is an index; it may have been sent long after that.
_DELIVERIES: Final = """
with old as (
    select subscription_id, message_id from orderwright.webhook_delivery
    where status <> 'waiting' and next_attempt_at < $1 and (delivered_at is null or delivered_at < $1)
    order by next_attempt_at
    limit {batch}
    for update skip locked
), gone as (
    delete from orderwright.webhook_delivery as d using old
    where d.subscription_id = old.subscription_id and d.message_id = old.message_id
    returning 1
), attempts as (
    delete from orderwright.webhook_attempt as a using old
    where a.subscription_id = old.subscription_id and a.message_id = old.message_id
)
select count(*) from gone
"""
_SLOTS: Final = """
with gone as (
    delete from orderwright.slot where (schedule, slot_at) in (
        select schedule, slot_at from orderwright.slot
        where settled_at < $1 and status <> 'armed'
        order by settled_at
        limit {batch}
        for update skip locked)
    returning 1
)
select count(*) from gone
"""
_INCIDENTS: Final = """
with gone as (
    delete from orderwright.incident where incident_id in (
        select incident_id from orderwright.incident
        where resolved_at < $1
        order by resolved_at
        limit {batch}
        for update skip locked)
    returning 1
)
select count(*) from gone
"""
