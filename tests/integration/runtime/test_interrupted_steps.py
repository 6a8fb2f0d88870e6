"""What a host's code raises fails the step that asked it, and nothing else: nobody waits for ever."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from breaking import BREAKS, RAISED
from engine_room import build_engine, close
from jsonschema import FormatChecker
from parcel import BEHAVIOUR, PARCEL, Scales

from orderwright.runtime.fact import SharedFact
from orderwright.runtime.interruption import WorkCancelled, WorkPanicked
from orderwright.statechart import Behaviour, Event

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.fact import FactLoader, FactRequest
    from orderwright.runtime.pool import Connection, Pool
    from orderwright.statechart import Outcome, Scope

TOUCH, WEIGH = Event("TOUCH"), Event("WEIGH")


async def _create(engine: Engine) -> list[str]:
    ids = ["a", "b", "c"]
    await asyncio.gather(*(engine.create("parcel", name, actor="ann") for name in ids))
    return ids


async def _assert_all_go_on(engine: Engine, ids: list[str]) -> None:
    for name in ids:
        async with asyncio.timeout(10):
            assert (await engine.send(name, TOUCH, actor="ann")).refused is None


@BREAKS
@pytest.mark.parametrize("is_shared", [True, False])
async def test_a_fact_that_is_interrupted_fails_its_own_step_and_nothing_waits_for_ever(
    pool: Pool,
    clock: DrivenClock,
    breaks: Callable[[], Awaitable[None]],
    fault: type[Exception],
    *,
    is_shared: bool,
):
    broken: set[str] = set()

    async def load_one(_: Connection, asked: FactRequest) -> int:
        if asked.instance_id in broken:
            await breaks()
        return 5

    async def load_all(connection: Connection, asked: list[FactRequest]) -> list[int]:
        return [await load_one(connection, one) for one in asked]

    loader: FactLoader = SharedFact(load=load_all) if is_shared else load_one
    engine = await build_engine(pool, clock, {"weight": loader})
    ids = await _create(engine)
    broken.add("b")

    async with asyncio.timeout(10):
        results = await asyncio.gather(
            *(engine.send(name, WEIGH, actor="ann") for name in ids), return_exceptions=True
        )
    assert isinstance(results[1], fault)
    assert "weight" in str(results[1])
    assert [result.version for result in (results[0], results[2])] == [2, 2]
    async with pool.acquire() as connection, connection.transaction():
        with pytest.raises(fault):
            await engine.send("b", WEIGH, actor="ann", connection=connection)
        assert (await engine.send("b", TOUCH, actor="ann", connection=connection)).version == 2
    await _assert_all_go_on(engine, ids)
    async with asyncio.timeout(10):
        await close(engine)


def _formats(raised: BaseException) -> FormatChecker:
    formats = FormatChecker(formats=())

    @formats.checks("odd")
    def check(value: object) -> bool:
        if value == "break":
            raise raised
        return True

    return formats


@RAISED
async def test_a_format_that_panics_fails_its_own_step_and_nothing_waits_for_ever(
    pool: Pool, clock: DrivenClock, raised: BaseException
):
    noted = {"type": "object", "properties": {"n": {"type": "string", "format": "odd"}}}
    events = PARCEL["events"] | {"NOTE": {"label": "Note", "data": noted}}
    opened = PARCEL["states"]["OPEN"]
    states = PARCEL["states"] | {"OPEN": {"on": opened["on"] | {"NOTE": {}}}}
    chart = PARCEL | {"events": events, "states": states}
    facts = {"weight": Scales().load}
    engine = await build_engine(pool, clock, facts, chart=chart, formats=_formats(raised))
    ids = await _create(engine)

    async with asyncio.timeout(10):
        results = await asyncio.gather(
            *(
                engine.send(name, Event("NOTE", {"n": text}), actor="ann")
                for name, text in zip(ids, ("break", "sound", "sound"), strict=True)
            ),
            return_exceptions=True,
        )
    assert isinstance(results[0], WorkCancelled | WorkPanicked)
    assert [result.version for result in results[1:]] == [2, 2]
    await _assert_all_go_on(engine, ids)
    async with asyncio.timeout(10):
        await close(engine)


@RAISED
async def test_an_action_that_panics_refuses_its_own_step(
    pool: Pool, clock: DrivenClock, raised: BaseException
):
    def add(scope: Scope) -> Outcome:
        if scope.data["n"] == 13:
            raise raised
        return BEHAVIOUR.actions["add"](scope)

    behaviour = Behaviour(actions={"add": add})
    engine = await build_engine(pool, clock, {"weight": Scales().load}, behaviour=behaviour)
    ids = await _create(engine)

    async with asyncio.timeout(10):
        results = await asyncio.gather(
            *(
                engine.send(name, Event("ADD", {"n": n}), actor="ann")
                for name, n in zip(ids, (1, 13, 1), strict=True)
            )
        )
    assert results[1].refused.code == "action_error"
    assert type(raised).__name__ in results[1].refused.message
    assert [results[0].version, results[2].version] == [2, 2]
    await _assert_all_go_on(engine, ids)
    await close(engine)


async def test_a_lane_that_is_cancelled_leaves_nothing_behind_that_waits_for_ever(
    pool: Pool, clock: DrivenClock
):
    """Where a host cancels every task that it finds, those who are answered may ask again."""
    loading = asyncio.Event()
    let_go = asyncio.Event()

    async def load(_: Connection, asked: list[FactRequest]) -> list[int]:
        loading.set()
        await let_go.wait()
        return [5] * len(asked)

    engine = await build_engine(pool, clock, {"weight": SharedFact(load=load)})
    ids = await _create(engine)
    before = asyncio.all_tasks()
    sends = [asyncio.create_task(engine.send(name, WEIGH, actor="ann")) for name in ids]
    later = [asyncio.create_task(engine.send(name, TOUCH, actor="ann")) for name in ids]
    await loading.wait()
    for task in asyncio.all_tasks() - before - {*sends, *later}:
        task.cancel()
    async with asyncio.timeout(10):
        ended = await asyncio.gather(*sends, return_exceptions=True)
        results = await asyncio.gather(*later)
    assert {type(one) for one in ended} == {asyncio.CancelledError}
    assert {one.version for one in results} == {2}
    let_go.set()
    await _assert_all_go_on(engine, ids)
    await close(engine)
