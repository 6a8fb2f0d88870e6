"""A hot customer: credit holds per second on one balance, while its ledger grows, against pgbench's script B.

One customer with a limit that is never reached has many sales; setting them to INVOICE clears them on credit, each of
which holds what it is worth. All of them meet at one balance, so that holds are made one after the other, whoever
asks. A slice is 500 holds by 16 clients; deadlocks are those that the database has counted.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import uvloop

from bench.money.selling import CURRENCY, SKU
from bench.runtime import pgbench
from orderwright import Event, Orderwright
from orderwright.app import embedded, records
from orderwright.app.log import configure_log
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role
from orderwright.app.policies.telling import DECIDED, POLICIES
from orderwright.app.settings import Settings
from orderwright.cli.running import application

CLIENTS: Final = 16
SLICE: Final = 500
CUSTOMER: Final = "hot"
ASKED: Final = Asked(
    by=Identity(id="bench", login="bench", name="Bench", roles=frozenset({Role.ADMIN}))
)
INVOICE: Final = Event("SET_PAYMENT_METHOD", {"method": "INVOICE"})
_DEADLOCKS: Final = "select deadlocks from pg_stat_database where datname = current_database()"


async def _furnish(app: Orderwright) -> None:
    async with app.pool.acquire() as connection:
        product = records.Product(sku=SKU, name="Anvil", currency=CURRENCY, unit_price_minor=5000)
        await records.add_products(connection, [product])
        hot = records.Customer(
            id=CUSTOMER,
            number="C-1",
            name="Hot",
            currency=CURRENCY,
            credit_limit_minor=10**12,
        )
        await records.add_customers(connection, [hot])


async def _place(app: Orderwright, count: int) -> list[str]:
    lines = [{"sku": SKU, "quantity": 2, "unitPrice": "50.00"}]
    terms = NewTerms(customer_id=CUSTOMER, channel="CONSUMER", currency=CURRENCY, lines=lines)
    waiting, placed = iter(range(count)), list[str]()

    async def client() -> None:
        for _ in waiting:
            sale_id = (await app.orders.create_order(terms, ASKED)).instance_id
            await app.engine.send(sale_id, DECIDED, actor=POLICIES)
            placed.append(sale_id)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return placed


async def _hold(app: Orderwright, sales: list[str]) -> tuple[float, float]:
    """Clear sales on credit; return holds per second, and the 99th percentile of one in milliseconds."""
    waiting, took = iter(sales), list[float]()

    async def client(mine: Iterator[str]) -> None:
        for sale_id in mine:
            began = time.perf_counter()
            result = await app.orders.send_sale_event(sale_id, INVOICE, ASKED)
            took.append((time.perf_counter() - began) * 1e3)
            if result.snapshot is None or not result.snapshot.context["creditHeldMinor"]:
                raise RuntimeError(f"{sale_id} holds nothing: {result.refused}")

    began = time.perf_counter()
    await asyncio.gather(*(client(waiting) for _ in range(CLIENTS)))
    wall = time.perf_counter() - began
    return len(sales) / wall, statistics.quantiles(took, n=100)[98]


async def main(home: Path, holds: int) -> None:
    """Measure on a server in an empty folder."""
    settings = Settings(database_connections=24, log_level="warning")
    configure_log(settings)
    with embedded.acquire(home) as lease:
        peer = pgbench.b(lease.url)
        served = settings.model_copy(update={"database_url": lease.url})
        async with Orderwright.connect(lease.url, settings=settings) as app:
            await _furnish(app)
        peer.prepare()
        async with application(served) as app:
            sales = await _place(app, holds)
            await app.pool.execute("vacuum analyze", timeout=600)
            print(f"money: holds on the balance of one customer, {CLIENTS} clients")
            print("ledger rows   holds/s    p99 ms         B   ratio", flush=True)
            for first in range(0, holds, SLICE):
                rate, late = await _hold(app, sales[first : first + SLICE])
                theirs = (await asyncio.to_thread(peer.slice, CLIENTS, 1)).rate
                line = f"{first + SLICE:11,} {rate:9,.0f} {late:9.1f} {theirs:9,.0f} {rate / theirs:7.2f}"
                print(line, flush=True)
            print(f"deadlocks: {await app.pool.fetchval(_DEADLOCKS)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.money.hot", description=__doc__)
    parser.add_argument("--holds", type=int, default=10_000)
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ow-bench-"))
    folder.chmod(0o711)  # as root the server runs as another account
    try:
        uvloop.run(main(folder, chosen.holds))
    finally:
        shutil.rmtree(folder)
