"""Whom the lookout wakes, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from listing import Listing
from parcel import add_to
from waiting import eventually, running

from orderwright.runtime.command import Actor
from orderwright.runtime.lookout import Lookout, Watcher
from orderwright.runtime.wakeup import Listener
from orderwright.runtime.worker import Worker
from orderwright.statechart import Event

if TYPE_CHECKING:
    from listing import Seen

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool

LONG = 300.0  # seconds: longer than any test waits, so that only a wake can explain progress


class Woken:
    """A lookout of three consumers, and the names of those that it has woken."""

    def __init__(self, pool: Pool) -> None:
        self._names: list[str] = []
        wanted = {
            "added": frozenset({"parcel.added"}),
            "inspected": frozenset({"parcel.inspected"}),
            "all": None,
        }
        watchers = [
            Watcher(Listing(name, events).consumer, lambda name=name: self._names.append(name))
            for name, events in wanted.items()
        ]
        self.lookout = Lookout(pool, watchers, LONG)

    async def turn(self) -> tuple[float, list[str]]:
        """Take a turn; return its rest, and who was woken by it."""
        self._names.clear()
        return await self.lookout.turn(), list(self._names)


async def test_the_first_turn_wakes_everybody_and_the_next_ones_those_that_want_what_is_new(
    engine: Engine, pool: Pool
):
    await engine.create("parcel", "p1", actor="ann")
    await add_to(engine, "p1")
    woken = Woken(pool)
    assert await woken.turn() == (LONG, ["added", "inspected", "all"])

    await add_to(engine, "p1")
    assert await woken.turn() == (0, ["added", "all"])
    assert await woken.turn() == (LONG, [])
    await engine.send("p1", Event("INSPECT"), actor=Actor("scales", "system"))
    assert await woken.turn() == (0, ["inspected", "all"])


async def test_nobody_is_woken_for_what_is_not_settled_and_all_that_want_it_once_it_is(
    engine: Engine, pool: Pool
):
    await engine.create("parcel", "p1", actor="ann")
    woken = Woken(pool)
    await woken.turn()
    async with pool.acquire() as early, early.transaction():
        await early.fetchval("select pg_current_xact_id()")
        await add_to(engine, "p1")
        rests = [await woken.turn() for _ in range(3)]
        assert rests == [(0.01, []), (0.02, []), (0.04, [])]
    assert await woken.turn() == (0, ["added", "all"])


async def test_a_consumer_gets_what_an_open_transaction_held_back_as_soon_as_that_ends(
    engine: Engine, pool: Pool, seen: Seen, database_url: str
):
    await engine.create("parcel", "p1", actor="ann")
    async with (
        Listener(database_url) as listener,
        running(Worker(engine, [Listing().consumer], listener, poll_seconds=LONG).run, seconds=10),
    ):
        async with pool.acquire() as early, early.transaction():
            await add_to(engine, "p1", connection=early)
            assert await seen() == []

        async def has_seen() -> bool:
            return await seen() == ["p1/2/1"]

        await eventually(has_seen)
