"""What people may do with the locations of stock: add one, give it another name, close it and open it again.

A closed location keeps its history. Nothing is received there and no order reserves of it; pieces that come back to it
later, such as those of a return, lie there until they are adjusted away or it is opened again.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final

from orderwright.app.goods.stock_desk import send_to_shelf
from orderwright.app.goods.stock_records import Location, LocationNotFound, Shelf
from orderwright.app.permissions import require
from orderwright.app.phases import PhaseBroken
from orderwright.errors import InputInvalid, RefusedError
from orderwright.runtime.command import Actor, Cause
from orderwright.runtime.observation import told_on_commit
from orderwright.runtime.once import is_replay
from orderwright.statechart import Event

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.app.orders import Asked
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection

LOCATIONS: Final = Actor("locations", "system")
"""Who acts when what lies at a location that is opened again may be promised."""
NAME_LENGTH: Final = 100
"""Characters that a name has at most."""

_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_ID_IN_WORDS: Final = "1 to 40 small letters, digits, - and _, a letter or digit first"
_NAMED: Final = 5
_RANKS: Final = range(-1_000_000, 1_000_001)


class LocationInUse(RefusedError):
    """Goods lie at the location, or are promised from there."""

    code = "location.in_use"


class LocationDesk:
    """Commands on locations; each raises `RoleMissing` for who may not give it, and `IdempotencyMismatch`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def add(self, location_id: str, name: str, rank: int | None, asked: Asked) -> Location:
        """Add a location; without a rank it is the last in the order of allocation.

        Raises:
            InputInvalid: the id or the name is taken or no such thing, or the rank is out of bounds.
        """
        require(asked.by, "location.manage")
        if not _ID.fullmatch(location_id):
            raise InputInvalid("id", location_id, _ID_IN_WORDS)
        if rank is not None and rank not in _RANKS:
            expected = f"a number from {_RANKS[0]} to {_RANKS[-1]}"
            raise InputInvalid("rank", rank, expected)
        name = _name(name)

        async def store(connection: Connection) -> None:
            await _require_free(connection, location_id, name)
            if await _find(connection, location_id) is not None:
                raise InputInvalid("id", location_id, "an id that no location has yet")
            await connection.execute(_ADD, location_id, name, rank)

        return await self._done(("location.add", location_id, name, rank), store, asked)

    async def rename(self, location_id: str, name: str, asked: Asked) -> Location:
        """Give a location another name; its id stays.

        Raises:
            LocationNotFound.
            InputInvalid: the name is taken, empty or too long.
        """
        require(asked.by, "location.manage")
        name = _name(name)

        async def store(connection: Connection) -> None:
            await _require_free(connection, location_id, name)
            await connection.execute(_RENAME, location_id, name)

        return await self._done(("location.rename", location_id, name), store, asked)

    async def close(self, location_id: str, asked: Asked) -> Location:
        """Let nothing be received at a location or reserved of it any more; a closed one stays as it is.

        Raises:
            LocationNotFound.
            LocationInUse: goods lie there; names how many, how many of them are promised, and which.
        """
        require(asked.by, "location.manage")

        async def store(connection: Connection) -> None:
            # Whoever receives there holds this row until they commit; nothing else brings pieces to empty shelves.
            found = await connection.fetchrow(_HOLD, location_id)
            if found is not None and found["closed_at"] is None:
                _require_empty(location_id, found["name"], await _kept(connection, location_id))
            await connection.execute(_CLOSE, location_id, self._engine.clock.now())

        return await self._done(("location.close", location_id), store, asked)

    async def reopen(self, location_id: str, asked: Asked) -> Location:
        """Take a closed location into use again; what lies there serves those who wait.

        Raises:
            LocationNotFound.
        """
        require(asked.by, "location.manage")

        async def store(connection: Connection) -> None:
            await connection.execute(_REOPEN, location_id)
            for row in await _kept(connection, location_id):
                await self._serve(connection, Shelf(row["sku"], location_id))

        return await self._done(("location.reopen", location_id), store, asked)

    async def _serve(self, connection: Connection, shelf: Shelf) -> None:
        cause = Cause(actor=LOCATIONS)
        result = await send_to_shelf(self._engine, connection, shelf, Event("SERVE_ON"), cause)
        if result.refused is not None:
            raise PhaseBroken(f"shelf {shelf.instance_id}: {result.refused.message}")

    async def _done(
        self,
        request: tuple[str, str, *tuple[str | int | None, ...]],
        store: Callable[[Connection], Awaitable[None]],
        asked: Asked,
    ) -> Location:
        now, location_id = self._engine.clock.now(), request[1]
        async with self._engine.pool.acquire() as connection, told_on_commit(connection):
            await connection.execute(_LOCK)
            if not await is_replay(connection, asked.key, request, at=now):
                await store(connection)
            found = await _find(connection, location_id)
            if found is None:
                values = {"field": "id", "value": location_id}
                raise LocationNotFound(f"no location {location_id!r}", values=values)
            return found


def _name(name: str) -> str:
    found = " ".join(name.split())
    if not 0 < len(found) <= NAME_LENGTH:
        raise InputInvalid("name", name, f"a name of 1 to {NAME_LENGTH} characters")
    return found


async def _require_free(connection: Connection, location_id: str, name: str) -> None:
    """Let the call go on only if no other location has the name."""
    if await connection.fetchval(_NAMESAKE, location_id, name):
        raise InputInvalid("name", name, "a name that no other location has")


async def _find(connection: Connection, location_id: str) -> Location | None:
    row = await connection.fetchrow(_FIND, location_id)
    return Location(**dict(row)) if row else None


async def _kept(connection: Connection, location_id: str) -> Sequence[Record]:
    """Return what lies at a location by SKU, without what has nothing."""
    rows: Sequence[Record] = await connection.fetch(_KEPT, location_id)
    return rows


def _require_empty(location_id: str, name: str, kept: Sequence[Record]) -> None:
    if not kept:
        return
    on_hand = sum(row["available"] + row["reserved"] for row in kept)
    reserved = sum(row["reserved"] for row in kept)
    skus = [row["sku"] for row in kept]
    named = ", ".join(skus[:_NAMED]) + (" and others" if len(skus) > _NAMED else "")
    raise LocationInUse(
        f"{name} cannot be closed: {on_hand} pieces lie there ({named}), {reserved} of them reserved;"
        " let the orders take them, or adjust them away",
        values={
            "field": "id",
            "value": location_id,
            "onHand": on_hand,
            "reserved": reserved,
            "skus": skus[:_NAMED],
        },
    )


# One command at a time, so that no two give one name; who only reads or receives does not wait.
_LOCK: Final = "lock table orderwright.location in share row exclusive mode"
_NAMESAKE: Final = """
select exists (select from orderwright.location where id <> $1 and lower(name) = lower($2))
"""
_FIND: Final = "select id, name, rank, closed_at from orderwright.location where id = $1"
_ADD: Final = """
insert into orderwright.location (id, name, rank)
select $1, $2, coalesce($3, (select coalesce(max(rank) + 1, 0) from orderwright.location))
"""
_RENAME: Final = "update orderwright.location set name = $2 where id = $1"
_HOLD: Final = "select name, closed_at from orderwright.location where id = $1 for update"
_CLOSE: Final = """
update orderwright.location set closed_at = $2 where id = $1 and closed_at is null
"""
_REOPEN: Final = "update orderwright.location set closed_at = null where id = $1"
_KEPT: Final = """
select i.sku, coalesce(a.amount, 0) as available, coalesce(r.amount, 0) as reserved
from orderwright.stock_item as i
left join orderwright.balance as a on a.ledger = 'stock.available' and a.account = i.location || '/' || i.sku
left join orderwright.balance as r on r.ledger = 'stock.reserved' and r.account = i.location || '/' || i.sku
where i.location = $1 and (coalesce(a.amount, 0) > 0 or coalesce(r.amount, 0) > 0)
order by i.sku
"""
