"""A request that is done once: its idempotency key is taken in the transaction that does it.

Steps of instances take their keys in the database's own function; this is for everything else.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from orderwright.json_text import canonical
from orderwright.runtime.command import require_id
from orderwright.runtime.reply import IdempotencyMismatch
from orderwright.runtime.write import KEY_LIFE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from orderwright.runtime.pool import Connection


async def is_replay(
    connection: Connection, key: str | None, request: Sequence[object], *, at: datetime
) -> bool:
    """Take an idempotency key for a request; True when it stands for this very request already.

    Args:
        connection: in the transaction that does what is asked; if it is rolled back, the key is free again.
        key: as the caller owns it; None is never a replay.
        request: what tells this request from every other, JSON-ready; the second member is what it is about.
        at: the present moment.

    Raises:
        InputInvalid: the key is too long, or cannot be stored.
        IdempotencyMismatch: the key was used for another request.
    """
    if key is None:
        return False
    require_id("idempotencyKey", key)
    said = canonical(list(request)).encode(
        "utf-8", "surrogatepass"
    )  # which is hashed and never stored
    told, about = hashlib.sha256(said).digest(), str(request[1])
    if await connection.fetchval(_TAKE, key, told, about, at, at + KEY_LIFE) is not None:
        return False
    if await connection.fetchval(_FIND, key) != told:
        raise IdempotencyMismatch(
            "this idempotency key was used for another request; use a new one",
            values={"id": about},
        )
    return True


async def note_outcome(connection: Connection, key: str | None, number: int) -> None:
    """Remember the number that a request came to beside its key, in the transaction that has taken it."""
    if key is not None:
        await connection.execute(_NOTE, key, number)


async def outcome_of(connection: Connection, key: str | None) -> int:
    """Return the number that the request of a key came to, 0 where none was remembered."""
    return await connection.fetchval(_OUTCOME, key) or 0


async def note_made(connection: Connection, key: str | None, made: str) -> None:
    """Remember the id of what a request has made beside its key, in the transaction that has taken it."""
    if key is not None:
        await connection.execute(_NOTE_MADE, key, made)


async def made_by(connection: Connection, key: str | None) -> str:
    """Return the id of what the request of a key has made; what it was about, where none was remembered."""
    return await connection.fetchval(_MADE, key) or ""


_TAKE: Final = """
insert into orderwright.idempotency_key as k (key, request_hash, instance_id, version, created_at, expires_at)
values ($1, $2, $3, 0, $4, $5)
on conflict (key) do update
set request_hash = excluded.request_hash, instance_id = excluded.instance_id, version = excluded.version,
    created_at = excluded.created_at, expires_at = excluded.expires_at
where k.expires_at <= excluded.created_at
returning key
"""
# Of steps the column holds the version that they came to, of other requests the number that they did.
_NOTE: Final = "update orderwright.idempotency_key set version = $2 where key = $1"
_OUTCOME: Final = "select version from orderwright.idempotency_key where key = $1"
_NOTE_MADE: Final = "update orderwright.idempotency_key set instance_id = $2 where key = $1"
_MADE: Final = "select instance_id from orderwright.idempotency_key where key = $1"
_FIND: Final = "select request_hash from orderwright.idempotency_key where key = $1"
