"""A hot SKU: reservations per second on one shelf by many clients, while its ledgers grow, against pgbench's script B.

    clients    16 clients send RESERVE to reservations that wait; all of them meet at one shelf, so that they take
               turns, whoever asks; each is a step with two rows of ledgers and their balances
    consumer   the relay makes the reservations of orders and reserves, 20 orders to a transaction
    mixed      16 clients reserve and release three of ten SKUs, each in an order of its own

Deadlocks are those that the database has counted.
"""

from __future__ import annotations

import argparse
import asyncio
import random  # noqa: TID251 (a fixed seed)
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvloop

from bench.runtime import pgbench
from orderwright import Event, Orderwright
from orderwright.app import embedded, records
from orderwright.app.goods.reservations import ensure_reservations, reservation_id_of
from orderwright.app.goods.reserving import Reserving
from orderwright.app.goods.stock_records import Shelf
from orderwright.app.log import configure_log
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role
from orderwright.app.settings import Settings
from orderwright.runtime import outbox
from orderwright.runtime.command import Actor, Cause
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.relay import Standing, relay

CLIENTS: Final = 16
SLICE: Final = 500
SKUS: Final = tuple(f"SKU-{n}" for n in range(10))
ASKED: Final = Asked(
    by=Identity(id="bench", login="bench", name="Bench", roles=frozenset({Role.ADMIN}))
)
BENCH: Final = Actor("bench", "system")
_DEADLOCKS: Final = "select deadlocks from pg_stat_database where datname = current_database()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Steps per second, and the 99th percentile of one in milliseconds; None where they came in batches."""

    rate: float
    late: float | None = None


async def _furnish(app: Orderwright) -> None:
    async with app.pool.acquire() as connection:
        goods = [
            records.Product(sku=sku, name=sku, currency="EUR", unit_price_minor=100)
            for sku in SKUS
        ]
        await records.add_products(connection, goods)
        customer = records.Customer(id="c", number="C", name="C", currency="EUR")
        await records.add_customers(connection, [customer])
    for sku in SKUS:
        await app.stock_desk.receive(Shelf(sku, "main"), 1_000_000, "bench", ASKED)


async def _place(app: Orderwright, orders: Sequence[Sequence[str]]) -> list[str]:
    """Place orders, each of one piece of some SKUs; return their ids."""
    placed, waiting = list[str](), iter(orders)

    async def client() -> None:
        for skus in waiting:
            lines = [{"sku": sku, "quantity": 1, "unitPrice": "1.00"} for sku in skus]
            terms = NewTerms(customer_id="c", channel="CONSUMER", currency="EUR", lines=lines)
            placed.append((await app.orders.create_order(terms, ASKED)).instance_id)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return placed


async def _waiting(app: Orderwright, orders: Sequence[Sequence[str]]) -> list[str]:
    """Place orders and make their reservations, which have taken nothing yet."""
    placed = await _place(app, orders)
    causes = {order_id: Cause(actor=BENCH) for order_id in placed}
    async with app.pool.acquire() as connection, connection.transaction():
        await ensure_reservations(app.engine, connection, causes)
    return [reservation_id_of(order_id) for order_id in placed]


async def _send(app: Orderwright, targets: Sequence[str], *names: str) -> Rate:
    """Send events to each, one after the other, by all clients."""
    waiting, took = iter(targets), list[float]()

    async def client(mine: Iterator[str]) -> None:
        for target in mine:
            for name in names:
                began = time.perf_counter()
                result = await app.engine.send(target, Event(name), actor=BENCH)
                took.append((time.perf_counter() - began) * 1e3)
                if result.refused is not None:
                    raise RuntimeError(f"{name}: {result.refused}")

    began = time.perf_counter()
    await asyncio.gather(*(client(waiting) for _ in range(CLIENTS)))
    rate = len(took) / (time.perf_counter() - began)
    return Rate(rate=rate, late=statistics.quantiles(took, n=100)[98])


async def _consume(app: Orderwright, count: int) -> Rate:
    """Have the relay reserve for orders that were just placed."""
    await _relay(app)
    await _place(app, [SKUS[:1]] * count)
    began = time.perf_counter()
    await _relay(app)
    return Rate(rate=count / (time.perf_counter() - began))


async def _relay(app: Orderwright) -> None:
    while (await relay(app.pool, _consumer(app), app.clock)).standing is not Standing.DONE:
        pass


def _consumer(app: Orderwright) -> Consumer:
    return Reserving(app.engine).consumer()


async def _measure(app: Orderwright, kind: str, chance: random.Random) -> Rate:
    if kind == "consumer":
        return await _consume(app, SLICE)
    if kind == "clients":
        return await _send(app, await _waiting(app, [SKUS[:1]] * SLICE), "RESERVE")
    orders = [chance.sample(SKUS, k=3) for _ in range(SLICE // 2)]
    return await _send(app, await _waiting(app, orders), "RESERVE", "RELEASE")


async def main(home: Path, slices: int) -> None:
    """Measure on a server in an empty folder."""
    settings = Settings(database_connections=24, log_level="warning")
    configure_log(settings)
    chance = random.Random(1)  # noqa: S311 (a fixed seed)
    with embedded.acquire(home) as lease:
        peer = pgbench.b(lease.url)
        async with Orderwright.connect(lease.url, settings=settings) as app:
            await _furnish(app)
            peer.prepare()
            async with app.pool.acquire() as connection:
                await outbox.enrol(connection, _consumer(app).name, at=app.clock.now())
            await app.pool.execute("vacuum analyze", timeout=600)
            print(f"goods: reservations on one shelf, {CLIENTS} clients, {SLICE} a slice")
            print("kind        rows   steps/s    p99 ms         B   ratio", flush=True)
            for _ in range(slices):
                for kind in ("clients", "consumer", "mixed"):
                    await _tell(app, kind, await _measure(app, kind, chance), peer)
            print(f"deadlocks: {await app.pool.fetchval(_DEADLOCKS)}")


async def _tell(app: Orderwright, kind: str, found: Rate, peer: pgbench.Pgbench) -> None:
    rows = await app.pool.fetchval("select count(*) from orderwright.ledger_entry")
    theirs = (await asyncio.to_thread(peer.slice, CLIENTS, 1)).rate
    late = "" if found.late is None else f"{found.late:.1f}"
    line = f"{kind:8} {rows:7,} {found.rate:9,.0f} {late:>9} {theirs:9,.0f} {found.rate / theirs:7.2f}"
    print(line, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.goods.hot", description=__doc__)
    parser.add_argument("--slices", type=int, default=5)
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ow-bench-"))
    folder.chmod(0o711)  # as root the server runs as another account
    try:
        uvloop.run(main(folder, chosen.slices))
    finally:
        shutil.rmtree(folder)
