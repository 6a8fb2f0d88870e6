"""The durable paths: what is there before, the way that a process is killed on, and what must have come of it.

A way is walked again by a fresh process, as a caller repeats a request under its key or as the next worker comes by.
Each round has instances of its own, whose names begin with the round's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from crashing.house import House

from orderwright.statechart import Event

Part: TypeAlias = Callable[[House], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A durable path.

    Attributes:
        arrange: makes what the round begins with.
        walk: the way; it may be walked again at any time.
        prove: asserts what has come of it.
    """

    arrange: Part
    walk: Part
    prove: Part


def add(n: int = 1) -> Event:
    """Return an event that adds pieces, and says so."""
    return Event("ADD", {"n": n})


async def nothing(_: House) -> None:
    """Make nothing."""


async def a_parcel(house: House) -> None:
    """Make a parcel with the name of the round."""
    await house.engine.create("parcel", house.name, actor="ann")


async def events(house: House, instance_id: str) -> list[str]:
    """Return the types of all the events of an instance."""
    query = "select event_type from orderwright.log where instance_id = $1 order by version"
    return [name for (name,) in await house.rows(query, instance_id)]


async def count(house: House, table: str) -> int:
    """Count the rows of the parcel of the round."""
    query = f"select count(*) from orderwright.{table} where instance_id = $1"
    [(count,)] = await house.rows(query, house.name)
    return int(count)
