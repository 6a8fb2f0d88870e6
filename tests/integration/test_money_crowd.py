"""Eight clients give thousands of random commands of money, a worker runs, time passes: all books agree at the end."""

from __future__ import annotations

import asyncio
import math
import random  # noqa: TID251 (the seed is printed)
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from money_books import (
    assert_credit_agrees,
    assert_each_clearance_is_told_once,
    assert_money_agrees,
    assert_nothing_is_left,
)
from money_crowd import CUSTOMERS, VOTERS, Client, Memory

from acceptance.harness import shelve, working
from orderwright import Orderwright
from orderwright.app import records
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock

CLIENTS = 8
FEW = (800, 8, timedelta(hours=48))
MANY = (10_000, 40, timedelta(hours=10))
"""How many commands in how many rounds, and the time that passes between two: some orders expire, some complete."""
STUCK_SECONDS = 30
"""After so long without any progress a worker that catches up has come to a halt."""
NEEDED = frozenset(
    "place register confirm refund charge_back ask APPROVE limit SET_PAYMENT_METHOD"
    " PAYMENT_CAPTURED FREEZE RELEASE CANCEL_REQUESTED REJECT PACKAGE_SHIPPED".split()
)
"""What is taken at least once in every run."""


@pytest.mark.parametrize(
    ("commands", "rounds", "night"),
    [pytest.param(*FEW, id="few"), pytest.param(*MANY, id="many", marks=pytest.mark.soak)],
)
async def test_random_commands_of_eight_clients_leave_all_books_in_agreement(
    database_url: str, tmp_path: Path, commands: int, rounds: int, night: timedelta
):
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 (shown where the test fails)
    clock, memory = DrivenClock(datetime(2026, 3, 1, 12, tzinfo=UTC)), Memory()
    async with opened(database_url, clock, tmp_path) as app:
        clients = [Client(app, f"c{n}", memory, f"{seed}/{n}") for n in range(CLIENTS)]
        async with working(app):
            for _ in range(rounds):
                share = math.ceil(commands / CLIENTS / rounds)
                await asyncio.gather(*(client.act(share) for client in clients))
                await caught_up(app, clock)
                clock.advance(night)
        clock.advance(timedelta(hours=1))  # what has failed once is due again
        await app.worker.drain()
        assert memory.given >= commands
        assert set(memory.taken) >= NEEDED, NEEDED - set(memory.taken)
        await assert_credit_agrees(app)
        await assert_money_agrees(app, memory)
        await assert_each_clearance_is_told_once(app)
        await assert_nothing_is_left(app)
        await app.pool.execute("select pg_stat_force_next_flush()")
        assert await app.pool.fetchval(_DEADLOCKS) == 0


@asynccontextmanager
async def opened(url: str, clock: DrivenClock, home: Path) -> AsyncIterator[Orderwright]:
    settings = Settings(home=home, case_sla_minutes=0, case_urgent_sla_minutes=0)
    async with Orderwright.connect(url, settings=settings, clock=clock) as app:
        async with app.pool.acquire() as connection:
            customers = [
                records.Customer(
                    id=one, number=one, name=one, currency="EUR", credit_limit_minor=50_000
                )
                for one in CUSTOMERS
            ]
            await records.add_customers(connection, customers)
            anvil = records.Product(sku="ANVIL", name="Anvil", currency="EUR", unit_price_minor=1)
            await records.add_products(connection, [anvil])
        await shelve(app, 1_000_000)
        for voter in VOTERS:
            await app.people.enrol(voter.login, voter.name, "a long enough word", voter.roles)
        yield app


async def caught_up(app: Orderwright, clock: DrivenClock) -> None:
    """Wait until every event is relayed and every due timer fired, for as long as there come to be fewer.

    A second passes with each look: what has failed once is tried again by the clock.
    """
    fewest = await app.pool.fetchval(_OPEN, clock.now())
    while fewest:
        async with asyncio.timeout(STUCK_SECONDS):
            while (left := await app.pool.fetchval(_OPEN, clock.now())) >= fewest:
                clock.advance(timedelta(seconds=1))
                await asyncio.sleep(0.02)
        fewest = left


_OPEN = """
select (select count(*) from orderwright.timer where due_at <= $1)
     + (select count(*) from orderwright.outbox o, orderwright.consumer c where (o.ord, o.id) > (c.ord, c.id))
"""
_DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()"
