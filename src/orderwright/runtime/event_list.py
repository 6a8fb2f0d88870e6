"""The outbox for people: domain events, the latest first, and how each consumer stands with them.

There is no index on the root of an event, because every step would pay for it. The events of a root are found
through its instances and their logs instead, whose versions and numbers make up the ids of events. What waits for a
consumer may outlive the events before it of the same step, and is found by that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.runtime.acknowledgement import Acknowledgement, read_acknowledgements
from orderwright.runtime.outbox import EVENT_COLUMNS, Cursor, DomainEvent, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orderwright.runtime.pool import Connection

COUNTED: Final = 10_000
"""Events are counted up to here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEvent:
    """A domain event in its place, with how each consumer stands with it, by name."""

    place: Cursor
    event: DomainEvent
    acknowledgements: Sequence[Acknowledgement]


async def listed(
    connection: Connection, *, root_id: str | None = None, after: Cursor | None = None, most: int
) -> list[ListedEvent]:
    """Return events, the latest first; of one root if it is given; those before a place if one is given."""
    place = after or Cursor(_LAST_ORD, _LAST_ID)
    if root_id is None:
        rows = await connection.fetch(_LISTED + str(most), *place)
    else:
        rows = await connection.fetch(_LISTED_OF + str(most), *place, root_id)
    events = [placed(row) for row in rows]
    found: dict[str, list[Acknowledgement]] = {one.event.event_id: [] for one in events}
    for one in await read_acknowledgements(connection, list(found)):
        found[one.event_id].append(one)
    return [
        ListedEvent(place=one.place, event=one.event, acknowledgements=found[one.event.event_id])
        for one in events
    ]


async def count(connection: Connection, *, root_id: str | None = None) -> int:
    """Return how many events there are, counted up to `COUNTED`."""
    if root_id is None:
        return int(await connection.fetchval(_COUNT))
    return int(await connection.fetchval(_COUNT_OF, root_id))


_LAST_ORD: Final = 2**63 - 1
_LAST_ID: Final = 2**63 - 1
_SELECT: Final = f"select outbox.ord, outbox.id, {EVENT_COLUMNS}, false as is_parked"
# Lateral, with a limit: a look into an index for each event, whatever the planner thinks of their number.
_OF_ROOT: Final = """
with recursive told (instance_id, version, n) as (
    select log.instance_id, log.version, 1
    from orderwright.instance
    join orderwright.log using (instance_id)
    cross join lateral (
        select from orderwright.outbox
        where event_id = log.instance_id || '/' || log.version || '/1' limit 1) as first
    where root_id = $1
    union
    select outbox.instance_id, outbox.version, split_part(event_id, '/', -1)::integer
    from orderwright.waiting_event
    join orderwright.outbox using (event_id)
    where waiting_event.root_id = $1 and acknowledged_at is null
    union
    select instance_id, version, n + 1
    from told
    cross join lateral (
        select from orderwright.outbox
        where event_id = told.instance_id || '/' || told.version || '/' || told.n + 1 limit 1) as next
)
"""
# The limits are literals: with a parameter the planner does not know how few rows are wanted.
_LISTED: Final = f"""
{_SELECT} from orderwright.outbox where (ord, id) < ($1, $2) order by ord desc, id desc limit """
_LISTED_OF: Final = f"""
{_OF_ROOT.replace("$1", "$3")}
{_SELECT}
from told
cross join lateral (
    select * from orderwright.outbox as o
    where o.event_id = told.instance_id || '/' || told.version || '/' || told.n limit 1) as outbox
where (ord, id) < ($1, $2) order by ord desc, id desc limit """  # noqa: S608 (nothing of a caller)
_COUNT: Final = f"""
select count(*) from (select from orderwright.outbox limit {COUNTED}) as counted
"""  # noqa: S608 (nothing of a caller)
_COUNT_OF: Final = f"{_OF_ROOT} select count(*) from told"  # noqa: S608 (nothing of a caller)
