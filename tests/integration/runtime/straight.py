"""What must hold of every history, whoever raced for it: each is a straight line, and nobody met a deadlock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
from waiting import eventually

from orderwright.runtime.replay import Replay

if TYPE_CHECKING:
    from orderwright.runtime.pool import Pool


async def assert_straight(pool: Pool) -> None:
    """Each transition starts where the one before it ended, each instance stands at the end of its log, and its
    domain events lie in the outbox in the order of its log, each once."""
    assert [dict(row) for row in await pool.fetch(_BENT)] == []
    assert [dict(row) for row in await pool.fetch(_DISPLACED)] == []
    assert [dict(row) for row in await pool.fetch(_OVERTAKEN)] == []
    assert [one async for one in Replay(pool).verify_all()] == []


async def deadlocks(url: str) -> int:
    """Return how many the database has counted; connections must be closed before, for they tell when they go."""
    connection = await asyncpg.connect(url)

    async def are_gone() -> bool:
        return await connection.fetchval(_OTHERS) == 0

    try:
        await eventually(are_gone)
        return int(await connection.fetchval(_DEADLOCKS))
    finally:
        await connection.close()


_BENT = """
select * from (
    select instance_id, version, from_state,
           lag(version, 1, 0) over line as before, lag(to_state) over line as to_state_before
    from orderwright.log window line as (partition by instance_id order by version)) as step
where version <> before + 1 or from_state is distinct from to_state_before
"""
_DISPLACED = """
select i.instance_id, i.version, i.state, last.version as logged, last.to_state
from orderwright.instance as i
left join lateral (
    select version, to_state, hash from orderwright.log
    where instance_id = i.instance_id order by version desc limit 1) as last on true
where (i.version, i.state, i.log_hash) is distinct from (last.version, last.to_state, last.hash)
"""
_OVERTAKEN = """
select * from (
    select event_id, instance_id, version,
           lag(event_id) over line as before, lag(version, 1, 0) over line as version_before
    from orderwright.outbox window line as (partition by instance_id order by ord, id)) as event
where version < version_before or event_id = before
"""
_OTHERS = """
select count(*) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
"""
_DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()"
