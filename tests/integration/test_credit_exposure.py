"""Exposure as a balance on a real PostgreSQL: held, let go of, raced for, and always what the rows add up to."""

from __future__ import annotations

import asyncio
import itertools
import random  # noqa: TID251 (the seed is printed)
from collections.abc import AsyncIterator, Sequence

import pytest
from credit_house import ADMIN, BOB, CANCEL, CLEARED, INVOICE, open_house, place

from orderwright import Event, Orderwright
from orderwright.app.credit.account import Account
from orderwright.app.credit.commands import NewProfile
from orderwright.app.settings import Settings
from orderwright.domain.orders.credit import Tier
from orderwright.runtime.ledger import balances

LARGEST = 50_000


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Orderwright]:
    async with open_house(database_url) as opened:
        yield opened


async def tell(app: Orderwright, order_id: str, event: Event) -> str:
    result = await app.orders.send_sale_event(order_id, event, ADMIN)
    assert result.refused is None, result.refused
    return await state(app, order_id)


async def state(app: Orderwright, order_id: str) -> str:
    instance = await app.engine.read(order_id)
    assert instance is not None
    return instance.state


async def exposure(app: Orderwright, account: Account = BOB) -> int:
    async with app.pool.acquire() as connection:
        return (await balances(connection, "credit", [account.name], lock=False))[account.name]


async def kinds(app: Orderwright, order_ids: Sequence[str]) -> list[str]:
    rows = await app.pool.fetch(
        """
        select data::jsonb->>'kind' as kind from orderwright.ledger_entry
        where ledger = 'credit' and instance_id = any($1) order by instance_id, version, n
        """,
        list(order_ids),
    )
    return [row["kind"] for row in rows]


def paid(amount: str, name: str) -> Event:
    return Event("PAYMENT_CAPTURED", {"amount": amount, "paymentId": name})


async def test_paying_and_cancelling_restore_the_limit_to_the_unit(app: Orderwright):
    first, second, third = [await place(app, "200.00") for _ in range(3)]
    assert await tell(app, first, INVOICE) == CLEARED
    assert await tell(app, second, INVOICE) == CLEARED
    assert await tell(app, third, INVOICE) == "OVERRIDE_REVIEW"
    assert await exposure(app) == 40_000
    await tell(app, first, paid("199.99", "a"))
    assert await exposure(app) == 20_001
    await tell(app, second, CANCEL)
    assert await exposure(app) == 1
    await tell(app, first, paid("0.01", "b"))
    assert await exposure(app) == 0
    assert await kinds(app, [first]) == ["hold", "settle", "settle"]
    assert await kinds(app, [second]) == ["hold", "release"]
    assert await kinds(app, [third]) == []


async def test_a_customer_without_credit_clears_nothing_on_terms(app: Orderwright):
    order_id = await place(app, "0.01", customer="ada")
    assert await tell(app, order_id, INVOICE) == "OVERRIDE_REVIEW"
    assert await exposure(app, Account("ada", "EUR")) == 0


async def test_of_100_orders_racing_at_a_limit_of_10_by_two_hosts_exactly_10_clear_on_credit(
    app: Orderwright, database_url: str
):
    await watch_limit(app)
    orders = [await place(app, "50.00") for _ in range(100)]
    async with Orderwright.connect(database_url, settings=Settings()) as other:
        doors = itertools.cycle((app, other))
        ends = await asyncio.gather(*(tell(next(doors), one, INVOICE) for one in orders))
    assert sorted(ends) == [CLEARED] * 10 + ["OVERRIDE_REVIEW"] * 90
    assert await exposure(app) == 50_000
    assert await kinds(app, orders) == ["hold"] * 10


async def test_random_commands_of_many_clients_leave_exposure_ledger_and_sales_in_agreement(
    app: Orderwright,
):
    """Each client does what it likes to any order; no one ever passes the limit, and nothing meets a deadlock."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 (shown where the test fails)
    orders = [
        await place(app, "70.00", customer=customer)
        for customer in ("bob", "ada")
        for _ in range(10)
    ]
    before = await deadlocks(app)
    await watch_limit(app)
    async with asyncio.TaskGroup() as group:
        clients = [
            group.create_task(client(app, orders, random.Random(f"{seed}/{n}"))) for n in range(8)
        ]
        group.create_task(follow(app, clients))
    await app.worker.drain()
    held = await app.pool.fetchval(
        """
        select sum(((snapshot::jsonb)->'context'->>'creditHeldMinor')::bigint)
        from orderwright.instance where chart_id = 'sale'
        """
    )
    assert await exposure(app) == held <= LARGEST
    assert await exposure(app, Account("ada", "EUR")) == 0
    assert await deadlocks(app) == before


async def client(app: Orderwright, orders: list[str], chance: random.Random) -> None:
    for turn in range(40):
        events = (
            INVOICE,
            INVOICE,
            Event("SET_PAYMENT_METHOD", {"method": "CARD"}),
            paid(f"{chance.randrange(1, 30)}.00", f"{chance.random()}/{turn}"),
            Event("FREEZE", {"reason": "odd"}),
            Event("RELEASE"),
            CANCEL if turn > 20 else INVOICE,
        )
        await app.orders.send_sale_event(chance.choice(orders), chance.choice(events), ADMIN)


async def follow(app: Orderwright, clients: Sequence[asyncio.Task[None]]) -> None:
    """Meanwhile the limit goes up and down, and the worker does what follows from everything."""
    turn = 0
    while not all(one.done() for one in clients):
        turn += 1
        limit = f"{LARGEST // 100 if turn % 2 else 200}.00"
        new = NewProfile(account=BOB, tier=Tier.BRONZE, custom_limit=limit)
        await app.credit.set_profile(new, ADMIN)
        await app.worker.drain()


async def deadlocks(app: Orderwright) -> int:
    await app.pool.execute("select pg_stat_force_next_flush()")
    return await app.pool.fetchval(
        "select deadlocks from pg_stat_database where datname = current_database()"
    )


async def watch_limit(app: Orderwright) -> None:
    """Let every booking fail that brings Bob's exposure above the limit that is in force in that moment."""
    await app.pool.execute(_WATCH)
    await app.pool.execute(_WATCHED)


# Who books has locked the profile before, so that the limit is the one that was decided by.
_WATCH = f"""
create function orderwright.within_limit() returns trigger language plpgsql as $$
begin
  if new.amount > (
    select coalesce((snapshot::jsonb->'context'->>'customLimitMinor')::bigint, {LARGEST})
    from orderwright.instance where instance_id = '{BOB.profile_id}'
  ) then raise exception 'the exposure of % is above the limit', new.amount; end if;
  return new;
end $$
"""
_WATCHED = f"""
create trigger within_limit before update on orderwright.balance for each row
when (new.ledger = 'credit' and new.account = '{BOB.name}' and new.amount > old.amount)
execute function orderwright.within_limit()
"""
