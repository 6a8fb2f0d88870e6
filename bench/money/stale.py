"""Stale sales: 100,000 orders whose term to pay is over, all found after a downtime and expired by one worker.

What runs is the worker of `orderwright worker`: its timers expire the sales, and its consumers act meanwhile on the
domain events of that. Given are the rate of the one and of both, and the most memory that the process has had, before
and after. The orders are copies of one that was placed, each with ids, terms and a snapshot of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import shutil
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import uvloop

from bench.money.__main__ import furnish
from bench.money.selling import CURRENCY, LINES
from orderwright import Orderwright
from orderwright.app import embedded
from orderwright.app.log import configure_log
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role
from orderwright.app.policies.telling import DECIDED, POLICIES
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.runtime.lag import read_status

START: Final = datetime(2026, 1, 5, 12, tzinfo=UTC)
ASKED: Final = Asked(
    by=Identity(id="bench", login="bench", name="Bench", roles=frozenset({Role.ADMIN}))
)
_SIGHT: Final = 0.05
"""Seconds between looks at what is left."""

_COPIES: Final = (
    """insert into orderwright.sale_order
    select c.id, number || '-' || c.n, channel, customer_id, currency, shipping_minor, grand_total_minor,
           quotation_id, quotation_version, placed_at
    from orderwright.sale_order, copies as c where sale_order.id = $1""",
    """insert into orderwright.sale_order_line
    select c.id, line_no, sku, name, quantity, unit_price_minor, discount_minor, tax_minor
    from orderwright.sale_order_line, copies as c where order_id = $1""",
    """insert into orderwright.log
    select c.id, version, event_type, replace(event_data, $1, c.id), facts, actor_kind, actor_id, reason, origin,
           replace(correlation_id, $1, c.id), causation_id, occurred_at, recorded_at, from_state, to_state,
           replace(changes, $1, c.id), hash
    from orderwright.log, copies as c where instance_id = $1""",
    """insert into orderwright.timer
    select c.id, timer_id, due_at + c.n * interval '1 ms', event_type, event_data, instance_version
    from orderwright.timer, copies as c where instance_id = $1""",
    """insert into orderwright.instance
    select c.id, chart_id, chart_version, c.id, version, status, state, replace(snapshot, $1, c.id), log_hash, ord,
           created_at, updated_at
    from orderwright.instance, copies as c where instance_id = $1""",
)
_IDS: Final = (
    "insert into copies select n, gen_random_uuid()::text from generate_series(1, $1::int) as n"
)
_EXPIRED: Final = "select count(*) from orderwright.instance where state = 'EXPIRED'"


async def _plant(app: Orderwright, count: int) -> None:
    """Place an order, and copy it."""
    terms = NewTerms(customer_id="c1", channel="CONSUMER", currency=CURRENCY, lines=LINES)
    placed = await app.orders.create_order(terms, ASKED)
    await app.engine.send(placed.instance_id, DECIDED, actor=POLICIES)
    async with app.pool.acquire() as connection:
        await connection.execute("create temporary table copies (n integer, id text)")
        await connection.execute(_IDS, count - 1)
        for statement in _COPIES:
            await connection.execute(statement, placed.instance_id, timeout=600)
        await connection.execute("vacuum analyze", timeout=600)


async def _until_expired(app: Orderwright) -> None:
    while True:
        if not await app.pool.fetchval("select exists (select from orderwright.timer)"):
            return
        await asyncio.sleep(_SIGHT)


async def _until_told(app: Orderwright) -> None:
    """Wait until every consumer has read everything."""
    async with app.pool.acquire() as connection:
        while True:
            status = await read_status(connection, now=app.clock.now())
            if not any(one.events for one in status.consumers):
                return
            await asyncio.sleep(_SIGHT)


def _peak() -> float:
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def _measure(app: Orderwright, count: int) -> None:
    before, stop = _peak(), asyncio.Event()
    began, cpu = time.perf_counter(), time.process_time()
    working = asyncio.create_task(app.worker.run(stop))
    await _until_expired(app)
    expired = time.perf_counter() - began
    print(f"money: {count:,} stale sales, one worker")
    print(f"expired in {expired:.1f} s: {count / expired:,.0f}/s; ", end="")
    print(f"peak memory: {before:.0f} MB before, {_peak():.0f} MB after", flush=True)
    await _until_told(app)
    told, cpu = time.perf_counter() - began, time.process_time() - cpu
    stop.set()
    await working
    if (found := await app.pool.fetchval(_EXPIRED)) != count:
        raise RuntimeError(f"{found} of {count} sales have expired")
    print(f"and told to all consumers in {told:.1f} s: {count / told:,.0f}/s; ", end="")
    print(f"peak memory: {_peak():.0f} MB; {cpu / count * 1e6:.0f} us of our CPU each")


async def main(home: Path, count: int) -> None:
    """Measure on a server in an empty folder."""
    settings = Settings(database_connections=24, log_level="warning")
    configure_log(settings)
    clock = DrivenClock(START)
    with embedded.acquire(home) as lease:
        async with Orderwright.connect(lease.url, settings=settings, clock=clock) as app:
            await furnish(app)
            await _plant(app, count)
            clock.advance(timedelta(days=30))
            await _measure(app, count)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.money.stale", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="how many sales are stale")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ow-bench-"))
    folder.chmod(0o711)  # as root the server runs as another account
    try:
        uvloop.run(main(folder, chosen.count))
    finally:
        shutil.rmtree(folder)
