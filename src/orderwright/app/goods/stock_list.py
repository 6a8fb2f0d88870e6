"""What people see of stock: how much lies where, and every movement behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from orderwright.app import page as pages
from orderwright.app.goods.stock_records import Location
from orderwright.app.ledgers import stock_account
from orderwright.app.page import Page, Place, size
from orderwright.app.permissions import Identity, require
from orderwright.domain.orders.inventory import AVAILABLE, RESERVED, SHORT

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.app.goods.stock_records import Shelf
    from orderwright.runtime.pool import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRow:
    """A SKU at a location, in pieces.

    Attributes:
        available: what may still be promised.
        reserved: what is promised and still on the shelf.
        short: what cleared orders wait for, of the SKU wherever it lies.
    """

    instance_id: str
    sku: str
    name: str
    location: str
    location_name: str
    available: int
    reserved: int
    short: int

    @property
    def on_hand(self) -> int:
        """What lies on the shelf."""
        return self.available + self.reserved


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementRow:
    """A row of a ledger of a SKU at a location.

    Attributes:
        kind: why, such as `receive` or `reserve`.
        is_reserved: whether it changed what is reserved, and not what is available.
        quantity: pieces, negative where there are less.
        reference: where they came from, or why they were counted anew.
        order_id: the order that it was about, if any.
    """

    id: str
    kind: str
    is_reserved: bool
    quantity: int
    reference: str | None
    order_id: str | None
    order_number: str | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedStock:
    """Which stock; `search` is what the SKU or the product's name holds."""

    search: str = ""
    location: str | None = None
    sku: str | None = None


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Where a location stands in the order of allocation."""

    rank: int
    id: str

    def cursor(self) -> str:
        return pages.written(str(self.rank), self.id)


@dataclass(frozen=True, slots=True)
class _Placed:
    """Where stock stands in its list, which is sorted by SKU and location."""

    sku: str
    location: str

    def cursor(self) -> str:
        return pages.written(self.sku, self.location)


class StockList:
    """Shows stock."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def locations(self, by: Identity, *, first: int, after: str | None) -> Page[Location]:
        """Return a page of locations in the order of allocation.

        Raises:
            RoleMissing: the person may not see stock.
            InputInvalid: `first` or `after` is wrong.
        """
        require(by, "stock.read")
        most, place = size(first), _rank(after)
        async with self._pool.acquire() as connection:
            found = await connection.fetch(_LOCATIONS, *place, most + 1)
        rows = [(_Ranked(row["rank"], row["id"]), Location(**dict(row))) for row in found[:most]]
        return Page(rows=rows, has_next=len(found) > most, has_previous=after is not None)

    async def count_locations(self, by: Identity) -> int:
        """Return how many locations there are.

        Raises:
            RoleMissing: the person may not see stock.
        """
        require(by, "stock.read")
        async with self._pool.acquire() as connection:
            found: int = await connection.fetchval("select count(*) from orderwright.location")
            return found

    async def page(
        self, by: Identity, wanted: WantedStock, *, first: int, after: str | None
    ) -> Page[StockRow]:
        """Return a page by SKU and location.

        Raises:
            RoleMissing: the person may not see stock.
            InputInvalid: `first` or `after` is wrong.
        """
        require(by, "stock.read")
        most, place = size(first), pages.read(after) if after is not None else (None, None)
        async with self._pool.acquire() as connection:
            found = await connection.fetch(_PAGE, *_narrowed(wanted), *place, most + 1)
        rows = [(_Placed(row["sku"], row["location"]), _stock(row)) for row in found[:most]]
        return Page(rows=rows, has_next=len(found) > most, has_previous=after is not None)

    async def count(self, by: Identity, wanted: WantedStock) -> int:
        """Return how many rows there are.

        Raises:
            RoleMissing: the person may not see stock.
        """
        require(by, "stock.read")
        async with self._pool.acquire() as connection:
            found: int = await connection.fetchval(_COUNT, *_narrowed(wanted))
            return found

    async def find(self, by: Identity, shelf: Shelf) -> StockRow | None:
        """Return a SKU at a location, or None where it is not kept.

        Raises:
            RoleMissing: the person may not see stock.
        """
        require(by, "stock.read")
        async with self._pool.acquire() as connection:
            row = await connection.fetchrow(_ONE, shelf.instance_id)
        return _stock(row) if row else None

    async def movements(
        self, by: Identity, shelf: Shelf, *, first: int, after: str | None
    ) -> Page[MovementRow]:
        """Return a page of what came to a SKU at a location and went, the latest first.

        Raises:
            RoleMissing: the person may not see stock.
            InputInvalid: `first` or `after` is wrong.
        """
        require(by, "stock.read")
        most, place = size(first), Place.read(after) if after is not None else None
        account = stock_account(shelf.location, shelf.sku)
        async with self._pool.acquire() as connection:
            if place is None:
                found = await connection.fetch(_LATEST, account, most + 1)
            else:
                found = await connection.fetch(_BEFORE, account, most + 1, *place.of_entry())
        rows = [(Place(row["recorded_at"], row["id"]), _movement(row)) for row in found[:most]]
        return Page(rows=rows, has_next=len(found) > most, has_previous=after is not None)

    async def count_movements(self, by: Identity, shelf: Shelf) -> int:
        """Return how many there are.

        Raises:
            RoleMissing: the person may not see stock.
        """
        require(by, "stock.read")
        account = stock_account(shelf.location, shelf.sku)
        async with self._pool.acquire() as connection:
            found: int = await connection.fetchval(_MOVES, [AVAILABLE, RESERVED], account)
            return found


def _stock(row: Record) -> StockRow:
    return StockRow(**dict(row))


def _movement(row: Record) -> MovementRow:
    return MovementRow(
        is_reserved=row["ledger"] == RESERVED,
        **{name: row[name] for name in MovementRow.__slots__ if name != "is_reserved"},
    )


def _narrowed(wanted: WantedStock) -> tuple[str, str | None, str | None]:
    return wanted.search.strip().lower(), wanted.location, wanted.sku


def _rank(after: str | None) -> tuple[int | None, str | None]:
    if after is None:
        return None, None
    rank, location = pages.read(after)
    try:
        return pages.whole(rank, bits=32), location
    except ValueError:
        raise pages.no_cursor(after) from None


_LOCATIONS: Final = """
select id, name, rank, closed_at from orderwright.location
where $1::int is null or (rank, id) > ($1, $2::text) order by rank, id limit $3
"""
_FROM: Final = """
from orderwright.stock_item as i
join orderwright.product as p on p.sku = i.sku
join orderwright.location as l on l.id = i.location
"""
_SELECT: Final = f"""
select i.instance_id, i.sku, p.name, i.location, l.name as location_name,
       coalesce(a.amount, 0) as available, coalesce(r.amount, 0) as reserved, coalesce(s.amount, 0) as short
{_FROM}
left join orderwright.balance as a on a.ledger = '{AVAILABLE}' and a.account = i.location || '/' || i.sku
left join orderwright.balance as r on r.ledger = '{RESERVED}' and r.account = i.location || '/' || i.sku
left join orderwright.balance as s on s.ledger = '{SHORT}' and s.account = i.sku
"""
_WANTED: Final = """
where ($1::text = '' or strpos(lower(i.sku || ' ' || p.name), $1) > 0)
  and ($2::text is null or i.location = $2) and ($3::text is null or i.sku = $3)
"""
_PAGE: Final = f"""
{_SELECT} {_WANTED} and ($4::text is null or (i.sku, i.location) > ($4, $5::text))
order by i.sku, i.location limit $6
"""
_COUNT: Final = f"select count(*) {_FROM} {_WANTED}"
_ONE: Final = f"{_SELECT} where i.instance_id = $1"

_ROWS: Final = """
(select ledger, instance_id, version, n, data, amount, recorded_at from orderwright.ledger_entry
 where ledger = '{ledger}' and account = $1 {before}
 order by recorded_at desc, instance_id desc, version desc, n desc limit $2)
"""
_MOVED: Final = """
select e.instance_id || '/' || e.version || '/' || e.n as id, e.ledger, e.data::jsonb->>'kind' as kind,
       e.amount as quantity, e.data::jsonb->>'reference' as reference, o.id as order_id,
       o.number as order_number, e.recorded_at
from ({available} union all {reserved}) as e
left join orderwright.sale_order as o on o.id = e.data::jsonb->>'orderId'
order by e.recorded_at desc, e.instance_id desc, e.version desc, e.n desc limit $2
"""


def _moved(before: str) -> str:
    parts = [_ROWS.format(ledger=ledger, before=before) for ledger in (AVAILABLE, RESERVED)]
    return _MOVED.format(available=parts[0], reserved=parts[1])


_LATEST: Final = _moved("")
_BEFORE: Final = _moved("and (recorded_at, instance_id, version, n) < ($3, $4, $5, $6)")
_MOVES: Final = """
select count(*) from orderwright.ledger_entry where ledger = any($1::text[]) and account = $2
"""
