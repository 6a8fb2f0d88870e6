"""What must hold of the pieces of a house: by what people did and where the goods are, never by the ledgers alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, TypeAlias

from orderwright import Orderwright
from orderwright.domain.orders.returns import return_id
from orderwright.json_text import load

Pieces: TypeAlias = "Counter[tuple[str, str]]"
"""Pieces by location and SKU."""


async def conserved(app: Orderwright) -> list[object]:
    """Where what lies on a shelf is not what arrived less what is out, or what is reserved not what open ones hold."""
    lying, must = await _lying(app), await arrived(app)
    must.subtract(await out(app))
    places = sorted({*lying, *must})
    wrong = [(one, lying[one], must[one]) for one in places if lying[one] != must[one]]
    return [*wrong, *await app.pool.fetch(_RESERVED)]


async def arrived(app: Orderwright) -> Pieces:
    """What people took in or counted, by what they said."""
    pieces: Pieces = Counter()
    for row in await app.pool.fetch(_ARRIVED):
        data = load(row["event_data"])
        pieces[row["location"], row["sku"]] += data.get("quantity", 0) + data.get("change", 0)
    return pieces


async def out(app: Orderwright) -> Pieces:
    """What is in no warehouse, by what happened to each fulfilment and in which condition its returns came back."""
    pieces: Pieces = Counter()
    returns = {row["id"]: load(row["lines"]) for row in await app.pool.fetch(_RETURNS)}
    for (key, location, lines), rows in groupby(await app.pool.fetch(_HAPPENED), _subject):
        happened = [row["event_type"] for row in rows]
        for sku, count in _out(key, load(lines), happened, returns).items():
            pieces[location, sku] += count
    return pieces


def _subject(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["instance_id"], row["location"], row["lines"]


def _out(
    key: str,
    lines: list[dict[str, Any]],
    happened: Iterable[str],
    returns: Mapping[str, list[dict[str, Any]]],
) -> Counter[str]:
    is_out, asked = False, 0
    back: Counter[str] = Counter()
    last: Counter[str] = Counter()
    for event in happened:
        match event:
            case "PACKAGE_SHIPPED":
                is_out = True
            case "DELIVERY_FAILED":
                is_out = False
            case "RETURN_REQUESTED":
                asked, last = asked + 1, Counter()
            case "RETURN_RECEIVED":
                last = _pieces(returns[return_id(key, asked)], condition="SELLABLE")
                back.update(last)
            case "RETURN_REJECTED":
                back.subtract(last)
            case _:
                pass
    left = _pieces(lines) if is_out else Counter()
    left.subtract(back)
    return left


def _pieces(lines: list[dict[str, Any]], condition: str | None = None) -> Counter[str]:
    pieces: Counter[str] = Counter()
    for line in lines:
        if line.get("condition") == condition:
            pieces[line["sku"]] += line["quantity"]
    return pieces


async def _lying(app: Orderwright) -> Pieces:
    pieces: Pieces = Counter()
    for row in await app.pool.fetch(_LYING):
        location, _, sku = row["account"].partition("/")
        pieces[location, sku] += row["amount"]
    return pieces


_LYING = """
select account, amount from orderwright.balance where ledger in ('stock.available', 'stock.reserved')
"""
_ARRIVED = """
select item.location, item.sku, log.event_data
from orderwright.log as log join orderwright.stock_item as item on item.instance_id = log.instance_id
where log.event_type in ('RECEIVE_STOCK', 'ADJUST_STOCK')
"""
_HAPPENED = """
select i.instance_id, (i.snapshot::jsonb)->'context'->>'location' as location,
       ((i.snapshot::jsonb)->'context'->'lines')::text as lines, log.event_type
from orderwright.instance as i join orderwright.log as log on log.instance_id = i.instance_id
where i.chart_id = 'fulfilment' and (i.snapshot::jsonb)->'context'->>'location' is not null
order by i.instance_id, log.version
"""
_RETURNS = """
select i.instance_id as id, ((i.snapshot::jsonb)->'context'->'lines')::text as lines
from orderwright.instance as i where i.chart_id = 'return'
"""
_RESERVED = """
with held as (
    select taken->>'location' || '/' || (taken->>'sku') as account, sum((taken->>'quantity')::bigint) as pieces
    from orderwright.instance as i
    cross join lateral jsonb_array_elements((i.snapshot::jsonb)->'context'->'taken') as taken
    where i.chart_id = 'fulfilment' or i.chart_id = 'reservation' and i.state = 'RESERVED' group by 1)
select account, b.amount as balance, held.pieces
from held full join (
    select account, amount from orderwright.balance where ledger = 'stock.reserved' and amount <> 0) as b
  using (account)
where coalesce(b.amount, 0) <> coalesce(held.pieces, 0)
"""
