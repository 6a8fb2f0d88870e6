"""The fact `stock`: what is there of the goods of an instance's lines, and how much is waited for.

    {"<sku>": {"free": {"<location>": pieces, ... in the order of allocation}, "short": pieces,
               "closed": {"<location>": pieces, ...}}}

Locations without any are left out. What came back to one that is closed is promised to nobody, but not to be taken
either, so that it stands apart.

With `lock`, nobody else changes any balance of these SKUs until the transaction ends: all of them (free, reserved and
short) are locked in one statement, in the order of their keys, so that whoever takes what the fact shows books on
rows that it holds already. Steps about one SKU may share a transaction: each decides by what those before it have
taken. Only where one of them has put something on an empty shelf, the next waits.

A SKU gets its first balance at a location when it is kept there for the first time, and what is not there yet cannot
be locked. So whoever reads the fact shares a lock of each SKU by name, which `begin_shelf` wants for itself: whoever
decided that there is nothing has said so, for all to see, before the first pieces arrive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from orderwright.domain.orders.inventory import AVAILABLE, RESERVED, SHORT
from orderwright.domain.reading import integer, mapping, rows, text
from orderwright.runtime.fact import FactRequest, SharedFact

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.runtime.pool import Connection


def stock_fact() -> SharedFact:
    """Return the loader of the fact; it is unknown while the instance is being created."""
    return SharedFact(load=_load, balances=_balances, covers=_covers, moved=_moved)


async def lock_stock(connection: Connection, skus: Iterable[str]) -> None:
    """Lock all balances of SKUs, for a transaction that takes several steps about them."""
    await supplies(connection, skus, lock=True)


async def supplies(
    connection: Connection, skus: Iterable[str], *, lock: bool
) -> dict[str, dict[str, object]]:
    """Return the value of the fact for some SKUs."""
    names = sorted(set(skus))
    if not names:
        return {}
    if lock:
        await connection.execute(_HOLD, names)
    found = await connection.fetch(_LOCK if lock else _READ, names)
    short = {row["sku"]: row["amount"] for row in found if row["ledger"] == SHORT}
    shelves = (r for r in found if r["ledger"] == AVAILABLE and r["amount"])
    lying = sorted(shelves, key=lambda r: r["turn"])
    return {
        sku: {
            "free": _there(sku, (r for r in lying if r["is_open"])),
            "short": short.get(sku, 0),
            "closed": _there(sku, (r for r in lying if not r["is_open"])),
        }
        for sku in names
    }


def _there(sku: str, shelves: Iterable[Record]) -> dict[str, int]:
    """Return what lies of a SKU by location."""
    return {r["location"]: r["amount"] for r in shelves if r["sku"] == sku}


async def begin_shelf(connection: Connection, sku: str) -> None:
    """Wait for all who have read that a SKU is nowhere, and let nobody read it until this transaction ends."""
    await connection.execute(_BEGIN, sku)


async def _load(connection: Connection, asked: Sequence[FactRequest]) -> Sequence[object | None]:
    wanted = [_skus(one) for one in asked]
    found = await supplies(
        connection, (sku for skus in wanted for sku in skus or ()), lock=asked[0].lock
    )
    return [None if skus is None else {sku: found[sku] for sku in skus} for skus in wanted]


def _balances(asked: FactRequest) -> Sequence[str]:
    return [f"stock/{sku}" for sku in _skus(asked) or ()]


def _covers(held: str, balance: str) -> bool:
    ledger, sku, _ = _parts(balance)
    return ledger in (AVAILABLE, RESERVED, SHORT) and held == f"stock/{sku}"


def _parts(balance: str) -> tuple[str, str, str]:
    """Return the ledger of a balance, the SKU and the location; what is short has none."""
    ledger, _, account = balance.partition("/")
    location, _, sku = ("", "", account) if ledger == SHORT else account.partition("/")
    return ledger, sku, location


def _moved(value: object, balance: str, change: int) -> object | None:
    """What others have taken, put back or come to wait for, in the same transaction, is so for this one."""
    if not isinstance(value, Mapping):
        raise TypeError(f"expected a stock fact, found {value!r}")
    ledger, sku, location = _parts(balance)
    supply = mapping(value, sku)
    if ledger == SHORT:
        return {**value, sku: {**supply, "short": integer(supply, "short") + change}}
    if ledger != AVAILABLE:
        return value
    for key in ("free", "closed"):
        there = mapping(supply, key)
        if location in there:
            left = {place: integer(there, place) + change * (place == location) for place in there}
            return {**value, sku: {**supply, key: {place: n for place, n in left.items() if n}}}
    return None  # its turn among the others is not known here


def _skus(asked: FactRequest) -> list[str] | None:
    """Return the SKUs of the goods of an instance's lines, each once, in the order of the lines."""
    if asked.snapshot is None:
        return None
    lines = rows(asked.snapshot.context, "lines")
    return list(dict.fromkeys(text(one, "sku") for one in lines if one.get("kind") != "SERVICE"))


_BEGIN: Final = "select pg_advisory_xact_lock(hashtextextended('stock/' || $1::text, 0))"
_HOLD: Final = """
with held as materialized (
    select sku, pg_advisory_xact_lock_shared(hashtextextended('stock/' || sku, 0))
    from unnest($1::text[]) as sku order by sku)
insert into orderwright.balance (ledger, account, amount, updated_at)
select 'stock.short', sku, 0, 'epoch' from held order by sku
on conflict (ledger, account) do nothing
"""
_READ: Final = """
with shelf as materialized (
    select i.sku, i.location, i.location || '/' || i.sku as account,
           l.closed_at is null as is_open, row_number() over (order by l.rank, l.id) as turn
    from orderwright.stock_item as i join orderwright.location as l on l.id = i.location
    where i.sku = any($1::text[])),
named as (
    select 'stock.available' as ledger, account, sku, location, turn, is_open from shelf
    union all select 'stock.reserved', account, sku, location, turn, is_open from shelf
    union all select 'stock.short', sku, sku, null, null, null from unnest($1::text[]) as sku)
select b.ledger, b.amount, n.sku, n.location, n.turn, n.is_open
from named as n join orderwright.balance as b on b.ledger = n.ledger and b.account = n.account
order by b.ledger, b.account
"""
_LOCK: Final = _READ + "for update of b"
