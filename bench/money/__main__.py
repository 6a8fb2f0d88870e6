"""Whole sales (placed, given a way to pay, paid, decided and so cleared) through the engine and HTTP, against pgbench.

A sale is four durable transitions, a row for the order with its line, and two numbers: what pgbench's script B writes
four times, and more. So the rate of *transitions* stands against B's, slice by slice, in the same run, on the cores
that server, pgbench and clients share. `http` is GraphQL to `orderwright serve`, whose worker records the decision
and does all else that a worker does meanwhile, such as fulfilments; its callers are a process of their own. Beside
the 99th percentile of each event stand the CPU that a sale takes of the product's own processes, and how busy each of
them is: near 100 %, its Python is the limit.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import uvloop

from bench.money.selling import CURRENCY, CUSTOMERS, EVENTS, LOGIN, PASSWORD, SKU, Slice
from bench.rounds import Comparison, heading
from bench.runtime import pgbench
from orderwright import Orderwright
from orderwright.app import embedded, records
from orderwright.app.log import configure_log
from orderwright.app.permissions import Role
from orderwright.app.settings import Settings

CLIENTS: Final = 16
SALES: Final = {"engine": 1800, "http": 600}
"""Of a slice: about a second or two."""


class Seller:
    """The other end of a selling process's pipes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    @asynccontextmanager
    async def started(
        cls, kind: str, url: str, clients: int, module: str = "bench.money.selling"
    ) -> AsyncIterator[Seller]:
        """Start one, and let it end."""
        pipe = asyncio.subprocess.PIPE
        words = ("-m", module, kind, url, str(clients))
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, stdin=pipe, stdout=pipe, limit=1 << 24
        )
        assert process.stdin is not None
        try:
            yield cls(process)
        finally:
            process.stdin.close()
            await process.wait()

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    async def slice(self, clients: int, count: int) -> Slice:
        """Have it sell."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(
            json.dumps({"clients": clients, "count": count}).encode() + b"\n"
        )
        await self._process.stdin.drain()
        return Slice(**json.loads(await self._process.stdout.readline()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server process, and where it answers."""

    address: str
    pid: int

    def cpu(self) -> float:
        """Return the CPU seconds that it has taken."""
        return cpu_of(self.pid)


def cpu_of(pid: int) -> float:
    """Return the CPU seconds that a process has taken."""
    words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def serving(url: str) -> AsyncIterator[Server]:
    """A server process with its worker."""
    environment = {
        **os.environ,  # noqa: TID251 (handed on)
        "ORDERWRIGHT_DATABASE_URL": url,
        "ORDERWRIGHT_DATABASE_CONNECTIONS": "16",
        "ORDERWRIGHT_LOG_LEVEL": "warning",
        "PORT": str(_free_port()),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "orderwright.cli", "serve"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        line = (await process.stdout.readline()).decode()
        yield Server(address=line.split()[-1], pid=process.pid)
    finally:
        process.terminate()
        await process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Standing:
    """What was measured of a door."""

    transitions: Comparison = field(default_factory=Comparison)
    took: dict[str, list[float]] = field(default_factory=dict)
    cpu: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)

    def note(self, slices: Sequence[Slice], cpu: float, theirs: float) -> None:
        """Take in a round, with the CPU seconds of those who serve: all processes of the product."""
        count, wall = sum(one.count for one in slices), max(one.wall for one in slices)
        sales = count / wall
        self.cpu.append(cpu / count * 1e3)
        self.busy.append(cpu / wall / len(slices))
        self.transitions.ours.append(sales * len(EVENTS))
        self.transitions.theirs.append(theirs)
        for one in slices:
            for event, milliseconds in one.milliseconds.items():
                self.took.setdefault(event, []).extend(milliseconds)

    def __str__(self) -> str:
        """Give sales per second, the comparison, the 99th percentile of each event, and what the CPU did."""
        sales = statistics.median(self.transitions.ours) / len(EVENTS)
        late = (statistics.quantiles(self.took[event], n=100)[98] for event in EVENTS)
        work = f"{statistics.median(self.cpu):6.2f} {statistics.median(self.busy):6.0%}"
        return f"{sales:7,.0f}  {self.transitions}   {'  '.join(f'{one:5.1f}' for one in late)}  {work}"


async def _race(kind: str, url: str, processes: int, rounds: int) -> Standing:
    peer, standing = pgbench.b(url), Standing()
    share = CLIENTS // processes
    async with AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(serving(url))
            for _ in range(processes if kind == "http" else 0)
        ]
        sellers = [
            await stack.enter_async_context(Seller.started(kind, address, share))
            for address in [one.address for one in servers] or [url] * processes
        ]
        for number in range(rounds + 1):
            before = sum(one.cpu() for one in servers)
            work = (one.slice(share, SALES[kind] // processes) for one in sellers)
            slices = await asyncio.gather(*work)
            cpu = sum(one.cpu() for one in servers) - before
            theirs = (await asyncio.to_thread(peer.slice, CLIENTS, 1)).rate
            if number:
                standing.note(slices, cpu or sum(one.cpu for one in slices), theirs)
    return standing


async def furnish(app: Orderwright) -> None:
    """Put customers, a product and somebody who may do everything into the database."""
    async with app.pool.acquire() as connection:
        product = records.Product(sku=SKU, name="Anvil", currency=CURRENCY, unit_price_minor=5000)
        await records.add_products(connection, [product])
        customers = [
            records.Customer(id=f"c{n}", number=f"C-{n}", name=f"Customer {n}", currency=CURRENCY)
            for n in range(CUSTOMERS)
        ]
        await records.add_customers(connection, customers)
    await app.people.enrol(LOGIN, "Bench", PASSWORD, [Role.ADMIN])


async def main(home: Path, rounds: int, doors: Sequence[str]) -> None:
    """Compare doors, with one and with two processes, on a server in an empty folder."""
    settings = Settings(database_connections=8, log_level="warning")
    configure_log(settings)
    with embedded.acquire(home) as lease:
        async with Orderwright.connect(lease.url, settings=settings) as app:
            await furnish(app)
        pgbench.b(lease.url).prepare()
        print(f"money: whole sales, {CLIENTS} clients, {rounds} rounds; transitions against B")
        late = "  ".join(event.rpartition("_")[2].lower()[:6] for event in EVENTS)
        print(
            f"door    processes   sales  {heading('B')}   p99 ms: {late}  CPU ms  busy", flush=True
        )
        for kind in doors:
            for processes in (1, 2):
                standing = await _race(kind, lease.url, processes, rounds)
                print(f"{kind:8}{processes:9} {standing}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.money", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--doors", nargs="+", choices=list(SALES), default=list(SALES))
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ow-bench-"))
    folder.chmod(0o711)  # as root the server runs as another account
    try:
        uvloop.run(main(folder, chosen.rounds, chosen.doors))
    finally:
        shutil.rmtree(folder)
