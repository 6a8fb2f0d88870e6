"""What a caller hears whose call was lost with its connection: what is certain, or that nothing is."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from engine_room import Deaf, close
from straight import assert_straight
from tab import Bar

from orderwright.errors import InputInvalid
from orderwright.runtime import attempt
from orderwright.runtime.reply import OutcomeUnknown
from orderwright.statechart import Event, Refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection, Pool
    from orderwright.runtime.transition import Prepared

ADD, HOLD, RESUME = Event("ADD", {"n": 1}), Event("HOLD"), Event("RESUME")


class Late:
    """A call that is lost before it comes to the database, and comes to it afterwards."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
        self._engine = engine
        self._steps: list[Prepared] = []
        self._real = attempt.store
        self._monkeypatch = monkeypatch
        self._meanwhile: Callable[[], Awaitable[None]] | None = None
        monkeypatch.setattr(attempt, "store", self._lose)

    def then(self, meanwhile: Callable[[], Awaitable[None]]) -> None:
        """Have something happen at the moment of the loss."""
        self._meanwhile = meanwhile

    async def _lose(self, _: Connection, steps: Sequence[Prepared], **__: object) -> Any:
        self._monkeypatch.setattr(attempt, "store", self._real)
        self._steps.extend(steps)
        if self._meanwhile is not None:
            await self._meanwhile()
        raise ConnectionResetError

    async def arrive(self) -> list[Any]:
        """Come to the database."""
        async with self._engine.pool.acquire() as connection:
            return list(await self._real(connection, self._steps))


@pytest.fixture
async def late(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Late:
    await engine.create("parcel", "p1", actor="ann")
    return Late(monkeypatch, engine)


def shut(engine: Engine, *events: Event) -> Callable[[], Awaitable[None]]:
    """Refuse events at the door from then on."""
    real = engine.admission.refusal

    async def shutting() -> None:
        engine.admission.refusal = lambda chart, command: (
            Refused("later", "it is too late") if command.event in events else real(chart, command)
        )

    return shutting


async def sent(engine: Engine, *events: Event) -> list[Any]:
    """Send events together; return results and errors."""
    sending = (engine.send("p1", event, actor="ann") for event in events)
    return await asyncio.gather(*sending, return_exceptions=True)


async def test_a_refusal_of_what_may_yet_arrive_is_no_answer(engine: Engine, late: Late) -> None:
    late.then(shut(engine, ADD))
    [outcome] = await sent(engine, ADD)
    assert isinstance(outcome, OutcomeUnknown)
    assert await late.arrive() == ["applied"]
    await assert_straight(engine.pool)


async def test_of_a_chain_all_may_yet_arrive(engine: Engine, late: Late) -> None:
    late.then(shut(engine, ADD, HOLD))
    outcomes = await sent(engine, ADD, HOLD)
    assert [type(one) for one in outcomes] == [OutcomeUnknown] * 2
    assert await late.arrive() == ["applied", "applied"]


async def test_a_chain_may_arrive_though_the_caller_of_its_first_has_gone(
    engine: Engine, late: Late
) -> None:
    first = asyncio.ensure_future(engine.send("p1", HOLD, actor="ann"))
    second = asyncio.ensure_future(engine.send("p1", RESUME, actor="ann"))

    async def leave() -> None:
        first.cancel()
        await asyncio.sleep(0)

    late.then(leave)
    with pytest.raises(OutcomeUnknown):
        await second
    assert await late.arrive() == ["applied", "applied"]


async def test_behind_one_that_was_done_anew_nothing_can_arrive(
    engine: Engine, late: Late, clock: DrivenClock
) -> None:
    refuse = shut(engine, HOLD)

    async def later() -> None:
        clock.advance(timedelta(seconds=1))
        await refuse()

    late.then(later)
    first, second = await sent(engine, ADD, HOLD)
    assert (first.refused, second.refused.code) == (None, "later")
    assert await late.arrive() == ["version_conflict", "version_conflict"]


async def test_an_error_of_the_second_try_is_no_answer_either(engine: Engine, late: Late) -> None:
    async def break_down() -> None:
        def broken(*_: object) -> None:
            raise InputInvalid("n", "1", "less")

        engine.admission.refusal = broken

    late.then(break_down)
    [outcome] = await sent(engine, ADD)
    assert isinstance(outcome, OutcomeUnknown)


async def test_who_is_given_up_at_the_end_is_not_told_that_nothing_was_done(
    engine: Engine, late: Late
) -> None:
    closing: list[asyncio.Future[None]] = []

    async def end() -> None:
        closing.append(asyncio.ensure_future(engine.close(grace_seconds=0)))

    late.then(end)
    async with engine.pool.acquire() as connection, connection.transaction():
        await connection.execute("select 1 from orderwright.instance for update")
        [outcome] = await sent(engine, ADD)
    await closing[0]
    assert isinstance(outcome, OutcomeUnknown)
    assert await late.arrive() == ["applied"]


async def test_a_refusal_that_was_lost_with_the_step_behind_it_stays_one(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First come, first decided: RESUME meets an open parcel, HOLD holds it, and the answer is lost."""
    await engine.create("parcel", "p1", actor="ann")
    real = attempt.store

    async def lost(connection: Connection, steps: Sequence[Prepared], **how: Any) -> Any:
        monkeypatch.setattr(attempt, "store", real)
        await real(connection, steps, **how)
        raise ConnectionResetError

    monkeypatch.setattr(attempt, "store", lost)
    first, second = await sent(engine, RESUME, HOLD)
    assert (first.refused.code, first.version) == ("unhandled", 1)
    assert (second.refused, second.version) == (None, 2)
    assert (await engine.read("p1")).state == "HELD"


@pytest.mark.parametrize("is_written", [True, False])
async def test_a_step_that_was_lost_with_its_lock_cannot_arrive(
    pool: Pool, clock: DrivenClock, monkeypatch: pytest.MonkeyPatch, is_written: bool
) -> None:
    bar = Bar(pool, clock)
    await bar.publish()
    bar.engine.keep(Deaf())
    [name] = await bar.open(1)
    real = attempt.store

    async def lost(connection: Connection, steps: Sequence[Prepared], **how: Any) -> Any:
        monkeypatch.setattr(attempt, "store", real)
        if is_written:
            await real(connection, steps, **how)
        await pool.execute("select pg_terminate_backend($1, 5000)", connection.get_server_pid())
        return await real(connection, steps, **how)

    monkeypatch.setattr(attempt, "store", lost)
    result = await bar.engine.send(name, Event("PAY", {"amount": -1}), actor="ann")
    assert result.refused is not None
    assert result.refused.code == "balance_guard"
    await close(bar.engine)


async def test_a_call_that_somebody_cancelled_has_done_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await engine.create("parcel", "p1", actor="ann")
    real, refuse = attempt.store, shut(engine, ADD)

    async def cancelled(*_: object, **__: object) -> Any:
        monkeypatch.setattr(attempt, "store", real)
        await refuse()
        raise asyncpg.QueryCanceledError("canceling statement due to user request")

    monkeypatch.setattr(attempt, "store", cancelled)
    [outcome] = await sent(engine, ADD)
    assert outcome.refused.code == "later"
