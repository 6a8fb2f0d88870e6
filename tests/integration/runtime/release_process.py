"""A host of one release, for `test_rolling_release`: it writes, relays, fires timers and runs jobs until it is ended.

`python -m release_process URL NAME [last]`. A line of output is the number of a story that was told. The last host to
be ended leaves nothing undone.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import signal
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from kiosk import KIOSK, kiosk

from orderwright import Orderwright
from orderwright.app.settings import Settings
from orderwright.domain.orders import BEHAVIOURS
from orderwright.runtime.clockwork import Clockwork
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.job import JobKind
from orderwright.runtime.job_runner import JobRunner
from orderwright.runtime.worker import Worker
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.runtime.job import JobRun
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

LANES = 3
ADD = Event("ADD", {"n": 1})
CONSUMERS = ("listing", "echo")


async def run(url: str, name: str, *more: str) -> None:
    """Work until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    BEHAVIOURS["kiosk"] = KIOSK
    settings = Settings(database_connections=12)
    kinds = [JobKind(name="call", handle=_answer)]
    async with Orderwright.connect(url, settings=settings, kinds=kinds) as app:
        text = json.dumps(kiosk("kiosk", 1))
        await app.engine.registry.publish(app.pool, text, at=app.clock.now())
        await app.engine.create("kiosk", "shared", actor=name, idempotency_key="shared")
        worker = Worker(
            app.engine,
            [Consumer(name=one, events=None, handle=_listing(one)) for one in CONSUMERS],
            jobs=JobRunner(app.engine, poll_seconds=0.05),
            clockwork=Clockwork(app.engine, poll_seconds=0.05),
            poll_seconds=0.05,
        )
        numbers = itertools.count()
        are_told = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(worker.run(are_told))
            await asyncio.gather(*(_write(app, name, numbers, stop) for _ in range(LANES)))
            are_told.set()  # a story needs a worker to its end
        if more == ("last",):
            await worker.drain()


async def _write(
    app: Orderwright, name: str, numbers: itertools.count[int], stop: asyncio.Event
) -> None:
    while not stop.is_set():
        story = f"{name}-{next(numbers)}"
        await _tell(app, story)
        sys.stdout.write(f"{story}\n")
        sys.stdout.flush()


async def _tell(app: Orderwright, story: str) -> None:
    """Two pieces, one in a transaction of the caller's; a timer that is due at once; a call; a shared touch."""
    engine, earlier = app.engine, app.clock.now() - timedelta(seconds=30)
    made = await engine.create(
        "kiosk", story, actor="ann", idempotency_key=f"{story}/0", occurred_at=earlier
    )
    soon = Event("REMIND_SOON")
    later = await engine.send(
        story, soon, actor="ann", idempotency_key=f"{story}/1", occurred_at=earlier
    )
    first = await engine.send(story, ADD, actor="ann", idempotency_key=f"{story}/2")
    async with app.pool.acquire() as connection, connection.transaction():
        second = await engine.send(
            story, ADD, actor="ann", idempotency_key=f"{story}/3", connection=connection
        )
    while not await app.pool.fetchval(_REMINDED, story):  # noqa: ASYNC110 (a worker's doing)
        await asyncio.sleep(0.01)
    call = await engine.send(story, Event("CALL"), actor="ann", idempotency_key=f"{story}/4")
    touch = await engine.send("shared", Event("TOUCH"), actor="ann", idempotency_key=f"{story}/5")
    for result in (made, later, first, second, call, touch):
        assert result.refused is None, (story, result.refused)


def _listing(consumer: str):  # noqa: ANN202 (a handler)
    async def handle(connection: Connection, event: DomainEvent) -> None:
        insert = "insert into seen (consumer, event_id) values ($1, $2)"
        await connection.execute(insert, consumer, event.event_id)

    return handle


async def _answer(_: JobRun) -> str:
    return "yes"


_REMINDED = """
select exists (select from orderwright.log where instance_id = $1 and event_type = 'REMIND')
"""

if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))
