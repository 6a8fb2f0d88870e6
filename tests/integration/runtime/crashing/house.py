"""What a process of the crash suite has: an engine for three small charts, and the world outside of the database."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
from bell import BELL, RINGING
from engine_room import close
from errand import ERRAND
from jsonschema import FormatChecker
from parcel import BEHAVIOUR, PARCEL, START
from waiting import eventually

from orderwright.clock import DrivenClock
from orderwright.errors import OrderwrightError
from orderwright.runtime.engine import Engine
from orderwright.runtime.fact import FactRequest, SharedFact
from orderwright.runtime.job import JobKind, JobRun
from orderwright.runtime.job_queue import JobQueue
from orderwright.runtime.job_runner import JobRunner
from orderwright.runtime.pool import Connection, Pool, open_pool
from orderwright.runtime.registry import Registry
from orderwright.runtime.replay import Replay
from orderwright.runtime.wakeup import Announcer
from orderwright.statechart import Behaviour

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from crashing.tap import Tap

BEHAVIOURS = {"errand": Behaviour(), "bell": RINGING}
CHARTS = tuple(json.dumps(chart) for chart in (PARCEL, ERRAND, BELL))
HOST = "create table host (name text primary key)"
"""A table of the host's own, beside ours."""


class Trouble(Exception):
    """What goes wrong for a while."""


class House:
    """The engine and what surrounds it, in one round of the suite."""

    def __init__(self, pool: Pool, tap: Tap, folder: Path, receiver: str) -> None:
        self.pool = pool
        self.tap = tap
        self.folder = folder
        self.receiver = receiver
        self.clock = DrivenClock(START)
        self.trouble: type[Exception] | None = None
        self.registry = Registry(lambda chart, _: BEHAVIOURS.get(chart, BEHAVIOUR))
        kinds = {"call": JobKind(name="call", handle=self._call)}
        self.engine = Engine(
            pool,
            self.registry,
            self.clock,
            facts={"weight": SharedFact(load=_weigh)},
            formats=FormatChecker(),
            wakeup=Announcer(pool),
            kinds=kinds,
        )
        self.jobs = JobQueue(self.engine)
        self.number = 0
        self.is_late = False

    @property
    def name(self) -> str:
        """What is of this round begins with this."""
        return f"r{self.number:04}"

    def enter(self, number: int, *, minutes: int) -> None:
        """Go to a round, and to so many minutes after its beginning."""
        self.number = number
        self.is_late = minutes >= 60
        self.clock.set(START + timedelta(days=number, minutes=minutes))

    def runner(self) -> JobRunner:
        """Return a runner for one batch of jobs."""
        return JobRunner(self.engine, poll_seconds=0.05)

    async def rows(self, query: str, *args: object) -> list[tuple[Any, ...]]:
        """Read."""
        return [tuple(row) for row in await self.pool.fetch(query, *args)]

    async def record(self, line: str) -> None:
        """Have an effect outside of the database."""

        async def write() -> None:
            with (self.folder / "effects").open("a", encoding="utf-8") as file:
                file.write(f"{self.name} {line}\n")

        await self.tap.pass_through("effect", write)

    def effects(self) -> list[str]:
        """Return the effects of this round."""
        text = (self.folder / "effects").read_text(encoding="utf-8")
        lines = (line.partition(" ") for line in text.splitlines())
        return [rest for name, _, rest in lines if name == self.name]

    async def prove_sound(self) -> None:
        """Prove what must hold of a round, whatever has happened in it."""
        replay = Replay(self.pool)
        for (name,) in await self.rows(_OURS, f"{self.name}%"):
            assert await replay.verify(name) == (), name
        assert await self.rows(_OVERDUE, self.clock.now()) == []
        assert await self.rows(_UNREAD) == []
        assert await self.rows("select * from orderwright.parked_root") == []
        assert await self.rows(_IN_HAND) == []

    async def settled(self) -> None:
        """Wait until what was written can be relayed: other tests hold the horizon, too."""
        async with self.pool.acquire() as connection:
            await eventually(partial(_has, connection, _UNSETTLED, 0))

    async def _call(self, run: JobRun) -> object:
        if self.trouble is not None and not (self.is_late and self.trouble is Trouble):
            raise self.trouble("not now")
        await self.record(run.key)
        return "yes"


async def _weigh(connection: Connection, requests: Sequence[FactRequest]) -> list[object]:
    return [await connection.fetchval("select 1 as fact") for _ in requests]


class Hopeless(OrderwrightError):
    """What never goes well."""

    code = "crash.hopeless"


@asynccontextmanager
async def opened(url: str, folder: str, receiver: str, tap: Tap) -> AsyncIterator[House]:
    """Open a house as a fresh process does, when the server knows of the death of the one before."""
    await _alone(url)
    pool = await open_pool(url, max_size=4)
    house = House(pool, tap, Path(folder), receiver)
    async with pool.acquire() as connection:
        for text in CHARTS:
            await house.registry.publish(connection, text, at=START)
        for chart in ("parcel", "errand", "bell"):
            await house.registry.latest(connection, chart)
    yield house
    await close(house.engine)
    await pool.close()


async def _alone(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await eventually(partial(_has, connection, _OTHERS, 0))
        await eventually(partial(_has, connection, _UNSETTLED, 0))
    finally:
        await connection.close()


async def _has(connection: Connection, query: str, count: int) -> bool:
    return bool(await connection.fetchval(query) == count)


_UNSETTLED = """
select count(*) from orderwright.outbox where ord >= pg_snapshot_xmin(pg_current_snapshot())
"""
_OTHERS = """
select count(*) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
"""
_OURS = "select instance_id from orderwright.instance where instance_id like $1"
_OVERDUE = "select instance_id, timer_id from orderwright.timer where due_at <= $1"
_UNREAD = """
select c.name, o.event_id from orderwright.consumer as c join orderwright.outbox as o on (o.ord, o.id) > (c.ord, c.id)
"""
_IN_HAND = "select job_id, status from orderwright.job where status in ('waiting', 'running')"
