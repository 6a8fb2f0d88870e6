"""Deliveries for people: how each stands, and what came of every attempt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from orderwright.runtime.pool import Connection
    from orderwright.runtime.webhook.delivery import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryState:
    """How a delivery stands; `error` and `response_status` are the last attempt's."""

    subscription_id: str
    message_id: str
    event_id: str
    name: str
    status: Status
    attempts: int
    next_attempt_at: datetime
    created_at: datetime
    delivered_at: datetime | None
    response_status: int | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """An attempt at a delivery; without `response_status` nobody answered, and `error` says why."""

    message_id: str
    attempted_at: datetime
    milliseconds: int
    response_status: int | None
    error: str | None


async def list_deliveries(
    connection: Connection,
    subscription_id: str,
    *,
    status: Status | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> list[DeliveryState]:
    """Return deliveries of a subscription, the newest first.

    Args:
        connection: in a transaction or not.
        subscription_id: whose.
        status: only those that stand so.
        after: where to go on, the time and the message id of the last one that was returned.
        limit: how many at most.
    """
    at, message_id = after or (None, None)
    rows = await connection.fetch(_LIST, subscription_id, status, at, message_id, limit)
    return [DeliveryState(**row) for row in rows]


async def count_deliveries(
    connection: Connection, subscription_id: str, *, status: Status | None = None
) -> int:
    """Return how many deliveries of a subscription there are."""
    return int(await connection.fetchval(_COUNT, subscription_id, status) or 0)


async def attempts_at(
    connection: Connection, subscription_id: str, message_ids: Sequence[str]
) -> dict[str, list[Attempted]]:
    """Return the attempts at deliveries of a subscription by message id, the first one first."""
    found: dict[str, list[Attempted]] = {message_id: [] for message_id in message_ids}
    for row in await connection.fetch(_ATTEMPTS, subscription_id, list(found)):
        found[row["message_id"]].append(Attempted(**row))
    return found


_WANTED = "d.subscription_id = $1 and ($2::text is null or d.status = $2)"
_LIST = f"""
select d.subscription_id, d.message_id, d.event_id, d.name, d.status, d.attempts, d.next_attempt_at, d.created_at,
       d.delivered_at, latest.response_status, latest.error
from orderwright.webhook_delivery as d
left join lateral (
    select response_status, error from orderwright.webhook_attempt as a
    where a.subscription_id = d.subscription_id and a.message_id = d.message_id
    order by attempt_id desc
    limit 1) as latest on true
where {_WANTED}
    and (d.created_at, d.message_id) < (coalesce($3::timestamptz, 'infinity'), coalesce($4::text, ''))
order by d.created_at desc, d.message_id desc
limit $5
"""  # noqa: S608 (constants)
_COUNT = f"""
select count(*) from orderwright.webhook_delivery as d where {_WANTED}
"""  # noqa: S608 (constants)
_ATTEMPTS = """
select message_id, attempted_at, milliseconds, response_status, error
from orderwright.webhook_attempt
where subscription_id = $1 and message_id = any($2::text[])
order by attempt_id
"""
