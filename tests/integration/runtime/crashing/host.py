"""A process that forks a fresh one for each step of a durable path, which walks until it is told to die.

`python -m crashing.host` takes its orders as `crashing.forked` tells; see `Order`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from crashing.every import PATHS
from crashing.forked import serve
from crashing.house import opened
from crashing.tap import Side, Tap

FINISHING = 3
"""How often a fresh process comes by, an hour apart: leases run out and pauses end in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a child is to do.

    Attributes:
        path: which durable path.
        number: the round; each has a day and names of its own.
        finish: to finish the round and prove it, and to arrange the next; else to walk the path.
        step: where to die on the way, and on which side.
        folder: for what happens outside of the database.
        receiver: the URL of somebody who records webhooks.
    """

    path: str
    url: str
    folder: str
    receiver: str
    number: int
    finish: bool = False
    step: int | None = None
    side: Side = "before"

    def text(self) -> str:
        return json.dumps(asdict(self))


async def carry_out(order: Order) -> list[str]:
    """Do as ordered, and return the steps that were seen."""
    path = PATHS[order.path]
    tap = Tap(order.step, order.side)
    tap.join()
    async with opened(order.url, order.folder, order.receiver, tap) as house:
        if not order.finish:
            house.enter(order.number, minutes=10)
            tap.is_open = True
            await path.walk(house)
            tap.is_open = False
            return tap.seen
        if order.number >= 0:
            for hours in range(1, FINISHING + 1):
                house.enter(order.number, minutes=60 * hours)
                await path.walk(house)
            await path.prove(house)
            await house.prove_sound()
        house.enter(order.number + 1, minutes=0)
        await path.arrange(house)
    return []


async def _as_told(order: dict[str, Any]) -> list[str]:
    return await carry_out(Order(**order))


if __name__ == "__main__":
    serve(_as_told)
