from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
import pytest
from engine_room import Deaf, close
from straight import assert_straight, deadlocks

from orderwright.statechart import Event

if TYPE_CHECKING:
    from parcel import Rows, Scales

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.fact import FactRequest
    from orderwright.runtime.pool import Connection, Pool


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """An engine that keeps what it writes, however outdated it may be by the next time."""
    engine.keep(Deaf())
    return engine


async def test_twenty_different_events_make_a_straight_line(engine: Engine, rows: Rows):
    await engine.create("parcel", "p1", actor="ann")

    results = await asyncio.gather(
        *(
            engine.send("p1", Event("ADD", {"n": n}), actor="ann", idempotency_key=f"k{n}")
            for n in range(1, 21)
        )
    )

    assert sorted(result.version for result in results) == list(range(2, 22))
    instance = await engine.read("p1")
    assert (instance.version, instance.snapshot.context["count"]) == (21, 210)
    assert len(await rows("select 1 from orderwright.outbox")) == 20
    await assert_straight(engine.pool)


async def test_events_with_facts_take_turns_under_the_lock_of_the_instance(
    engine: Engine, scales: Scales
):
    """The fact is the count itself, read from the instance: a stale one would let too many in."""
    await engine.create("parcel", "p1", actor="ann")

    async def count(connection: Connection, request: FactRequest) -> int:
        assert request.snapshot is not None
        row = "select snapshot::jsonb -> 'context' -> 'count' from orderwright.instance where instance_id = $1"
        return int(await connection.fetchval(row, request.instance_id)) + 1

    scales.load_with(count)
    results = await asyncio.gather(
        *(engine.send("p1", Event("WEIGH"), actor="ann") for _ in range(20))
    )

    assert sum(result.refused is None for result in results) == 10
    assert {result.refused.code for result in results if result.refused} == {"blocked"}
    assert (await engine.read("p1")).snapshot.context["count"] == 10
    await assert_straight(engine.pool)


async def test_facts_are_loaded_while_the_instance_is_locked(
    engine: Engine, pool: Pool, scales: Scales
):
    await engine.create("parcel", "p1", actor="ann")
    row = "select 1 from orderwright.instance where instance_id = 'p1' for update nowait"

    async def weigh(_: Connection, request: FactRequest) -> int:
        if request.lock:
            with pytest.raises(asyncpg.LockNotAvailableError):
                await pool.fetchval(row)
        else:
            assert await pool.fetchval(row) == 1
        return 1

    scales.load_with(weigh)
    await engine.explain("p1", "ann")
    assert (await engine.send("p1", Event("WEIGH"), actor="ann")).refused is None
    engine.registry._declared_facts.clear()  # as in a process that meets the chart for the first time
    assert (await engine.send("p1", Event("WEIGH"), actor="ann")).refused is None


async def test_racing_creates_of_one_id_make_one_instance(engine: Engine, rows: Rows):
    results = await asyncio.gather(
        *(engine.create("parcel", "p1", context={"n": n}, actor="ann") for n in range(10))
    )

    assert sum(result.refused is None for result in results) == 1
    assert {r.refused.code for r in results if r.refused} == {"instance_exists"}
    assert len(await rows("select 1 from orderwright.log")) == 1


async def test_who_loses_a_deadlock_tries_again(
    engine: Engine, scales: Scales, rows: Rows, database_url: str
):
    """Each holds its own instance and wants the other's: the database ends one, which does it again."""
    others = {"p1": "p2", "p2": "p1"}
    for instance_id in others:
        await engine.create("parcel", instance_id, actor="ann")
    both_hold = asyncio.Barrier(2)
    met: set[str] = set()

    async def cross(connection: Connection, request: FactRequest) -> int:
        if request.instance_id not in met:
            met.add(request.instance_id)
            await both_hold.wait()
        row = "select 1 from orderwright.instance where instance_id = $1 for update"
        return int(await connection.fetchval(row, others[request.instance_id]))

    scales.load_with(cross)
    results = await asyncio.gather(
        *(engine.send(instance_id, Event("WEIGH"), actor="ann") for instance_id in others)
    )

    assert [result.refused for result in results] == [None, None]
    assert len(await rows("select 1 from orderwright.log where event_type = 'WEIGH'")) == 2
    await assert_straight(engine.pool)
    await close(engine)
    await engine.pool.close()
    assert await deadlocks(database_url) == 1  # what other suites show to be 0 is counted


async def test_a_deadlock_is_counted_though_those_who_meet_it_do_not_wait_for_long(
    database_url: str,
):
    """Who gives up after 0.1 s, as the engine does, would by default never hear that it was a deadlock."""
    one, other = [await asyncpg.connect(database_url) for _ in range(2)]
    for connection in (one, other):
        await connection.execute("begin; set local lock_timeout = '100ms'")
    lock = "select pg_advisory_xact_lock($1)"
    await asyncio.gather(one.execute(lock, 1), other.execute(lock, 2))
    ends = await asyncio.gather(
        one.execute(lock, 2), other.execute(lock, 1), return_exceptions=True
    )
    for connection in (one, other):
        await connection.close()
    assert [type(end) for end in ends].count(asyncpg.DeadlockDetectedError) == 1
    assert await deadlocks(database_url) == 1
