"""The outbox for people: which domain events there are, and who has acknowledged them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderwright.app.page import Page, Place, size
from orderwright.app.permissions import Identity, require
from orderwright.errors import InputInvalid
from orderwright.runtime import event_list
from orderwright.runtime.outbox import Cursor

if TYPE_CHECKING:
    from orderwright.runtime.event_list import ListedEvent
    from orderwright.runtime.pool import Pool


class Outbox:
    """Shows domain events."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def page(
        self, by: Identity, *, root_id: str | None, first: int, after: str | None
    ) -> Page[ListedEvent]:
        """Return a page, the latest first; of one root if it is given.

        Raises:
            RoleMissing: the person may not see them.
            InputInvalid: `first` or `after` is wrong.
        """
        require(by, "outbox.read")
        wanted, place = size(first), None if after is None else _read(after)
        async with self._pool.acquire() as connection:
            found = await event_list.listed(
                connection, root_id=root_id, after=place, most=wanted + 1
            )
        rows = [(_place(one), one) for one in found[:wanted]]
        return Page(rows=rows, has_next=len(found) > wanted, has_previous=after is not None)

    async def count(self, by: Identity, *, root_id: str | None) -> int:
        """Return how many there are, counted up to `event_list.COUNTED`.

        Raises:
            RoleMissing: the person may not see them.
        """
        require(by, "outbox.read")
        async with self._pool.acquire() as connection:
            return await event_list.count(connection, root_id=root_id)


def _place(one: ListedEvent) -> Place:
    return Place(one.event.recorded_at, f"{one.place.ord}/{one.place.id}")


def _read(cursor: str) -> Cursor:
    try:
        order, number = Place.read(cursor).id.split("/")
        return Cursor(_bigint(order), _bigint(number))
    except ValueError:
        raise InputInvalid("after", cursor, "the cursor of a row of this list") from None


def _bigint(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**63:
        raise ValueError(text)
    return number
