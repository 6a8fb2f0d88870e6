"""The worker: it relays the outbox, fires timers and runs jobs, for as long as it runs or until nothing is left.

While it runs it also lets go of what is old.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeAlias

from orderwright.errors import RuntimeFault
from orderwright.runtime import outbox
from orderwright.runtime.clockwork import Clockwork
from orderwright.runtime.interruption import faults_of
from orderwright.runtime.lookout import Lookout, Watcher
from orderwright.runtime.loop import Loop
from orderwright.runtime.relay import Standing, relay
from orderwright.runtime.retention import Retention
from orderwright.runtime.suspicion import Suspicion

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence
    from datetime import datetime

    from orderwright.runtime.consumer import Consumer
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.job_runner import JobRunner
    from orderwright.runtime.relay import Pass
    from orderwright.runtime.wakeup import Listener

_SOON: Final = 0.01  # seconds until `drain` looks at unsettled events again
_PATIENCE: Final = 1000  # times that `drain` looks again before it gives up: 10 s at least
_PAUSE_ON_ERROR: Final = 60.0


Duty: TypeAlias = "Callable[[asyncio.Event], Coroutine[None, None, None]]"
"""Work beside the worker's own, until the event is set."""


class OutboxHeld(RuntimeFault):
    """A transaction somewhere in the cluster stays open and holds the outbox back."""

    code = "outbox.held"
    retryable = True


class Worker:
    """Runs consumers, timers and jobs; any number of workers may run at once, in one process or many."""

    def __init__(  # noqa: PLR0913 (the parts of a worker)
        self,
        engine: Engine,
        consumers: Sequence[Consumer],
        listener: Listener | None = None,
        *,
        jobs: JobRunner | None = None,
        clockwork: Clockwork | None = None,
        retention: Retention | None = None,
        duties: Sequence[Duty] = (),
        grace_seconds: float = 10.0,
        poll_seconds: float = 1.0,
    ) -> None:
        self._engine = engine
        self._grace_seconds = grace_seconds
        self._jobs = jobs
        self._duties = tuple(duties)
        self._retention = retention or Retention(engine.pool, engine.clock)
        self._consumers = tuple(consumers)
        self._suspicions = {one.name: Suspicion() for one in consumers}
        self._listener = listener
        self._poll_seconds = poll_seconds
        self._clockwork = clockwork or Clockwork(engine, poll_seconds=poll_seconds)

    async def run(self, stop: asyncio.Event | None = None) -> None:
        """Work until cancelled, or until `stop` is set; then finish what is in hand and return.

        Passes that take longer than the time of grace, because somebody holds what they need, are broken off: what
        they had not committed is left to others. Jobs and duties have times of their own. What goes wrong is logged
        and tried again; only cancellation ends it otherwise.
        """
        stop = stop or asyncio.Event()
        relays = [(one, self._loop(self._relaying(one).turn, stop)) for one in self._consumers]
        watchers = [Watcher(consumer, loop.wake) for consumer, loop in relays]
        lookout = Lookout(self._engine.pool, watchers, self._poll_seconds)
        woken = [self._loop(turn, stop) for turn in (lookout.turn, *self._clockwork.turns())]
        resting = Loop(self._retention.turn, _PAUSE_ON_ERROR, stop)
        loops = [*(loop for _, loop in relays), *woken, resting]
        async with asyncio.TaskGroup() as group:
            hearing = group.create_task(self._hear(woken))
            passing = [group.create_task(loop.run()) for loop in loops]
            running = [group.create_task(_do(duty, stop)) for duty in self._duties]
            if self._jobs is not None:
                running.append(group.create_task(self._jobs.run(stop)))
            await stop.wait()
            for loop in loops:
                loop.wake()
            _, late = await asyncio.wait(passing, timeout=self._grace_seconds)
            for task in late:
                task.cancel()
            await asyncio.wait([*passing, *running])
            hearing.cancel()

    async def drain(self, until: datetime | None = None) -> int:
        """Relay, fire and run until nothing is left, and return how many events, timers and jobs that were.

        Timers and slots count as due up to `until`, by default the clock's present. Before each timer the outbox
        is emptied, so that what follows from one comes before the next; slots come when no
        timer is due, jobs when no slot is. Parked roots and failed jobs are tried again if they are due by the clock.

        Raises:
            OutboxHeld: events stay unsettled because a transaction is left open.
        """
        relays = [self._relaying(one) for one in self._consumers]
        done = 0
        while True:
            moved = sum([await relaying.empty() for relaying in relays])
            if not moved:
                moved = int(await self._clockwork.step(until))
            if not moved and self._jobs is not None:
                moved = await self._jobs.run_due()
            if not moved:
                return done
            done += moved

    def _relaying(self, consumer: Consumer) -> _Relaying:
        suspicion = self._suspicions[consumer.name]
        return _Relaying(self._engine, consumer, suspicion, self._poll_seconds)

    def _loop(self, turn: Callable[[], Awaitable[float]], stop: asyncio.Event) -> Loop:
        return Loop(turn, self._poll_seconds, stop)

    async def _hear(self, loops: Sequence[Loop]) -> None:
        if self._listener is None:
            return
        with self._listener.subscribe() as changes:
            async for change in changes:
                for loop in loops:
                    loop.wake()
                if self._jobs is not None:
                    self._jobs.hear(change)


async def _do(duty: Duty, stop: asyncio.Event) -> None:
    """Do a duty; one that fails ends the worker, and a group takes no notice of one that ends as cancelled."""
    with faults_of("a duty of the worker"):
        await duty(stop)


class _Relaying:
    """Passes for one consumer, announcing what they changed."""

    def __init__(
        self, engine: Engine, consumer: Consumer, suspicion: Suspicion, poll_seconds: float
    ) -> None:
        self._engine = engine
        self._consumer = consumer
        self._suspicion = suspicion
        self._poll_seconds = poll_seconds
        self._enrolled = False

    async def turn(self) -> float:
        """Make a pass and return how many seconds to wait before the next, unless the lookout says otherwise."""
        done = await self._pass()
        return 0 if done.standing is Standing.MORE else self._poll_seconds

    async def empty(self) -> int:
        """Make passes until nothing is left but parked roots; return how many events passed."""
        total = fruitless = 0
        while True:
            done = await self._pass()
            total += done.passed
            if done.standing is Standing.DONE:
                return total
            fruitless = 0 if done.passed or done.parked else fruitless + 1
            if fruitless > _PATIENCE:
                raise OutboxHeld("a transaction stays open and holds the outbox back")
            await asyncio.sleep(_SOON if fruitless else 0)

    async def _pass(self) -> Pass:
        if not self._enrolled:
            await self._enrol()
        engine = self._engine
        done = await relay(
            engine.pool, self._consumer, engine.clock, engine.observer, self._suspicion
        )
        for root_id in done.roots:
            self._engine.wakeup.announce(root_id)
        return done

    async def _enrol(self) -> None:
        async with self._engine.pool.acquire() as connection:
            await outbox.enrol(connection, self._consumer.name, at=self._engine.clock.now())
        self._enrolled = True
