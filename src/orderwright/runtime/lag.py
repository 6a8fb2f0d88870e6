"""How far consumers are behind, and what holds them back.

The *horizon* is the oldest transaction that runs anywhere in the cluster: no event at or after it is settled. Its
age is the figure to alarm on, because one session that was left open stops every consumer without an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.runtime.calendar import nearest

if TYPE_CHECKING:
    from datetime import datetime

    from orderwright.runtime.pool import Connection

COUNTED: Final = 10_000
"""Lags are counted up to here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerLag:
    """How far a consumer is behind.

    Attributes:
        events: how many it has not read, settled or not; at most `COUNTED`.
        seconds: the age of the oldest of those; 0 when there is none.
        parked_roots: roots that it has set aside, dead letters included.
        dead_roots: those that wait for somebody to look into them.
        waiting_events: how many events wait in parked roots.
    """

    consumer: str
    events: int
    seconds: float
    parked_roots: int
    dead_roots: int
    waiting_events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayStatus:
    """How the relay stands.

    Attributes:
        consumers: by name.
        horizon_seconds: for how long the oldest running transaction has been open; 0 when none is.
        horizon_holder: who holds it, for a person; None when none does, or when this user may not see it: then
            the age is that of the oldest event that it holds back.
    """

    consumers: tuple[ConsumerLag, ...]
    horizon_seconds: float
    horizon_holder: str | None


async def read_status(connection: Connection, *, now: datetime) -> RelayStatus:
    """Tell how far every consumer is behind; cheap unless one is far behind."""
    rows = await connection.fetch(_LAG, now)
    horizon = await connection.fetchrow(_HORIZON)
    held = await connection.fetchval(_HELD, now)
    return RelayStatus(
        consumers=tuple(ConsumerLag(**row) for row in rows),
        horizon_seconds=float(horizon["seconds"] if horizon else held or 0.0),
        horizon_holder=horizon["holder"] if horizon else None,
    )


_LAG = f"""
select consumer.name as consumer, behind.events,
       greatest(coalesce(extract(epoch from $1 - behind.oldest), 0), 0)::float8 as seconds,
       (select count(*) from orderwright.parked_root as p where p.consumer = name) as parked_roots,
       (select count(*) from orderwright.parked_root as p
        where p.consumer = name and p.dead_at is not null) as dead_roots,
       (select count(*) from orderwright.waiting_event as w
        where w.consumer = name and w.acknowledged_at is null) as waiting_events
from orderwright.consumer
cross join lateral (
    select count(*) as events, min({nearest("recorded_at")}) as oldest from (
        select recorded_at from orderwright.outbox
        where (outbox.ord, outbox.id) > (consumer.ord, consumer.id)
        order by outbox.ord, outbox.id
        limit {COUNTED}) as unread) as behind
order by name
"""  # noqa: S608 (nothing of a caller)
# Prepared transactions have no session, but hold the horizon as well.
_HORIZON = """
select extract(epoch from clock_timestamp() - began)::float8 as seconds, holder
from (
    select backend_xid as xid, xact_start as began,
           format('process %s of %s (%s), %s', pid, usename, coalesce(nullif(application_name, ''), 'unnamed'), state)
               as holder
    from pg_stat_activity
    where backend_xid is not null and xact_start is not null and pid <> pg_backend_pid()
    union all
    select transaction, prepared, format('prepared transaction %s of %s', gid, owner) from pg_prepared_xacts
) as running
order by age(xid) desc
limit 1
"""
_HELD = f"""
select extract(epoch from $1 - {nearest("recorded_at")})::float8 from orderwright.outbox
where ord >= pg_snapshot_xmin(pg_current_snapshot())
order by ord, id
limit 1
"""  # noqa: S608 (nothing of a caller)
