"""The outbox for people: which domain events there are, and who has acknowledged them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderwright.app.belonging import root_of
from orderwright.app.page import Page, Place, no_cursor, size
from orderwright.app.permissions import Identity, require
from orderwright.runtime import event_list
from orderwright.runtime.outbox import Cursor

if TYPE_CHECKING:
    from orderwright.runtime.event_list import ListedEvent
    from orderwright.runtime.pool import Connection, Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events: of one root, or of the order or quotation with a number; without either all of them."""

    root_id: str | None = None
    number: str | None = None

    async def root(self, connection: Connection) -> str | None:
        """Return the root that is meant, which need not be there; None for all."""
        if self.number is None:
            return self.root_id
        return await root_of(connection, self.number) or self.number


class Outbox:
    """Shows domain events."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(
        self, by: Identity, wanted: Wanted, *, first: int, after: str | None
    ) -> Page[ListedEvent]:
        """Return a page, the latest first.

        Raises:
            RoleMissing: the person may not see them.
            InputInvalid: `first` or `after` is wrong.
        """
        require(by, "outbox.read")
        most, place = size(first), None if after is None else _read(after)
        async with self._pool.acquire() as connection:
            root_id = await wanted.root(connection)
            found = await event_list.listed(
                connection, root_id=root_id, after=place, most=most + 1
            )
        rows = [(_place(one), one) for one in found[:most]]
        return Page(rows=rows, has_next=len(found) > most, has_previous=after is not None)

    async def count(self, by: Identity, wanted: Wanted) -> int:
        """Return how many there are, counted up to `event_list.COUNTED`.

        Raises:
            RoleMissing: the person may not see them.
        """
        require(by, "outbox.read")
        async with self._pool.acquire() as connection:
            return await event_list.count(connection, root_id=await wanted.root(connection))


def _place(one: ListedEvent) -> Place:
    return Place(one.event.recorded_at, f"{one.place.ord}/{one.place.id}")


def _read(cursor: str) -> Cursor:
    try:
        order, number = Place.read(cursor).id.split("/")
        return Cursor(_bigint(order), _bigint(number))
    except ValueError:
        raise no_cursor(cursor) from None


def _bigint(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**63:
        raise ValueError(text)
    return number
