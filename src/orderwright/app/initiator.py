"""Who set something off: the first person back along the chain of its causes.

A log row names who acted and what that followed from: another row, or a domain event. Where one lifecycle moves the
next, a system acted; whom four eyes keep from deciding on it is the person before that. A chain ends where it leaves
the log: at a host's call, at a schedule, at what an import has brought.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from orderwright.runtime.command import Actor

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.runtime.pool import Connection


class Row(NamedTuple):
    """A row of an instance's log."""

    instance_id: str
    version: int


_FURTHEST: Final = 32
"""Rows that a chain is followed back; the longest of the house have fewer than ten."""
_EVENT: Final = re.compile(r"(.+)/([0-9]{1,9})/[0-9]+", re.DOTALL)
_ROW: Final = re.compile(r"(.+)/([0-9]{1,9})", re.DOTALL)


async def initiator_of(connection: Connection, cause: str | Row) -> Actor | None:
    """Return the first person behind a domain event or a log row; else who acted in its own row.

    None where the log does not have it. A row that is known to be one is given as such: as text, that of a user whom
    a host calls "kim/1" reads like an event of another who is called "kim".
    """
    nearest: Actor | None = None
    following: str | Row | None = cause
    for _ in range(_FURTHEST):
        row = await _behind(connection, following) if following is not None else None
        if row is None:
            break
        actor = Actor(row["actor_id"], row["actor_kind"])
        if actor.kind == "user":
            return actor
        nearest = nearest or actor
        following = row["causation_id"]
    return nearest


async def _behind(connection: Connection, cause: str | Row) -> Record | None:
    """Return the log row behind a domain event ("<instance>/<version>/<n>"), or the one that is named itself."""
    if isinstance(cause, Row):
        return await connection.fetchrow(_LOGGED, *cause)
    for shape in (_EVENT, _ROW):
        named = shape.fullmatch(cause)
        if named is not None:
            row = await connection.fetchrow(_LOGGED, named[1], int(named[2]))
            if row is not None:
                return row
    return None


_LOGGED: Final = """
select actor_id, actor_kind, causation_id from orderwright.log where instance_id = $1 and version = $2
"""
