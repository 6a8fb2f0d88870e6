"""Rows of locations and of what is kept where, on the connection of a running transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from orderwright.errors import InputInvalid, NotFound, RefusedError
from orderwright.runtime.identity import derived_id

if TYPE_CHECKING:
    from orderwright.runtime.pool import Connection


class LocationNotFound(NotFound):
    """No location has this id."""

    code = "location.not_found"


class LocationClosed(RefusedError):
    """Nothing is received at the location any more."""

    code = "location.closed"


class ProductNotFound(NotFound):
    """No product has this SKU."""

    code = "product.not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where goods lie; those of a lower rank are allocated first, and those that are closed not at all.

    No id has a slash.
    """

    id: str
    name: str
    rank: int = 0
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shelf:
    """A SKU at a location."""

    sku: str
    location: str

    @property
    def instance_id(self) -> str:
        """The instance whose log tells what arrived and was counted."""
        return derived_id(f"stock/{self.location}/{self.sku}")


async def add_locations(connection: Connection, locations: Sequence[Location]) -> None:
    """Store locations; those that are there already stay as they are."""
    await connection.executemany(
        """
        insert into orderwright.location (id, name, rank) values ($1, $2, $3)
        on conflict (id) do nothing
        """,
        [(one.id, one.name, one.rank) for one in locations],
    )


async def is_kept(connection: Connection, shelf: Shelf) -> bool:
    """Tell whether the SKU is kept at the location."""
    found: bool = await connection.fetchval(
        "select exists (select from orderwright.stock_item where instance_id = $1)",
        shelf.instance_id,
    )
    return found


async def require_shelf(connection: Connection, shelf: Shelf) -> None:
    """Let the call go on only if goods of this SKU may lie at this location.

    Raises:
        LocationNotFound, ProductNotFound: there is no such thing.
        InputInvalid: the product is a service.
    """
    if not await connection.fetchval(
        "select exists (select from orderwright.location where id = $1)", shelf.location
    ):
        values = {"field": "location", "value": shelf.location}
        raise LocationNotFound(f"no location {shelf.location!r}", values=values)
    kind = await connection.fetchval(
        "select kind from orderwright.product where sku = $1", shelf.sku
    )
    if kind is None:
        values = {"field": "sku", "value": shelf.sku}
        raise ProductNotFound(f"no product {shelf.sku!r}", values=values)
    if kind != "GOODS":
        raise InputInvalid("sku", shelf.sku, "the SKU of goods; a service is not kept in stock")


async def keep_as_it_is(connection: Connection, location_id: str) -> None:
    """Let nobody close a location or open it again until the transaction ends; before any stock is locked."""
    await connection.fetchrow(_CLOSED, location_id)


async def require_open(connection: Connection, location_id: str) -> None:
    """Let the call go on only if a location takes goods in, and let nobody close it until the transaction ends.

    Raises:
        LocationClosed: it does not; a location that is not there is none of this function's business.
    """
    closed = await connection.fetchrow(_CLOSED, location_id)
    if closed is not None and closed["closed_at"] is not None:
        values = {"field": "location", "value": location_id}
        raise LocationClosed(
            f"{closed['name']} is closed; choose another location, or have it opened again",
            values=values,
        )


async def add_shelf(connection: Connection, shelf: Shelf) -> None:
    """Store that the SKU is kept at the location."""
    await connection.execute(
        """
        insert into orderwright.stock_item (instance_id, sku, location) values ($1, $2, $3)
        on conflict (instance_id) do nothing
        """,
        shelf.instance_id,
        shelf.sku,
        shelf.location,
    )


_CLOSED: Final = "select name, closed_at from orderwright.location where id = $1 for share"
