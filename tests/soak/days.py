"""What is looked at when a simulated day ends, and at the end of all: everything holds, and memory is flat."""

from __future__ import annotations

import gc
import time
from collections import Counter
from typing import TYPE_CHECKING, Final

import psutil

from orderwright.runtime.incident import incidents
from orderwright.runtime.lag import read_status
from orderwright.runtime.replay import Tally
from soak.errand import keys
from soak.stories import order_of, plot_of
from soak.week import LOST, POISON, look
from soak.witness import assert_each_seen_once_and_in_order

if TYPE_CHECKING:
    from pathlib import Path

    from orderwright import Orderwright
    from orderwright.clock import DrivenClock
    from soak.week import Week

ROOM: Final = 16 * 2**20
"""By how many bytes the process may grow from the second day to the last: every connection of the pool comes to know
every statement. The five days between bring 60 MB of log and snapshots."""
OBJECTS: Final = 5_000
"""By how many objects, of some 145,000: fewer than one for each order of the days between."""


class Days:
    """The ends of the days."""

    def __init__(self, app: Orderwright, week: Week, clock: DrivenClock) -> None:
        self._app = app
        self._week = week
        self._clock = clock
        self._sizes: list[int] = []
        self._objects: list[int] = []
        self._began = time.perf_counter()

    async def end(self) -> None:
        """Have the watch look, and assert what must hold at any time."""
        await look(self._app, self._week)
        tally = Tally()
        assert [one async for one in self._app.replay.verify_all(tally)] == []
        async with self._app.pool.acquire() as connection:
            status = await read_status(connection, now=self._clock.now())
        assert {one.consumer: one.events for one in status.consumers} == {
            "decisions": 0,
            "phases": 0,
            "witness": 0,
        }
        assert await self._subjects() <= {("consumer_lagging", "witness")}
        gc.collect()
        self._objects.append(len(gc.get_objects()))
        self._sizes.append(psutil.Process().memory_info().rss)
        seconds = time.perf_counter() - self._began
        print(  # noqa: T201
            f"day {len(self._sizes)}: {self._week.placed} orders, {tally.instances} instances, {tally.rows} log rows,"
            f" {self._week.repeated} requests repeated, {self._sizes[-1] / 2**20:.1f} MiB, {seconds:.0f} s"
        )

    async def assert_only_the_poison_is_left(self) -> None:
        """One order is given up on by the witness, with an incident that says so; nothing else is open."""
        parked = await self._app.pool.fetch("select root_id from orderwright.parked_root")
        assert [row["root_id"] for row in parked] == [order_of(POISON)]
        assert await self._subjects() == {("consumer_lagging", "witness")}

    async def assert_all_is_well(self, folder: Path) -> None:
        """Every order has come to its end, everything that was asked was done once, and no incident is open."""
        await look(self._app, self._week)
        assert await self._subjects() == set()
        assert [one async for one in self._app.replay.verify_all()] == []
        await assert_each_seen_once_and_in_order(self._app.pool)
        await self._assert_stories_told()
        await self._assert_sums()
        count = self._week.placed
        assert set(keys("note", folder)) == {f"story-{number}" for number in range(count)}
        assert await self._app.pool.fetchval(_UNDONE) == 0
        assert await self._app.pool.fetchval("select count(*) from orderwright.timer") == 0

    def assert_memory_is_flat(self) -> None:
        """The process is on the last day about as large as on the second, and holds on to no more."""
        assert self._sizes[-1] - self._sizes[1] < ROOM, self._sizes
        assert self._objects[-1] - self._objects[1] < OBJECTS, self._objects

    async def _subjects(self) -> set[tuple[str, str]]:
        async with self._app.pool.acquire() as connection:
            return {(one.kind, one.subject) for one in await incidents(connection)}

    async def _assert_stories_told(self) -> None:
        """Each request once; each order in its state; each that nobody paid expired, by its timer or by the sweep."""
        found = {row["instance_id"]: row for row in await self._app.pool.fetch(_STORIES)}
        assert len(found) == self._week.placed
        asked, ends = 0, {True: Counter[str](), False: Counter[str]()}
        for number in range(self._week.placed):
            plot, row = plot_of(number), found[order_of(number)]
            assert row["asked"] == ["create", *(event.type for event in plot.events)], number
            assert row["state"] == plot.ends_in, number
            assert len(row["expired_by"]) == (plot.ends_in == "EXPIRED"), number
            ends[number % LOST == 0].update(row["expired_by"])
            asked += len(row["asked"])
        assert await self._app.pool.fetchval(_KEYS) == asked
        assert ends[True]["schedule"] > 0, "the sweep has made up for lost timers"
        assert set(ends[True] + ends[False]) == {"timer", "schedule"}

    async def _assert_sums(self) -> None:
        paid = Counter(
            event.data["amount"]
            for number in range(self._week.placed)
            for event in plot_of(number).events
            if event.type == "PAYMENT_CAPTURED"
        )
        found = await self._app.pool.fetch(_CAPTURES)
        assert {row["amount"]: row["times"] for row in found} == {
            int(amount.replace(".", "")): times for amount, times in paid.items()
        }


_UNDONE = "select count(*) from orderwright.job where status <> 'done'"
_KEYS = "select count(*) from orderwright.idempotency_key"
_STORIES = """
select i.instance_id, i.state,
    array_agg(l.event_type order by l.version) filter (where l.actor_id = 'soak') as asked,
    coalesce(array_agg(l.actor_id) filter (where l.event_type = 'SALE_EXPIRED'), '{}') as expired_by
from orderwright.instance as i join orderwright.log as l using (instance_id)
where i.chart_id = 'sale' group by i.instance_id
"""
_CAPTURES = """
select (data::jsonb ->> 'amountMinor')::bigint as amount, count(*) as times
from orderwright.ledger_entry where ledger = 'captures' group by 1
"""
