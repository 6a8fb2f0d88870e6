"""The keys that links are signed with: one for each purpose, the same in every process on a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderwright.runtime.identity import fresh_key

if TYPE_CHECKING:
    from datetime import datetime

    from orderwright.runtime.pool import Connection


async def signing_key(connection: Connection, purpose: str, now: datetime) -> bytes:
    """Return the key of a purpose; the first who asks makes it."""
    found: bytes | None = await connection.fetchval(_FIND, purpose)
    if found is None:
        await connection.execute(_MAKE, purpose, fresh_key(), now)
        found = await connection.fetchval(_FIND, purpose)
    assert found is not None
    return found


_FIND: Final = "select key from orderwright.signing_key where purpose = $1"
_MAKE: Final = """
insert into orderwright.signing_key (purpose, key, created_at) values ($1, $2, $3)
on conflict (purpose) do nothing
"""
