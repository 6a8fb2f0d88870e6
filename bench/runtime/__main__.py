"""Our engine's `send` against pgbench, transitions per second, on the embedded PostgreSQL, both in the same run.

pgbench does what PostgreSQL itself can do (`pgbench/*.sql`): it reads an instance of 10,000 and writes it with a log
row and an outbox row, by prepared statements. We do as much with sales of the shipped chart, and the rest of a durable
transition too: the rules, who and why, the hash chain, the announcement to other processes.

    FREEZE     declares no facts: read, step, one call that writes
    RELEASE    declares the customer's credit: one transaction that locks sale and customer and sums the exposure

Each sale is frozen by one client and then released by one, so nobody waits for a row lock; pgbench's clients meet
at one row as good as never. One Python process on uvloop against pgbench in C, on the cores that the server needs too.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import uvloop

from bench.rounds import compare, heading
from orderwright import Orderwright
from orderwright.app import embedded, records
from orderwright.app.embedded.binaries import program
from orderwright.app.log import configure_log
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role
from orderwright.app.settings import Settings
from orderwright.statechart import Event

SCRIPTS: Final = Path(__file__).parents[1] / "pgbench"
CONCURRENT: Final = (1, 8, 16)
SALES: Final = 2000
SECONDS: Final = 1
"""How long pgbench's slices are; ours are made about as long."""

EVENTS: Final = (Event("FREEZE", {"reason": "measured"}), Event("RELEASE"))
BENCH: Final = Identity(id="bench", login="bench", name="Bench", roles=frozenset({Role.ADMIN}))
_RATE: Final = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)


class Pgbench:
    """pgbench, a process per slice; `cpu` are the microseconds that it took itself per transaction."""

    def __init__(self, url: str) -> None:
        self.cpu: list[float] = []
        self._url = url

    def prepare(self) -> None:
        """Make its tables."""
        self._run("psql", "-q", "-f", str(SCRIPTS / "schema.sql"), self._url)

    async def slice(self, clients: int) -> float:
        """Return transactions per second."""
        before = _children_seconds()
        threads = str(min(clients, 2))
        script = ("-n", "-M", "prepared", "-f", str(SCRIPTS / "transition.sql"))
        load = ("-c", str(clients), "-j", threads, "-T", str(SECONDS))
        said = self._run("pgbench", *script, *load, self._url)
        found = _RATE.search(said)
        assert found is not None, said
        rate = float(found[1])
        self.cpu.append((_children_seconds() - before) / (rate * SECONDS) * 1e6)
        return rate

    def _run(self, name: str, *words: str) -> str:
        command = [str(program(name)), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 (ours)


class Sales:
    """Sales that are frozen and released in turn; `cpu` are our microseconds per transition, slice by slice."""

    def __init__(self, app: Orderwright, ids: list[str]) -> None:
        self.cpu: list[float] = []
        self._app = app
        self._ids = ids
        self._count = len(ids)

    async def slice(self, event: Event, clients: int) -> float:
        """Send an event to as many sales as fit into a slice; return how many per second."""
        ids = iter(self._ids[: self._count])
        wall, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(self._send(event, ids) for _ in range(clients)))
        taken = time.perf_counter() - wall
        self.cpu.append((time.process_time() - cpu) / self._count * 1e6)
        return self._count / taken

    async def fit(self, clients: int) -> None:
        """Freeze and release every sale once, and set the size of a slice by it."""
        self._count = len(self._ids)
        rates = [await self.slice(event, clients) for event in EVENTS]
        self._count = min(int(SECONDS * statistics.mean(rates)), len(self._ids))
        self.cpu.clear()

    async def _send(self, event: Event, ids: Iterator[str]) -> None:
        for sale_id in ids:
            result = await self._app.engine.send(sale_id, event, actor=BENCH.id)
            if result.refused is not None:
                raise RuntimeError(result.refused.message)


async def _place(app: Orderwright) -> list[str]:
    """Place sales, each for a customer of its own, and return their ids."""
    async with app.pool.acquire() as connection:
        product = records.Product(sku="ANVIL", name="Anvil", currency="EUR", unit_price_minor=5000)
        await records.add_products(connection, [product])
        customers = [
            records.Customer(id=f"c{n}", number=f"C-{n}", name=f"Customer {n}", currency="EUR")
            for n in range(SALES)
        ]
        await records.add_customers(connection, customers)
    waiting = iter(customers)
    placed: list[str] = []

    async def place() -> None:
        for customer in waiting:
            lines = [{"sku": "ANVIL", "quantity": 2, "unitPrice": "50.00"}]
            terms = NewTerms(
                customer_id=customer.id, channel="CONSUMER", currency="EUR", lines=lines
            )
            result = await app.orders.create_order(terms, Asked(by=BENCH))
            placed.append(result.instance_id)

    await asyncio.gather(*(place() for _ in range(8)))
    return placed


async def _report(sales: Sales, pgbench: Pgbench, clients: int, rounds: int) -> None:
    await sales.fit(clients)
    pgbench.cpu.clear()
    ways = [partial(sales.slice, event, clients) for event in EVENTS]
    found = await compare(ways, partial(pgbench.slice, clients), rounds=rounds)
    for number, (event, comparison) in enumerate(zip(EVENTS, found, strict=True)):
        ours = statistics.median(sales.cpu[number :: len(EVENTS)])
        theirs = statistics.median(pgbench.cpu)
        print(f"{clients:7} {event.type:8} {comparison}   {ours:6.0f} {theirs:6.0f}", flush=True)


async def main(home: Path, rounds: int) -> None:
    """Compare at every concurrency, on a server in an empty folder."""
    settings = Settings(database_connections=24, log_level="warning")
    configure_log(settings)
    with embedded.acquire(home) as lease:
        async with Orderwright.connect(lease.url, settings=settings) as app:
            pgbench = Pgbench(lease.url)
            pgbench.prepare()
            sales = Sales(app, await _place(app))
            print(f"runtime: transitions per second against pgbench, {rounds} rounds")
            print(f"clients event    {heading('pgbench')}   client's CPU us: ours, pgbench")
            for clients in CONCURRENT:
                await _report(sales, pgbench, clients, rounds)


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.runtime", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="rounds per concurrency and event")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ow-bench-"))
    folder.chmod(0o711)  # as root the server runs as another account
    try:
        uvloop.run(main(folder, chosen.rounds))
    finally:
        shutil.rmtree(folder)
