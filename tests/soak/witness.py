"""A consumer that writes down what it is handed, in the order in which it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderwright.runtime.consumer import Consumer

if TYPE_CHECKING:
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection, Pool

TABLE = """
create table seen (n bigint generated always as identity, event_id text primary key, instance_id text, version integer)
"""


async def _handle(connection: Connection, event: DomainEvent) -> None:
    row = (event.event_id, event.instance_id, event.version)
    await connection.execute(_INSERT, *row)


WITNESS = Consumer(name="witness", events=None, handle=_handle)


async def assert_each_seen_once_and_in_order(pool: Pool) -> None:
    """No event skipped, none twice, and those of an instance in their order."""
    for query in (_MISSED, _OUT_OF_ORDER, "select * from orderwright.parked_root"):
        found = await pool.fetch(query)
        assert found == [], (query, found)


_INSERT = "insert into seen (event_id, instance_id, version) values ($1, $2, $3)"
_MISSED = """
select event_id from orderwright.outbox full join seen using (event_id)
where outbox.event_id is null or seen.event_id is null
"""
_OUT_OF_ORDER = """
select * from (
    select event_id, version, lag(version) over (partition by instance_id order by n) as before from seen) as s
where before > version
"""
