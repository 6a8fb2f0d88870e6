"""Our engine's transitions against pgbench, on the embedded PostgreSQL, all in the same run.

pgbench does what PostgreSQL itself can do: script A the plainest transition, script B exactly our write set
(`pgbench.py`). We do as much with sales of the shipped chart, and the rest of a durable transition too: the rules, who
and why, the hash chain, the announcement to other processes.

    FREEZE     declares no facts: read, step, one call that writes
    RELEASE    declares the customer's credit and the fulfilments, and looks at neither: the same, once that is known

Each sale is frozen by one client and then released by one, so nobody waits for a row lock; pgbench's clients meet
at one row as good as never. Our processes run Python on the cores that the server and pgbench need too. Slices of a
second or less alternate: B and ours in each round, who begins in turn, A once a round.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import uvloop

from bench.rounds import Comparison, heading, quartiles, yardstick
from bench.runtime import pgbench
from bench.runtime.client import Client, Slice
from orderwright import Orderwright
from orderwright.app import embedded, records
from orderwright.app.log import configure_log
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role
from orderwright.app.settings import Settings

CONCURRENT: Final = (1, 8, 16)
SALES: Final = 10_000
SECONDS: Final = 1
"""How long pgbench's slices are; ours are made about as long."""
EVENTS: Final = ("FREEZE", "RELEASE")
BENCH: Final = Identity(id="bench", login="bench", name="Bench", roles=frozenset({Role.ADMIN}))


@dataclass(slots=True)
class Standing:
    """What was measured of an event at a concurrency."""

    against_b: Comparison = field(default_factory=Comparison)
    against_a: Comparison = field(default_factory=Comparison)
    slices: list[Slice] = field(default_factory=list)

    def __str__(self) -> str:
        """Give the comparison with B, the median ratio to A, latencies, and our CPU for each transition."""
        p50, p99 = (
            statistics.median(getattr(one, name) for one in self.slices) for name in ("p50", "p99")
        )
        cpu = sum(one.cpu for one in self.slices) / sum(one.count for one in self.slices) * 1e6
        to_a = statistics.median(self.against_a.ratios)
        return f"{self.against_b}   {to_a:5.2f}   {p50:6.2f} {p99:7.2f}   {cpu:4.0f}"


class Race:
    """Our clients against both scripts."""

    def __init__(self, clients: Sequence[Client], url: str) -> None:
        self._clients = clients
        self._a, self._b = pgbench.a(url), pgbench.b(url)
        self._a.prepare()
        self._b.prepare()

    async def run(self, concurrent: int, rounds: int) -> dict[str, Standing]:
        """Measure both events at a concurrency; a first round is not counted."""
        count = await self._fit(concurrent)
        found = {event: Standing() for event in EVENTS}
        for number in range(rounds + 1):
            plain = await self._peer(self._a, concurrent)
            for event in EVENTS:
                ours, theirs = await self._pair(event, concurrent, count, swapped=number % 2 == 1)
                if number:
                    rate = sum(one.count for one in ours) / max(one.wall for one in ours)
                    _note(found[event], ours, rate, theirs, plain)
        return found

    async def _pair(
        self, event: str, concurrent: int, count: int, *, swapped: bool
    ) -> tuple[Sequence[Slice], float]:
        if swapped:
            theirs = await self._peer(self._b, concurrent)
            return await self._ours(event, concurrent, count), theirs
        ours = await self._ours(event, concurrent, count)
        return ours, await self._peer(self._b, concurrent)

    async def _fit(self, concurrent: int) -> int:
        """Freeze and release some sales, and return how many make a slice."""
        count = 300 * concurrent
        for _ in range(2):
            slices = [await self._ours(event, concurrent, count) for event in EVENTS]
            seconds = statistics.mean(max(one.wall for one in each) for each in slices)
            count = min(int(count / seconds * SECONDS), SALES)
        return count

    async def _ours(self, event: str, concurrent: int, count: int) -> Sequence[Slice]:
        number = len(self._clients)
        work = (
            one.slice(way="send", event=event, clients=concurrent // number, count=count // number)
            for one in self._clients
        )
        return await asyncio.gather(*work)

    async def _peer(self, script: pgbench.Pgbench, concurrent: int) -> float:
        return (await asyncio.to_thread(script.slice, concurrent, SECONDS)).rate


def _note(
    standing: Standing, ours: Sequence[Slice], rate: float, theirs: float, plain: float
) -> None:
    standing.slices.extend(ours)
    for comparison, peer in ((standing.against_b, theirs), (standing.against_a, plain)):
        comparison.ours.append(rate)
        comparison.theirs.append(peer)


async def _report_race(url: str, processes: int, rounds: int) -> None:
    share = SALES // processes
    clients = [await Client.start(url, n * share, (n + 1) * share) for n in range(processes)]
    race = Race(clients, url)
    for concurrent in CONCURRENT:
        if concurrent >= processes:
            for event, standing in (await race.run(concurrent, rounds)).items():
                print(f"{processes:9} {concurrent:7} {event:8} {standing}", flush=True)
    for one in clients:
        await one.end()


async def _report_many(url: str, rounds: int) -> None:
    """`send_many` against the same events one after the other, and 16 at a time; and 16 at a time without groups."""
    client = await Client.start(url, 0, SALES)
    ways = {"send": 1000, "gather": 4000, "many": 8000, "alone": 2000}
    rates: dict[str, list[float]] = {way: [] for way in ways}
    costs: list[float] = []
    for number in range(rounds + 1):
        for way, count in ways.items():
            clients = 16 if way in ("gather", "alone") else 1
            found, _ = [
                await client.slice(way=way, event=event, clients=clients, count=count)
                for event in EVENTS
            ]
            if number:
                rates[way].append(found.count / found.wall)
            if number and way == "alone":
                costs.append(found.cpu / found.count * 1e6)
    await client.end()
    print(f"\nsend_many of FREEZE, {rounds} rounds; per second, medians")
    for way, name in (("send", "one after the other"), ("gather", "16 at a time")):
        ratios = [many / one for many, one in zip(rates["many"], rates[way], strict=True)]
        low, median, high = quartiles(ratios)
        print(
            f"{statistics.median(rates['many']):,.0f} against {statistics.median(rates[way]):,.0f} {name}: "
            f"{median:.1f} times ({low:.1f} to {high:.1f})"
        )
    low, median, high = quartiles(costs)
    print(
        f"16 clients, each event in a batch of its own: {statistics.median(rates['alone']):,.0f} a second, "
        f"{median:.0f} us of CPU each ({low:.0f} to {high:.0f})"
    )


async def place(app: Orderwright, sales: int) -> None:
    """Place sales, each for a customer of its own."""
    async with app.pool.acquire() as connection:
        product = records.Product(sku="ANVIL", name="Anvil", currency="EUR", unit_price_minor=5000)
        await records.add_products(connection, [product])
        customers = [
            records.Customer(id=f"c{n}", number=f"C-{n}", name=f"Customer {n}", currency="EUR")
            for n in range(sales)
        ]
        await records.add_customers(connection, customers)
    waiting = iter(customers)

    async def client() -> None:
        for customer in waiting:
            lines = [{"sku": "ANVIL", "quantity": 2, "unitPrice": "50.00"}]
            terms = NewTerms(
                customer_id=customer.id, channel="CONSUMER", currency="EUR", lines=lines
            )
            await app.orders.create_order(terms, Asked(by=BENCH))

    await asyncio.gather(*(client() for _ in range(16)))
    await app.pool.execute("vacuum analyze", timeout=600)


async def main(home: Path, rounds: int, processes: Sequence[int]) -> None:
    """Compare at every concurrency, on a server in an empty folder."""
    settings = Settings(database_connections=24, log_level="warning")
    configure_log(settings)
    with embedded.acquire(home) as lease:
        async with Orderwright.connect(lease.url, settings=settings) as app:
            await place(app, SALES)
        print(f"runtime: transitions per second against pgbench's script B, {rounds} rounds")
        print(
            f"processes clients event    {heading('B')}   to A     p50 ms  p99 ms   CPU us",
            flush=True,
        )
        speed = [yardstick()]
        for number in processes:
            await _report_race(lease.url, number, rounds)
            speed.append(yardstick())
        await _report_many(lease.url, rounds)
        speed.append(yardstick())
    print(f"a fixed piece of Python takes {', '.join(f'{one:.0f}' for one in speed)} ms of CPU")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.runtime", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="rounds per concurrency and event")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2], help="of ours")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ow-bench-"))
    folder.chmod(0o711)  # as root the server runs as another account
    try:
        uvloop.run(main(folder, chosen.rounds, chosen.processes))
    finally:
        shutil.rmtree(folder)
