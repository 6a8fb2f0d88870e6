"""What a transition costs the database when there are many instances: 10,000, then 1,000,000.

5,000 sales, chosen anywhere among them, are frozen by 16 clients right after a checkpoint, when the first change of a
page writes the whole page to the log; then 5,000 others. Printed per transition: buffers touched, bytes and full-page
images written ahead, and the rate. The sales are copies of one that was placed.
"""

from __future__ import annotations

import argparse
import asyncio
import random  # noqa: TID251 (which ones does not matter)
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
import uvloop

from bench.runtime.__main__ import place
from orderwright import Event, Orderwright
from orderwright.app import embedded
from orderwright.app.log import configure_log
from orderwright.app.settings import Settings

CLIENTS: Final = 16
FREEZE: Final = Event("FREEZE", {"reason": "measured"})
SETTINGS: Final = Settings(database_connections=24, log_level="warning")
_COPY: Final = (
    """insert into orderwright.log
    select c.id, version, event_type, event_data, facts, actor_kind, actor_id, reason, origin, correlation_id,
           causation_id, occurred_at, recorded_at, from_state, to_state, changes, hash
    from orderwright.log cross join (select 'copy-' || n as id from generate_series($2::int, $3::int) as n) as c
    where instance_id = $1""",
    """insert into orderwright.timer
    select c.id, timer_id, due_at, event_type, event_data, instance_version
    from orderwright.timer cross join (select 'copy-' || n as id from generate_series($2::int, $3::int) as n) as c
    where instance_id = $1""",
    """insert into orderwright.instance
    select c.id, chart_id, chart_version, c.id, version, status, state, snapshot, log_hash, ord,
           created_at, updated_at
    from orderwright.instance
    cross join (select 'copy-' || n as id from generate_series($2::int, $3::int) as n) as c
    where instance_id = $1""",
)
_SEEN: Final = """
select blks_hit + blks_read as buffers, wal_bytes::float8, wal_fpi
from pg_stat_database cross join pg_stat_wal where datname = current_database()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What some transitions cost, in all."""

    count: int
    seconds: float
    buffers: int
    wal_bytes: float
    images: int

    def __str__(self) -> str:
        """Give the cost of one."""
        each = (self.buffers / self.count, self.wal_bytes / self.count, self.images / self.count)
        rate = self.count / self.seconds
        return f"{each[0]:7.1f} {each[1]:9,.0f} {each[2]:8.3f} {rate:10,.0f}"


async def _grow(url: str, sale_id: str, first: int, last: int) -> None:
    """Add copies of a sale; in parts, so that no statement is enormous."""
    connection = await asyncpg.connect(url)
    part = 100_000
    for begin in range(first, last + 1, part):
        for statement in _COPY:
            await connection.execute(statement, sale_id, begin, min(begin + part - 1, last))
    await connection.execute("vacuum analyze", timeout=3600)
    await connection.close()


async def _measure(url: str, ids: Sequence[str]) -> Cost:
    """Freeze sales; figures are complete because every connection is closed before they are read."""
    watching = await asyncpg.connect(url)
    before = await watching.fetchrow(_SEEN)
    async with Orderwright.connect(url, settings=SETTINGS) as app:
        began, waiting = time.perf_counter(), iter(ids)

        async def client() -> None:
            for sale_id in waiting:
                result = await app.engine.send(sale_id, FREEZE, actor="bench")
                assert result.refused is None, result.refused

        await asyncio.gather(*(client() for _ in range(CLIENTS)))
        seconds = time.perf_counter() - began
    await asyncio.sleep(1)  # until the processes of the closed connections have ended
    await watching.close()
    watching = await asyncpg.connect(url)
    after = await watching.fetchrow(_SEEN)
    await watching.close()
    assert before is not None
    assert after is not None
    spent = [now - then for now, then in zip(after, before, strict=True)]
    return Cost(
        count=len(ids), seconds=seconds, buffers=spent[0], wal_bytes=spent[1], images=spent[2]
    )


async def main(home: Path, sizes: Sequence[int], count: int) -> None:
    """Measure at each size, on a server in an empty folder."""
    configure_log(SETTINGS)
    chance, grown = random.Random(1), 0  # noqa: S311 (the same)
    print(f"{'instances':>10}  when          buffers  WAL bytes   images   per second")
    with embedded.acquire(home) as lease:
        async with Orderwright.connect(lease.url, settings=SETTINGS) as app:
            await place(app, 1)
            sale_id = await app.pool.fetchval("select id from orderwright.sale_order")
        for size in sizes:
            await _grow(lease.url, sale_id, grown + 1, size)
            numbers = chance.sample(range(grown + 1, size + 1), 2 * count)  # not frozen before
            ids, grown = [f"copy-{number}" for number in numbers], size
            connection = await asyncpg.connect(lease.url)
            await connection.execute("checkpoint", timeout=3600)
            await connection.close()
            for when, some in (("checkpointed", ids[:count]), ("afterwards", ids[count:])):
                print(f"{size:10,}  {when:12} {await _measure(lease.url, some)}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.runtime.volume", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--count", type=int, default=5_000, help="transitions that are measured")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ow-bench-"))
    folder.chmod(0o711)  # as root the server runs as another account
    try:
        uvloop.run(main(folder, chosen.sizes, chosen.count))
    finally:
        shutil.rmtree(folder)
