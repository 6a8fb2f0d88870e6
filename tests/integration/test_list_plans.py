"""Lists are read along indexes: a page costs its rows, and not those of the table."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from shop import BOSS

from orderwright import Orderwright
from orderwright.app.order_lists import OrderList, QuotationList
from orderwright.app.rows import ListFilter
from orderwright.app.settings import Settings

HOUSE = 5_000
"""So many orders that no plan reads all of them for a page."""


@dataclass(kw_only=True)
class Watched:
    """A pool that keeps how each query is carried out, whatever its values are."""

    pool: Any
    plans: list[str] = field(default_factory=list)

    async def fetch(self, query: str, *values: object) -> Any:
        unknown = ", ".join(["null"] * len(values))
        async with self.pool.acquire() as connection:
            await connection.execute(f"prepare shown as {query}")
            rows = await connection.fetch(
                f"explain execute shown{f'({unknown})' if values else ''}"
            )
            await connection.execute("deallocate shown")
        self.plans.append("\n".join(row[0] for row in rows))
        return await self.pool.fetch(query, *values)


@pytest.fixture(scope="module")
def app_of_many(shared_database_url: str) -> str:
    asyncio.run(_fill(shared_database_url))
    return shared_database_url


async def _fill(url: str) -> None:
    async with Orderwright.connect(url, settings=Settings()) as app:
        await app.pool.execute(_MANY.format(house=HOUSE))


@pytest.fixture
async def app(app_of_many: str) -> AsyncIterator[Orderwright]:
    async with Orderwright.connect(app_of_many, settings=Settings()) as opened:
        yield opened


@pytest.mark.parametrize(
    ("listed", "index", "table"),
    [
        (OrderList, "sale_order_placed", "sale_order"),
        (QuotationList, "quotation_created", "quotation"),
    ],
)
async def test_a_page_is_read_along_the_index_that_it_is_sorted_by(
    app: Orderwright, listed: type[OrderList | QuotationList], index: str, table: str
):
    watched = Watched(pool=app.pool)
    shown = listed(watched, app.queries)
    first = await shown.page(BOSS, ListFilter(), first=5, after=None)
    second = await shown.page(BOSS, ListFilter(), first=5, after=first.rows[-1][0].cursor())
    ids = [row.id for page in (first, second) for _, row in page.rows]
    assert ids == [f"{table}-{n}" for n in range(HOUSE, HOUSE - 10, -1)]
    assert len(watched.plans) == 2
    for plan in watched.plans:
        above, walked, _ = plan.partition(f"Index Scan Backward using {index} on {table}")
        assert walked, plan
        assert "Sort" not in above, plan
        assert "Seq Scan on instance" not in plan, plan


async def test_an_order_is_looked_up_by_its_package_and_its_payment(app: Orderwright):
    watched = Watched(pool=app.pool)
    shown = OrderList(watched, app.queries)
    for known_as, number in (("JD-700", 700), ("PI_800", 800)):
        page = await shown.page(BOSS, ListFilter(search=known_as), first=5, after=None)
        assert [row.id for _, row in page.rows] == [f"sale_order-{number}"]
        plan = watched.plans.pop()
        for index in ("package_pk", "payment_known_as"):
            assert index in plan, plan
        assert "Seq Scan on package" not in plan, plan
        assert "Seq Scan on payment" not in plan, plan


_MANY = """
insert into orderwright.quotation (id, number, channel, customer_id, currency, created_at)
select 'quotation-' || n, 'QQ-' || n, 'CONSUMER', (select min(id) from orderwright.customer), 'EUR',
       timestamptz '2030-01-01' + n * interval '1 minute'
from generate_series(1, {house}) as n;
insert into orderwright.sale_order
    (id, number, channel, customer_id, currency, shipping_minor, grand_total_minor, placed_at)
select 'sale_order-' || n, 'OO-' || n, 'CONSUMER', (select min(id) from orderwright.customer), 'EUR', 0, 100,
       timestamptz '2030-01-01' + n * interval '1 minute'
from generate_series(1, {house}) as n;
insert into orderwright.instance
    (instance_id, chart_id, chart_version, root_id, version, status, state, snapshot, log_hash, ord, created_at,
     updated_at)
select record.id, record.chart, 1, record.id, 1, 'active', record.state, '{{"context": {{}}}}', '', '1', now(), now()
from (
    select id, 'sale' as chart, 'AWAITING_PAYMENT_METHOD' as state from orderwright.sale_order
    union all select id, 'quotation', 'DRAFT' from orderwright.quotation) as record
on conflict do nothing;
insert into orderwright.package (tracking, fulfilment_id, order_id)
select 'jd-' || n, 'fulfilment-' || n, 'sale_order-' || n from generate_series(1, {house}) as n;
insert into orderwright.payment
    (id, order_id, channel, amount_minor, currency, provider, reference, created_at)
select 'payment-' || n, 'sale_order-' || n, 'CONSUMER', 100, 'EUR', 'stripe', 'pi_' || n, now()
from generate_series(1, {house}) as n;
analyze orderwright.quotation, orderwright.sale_order, orderwright.instance, orderwright.package,
        orderwright.payment, orderwright.customer;
"""
