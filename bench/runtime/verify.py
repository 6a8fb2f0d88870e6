"""How fast `verify` goes through logs, and that it needs no more memory for more of them.

One sale is lived through, then copied: each copy has its own id, and with it hashes of its own. So the rows are real
in size and content, and all of them are folded and hashed. `python -m bench.runtime.verify [INSTANCES]`
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import uvloop

from bench.runtime.__main__ import place
from bench.runtime.client import ACTOR, EVENTS
from orderwright import Orderwright
from orderwright.app import embedded
from orderwright.app.log import configure_log
from orderwright.app.settings import Settings
from orderwright.runtime.journal import LogRow, chained, read_log
from orderwright.runtime.pool import Connection
from orderwright.runtime.replay import Replay, Tally

INSTANCES: Final = 20_000
ROUNDS: Final = 5
_EACH: Final = 5000


async def measure(app: Orderwright, instances: int) -> None:
    """Fill the log in two halves, and verify after each."""
    sale = await _live(app)
    for half in range(2):
        async with app.pool.acquire() as connection:
            await _copy(connection, sale, half * instances // 2, (half + 1) * instances // 2)
        for _ in range(ROUNDS):
            await _verify(app)


async def _verify(app: Orderwright) -> None:
    tally = Tally()
    wall, cpu = time.perf_counter(), time.process_time()
    found = [finding async for finding in Replay(app.pool).verify_all(tally)]
    assert not found, found[0]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{tally.instances:>7} instances {tally.rows:>8} rows {tally.rows / wall:>8.0f} rows/s"
        f" {cpu / tally.rows * 1e6:>5.1f} us CPU each, peak {peak:.0f} MB"
    )


async def _live(app: Orderwright) -> str:
    """Place a sale with nine rows, and return its id."""
    await place(app, 1)
    sale: str = await app.pool.fetchval("select id from orderwright.sale_order")
    for event in tuple(EVENTS.values()) * 4:
        assert (await app.engine.send(sale, event, actor=ACTOR)).refused is None
    return sale


async def _copy(connection: Connection, sale: str, first: int, last: int) -> None:
    source = [row for row, _ in await read_log(connection, sale)]
    [record] = await connection.fetch(
        "select * from orderwright.instance where instance_id = $1", sale
    )
    instance = dict(record)
    for begin in range(first, last, _EACH):
        logs: list[tuple[Any, ...]] = []
        standings: list[tuple[Any, ...]] = []
        for number in range(begin, min(begin + _EACH, last)):
            rows = _chain(source, f"copy-{number:07}")
            logs.extend((*row, hashed) for row, hashed in rows)
            own = {"instance_id": f"copy-{number:07}", "log_hash": rows[-1][1]}
            standings.append(tuple({**instance, **own}.values()))
        names = [*LogRow._fields, "hash"]
        for table, columns, values in (
            ("log", names, logs),
            ("instance", list(instance), standings),
        ):
            await connection.copy_records_to_table(
                table, schema_name="orderwright", columns=columns, records=values
            )
    await connection.execute("analyze orderwright.log; analyze orderwright.instance")


def _chain(source: list[LogRow], name: str) -> list[tuple[LogRow, bytes]]:
    found, last = [], b""
    for row in source:
        copy = row._replace(instance_id=name)
        last = chained(last, copy)
        found.append((copy, last))
    return found


async def run(instances: int) -> None:
    """Measure on an embedded PostgreSQL of its own."""
    with tempfile.TemporaryDirectory(prefix="ow-bench-") as home:
        Path(home).chmod(0o711)  # noqa: ASYNC240 (nothing else runs yet)
        settings = Settings(home=Path(home), log_level="error")
        configure_log(settings)
        lease = await asyncio.to_thread(embedded.acquire, settings.home)
        try:
            async with Orderwright.connect(lease.url, settings=settings) as app:
                await measure(app, instances)
        finally:
            await asyncio.to_thread(lease.release)


if __name__ == "__main__":
    uvloop.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else INSTANCES))
