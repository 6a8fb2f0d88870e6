"""The relay: domain events per second to consumers that do nothing, on the embedded PostgreSQL.

    nothing    a consumer whose `handle` returns at once: what reading, order, savepoint and cursor cost
    no wish    a consumer that wants none of the events
    poison     as the first, but one event in 1,000 fails for ever: its batch goes over again in parts

The outbox is filled with events of 1,000 roots, each with its log row, as the engine writes them. Every round reads it
all with a consumer of its own.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

import structlog
import uvloop

from orderwright.app import embedded
from orderwright.app.database import migrate
from orderwright.clock import SystemClock
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.outbox import DomainEvent, enrol
from orderwright.runtime.pool import Connection, Pool, open_pool
from orderwright.runtime.relay import Standing, relay

BATCH: Final = 1000
"""Events in a transaction: a consumer that locks nothing can afford it."""

_FILL: Final = """
with one as (
    select n, 'i' || n % 1000 as instance_id, n / 1000 + 1 as version from generate_series(0, $1 - 1) as n
), logged as (
    insert into orderwright.log
    select instance_id, version, 'FREEZE', '{}', '{}', 'user', 'bench', null, 'live', instance_id, null, now(), now(),
           'A', 'B', '{}', '' from one
)
insert into orderwright.outbox (ord, event_id, instance_id, root_id, version, name, payload, correlation_id,
                                causation_id, occurred_at, recorded_at)
select '3', instance_id || '/' || version || '/1', instance_id, instance_id, version, 'sale.frozen',
       '{"orderId":"' || instance_id || '","reason":"measured"}', instance_id,
       instance_id || '/' || version, now(), now()
from one order by n
"""

Handle = Callable[[Connection, DomainEvent], Awaitable[None]]


async def _nothing(_connection: Connection, _event: DomainEvent) -> None:
    """Do nothing."""


async def _poison(_connection: Connection, event: DomainEvent) -> None:
    number = (event.version - 1) * 1000 + int(event.instance_id[1:])
    if number % 1000 == event.version:
        raise ValueError(event.event_id)


CONSUMERS: Final[Sequence[tuple[str, Handle, frozenset[str] | None]]] = (
    ("nothing", _nothing, None),
    ("no wish", _nothing, frozenset({"sale.cleared"})),
    ("poison", _poison, None),
)


async def _read_all(pool: Pool, consumer: Consumer, events: int) -> tuple[float, float]:
    """Return events per second, and our own microseconds of CPU for each."""
    clock = SystemClock()
    async with pool.acquire() as connection:
        await enrol(connection, consumer.name, at=clock.now())
    wall, cpu = time.perf_counter(), time.process_time()
    read = 0
    while read < events:
        done = await relay(pool, consumer, clock)
        read += done.passed + done.parked
        if done.standing is Standing.DONE:
            break
    taken = time.perf_counter() - wall
    return events / taken, (time.process_time() - cpu) / events * 1e6


async def main(home: Path, rounds: int, events: int) -> None:
    """Measure every consumer, in turn."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with embedded.acquire(home) as lease:
        await migrate(lease.url)
        pool = await open_pool(lease.url)
        await pool.execute(_FILL, events)
        await pool.execute("vacuum analyze orderwright.outbox, orderwright.log")
        found: dict[str, list[tuple[float, float]]] = {name: [] for name, _, _ in CONSUMERS}
        for number in range(rounds):
            for name, handle, names in CONSUMERS:
                consumer = Consumer(
                    name=f"{name} {number}", events=names, handle=handle, batch=BATCH
                )
                found[name].append(await _read_all(pool, consumer, events))
        await pool.close()
    print(
        f"relay, {events:,} events, {rounds} rounds\n\nconsumer   events/s      lowest   client CPU"
    )
    for name, measured in found.items():
        rates, cpu = zip(*measured, strict=True)
        print(
            f"{name:8} {statistics.median(rates):10,.0f}  {min(rates):10,.0f}   {statistics.median(cpu):7.1f} us"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)  # as root the server runs as another account
        uvloop.run(main(Path(folder), given.rounds, given.events))
