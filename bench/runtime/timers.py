"""How fast due timers fire: 100,000 sales whose term to pay is over, all found after a downtime.

    fired    as a worker does it: two loops in one process that claim, compute, write and delete in batches
    written  the same steps, computed beforehand, written in the same batches by two loops: what the database and the
             writing of what it is sent take by themselves

Both in turn, on the embedded PostgreSQL, on the cores that it needs too. The sales are copies of one that was placed.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import uvloop

from bench.rounds import Comparison, heading
from bench.runtime.__main__ import place
from orderwright import Orderwright
from orderwright.app import embedded
from orderwright.app.log import configure_log
from orderwright.app.policies.telling import DECIDED, POLICIES
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.runtime.command import Actor, Cause, Send
from orderwright.runtime.firing import fire_due
from orderwright.runtime.timers import BATCH
from orderwright.runtime.transition import Transition
from orderwright.runtime.write import prepare, store
from orderwright.statechart import Event, send

if TYPE_CHECKING:
    from orderwright.runtime.instance import Instance

LOOPS: Final = 2
START: Final = datetime(2026, 1, 5, 12, tzinfo=UTC)
EXPIRED: Final = Event("SALE_EXPIRED")

_COPY: Final = (
    """insert into orderwright.log
    select c.id, version, event_type, event_data, facts, actor_kind, actor_id, reason, origin, correlation_id,
           causation_id, occurred_at, recorded_at, from_state, to_state, changes, hash
    from orderwright.log cross join (select $2 || n as id from generate_series(1, $3::int) as n) as c
    where instance_id = $1""",
    """insert into orderwright.timer
    select c.id, timer_id, due_at + c.n * interval '1 ms', event_type, event_data, instance_version
    from orderwright.timer cross join (select n, $2 || n as id from generate_series(1, $3::int) as n) as c
    where instance_id = $1""",
    """insert into orderwright.instance
    select c.id, chart_id, chart_version, root_id, version, status, state, snapshot, log_hash, ord,
           created_at, updated_at
    from orderwright.instance cross join (select $2 || n as id from generate_series(1, $3::int) as n) as c
    where instance_id = $1""",
)


class Expiring:
    """Sales with a timer that is due, and as many without."""

    def __init__(self, app: Orderwright, sale: Instance, transition: Transition) -> None:
        self._app = app
        self._sale = sale
        self._transition = transition
        self._numbers = itertools.count(1)

    async def fire(self, most: int) -> int:
        """Fire a number of timers, or a few more, and return how many."""
        done = 0

        async def loop() -> None:
            nonlocal done
            while done < most and (fired := await fire_due(self._app.engine)):
                done += fired

        await asyncio.gather(*(loop() for _ in range(LOOPS)))
        return done

    async def write(self, count: int) -> int:
        """Write as many steps that were computed before, and return how many."""
        batches = iter([self._batch() for _ in range(max(count // BATCH, 1))])
        done = 0

        async def loop() -> None:
            nonlocal done
            async with self._app.pool.acquire() as connection:
                for batch in batches:
                    async with connection.transaction():
                        outcomes = await store(connection, [prepare(one) for one in batch])
                    assert set(outcomes) == {"applied"}
                    done += len(outcomes)

        await asyncio.gather(*(loop() for _ in range(LOOPS)))
        return done

    def _batch(self) -> list[Transition]:
        names = [f"raw-{next(self._numbers)}" for _ in range(BATCH)]
        return [self._transition_of(name) for name in sorted(names)]

    def _transition_of(self, name: str) -> Transition:
        command = replace(self._transition.command, instance_id=name)
        before = self._sale._replace(instance_id=name)
        return self._transition._replace(command=command, before=before)


async def _place(app: Orderwright) -> Instance:
    await place(app, 1)
    sale_id = await app.pool.fetchval("select id from orderwright.sale_order")
    await app.engine.send(sale_id, DECIDED, actor=POLICIES)
    sale = await app.engine.read(sale_id)
    assert sale is not None
    return sale


async def _copies(app: Orderwright, sale: Instance, count: int, spare: int) -> None:
    async with app.pool.acquire() as connection:
        for prefix, number in (("due-", count), ("raw-", spare)):
            for statement in _COPY:
                if prefix == "raw-" and "orderwright.timer" in statement:
                    continue
                await connection.execute(statement, sale.instance_id, prefix, number, timeout=600)
        await connection.execute(
            "delete from orderwright.timer where instance_id = $1", sale.instance_id
        )
        await connection.execute("vacuum analyze", timeout=600)


def _transition(app: Orderwright, sale: Instance, at: datetime) -> Transition:
    lifecycle = app.engine.registry.known(sale.chart_id, sale.chart_version)
    assert lifecycle is not None
    step = send(lifecycle.chart, lifecycle.behaviour, sale.snapshot, EXPIRED, now=at)
    cause = Cause(
        actor=Actor("timer", "system"),
        correlation_id=f"{sale.instance_id}/1",
        causation_id=f"{sale.instance_id}/1",
        occurred_at=at,
    )
    return Transition(
        command=Send(instance_id=sale.instance_id, event=EXPIRED, cause=cause),
        chart=lifecycle.chart,
        before=sale,
        step=step,
        facts={},
        occurred_at=at,
        recorded_at=at,
    )


async def _timed(work: Callable[[int], Awaitable[int]], count: int) -> tuple[int, float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    done = await work(count)
    return done, time.perf_counter() - wall, time.process_time() - cpu


async def _measure(expiring: Expiring, count: int, rounds: int) -> None:
    found, slices = Comparison(), -(-count // rounds)
    fired, taken, cpu = 0, 0.0, 0.0
    while fired < count:
        done, wall, used = await _timed(expiring.fire, min(slices, count - fired))
        if not done:
            raise RuntimeError(f"only {fired} of {count} timers fired")
        fired, taken, cpu = fired + done, taken + wall, cpu + used
        written, instead, _ = await _timed(expiring.write, slices // 4)
        found.ours.append(done / wall)
        found.theirs.append(written / instead)
    print(
        f"{fired:,} timers in {taken:.1f} s: {fired / taken:,.0f}/s, {cpu / fired * 1e6:.0f} us of our CPU each"
    )
    print(heading("written"))
    print(found)


async def main(home: Path, count: int, rounds: int) -> None:
    """Fire and write in turn, on a server in an empty folder."""
    settings = Settings(database_connections=24, log_level="warning")
    configure_log(settings)
    clock = DrivenClock(START)
    with embedded.acquire(home) as lease:
        async with Orderwright.connect(lease.url, settings=settings, clock=clock) as app:
            sale = await _place(app)
            await _copies(app, sale, count, count // 4 + rounds * BATCH * 2)
            clock.advance(timedelta(days=3))
            transition = _transition(app, sale, clock.now())
            await _measure(Expiring(app, sale, transition), count, rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.runtime.timers", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="how many timers are due")
    parser.add_argument("--rounds", type=int, default=20, help="in how many slices they are fired")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ow-bench-"))
    folder.chmod(0o711)  # as root the server runs as another account
    try:
        uvloop.run(main(folder, chosen.count, chosen.rounds))
    finally:
        shutil.rmtree(folder)
