"""What waits together is carried out together: nobody pays for a neighbour, nothing is lost, nothing is done twice."""

from __future__ import annotations

import asyncio
import random  # noqa: TID251 (seeded)
from collections.abc import Sequence
from typing import TYPE_CHECKING

import asyncpg
import pytest
from engine_room import build_engine, close
from straight import assert_straight, deadlocks

from orderwright.runtime.command import Actor, Cause, Send
from orderwright.runtime.fact import SharedFact
from orderwright.runtime.instance import InstanceNotFound
from orderwright.runtime.lane import EngineClosed
from orderwright.runtime.pool import open_pool
from orderwright.runtime.write import EffectUnsupported
from orderwright.statechart import Event

if TYPE_CHECKING:
    from parcel import Rows

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.fact import FactRequest
    from orderwright.runtime.pool import Connection, Pool

ADD = Event("ADD", {"n": 1})
CUT = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and application_name = 'orderwright' and datname = current_database()"  # noqa: E501


async def _create(engine: Engine, count: int) -> list[str]:
    ids = [f"p{number:02}" for number in range(count)]
    await asyncio.gather(*(engine.create("parcel", name, actor="ann") for name in ids))
    return ids


async def test_commands_that_wait_together_commit_together(engine: Engine, rows: Rows):
    ids = await _create(engine, 4)
    await asyncio.gather(*(engine.send(name, ADD, actor="ann") for name in ids))
    transactions = await rows("select distinct ord from orderwright.instance")
    assert len(transactions) == 1


async def test_what_waits_is_shared_between_the_lanes(engine: Engine, rows: Rows):
    ids = await _create(engine, 48)
    await asyncio.gather(*(engine.send(name, ADD, actor="ann") for name in ids))
    batches = await rows("select count(*) as n from orderwright.instance group by ord")
    assert [row["n"] for row in batches] == [16, 16, 16]


async def test_one_bad_item_does_not_hurt_its_neighbours(engine: Engine):
    ids = await _create(engine, 6)
    sends = [engine.send(name, ADD, actor="ann") for name in ids]
    bad = [
        engine.send("nobody", ADD, actor="ann"),
        engine.send("p00", Event("CALL"), actor="ann"),
        engine.send("p01", Event("NONSENSE"), actor="ann"),
        engine.create("parcel", "p02", actor="ann"),
    ]

    results = await asyncio.gather(*sends, *bad, return_exceptions=True)

    assert [result.version for result in results[:6]] == [2] * 6
    assert isinstance(results[6], InstanceNotFound)
    assert isinstance(results[7], EffectUnsupported)
    assert [result.refused.code for result in results[8:]] == ["event_unknown", "instance_exists"]
    await assert_straight(engine.pool)


async def test_sends_of_one_instance_are_chained_in_the_order_of_their_arrival(
    engine: Engine, rows: Rows
):
    await engine.create("parcel", "p1", actor="ann")
    events = [ADD, Event("HOLD"), ADD, Event("RESUME"), ADD, Event("WEIGH"), ADD]
    results = await asyncio.gather(*(engine.send("p1", one, actor="ann") for one in events))

    assert [result.version for result in results] == [2, 3, 3, 4, 5, 6, 7]
    assert [result.refused is None for result in results] == [True, True, False, *[True] * 4]
    log = await rows("select event_type from orderwright.log order by version")
    assert [row["event_type"] for row in log] == [
        "create", "ADD", "HOLD", "RESUME", "ADD", "WEIGH", "ADD",
    ]  # fmt: skip
    await assert_straight(engine.pool)


async def test_chains_of_different_length_go_on_behind_what_cannot_be_stored(
    engine: Engine, rows: Rows
):
    await _create(engine, 3)
    asked = {
        "p00": [ADD, Event("CALL"), ADD, Event("CALL"), ADD],
        "p01": [ADD],
        "p02": [ADD, Event("HOLD"), ADD, Event("RESUME")],
    }
    sends = [
        engine.send(name, one, actor="ann") for name, events in asked.items() for one in events
    ]

    results = await asyncio.gather(*sends, return_exceptions=True)

    unsupported = [
        place for place, one in enumerate(results) if isinstance(one, EffectUnsupported)
    ]
    assert unsupported == [1, 3]
    told = [one for one in results if not isinstance(one, Exception)]
    assert [one.version for one in told] == [2, 3, 4, 2, 2, 3, 3, 4]
    assert [one.refused is not None for one in told] == [*[False] * 6, True, False]
    transactions = await rows("select distinct ord from orderwright.instance")
    assert len(transactions) == 1
    await assert_straight(engine.pool)


async def test_sixteen_writers_of_two_processes_make_a_straight_line(
    engine: Engine, rows: Rows, clock: DrivenClock, database_url: str
):
    await engine.create("parcel", "p1", actor="ann")
    pool = await open_pool(database_url, max_size=4)
    other = await build_engine(pool, clock, {})

    async def write(number: int) -> None:
        for _ in range(5):
            await (engine, other)[number % 2].send("p1", ADD, actor=f"w{number}")

    await asyncio.gather(*(write(number) for number in range(16)))
    await close(other)
    await pool.close()

    assert (await engine.read("p1")).snapshot.context["count"] == 80
    log = await rows("select version, from_state, to_state from orderwright.log order by version")
    assert [row["version"] for row in log] == list(range(1, 82))
    await assert_straight(engine.pool)


async def test_a_cancelled_caller_neither_loses_nor_doubles(engine: Engine):
    ids = await _create(engine, 12)
    chance = random.Random(5)
    for _ in range(10):
        tasks = [asyncio.create_task(engine.send(name, ADD, actor="ann")) for name in ids]
        for _ in range(chance.randrange(6)):
            await asyncio.sleep(0)
        gone = tasks[:: chance.randrange(2, 4)]
        for task in gone:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert not [one for one in results if isinstance(one, Exception)]
    await engine.close()

    for name in ids:
        instance = await engine.read(name)
        assert instance.snapshot.context["count"] == instance.version - 1
    await assert_straight(engine.pool)


async def test_a_command_whose_caller_left_before_it_was_taken_is_not_carried_out(engine: Engine):
    await engine.create("parcel", "p1", actor="ann")
    task = asyncio.create_task(engine.send("p1", ADD, actor="ann"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await engine.close()
    assert (await engine.read("p1")).version == 1


async def test_connections_cut_in_the_middle_lose_nothing_and_double_nothing(
    engine: Engine, database_url: str
):
    """No keys: whether a lost call had committed shows in the log alone."""
    ids = await _create(engine, 8)
    knife = await asyncpg.connect(database_url)
    applied = dict.fromkeys(ids, 0)

    async def write(name: str) -> None:
        for number in range(40):
            event = ADD if number % 4 else Event("WEIGH")
            result = await engine.send(name, event, actor="ann")
            applied[name] += result.refused is None

    async def cut() -> None:
        for _ in range(8):
            await knife.execute(CUT)
            await asyncio.sleep(0.02)

    async with asyncio.TaskGroup() as group:
        for name in ids:
            group.create_task(write(name))
        group.create_task(cut())
    await knife.close()

    for name in ids:
        assert (await engine.read(name)).version == 1 + applied[name] == 41
    await assert_straight(engine.pool)


async def test_who_waits_for_a_lock_holds_nobody_else_up(engine: Engine, pool: Pool):
    await _create(engine, 4)
    async with pool.acquire() as connection, connection.transaction():
        await engine.send("p00", ADD, actor="ann", connection=connection)
        late = asyncio.create_task(engine.send("p00", ADD, actor="ann"))
        names = ("p01", "p02", "p03")
        async with asyncio.timeout(30):
            for _ in range(3):
                await asyncio.gather(*(engine.send(name, ADD, actor="ann") for name in names))
        assert not late.done()
    assert (await late).version == 3


async def test_a_closing_engine_carries_out_what_waits_and_takes_no_more(engine: Engine):
    ids = await _create(engine, 5)
    tasks = [asyncio.create_task(engine.send(name, ADD, actor="ann")) for name in ids]
    await asyncio.sleep(0)
    await engine.close()
    assert [(await task).version for task in tasks] == [2] * 5
    with pytest.raises(EngineClosed):
        await engine.send("p00", ADD, actor="ann")


async def test_send_many_keeps_the_order_of_each_instance(engine: Engine):
    ids = await _create(engine, 5)
    cause = Cause(actor=Actor("ann"))
    sends = [Send(instance_id=name, event=ADD, cause=cause) for _ in range(30) for name in ids]

    results = await engine.send_many(sends)

    assert [result.version for result in results] == [2 + n for n in range(30) for _ in ids]
    await assert_straight(engine.pool)


async def test_what_is_refused_at_the_door_tells_where_the_events_before_it_have_led(
    engine: Engine,
):
    await engine.create("parcel", "p1", actor="ann")
    cause = Cause(actor=Actor("ann"))
    events = (ADD, Event("NONSENSE"), Event("SEAL"), Event("ADD", {"n": 0}))

    results = await engine.send_many(
        [Send(instance_id="p1", event=event, cause=cause) for event in events]
    )

    assert [result.version for result in results] == [2, 2, 3, 3]
    assert [result.snapshot.status for result in results] == ["active"] * 2 + ["done"] * 2
    assert [result.refused and result.refused.code for result in results] == [
        None,
        "event_unknown",
        None,
        "event_data",
    ]


@pytest.fixture
async def purses(pool: Pool) -> SharedFact:
    """A fact about shared purses of ten pieces: what is left, locked; each parcel has one by its number."""
    await pool.execute("create table purse (id text primary key, spent integer not null)")
    await pool.execute("insert into purse select n::text, 0 from generate_series(0, 2) n")

    def purse_of(request: FactRequest) -> Sequence[str]:
        return (str(int(request.instance_id[1:]) % 3),) if request.snapshot else ()

    async def load(
        connection: Connection, asked: Sequence[FactRequest]
    ) -> Sequence[object | None]:
        ids = sorted({purse for one in asked for purse in purse_of(one)})
        lock = " for update" if asked[0].lock else ""
        rows = await connection.fetch(
            "select id from purse where id = any($1::text[]) order by id" + lock, ids
        )
        spent = await connection.fetch(
            """select (substr(instance_id, 2)::int % 3)::text as id, count(*) as n from orderwright.log
               where event_type = 'WEIGH' group by 1"""
        )
        counts = {row["id"]: row["n"] for row in spent}
        assert len(rows) == len(ids)
        return [counts.get(purse_of(one)[0], 0) + 1 if one.snapshot else None for one in asked]

    return SharedFact(load=load, balances=purse_of)


async def test_shared_balances_are_never_overdrawn_and_never_deadlock(
    purses: SharedFact, pool: Pool, clock: DrivenClock, database_url: str, rows: Rows
):
    """Two processes, parcels in random order, three purses of ten: exactly thirty pass."""
    second = await open_pool(database_url, max_size=6)
    engines = [await build_engine(one, clock, {"weight": purses}) for one in (pool, second)]
    ids = await _create(engines[0], 60)
    chance = random.Random(3)

    async def weigh(engine: Engine) -> list[bool]:
        order = chance.sample(ids, len(ids))
        results = await asyncio.gather(
            *(engine.send(name, Event("WEIGH"), actor="ann") for name in order)
        )
        return [result.refused is None for result in results]

    passed = await asyncio.gather(*(weigh(engine) for engine in engines))

    assert sum(map(sum, passed)) == 30
    spent = await rows(
        "select substr(instance_id, 2)::int % 3 as p, count(*) as n from orderwright.log"
        " where event_type = 'WEIGH' group by 1"
    )
    assert {row["n"] for row in spent} == {10}
    await assert_straight(engines[0].pool)
    for engine in engines:
        await close(engine)
    await second.close()
    await pool.close()
    assert await deadlocks(database_url) == 0


async def test_who_waits_for_a_crowded_balance_has_a_turn_whatever_its_id(
    purses: SharedFact, pool: Pool, clock: DrivenClock
):
    engine = await build_engine(pool, clock, {"weight": purses})
    others = [f"p{3 * n}" for n in range(15)]
    for name in (*others, "p999"):
        await engine.create("parcel", name, actor="ann")
    last = asyncio.ensure_future(engine.send("p999", Event("WEIGH"), actor="ann"))
    answered = 0

    async def client(name: str) -> None:
        nonlocal answered
        for _ in range(20):
            if last.done():
                return
            await engine.send(name, Event("WEIGH"), actor="ann")
            answered += 1

    await asyncio.gather(*(client(name) for name in others))
    await last
    assert answered < 10 * len(others), "of 300 that would have gone before"
    await close(engine)
