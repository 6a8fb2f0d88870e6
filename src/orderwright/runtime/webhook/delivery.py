"""Deliveries as rows: claimed under a lease, and what came of each attempt.

A lease is a promise between hosts, whose own clocks may differ: so the database's clock gives and judges it.
An attempt counts when it begins, so that one that kills its worker is not repeated for ever. Who has lost the lease,
because it was too slow, may record its attempt but no longer decides about the delivery.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from orderwright.clock import driven
from orderwright.runtime.identity import fresh_id
from orderwright.runtime.webhook.schedule import ATTEMPTS, SUSTAINED, delay_after

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from orderwright.clock import Clock
    from orderwright.runtime.pool import Connection
    from orderwright.runtime.webhook.post import Answer

LEASE: Final = timedelta(minutes=1)
"""Longer than an attempt may take."""
TOGETHER: Final = 8
"""Deliveries of one subscription that are sent at once."""
_AT_ONCE: Final = 64
_RELIEF: Final = timedelta(minutes=1)
_BUSY: Final = frozenset({429, 502, 504})
_GONE: Final = 410

Status: TypeAlias = Literal["waiting", "delivered", "dead"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A delivery that was claimed; `attempts` counts the one that begins."""

    subscription_id: str
    message_id: str
    url: str
    secret: str
    body: str
    attempts: int
    lease: str


async def claim(connection: Connection, *, busy: Collection[str], clock: Clock) -> list[Delivery]:
    """Lease deliveries that are due, a few of each subscription that is neither paused nor busy."""
    at = driven(clock)
    await connection.execute(_BURY, ATTEMPTS, at)
    rows = await connection.fetch(_CLAIM, clock.now(), list(busy), fresh_id(), LEASE, at)
    return [Delivery(**row) for row in rows]


async def record(
    connection: Connection, delivery: Delivery, answer: Answer, *, at: datetime
) -> Status:
    """Write down what came of an attempt, in one transaction; return how the delivery stands by it.

    When its subscription was removed meanwhile, nothing is written.
    """
    key = (delivery.subscription_id, delivery.message_id)
    async with connection.transaction():
        # The subscription before its delivery, as `unsubscribe` locks them, or each could wait for the other.
        await _note(connection, delivery.subscription_id, answer, at)
        attempt = (answer.milliseconds, answer.status, answer.error)
        await connection.execute(_ATTEMPTED, *key, at, *attempt)
        if answer.is_success:
            await connection.execute(_DELIVERED, *key, delivery.lease, at)
            return "delivered"
        name = "/".join(key)
        delay = delay_after(delivery.attempts, name, answer.retry_after)
        is_over = delay is None or answer.status == _GONE
        status: Status = "dead" if is_over else "waiting"
        due = at + (delay or timedelta())
        await connection.execute(_FAILED, *key, delivery.lease, status, due)
        return status


async def retry_dead(
    connection: Connection,
    subscription_id: str,
    message_ids: Sequence[str] | None = None,
    *,
    at: datetime,
) -> list[str]:
    """Have dead deliveries sent again with all their attempts before them; None means all. Return their ids."""
    rows = await connection.fetch(_RETRY, subscription_id, message_ids, at)
    return [row["message_id"] for row in rows]


async def _note(
    connection: Connection, subscription_id: str, answer: Answer, at: datetime
) -> None:
    """Write down what an answer tells of the endpoint."""
    if answer.is_success:
        await connection.execute(_WELL, subscription_id)
        return
    relief = None
    if answer.status in _BUSY:
        relief = at + max(answer.retry_after or _RELIEF, _RELIEF)
    is_gone = answer.status == _GONE
    await connection.execute(_ILL, subscription_id, at, relief, is_gone, at - SUSTAINED)


_BURY = """
update orderwright.webhook_delivery set status = 'dead', lease = null, lease_until = null
where status = 'waiting' and attempts >= $1 and lease_until <= coalesce($2::timestamptz, statement_timestamp())
"""
_CLAIM = f"""
with due as (
    select one.subscription_id, one.message_id, s.url, s.secret
    from orderwright.webhook_subscription as s
    cross join lateral (
        select subscription_id, message_id from orderwright.webhook_delivery as d
        where d.subscription_id = s.subscription_id and d.status = 'waiting' and d.next_attempt_at <= $1
          and (d.lease_until is null or d.lease_until <= coalesce($5::timestamptz, statement_timestamp()))
        order by d.next_attempt_at, d.message_id
        limit {TOGETHER}
        for update skip locked) as one
    where s.paused_at is null and (s.not_before is null or s.not_before <= $1) and s.subscription_id <> all($2)
    limit {_AT_ONCE}
)
update orderwright.webhook_delivery as d
set attempts = d.attempts + 1, lease = $3, lease_until = coalesce($5, statement_timestamp()) + $4::interval
from due
where d.subscription_id = due.subscription_id and d.message_id = due.message_id
returning d.subscription_id, d.message_id, due.url, due.secret, d.body, d.attempts, d.lease
"""  # noqa: S608 (constants)
_ATTEMPTED = """
insert into orderwright.webhook_attempt
    (subscription_id, message_id, attempted_at, milliseconds, response_status, error)
select subscription_id, message_id, $3, $4, $5, $6 from orderwright.webhook_delivery
where subscription_id = $1 and message_id = $2
for key share
"""
_DELIVERED = """
update orderwright.webhook_delivery
set status = 'delivered', delivered_at = $4, lease = null, lease_until = null
where subscription_id = $1 and message_id = $2 and lease = $3
"""
_FAILED = """
update orderwright.webhook_delivery
set status = $4, next_attempt_at = $5, lease = null, lease_until = null
where subscription_id = $1 and message_id = $2 and lease = $3
"""
_WELL = """
update orderwright.webhook_subscription set failing_since = null, not_before = null
where subscription_id = $1 and (failing_since is not null or not_before is not null)
"""
_ILL = """
update orderwright.webhook_subscription
set failing_since = coalesce(failing_since, $2),
    not_before = greatest(not_before, $3),
    paused_at = case when $4 or failing_since <= $5 then coalesce(paused_at, $2) else paused_at end,
    pause_reason = case when paused_at is not null then pause_reason
                        when $4 then 'the endpoint answered 410 Gone'
                        when failing_since <= $5 then 'nothing but failures for three days' end
where subscription_id = $1
"""
_RETRY = """
update orderwright.webhook_delivery set status = 'waiting', attempts = 0, next_attempt_at = $3
where subscription_id = $1 and status = 'dead' and ($2::text[] is null or message_id = any($2))
returning message_id
"""
