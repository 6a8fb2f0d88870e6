"""What the time brings: timers and slots."""

from __future__ import annotations

from bell import timers
from crashing.house import House
from crashing.path import Path, a_parcel, add, events

from orderwright.runtime.firing import fire_due
from orderwright.runtime.pool import Connection
from orderwright.runtime.schedule import Schedule, put_schedule
from orderwright.runtime.slots import Slot
from orderwright.runtime.strike import strike_next
from orderwright.statechart import Event


async def _reminders(house: House) -> None:
    for one in "ab":
        name = f"{house.name}-{one}"
        await house.engine.create("parcel", name, actor="ann")
        await house.engine.send(name, Event("REMIND_SOON"), actor="ann")


async def _bell(house: House) -> None:
    """Two timers of one instance, of which one needs facts."""
    await house.engine.create("bell", house.name, actor="ann")
    due = timers(("a", 1000, 1, "RING_WEIGHED"), ("b", 2000, 2, "RING"))
    await house.engine.send(house.name, due, actor="ann")


async def fire(house: House) -> None:
    while await fire_due(house.engine):
        pass


async def _were_reminded(house: House) -> None:
    for one in "ab":
        sent = await events(house, f"{house.name}-{one}")
        assert sent == ["create", "REMIND_SOON", "REMIND"]
    assert await house.rows("select * from orderwright.timer") == []


async def _was_rung(house: House) -> None:
    assert await events(house, house.name) == ["create", "SET", "RING_WEIGHED", "RING"]
    assert await house.rows("select * from orderwright.timer") == []


async def _a_schedule(house: House) -> None:
    await a_parcel(house)
    daily = Schedule(name="daily", cron="5 12 * * *", action="twice")
    async with house.pool.acquire() as connection, connection.transaction():
        await put_schedule(connection, daily, at=house.clock.now())


async def _strike(house: House) -> None:
    """Do the work of the slot in two parts, each in a transaction of its own."""

    async def work(connection: Connection, slot: Slot) -> str | None:
        await house.engine.send(house.name, add(), actor="slot", connection=connection)
        return "half" if slot.mark is None else None

    while await strike_next(house.engine, {"twice": work}):
        pass


async def _was_struck(house: House) -> None:
    assert await events(house, house.name) == ["create", "ADD", "ADD"]
    query = "select status from orderwright.slot where slot_at <= $1 and slot_at > $1 - interval '1 day'"
    assert await house.rows(query, house.clock.now()) == [("done",)]


PATHS: dict[str, Path] = {
    "fire timers": Path(arrange=_reminders, walk=fire, prove=_were_reminded),
    "fire with facts": Path(arrange=_bell, walk=fire, prove=_was_rung),
    "strike a slot": Path(arrange=_a_schedule, walk=_strike, prove=_was_struck),
}
