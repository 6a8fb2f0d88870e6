"""Incidents for people: who may see them, close them, and have what failed tried again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderwright.app.page import Page, Place, size
from orderwright.app.permissions import Identity, require
from orderwright.errors import InputInvalid
from orderwright.runtime import incident
from orderwright.runtime.once import is_replay
from orderwright.runtime.remedy import remedy

if TYPE_CHECKING:
    from orderwright.app.orders import Asked
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.incident import Incident, Kind, Status

_LONGEST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which incidents; without a kind all of them."""

    status: Status = "open"
    kind: Kind | None = None


class Incidents:
    """Shows incidents and lets people deal with them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def page(
        self, by: Identity, wanted: Wanted, *, first: int, after: str | None
    ) -> Page[Incident]:
        """Return a page, the latest seen first.

        Raises:
            RoleMissing: the person may not see them.
            InputInvalid: `first` or `after` is wrong.
        """
        require(by, "incident.read")
        most, place = size(first), Place.read(after) if after is not None else None
        async with self._engine.pool.acquire() as connection:
            found = await incident.incidents(
                connection,
                status=wanted.status,
                kind=wanted.kind,
                after=(place.at, place.id) if place else None,
                limit=most + 1,
            )
        rows = [(Place(one.last_seen_at, one.incident_id), one) for one in found[:most]]
        return Page(rows=rows, has_next=len(found) > most, has_previous=after is not None)

    async def count(self, by: Identity, wanted: Wanted) -> int:
        """Return how many there are.

        Raises:
            RoleMissing: the person may not see them.
        """
        require(by, "incident.read")
        async with self._engine.pool.acquire() as connection:
            return await incident.count(connection, status=wanted.status, kind=wanted.kind)

    async def resolve(self, incident_id: str, resolution: str, asked: Asked) -> Incident:
        """Close an incident, and keep what is said about it.

        Raises:
            RoleMissing: the person may not do this.
            IncidentNotFound, InputInvalid, IdempotencyMismatch: nothing was done.
        """
        require(asked.by, "incident.resolve")
        said = resolution.strip()
        if not 0 < len(said) <= _LONGEST:
            raise InputInvalid(
                "resolution", said[:20], f"what was done, in 1 to {_LONGEST} characters"
            )
        now, request = self._engine.clock.now(), ("incident.resolve", incident_id, said)
        async with self._engine.pool.acquire() as connection, connection.transaction():
            if await is_replay(connection, asked.key, request, at=now):
                return await incident.find(connection, incident_id)
            by = asked.by.id
            return await incident.resolve(connection, incident_id, by=by, resolution=said, at=now)

    async def retry(self, incident_id: str, asked: Asked) -> Incident:
        """Have what failed tried again at once.

        Raises:
            RoleMissing: the person may not do this.
            IncidentNotFound, NoRemedy, IdempotencyMismatch: see `remedy`.
        """
        require(asked.by, "incident.retry")
        return await remedy(self._engine, incident_id, asked.cause)
