"""What an engine has written last it need not read; what follows from it counts only where the write proves it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from engine_room import build_engine, close
from straight import assert_straight
from waiting import eventually

from orderwright.runtime import attempt, kept
from orderwright.runtime.pool import open_pool
from orderwright.runtime.replay import Replay
from orderwright.runtime.reply import IdempotencyMismatch
from orderwright.runtime.wakeup import Listener
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from parcel import Rows, Scales

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine

ADD = Event("ADD", {"n": 1})
ADD_TWO = Event("ADD", {"n": 2})
HOLD = Event("HOLD")
RESUME = Event("RESUME")


@pytest.fixture
async def engine(engine: Engine, database_url: str) -> AsyncIterator[Engine]:
    """An engine that hears what others change."""
    async with Listener(database_url, retry_seconds=0.01) as listener:
        engine.keep(listener)
        yield engine


@pytest.fixture
async def other(database_url: str, clock: DrivenClock, scales: Scales) -> AsyncIterator[Engine]:
    """Another process, as far as the database can tell, which announces nothing."""
    async with await open_pool(database_url) as pool:
        built = await build_engine(pool, clock, {"weight": scales.load})
        built.wakeup.announce = lambda _root_id, **_: None
        yield built
        await close(built)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return which instances are read for a step without facts."""
    found: list[str] = []
    real = kept.read_many

    async def spied(
        connection: object, asked: Sequence[tuple[str, str | None]], **how: object
    ) -> Any:
        found.extend(instance_id for instance_id, _ in asked)
        return await real(connection, asked, **how)

    monkeypatch.setattr(kept, "read_many", spied)
    return found


async def test_what_was_written_last_is_not_read(engine: Engine, read: list[str]):
    await engine.create("parcel", "p1", actor="ann")
    read.clear()
    results = [await engine.send("p1", ADD, actor="ann") for _ in range(3)]
    assert [(one.version, one.snapshot.context["count"]) for one in results] == [
        (2, 1),
        (3, 2),
        (4, 3),
    ]
    assert read == []
    await assert_straight(engine.pool)


async def test_what_was_written_in_a_transaction_of_ours_is_kept_too(
    engine: Engine, read: list[str]
):
    await engine.create("parcel", "p1", actor="ann")
    await engine.send("p1", Event("WEIGH"), actor="ann")
    read.clear()
    assert (await engine.send("p1", ADD, actor="ann")).snapshot.context["count"] == 2
    assert read == []


async def test_who_hears_nothing_keeps_nothing(other: Engine, read: list[str]):
    await other.create("parcel", "p1", actor="ann")
    read.clear()
    await other.send("p1", ADD, actor="ann")
    await other.send("p1", ADD, actor="ann")
    assert read == ["p1", "p1"]


async def test_a_step_from_an_outdated_row_is_computed_anew(
    engine: Engine, other: Engine, read: list[str]
):
    await engine.create("parcel", "p1", actor="ann")
    await other.send("p1", ADD_TWO, actor="bob")
    read.clear()
    result = await engine.send("p1", ADD, actor="ann")
    assert (result.version, result.snapshot.context["count"]) == (3, 3)
    assert read == ["p1"]
    await assert_straight(engine.pool)


async def test_a_refusal_from_an_outdated_row_is_no_answer(engine: Engine, other: Engine):
    await engine.create("parcel", "p1", actor="ann")
    await engine.send("p1", HOLD, actor="ann")
    await other.send("p1", RESUME, actor="bob")
    result = await engine.send("p1", ADD, actor="ann")
    assert result.refused is None
    assert (result.version, result.snapshot.context["count"]) == (4, 1)
    await assert_straight(engine.pool)


async def test_a_refusal_tells_where_the_instance_stands(
    engine: Engine, other: Engine, read: list[str]
):
    await engine.create("parcel", "p1", actor="ann")
    await other.send("p1", HOLD, actor="bob")
    await other.send("p1", RESUME, actor="bob")
    await other.send("p1", HOLD, actor="bob")
    read.clear()
    result = await engine.send("p1", ADD, actor="ann")
    assert result.refused is not None
    assert (result.version, result.snapshot.value) == (4, "HELD")
    assert read == ["p1"]


async def test_a_refusal_before_a_step_that_is_written_stands(engine: Engine, read: list[str]):
    """The write of the second proves where the first was refused."""
    await engine.create("parcel", "p1", actor="ann")
    await engine.send("p1", HOLD, actor="ann")
    read.clear()
    refused, resumed = await asyncio.gather(
        engine.send("p1", ADD, actor="ann"), engine.send("p1", RESUME, actor="ann")
    )
    assert refused.refused is not None
    assert (refused.version, resumed.version) == (2, 3)
    assert read == []
    await assert_straight(engine.pool)


async def test_those_that_wait_for_one_instance_keep_their_order(engine: Engine, other: Engine):
    """All were computed from an outdated row: the first would be refused, the others not."""
    await engine.create("parcel", "p1", actor="ann")
    await other.send("p1", HOLD, actor="bob")
    events = (RESUME, ADD, HOLD, ADD)
    results = await asyncio.gather(*(engine.send("p1", one, actor="ann") for one in events))
    assert [one.refused is None for one in results] == [True, True, True, False]
    assert [one.version for one in results] == [3, 4, 5, 5]
    await assert_straight(engine.pool)


async def test_a_key_is_found_without_having_been_looked_up(engine: Engine, read: list[str]):
    await engine.create("parcel", "p1", actor="ann")
    read.clear()
    first = await engine.send("p1", ADD, actor="ann", idempotency_key="k1")
    assert read == []
    again = await engine.send("p1", ADD, actor="ann", idempotency_key="k1")
    assert (again.version, again.replayed) == (first.version, True)
    with pytest.raises(IdempotencyMismatch):
        await engine.send("p1", ADD_TWO, actor="ann", idempotency_key="k1")
    await assert_straight(engine.pool)


async def test_a_repetition_of_what_would_be_refused_by_now_is_one(engine: Engine):
    await engine.create("parcel", "p1", actor="ann")
    await engine.send("p1", HOLD, actor="ann", idempotency_key="k1")
    again = await engine.send("p1", HOLD, actor="ann", idempotency_key="k1")
    assert (again.version, again.replayed, again.refused) == (2, True, None)


async def test_a_repetition_with_company_is_one_too(engine: Engine):
    """The write of its neighbour proves that it would be refused by now, but not that it is new."""
    await engine.create("parcel", "p1", actor="ann")
    await engine.send("p1", HOLD, actor="ann", idempotency_key="k1")
    again, resumed = await asyncio.gather(
        engine.send("p1", HOLD, actor="ann", idempotency_key="k1"),
        engine.send("p1", RESUME, actor="ann"),
    )
    assert (again.version, again.replayed, again.refused) == (2, True, None)
    assert resumed.version == 3
    await assert_straight(engine.pool)


async def test_many_repetitions_find_their_key_together(engine: Engine):
    await engine.create("parcel", "p1", actor="ann")
    await engine.send("p1", ADD, actor="ann")
    sends = (engine.send("p1", ADD, actor="ann", idempotency_key="k1") for _ in range(20))
    results = await asyncio.gather(*sends)
    assert {one.version for one in results} == {3}
    assert sum(one.replayed for one in results) == 19
    await assert_straight(engine.pool)


async def test_a_key_of_another_request_with_company_is_no_refusal(engine: Engine):
    await engine.create("parcel", "p1", actor="ann")
    await engine.send("p1", HOLD, actor="ann", idempotency_key="k1")
    wrong, resumed = await asyncio.gather(
        engine.send("p1", ADD, actor="ann", idempotency_key="k1"),
        engine.send("p1", RESUME, actor="ann"),
        return_exceptions=True,
    )
    assert isinstance(wrong, IdempotencyMismatch)
    assert resumed.version == 3


async def test_what_is_refused_under_a_new_key_is_refused_before_what_came_after_it(
    engine: Engine,
):
    await engine.create("parcel", "p1", actor="ann")
    await engine.send("p1", HOLD, actor="ann")
    refused, resumed = await asyncio.gather(
        engine.send("p1", ADD, actor="ann", idempotency_key="k1"),
        engine.send("p1", RESUME, actor="ann"),
    )
    assert refused.refused is not None
    assert (refused.version, resumed.version) == (2, 3)


async def test_a_start_of_what_is_kept_is_refused(engine: Engine):
    await engine.create("parcel", "p1", actor="ann")
    again = await engine.create("parcel", "p1", actor="ann")
    assert again.refused is not None
    assert again.refused.code == "instance_exists"


async def test_what_others_announce_is_read_and_what_is_our_own_is_not(
    engine: Engine, database_url: str, read: list[str]
):
    for name in ("p1", "p2", "p3"):
        await engine.create("parcel", name, root_id="r" + name[1], actor="ann")
    await engine.wakeup.close()  # what is our own is heard before what comes now
    async with await open_pool(database_url) as foreign:
        await foreign.execute("select pg_notify('orderwright_changed', '[\"r2\"]')")

    async def is_forgotten() -> bool:
        return engine.kept.row("p2") is None

    await eventually(is_forgotten)
    read.clear()
    for name in ("p1", "p2", "p3"):
        await engine.send(name, ADD, actor="ann")
    assert read == ["p2"]


async def test_after_a_lost_connection_nothing_is_kept(engine: Engine, read: list[str]):
    await engine.create("parcel", "p1", actor="ann")

    async def is_cut_and_forgotten() -> bool:
        await engine.pool.execute(_CUT_LISTENERS)
        return engine.kept.row("p1") is None

    await eventually(is_cut_and_forgotten)
    read.clear()
    assert (await engine.send("p1", ADD, actor="ann")).version == 2
    assert read == ["p1"]


async def test_what_a_lost_attempt_did_not_store_is_not_kept(
    engine: Engine, other: Engine, monkeypatch: pytest.MonkeyPatch
):
    await engine.create("parcel", "p1", actor="ann")
    real = attempt.store

    async def lost(*_: object, **__: object) -> Any:
        monkeypatch.setattr(attempt, "store", real)
        await other.send("p1", HOLD, actor="bob")
        raise ConnectionResetError

    monkeypatch.setattr(attempt, "store", lost)
    assert (await engine.send("p1", ADD, actor="ann")).refused is not None
    row = engine.kept.row("p1")
    assert row is None or row[4] == 1


async def test_of_a_transaction_of_the_host_nobody_knows_the_end(engine: Engine, read: list[str]):
    await engine.create("parcel", "p1", actor="ann")
    async with engine.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await engine.send("p1", ADD_TWO, actor="ann", connection=connection)
        await transaction.rollback()
    read.clear()
    result = await engine.send("p1", ADD, actor="ann")
    assert (result.version, result.snapshot.context["count"]) == (2, 1)
    assert read == ["p1"]
    await assert_straight(engine.pool)


async def test_a_caller_who_writes_to_a_result_writes_to_no_instance(engine: Engine):
    result = await engine.create("parcel", "p1", context={"tags": ["a"]}, actor="ann")
    result.snapshot.context["count"] = 1000
    result.snapshot.context["tags"].append("b")
    after = await engine.send("p1", ADD, actor="ann")
    assert (after.snapshot.context["count"], after.snapshot.context["tags"]) == (1, ["a"])
    assert await Replay(engine.pool).verify("p1") == ()


async def test_a_database_that_went_back_and_on_to_the_same_version_is_noticed(
    engine: Engine, other: Engine, rows: Rows
):
    """As after a restore: the version fits, and yet it is another row that the step would follow."""
    await engine.create("parcel", "p1", actor="ann")
    [before] = await rows("select * from orderwright.instance")
    await engine.send("p1", ADD_TWO, actor="ann")
    await engine.pool.execute(_BACK, before["snapshot"], before["log_hash"])
    for table in ("log", "outbox", "ledger_entry"):
        await engine.pool.execute(f"delete from orderwright.{table} where version = 2")
    await other.send("p1", ADD, actor="bob")
    result = await engine.send("p1", ADD, actor="ann")
    assert (result.version, result.snapshot.context["count"]) == (3, 2)
    assert await Replay(engine.pool).verify("p1") == ()


_BACK = "update orderwright.instance set version = 1, snapshot = $1, log_hash = $2"
_CUT_LISTENERS = """
select pg_terminate_backend(pid) from pg_stat_activity
where query ilike 'listen%' and datname = current_database() and pid <> pg_backend_pid()
"""
