"""Whole orders of three lines (placed, paid, cleared, reserved, packed, shipped, delivered), against pgbench.

An order is six events of people and what workers make of them: decision, reservation, fulfilment, and what sale and
fulfilment tell each other. How many durable transitions that is, is counted in the log; their rate stands against that
of pgbench's script B, which writes what one transition writes, slice by slice, in the same run, on the cores that
server, pgbench and clients share. An order counts when every consumer has read everything about it. `engine` runs a
worker in each process of clients; `http` is GraphQL to `orderwright serve`, whose callers are processes of their own.

Beside the 99th percentile of each event stand the CPU that an order takes of the product's own processes, and how busy
each of them is: near 100 %, its Python is the limit; well below it, it is transactions that wait for each other.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import uvloop

from bench.goods.moving import EVENTS, SKUS
from bench.money.__main__ import Seller, cpu_of, furnish, serving
from bench.money.selling import CURRENCY, Slice
from bench.rounds import Comparison, heading
from bench.runtime import pgbench
from orderwright import Orderwright
from orderwright.app import embedded, records
from orderwright.app.goods.stock_records import Shelf
from orderwright.app.log import configure_log
from orderwright.app.orders import Asked
from orderwright.app.permissions import Identity, Role
from orderwright.app.settings import Settings
from orderwright.runtime.lag import read_status

CLIENTS: Final = 16
ORDERS: Final = {"engine": 400, "http": 300}
"""Of a slice: about two or three seconds."""
ASKED: Final = Asked(
    by=Identity(id="bench", login="bench", name="Bench", roles=frozenset({Role.ADMIN}))
)
_SIGHT: Final = 0.02
"""Seconds between two looks at what consumers have left."""


@dataclass(slots=True)
class Standing:
    """What was measured of a door."""

    transitions: Comparison = field(default_factory=Comparison)
    orders: list[float] = field(default_factory=list)
    took: dict[str, list[float]] = field(default_factory=dict)
    cpu: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)

    def note(self, slices: Sequence[Slice]) -> None:
        """Take in what clients have waited."""
        for one in slices:
            for event, milliseconds in one.milliseconds.items():
                self.took.setdefault(event, []).extend(milliseconds)

    def __str__(self) -> str:
        """Give orders per second, the comparison, the 99th percentile of each event, and what the CPU did."""
        late = (statistics.quantiles(self.took[event], n=100)[98] for event in EVENTS)
        work = f"{statistics.median(self.cpu):6.2f} {statistics.median(self.busy):6.0%}"
        orders = statistics.median(self.orders)
        return f"{orders:7,.0f}  {self.transitions}   {'  '.join(f'{one:6.1f}' for one in late)}  {work}"


class Race:
    """A door, open in some processes, in turn with pgbench."""

    def __init__(self, app: Orderwright, url: str, kind: str, processes: int) -> None:
        self._app = app
        self._peer = pgbench.b(url)
        self._url = url
        self._kind = kind
        self._processes = processes

    async def run(self, rounds: int) -> Standing:
        """Run rounds, after a first one that is not counted."""
        standing = Standing()
        async with AsyncExitStack() as stack:
            sellers, pids = await self._open(stack)
            for number in range(rounds + 1):
                found = standing if number else Standing()
                await self._slice(sellers, pids, found)
                theirs = (await asyncio.to_thread(self._peer.slice, CLIENTS, 1)).rate
                found.transitions.theirs.append(theirs)
        return standing

    async def _open(self, stack: AsyncExitStack) -> tuple[list[Seller], list[int]]:
        """Return who sends, and the product's own processes."""
        is_http, count = self._kind == "http", self._processes
        servers = [
            await stack.enter_async_context(serving(self._url))
            for _ in range(count if is_http else 0)
        ]
        sellers = [
            await stack.enter_async_context(
                Seller.started(self._kind, address, CLIENTS // count, "bench.goods.moving")
            )
            for address in [one.address for one in servers] or [self._url] * count
        ]
        return sellers, [one.pid for one in (servers or sellers)]

    async def _slice(
        self, sellers: Sequence[Seller], pids: Sequence[int], standing: Standing
    ) -> None:
        share, orders = CLIENTS // len(sellers), ORDERS[self._kind] // len(sellers)
        rows, cpu, began = await self._rows(), sum(map(cpu_of, pids)), time.perf_counter()
        slices = await asyncio.gather(*(one.slice(share, orders) for one in sellers))
        await self._until_told()
        wall, cpu = time.perf_counter() - began, sum(map(cpu_of, pids)) - cpu
        standing.note(slices)
        standing.orders.append(orders * len(sellers) / wall)
        standing.transitions.ours.append((await self._rows() - rows) / wall)
        standing.cpu.append(cpu / orders / len(sellers) * 1e3)
        standing.busy.append(cpu / wall / len(pids))

    async def _rows(self) -> int:
        return int(await self._app.pool.fetchval("select count(*) from orderwright.log"))

    async def _until_told(self) -> None:
        """Wait until every consumer has read everything."""
        async with self._app.pool.acquire() as connection:
            while True:
                status = await read_status(connection, now=self._app.clock.now())
                if not any(one.events or one.waiting_events for one in status.consumers):
                    return
                await asyncio.sleep(_SIGHT)


async def stock(app: Orderwright) -> None:
    """Put plenty of every SKU on the shelf."""
    goods = [
        records.Product(sku=sku, name=sku, currency=CURRENCY, unit_price_minor=5000)
        for sku in SKUS
    ]
    async with app.pool.acquire() as connection:
        await records.add_products(connection, goods)
    for sku in SKUS:
        arrived = await app.stock_desk.receive(Shelf(sku, "main"), 1_000_000, "bench", ASKED)
        if arrived.refused is not None:
            raise RuntimeError(f"{sku}: {arrived.refused}")


async def main(home: Path, rounds: int, doors: Sequence[str]) -> None:
    """Compare doors, with one and with two processes, on a server in an empty folder."""
    settings = Settings(database_connections=8, log_level="warning")
    configure_log(settings)
    with embedded.acquire(home) as lease:
        async with Orderwright.connect(lease.url, settings=settings) as app:
            await furnish(app)
            await stock(app)
            pgbench.b(lease.url).prepare()
            await app.pool.execute("vacuum analyze", timeout=600)
            print(
                f"goods: whole orders, {CLIENTS} clients, {rounds} rounds; transitions against B"
            )
            late = "  ".join(event.rpartition("_")[2].lower()[:6].rjust(6) for event in EVENTS)
            print(
                f"door    processes  orders  {heading('B')}   p99 ms: {late}  CPU ms  busy",
                flush=True,
            )
            for kind in doors:
                for processes in (1, 2):
                    standing = await Race(app, lease.url, kind, processes).run(rounds)
                    print(f"{kind:8}{processes:9} {standing}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.goods", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--doors", nargs="+", choices=list(ORDERS), default=list(ORDERS))
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ow-bench-"))
    folder.chmod(0o711)  # as root the server runs as another account
    try:
        uvloop.run(main(folder, chosen.rounds, chosen.doors))
    finally:
        shutil.rmtree(folder)
