"""Backorders: 100,000 fulfilments that wait for one SKU, all served by one big arrival, by one worker.

What runs is the worker of `orderwright worker`: its consumer gives the goods to the oldest that wait, 200 to a
transaction, and its other consumers act meanwhile on the domain events of that. Given are the rate of serving and of
both, against pgbench's script B of 16 clients right before, and the most memory that the process has had, before and
after. The fulfilments are copies of one that came to wait after an order was placed and paid, each with an order, ids
and snapshots of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
import time
from pathlib import Path
from typing import Final

import uvloop

from bench.money.__main__ import furnish
from bench.money.selling import CURRENCY, SKU
from bench.money.stale import peak, until_told
from bench.runtime import pgbench
from orderwright import Event, Orderwright
from orderwright.app import embedded
from orderwright.app.goods.stock_records import Shelf
from orderwright.app.log import configure_log
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role
from orderwright.app.policies.telling import DECIDED, POLICIES
from orderwright.app.settings import Settings

ASKED: Final = Asked(
    by=Identity(id="bench", login="bench", name="Bench", roles=frozenset({Role.ADMIN}))
)
_SIGHT: Final = 0.05
"""Seconds between looks at what is left."""
_PEERS: Final = 16
_PEER_SECONDS: Final = 5

_TABLE: Final = """
create temporary table copies (n integer, order_id text, fulfilment_id text, of_order text, of_fulfilment text)
"""
_IDS: Final = """
insert into copies
select n, gen_random_uuid()::text, gen_random_uuid()::text, $2, $3 from generate_series(1, $1::int) as n
"""
_COPIES: Final = (
    """insert into orderwright.sale_order
    select c.order_id, number || '-' || n, channel, customer_id, currency, shipping_minor, grand_total_minor,
           quotation_id, quotation_version, placed_at
    from orderwright.sale_order join copies as c on id = of_order""",
    """insert into orderwright.sale_order_line
    select c.order_id, line_no, sku, name, quantity, unit_price_minor, discount_minor, tax_minor
    from orderwright.sale_order_line as l join copies as c on l.order_id = of_order""",
    """insert into orderwright.fulfilment
    select fulfilment_id, number || '-' || n, c.order_id, created_at
    from orderwright.fulfilment join copies as c on id = of_fulfilment""",
    """insert into orderwright.fulfilment_line
    select c.fulfilment_id, line_no, sku, name, quantity
    from orderwright.fulfilment_line as l join copies as c on l.fulfilment_id = of_fulfilment""",
    """insert into orderwright.backorder
    select sku, since + n * interval '1 ms', c.fulfilment_id
    from orderwright.backorder as b join copies as c on b.fulfilment_id = of_fulfilment""",
    """insert into orderwright.log
    select pg_temp.renamed(instance_id, c), version, event_type, pg_temp.renamed(event_data, c), facts, actor_kind,
           actor_id, reason, origin, pg_temp.renamed(correlation_id, c), pg_temp.renamed(causation_id, c),
           occurred_at, recorded_at, from_state, to_state, pg_temp.renamed(changes, c), hash
    from orderwright.log join copies as c on instance_id in (of_order, of_fulfilment)""",
    """insert into orderwright.instance
    select pg_temp.renamed(instance_id, c), chart_id, chart_version, c.order_id, version, status, state,
           pg_temp.renamed(snapshot, c), log_hash, ord, created_at, updated_at
    from orderwright.instance join copies as c on instance_id in (of_order, of_fulfilment)""",
)
_RENAMED: Final = """
create function pg_temp.renamed(text, copies) returns text language sql return
    replace(replace($1, $2.of_order, $2.order_id), $2.of_fulfilment, $2.fulfilment_id)
"""
_SHORT: Final = """
update orderwright.balance set amount = $1 where ledger = 'stock.short' and account = $2
"""
_ONE: Final = "select id from orderwright.fulfilment where order_id = $1"
_LEFT: Final = "select exists (select from orderwright.backorder)"
_SERVED: Final = "select count(*) from orderwright.instance where state = 'PICK_PACK'"


async def _plant(app: Orderwright, count: int) -> None:
    """Let an order wait for what is not there, and copy it."""
    lines = [{"sku": SKU, "quantity": 1, "unitPrice": "50.00"}]
    terms = NewTerms(customer_id="c1", channel="CONSUMER", currency=CURRENCY, lines=lines)
    order_id = (await app.orders.create_order(terms, ASKED)).instance_id
    paid = {"amount": "50.00", "paymentId": f"{order_id}/1"}
    for event in (
        Event("SET_PAYMENT_METHOD", {"method": "CARD"}),
        Event("PAYMENT_CAPTURED", paid),
    ):
        await app.orders.send_sale_event(order_id, event, ASKED)
    await app.engine.send(order_id, DECIDED, actor=POLICIES)
    await app.worker.drain()
    fulfilment_id = await app.pool.fetchval(_ONE, order_id)
    async with app.pool.acquire() as connection:
        await connection.execute(_TABLE)
        await connection.execute(_RENAMED)
        await connection.execute(_IDS, count - 1, order_id, fulfilment_id)
        for statement in _COPIES:
            await connection.execute(statement, timeout=600)
        await connection.execute(_SHORT, count, SKU)
        await connection.execute("vacuum analyze", timeout=600)


async def _arrive(app: Orderwright, count: int) -> None:
    """Put as much on the shelf as is waited for."""
    arrived = await app.stock_desk.receive(Shelf(SKU, "main"), count, "bench", ASKED)
    if arrived.refused is not None:
        raise RuntimeError(str(arrived.refused))


async def _until_served(app: Orderwright) -> None:
    while True:
        if not await app.pool.fetchval(_LEFT):
            return
        await asyncio.sleep(_SIGHT)


async def _measure(app: Orderwright, count: int, theirs: float) -> None:
    before, stop = peak(), asyncio.Event()
    await _arrive(app, count)
    began, cpu = time.perf_counter(), time.process_time()
    working = asyncio.create_task(app.worker.run(stop))
    await _until_served(app)
    served = time.perf_counter() - began
    print(f"goods: {count:,} backorders of one SKU, one arrival, one worker")
    print(f"B: {theirs:,.0f}/s")
    print(f"served in {served:.1f} s: {_rate(count / served, theirs)}; ", end="")
    print(f"peak memory: {before:.0f} MB before, {peak():.0f} MB after", flush=True)
    await until_told(app)
    told, cpu = time.perf_counter() - began, time.process_time() - cpu
    stop.set()
    await working
    if (found := await app.pool.fetchval(_SERVED)) != count:
        raise RuntimeError(f"{found} of {count} backorders were served")
    print(f"and told to all consumers in {told:.1f} s: {_rate(count / told, theirs)}; ", end="")
    print(f"peak memory: {peak():.0f} MB; {cpu / count * 1e6:.0f} us of our CPU each")


def _rate(ours: float, theirs: float) -> str:
    return f"{ours:,.0f}/s, {ours / theirs:.2f} of B"


async def main(home: Path, count: int) -> None:
    """Measure on a server in an empty folder."""
    settings = Settings(database_connections=24, log_level="warning")
    configure_log(settings)
    with embedded.acquire(home) as lease:
        peer = pgbench.b(lease.url)
        async with Orderwright.connect(lease.url, settings=settings) as app:
            await furnish(app)
            await _plant(app, count)
            peer.prepare()
            theirs = (await asyncio.to_thread(peer.slice, _PEERS, _PEER_SECONDS)).rate
            await _measure(app, count, theirs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.goods.backorders", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000, help="how many wait")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ow-bench-"))
    folder.chmod(0o711)  # as root the server runs as another account
    try:
        uvloop.run(main(folder, chosen.count))
    finally:
        shutil.rmtree(folder)
