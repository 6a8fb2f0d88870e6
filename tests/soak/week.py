"""A simulated week: orders are placed hour by hour, their stories go on beside each other, and things go wrong.

The clock is driven. A worker runs in this process as it does anywhere; the hour is over when it has done what is due.
What goes wrong: handlers and jobs fail now and then, sessions are ended under whoever uses them, timers are lost, the
worker is away for some hours, and PostgreSQL is started again in the middle. Whoever asks for something repeats it
under its key until there is an answer.
"""

from __future__ import annotations

import asyncio
import heapq
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from acceptance.harness import until
from orderwright.app import records
from orderwright.app.expiry import ACTION
from orderwright.runtime.clockwork import Clockwork
from orderwright.runtime.job_runner import JobRunner
from orderwright.runtime.watch import Watch
from orderwright.runtime.worker import Worker
from soak.stories import BY, order_of, place, plot_of
from soak.witness import WITNESS

if TYPE_CHECKING:
    import random  # noqa: TID251 (handed in)
    from collections.abc import AsyncIterator, Awaitable, Callable

    from orderwright import Orderwright
    from orderwright.clock import DrivenClock
    from orderwright.runtime.consumer import Consumer
    from orderwright.runtime.job import JobKind, JobRun
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection, Pool

MONDAY: Final = datetime(2026, 3, 2, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
EXPIRIES: Final = tuple(HOUR * hours for hours in (3, 24, 72, 30 * 24))
"""When orders expire that nobody pays."""
POISON: Final = 13
"""The witness never takes what happens to this order, until somebody helps."""
LOST: Final = 101
"""Of one in so many orders that nobody pays, the timer is lost."""
GONE: Final = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
)
"""What is raised when a session was ended, or the server is away."""
CUSTOMERS: Final = 500
_CUSTOMER: Final = "customer-{}"
_LONGEST_PAUSE: Final = 5  # hours between the events of a story
_MINUTES: Final = 10
_PLACING: Final = 8  # requests at once
_JOBS_FAIL: Final = 0.03
_EVENTS_FAIL: Final = 0.0003


class Trouble(Exception):
    """Something outside was not in order."""


class Week:
    """The orders of a week and those who ask for things."""

    def __init__(self, app: Orderwright, clock: DrivenClock, chance: random.Random) -> None:
        self.placed = 0
        self._app = app
        self._clock = clock
        self._chance = chance
        self._coming: list[tuple[datetime, int, int]] = []
        self.repeated = 0

    @property
    def pool(self) -> Pool:
        """The application's."""
        return self._app.pool

    def expiry_of(self, number: int) -> timedelta:
        """Return after how long an order expires; one that is paid in parts has a day for it."""
        return HOUR * 24 if plot_of(number).events else EXPIRIES[number // 5 % len(EXPIRIES)]

    async def invite(self) -> None:
        """Take the customers into the books."""
        customers = [
            records.Customer(
                id=_CUSTOMER.format(n),
                number=f"W-{n}",
                name=f"Customer {n}",
                currency="EUR",
                credit_limit_minor=0,
            )
            for n in range(CUSTOMERS)
        ]
        async with self.pool.acquire() as connection:
            await records.add_customers(connection, customers)

    async def hour(self, orders: int) -> None:
        """Let an hour pass: place orders, and send what is due of the stories that are under way."""
        self._clock.advance(HOUR)
        due = []
        while self._coming and self._coming[0][0] <= self._clock.now():
            due.append(heapq.heappop(self._coming))
        first, self.placed = self.placed, self.placed + orders
        limit = asyncio.Semaphore(_PLACING)
        async with asyncio.TaskGroup() as group:
            for number in range(first, first + orders):
                group.create_task(self._place(limit, number))
            for _, number, step in due:
                group.create_task(self._send(number, step))
            if self._chance.random() < 0.3:
                group.create_task(self._cut())

    async def lose_timers(self) -> None:
        """Lose some timers, as a table that was restored alone does; the sweep makes up for them."""
        lost = [
            order_of(number)
            for number in range(self.placed)
            if not plot_of(number).events and number % LOST == 0
        ]
        await self.insist(lambda: self.pool.execute(_LOSE, lost))

    async def insist(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """Ask until there is an answer; every request has a key, or may be repeated."""
        while True:
            try:
                return await ask()
            except GONE:
                self.repeated += 1
                await asyncio.sleep(0.05)  # the server may be away

    async def _place(self, limit: asyncio.Semaphore, number: int) -> None:
        async def ask() -> None:
            async with self.pool.acquire() as connection, connection.transaction():
                customer = _CUSTOMER.format(number % CUSTOMERS)
                await place(self._app, connection, number, self.expiry_of(number), customer)

        async with limit:
            await self.insist(ask)
        self._go_on(number, 0)

    async def _send(self, number: int, step: int) -> None:
        event, key = plot_of(number).events[step], f"story-{number}-{step + 1}"
        result = await self.insist(
            lambda: self._app.engine.send(order_of(number), event, actor=BY, idempotency_key=key)
        )
        assert result.refused is None, (number, event.type, result.refused)
        self._go_on(number, step + 1)

    def _go_on(self, number: int, step: int) -> None:
        if step < len(plot_of(number).events):
            at = self._clock.now() + HOUR * self._chance.randint(1, _LONGEST_PAUSE)
            heapq.heappush(self._coming, (at, number, step))

    async def _cut(self) -> None:
        await self.insist(lambda: self.pool.execute(_CUT, self._chance.randint(1, 4)))


class Mood:
    """Whether things outside fail, now and then, until it is `over`."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.is_over = False

    def is_bad(self, share: float) -> bool:
        """Tell whether it is, for this share of all that asks."""
        return not self.is_over and self._chance.random() < share


def failing(kind: JobKind, mood: Mood) -> JobKind:
    """Return a kind of job that fails now and then."""

    async def handle(run: JobRun) -> object:
        if mood.is_bad(_JOBS_FAIL):
            raise Trouble(run.key)
        return kind.handle(run)

    return replace(kind, handle=handle)


class Moody:
    """The witness, failing now and then, and always on one order until it is `healed`."""

    def __init__(self, mood: Mood) -> None:
        self._mood = mood
        self.is_healed = False

    def consumer(self) -> Consumer:
        """Return the consumer."""
        return replace(WITNESS, handle=self._handle, attempts=10)

    async def _handle(self, connection: Connection, event: DomainEvent) -> None:
        await WITNESS.handle(connection, event)
        is_poison = event.root_id == order_of(POISON) and not self.is_healed
        if is_poison or self._mood.is_bad(_EVENTS_FAIL):
            raise Trouble(event.event_id)


@asynccontextmanager
async def at_work(app: Orderwright, witness: Consumer) -> AsyncIterator[None]:
    """Run a worker; at the end it is asked to stop and finishes what it has in hand."""
    clockwork = Clockwork(
        app.engine,
        actions={ACTION: app.expiry.sweep},
        schedules=[app.expiry.schedule],
        poll_seconds=0.1,
    )
    worker = Worker(
        app.engine,
        [app.policies.relayed.consumer(), app.phases.consumer(), witness],
        app.listener,
        jobs=JobRunner(app.engine, poll_seconds=0.1),
        clockwork=clockwork,
        poll_seconds=0.1,
    )
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(worker.run(stop))
        try:
            yield
        finally:
            stop.set()


async def settle(week: Week, clock: DrivenClock) -> None:
    """Wait until the worker has done what is due: events, timers, slots, and jobs that run or may.

    A claim whose answer was cut off is nobody's: when it takes long, a minute passes, in which its lease runs out.
    """

    async def is_settled() -> bool:
        row = await week.insist(lambda: week.pool.fetchrow(_LEFT, clock.now()))
        return not any(row.values())

    for _ in range(_MINUTES):
        with suppress(TimeoutError):
            await until(is_settled, 20)
            return
        clock.advance(timedelta(minutes=1))
    raise AssertionError(await week.pool.fetchrow(_LEFT, clock.now()))


async def look(app: Orderwright, week: Week) -> None:
    """Have the watch look for trouble, and compare with the anchor of the day before and take today's."""
    watch = Watch(app.engine, app.anchors)
    await week.insist(watch.look)
    await week.insist(watch.seal)


_LOSE = "delete from orderwright.timer where timer_id = 'SALE_EXPIRED' and instance_id = any($1)"
_CUT = """
select pg_terminate_backend(pid) from (
    select pid from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
    order by random() limit $1) as chosen
"""
_LEFT = """
select
    (select count(*) from orderwright.outbox as o
     join orderwright.consumer as c on (o.ord, o.id) > (c.ord, c.id)) as unread,
    (select count(*) from orderwright.parked_root where dead_at is null and next_attempt_at <= $1) as parked,
    (select count(*) from orderwright.timer where greatest(due_at, retry_at) <= $1) as timers,
    (select count(*) from orderwright.slot where status = 'armed' and greatest(slot_at, retry_at) <= $1) as slots,
    (select count(*) from orderwright.job
     where status = 'running' or (status = 'waiting' and next_attempt_at <= $1)) as jobs
"""
