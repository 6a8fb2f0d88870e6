"""Tokens with which hosts call: shown once, stored as a hash, for certain doors only, and never for good without end.

A token is 256 random bits, so a plain SHA-256 of it is as safe as a slow hash, and is looked up by an index.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from orderwright.app.ending import require_ahead
from orderwright.app.permissions import Identity, require
from orderwright.errors import AccessDenied, InputInvalid, NotFound
from orderwright.json_text import is_storable
from orderwright.runtime.identity import fresh_id

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.app.orders import Asked
    from orderwright.clock import Clock
    from orderwright.runtime.pool import Pool

SCOPES: Final = ("trigger", "execute", "lists")
"""What a token may be for: set policies off, do their actions, change lists."""
PREFIX: Final = "ow_"
"""What every token begins with, so that it is recognised where it should not be."""
_LONGEST: Final = 200
_STALE: Final = timedelta(minutes=1)
"""How old the note of the last use may be: not every call writes."""


class TokenRefused(AccessDenied):
    """The token is nobody's, has expired, or was revoked; which of them is not said."""

    code = "access.bad_token"


class ScopeMissing(AccessDenied):
    """The token is not for this door."""

    code = "access.scope_missing"


class TokenNotFound(NotFound):
    """There is no token with this id."""

    code = "token.not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token, without the token itself."""

    id: str
    name: str
    scopes: Sequence[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    def require(self, scope: str) -> None:
        """Let the call go on only if the token is for this door.

        Raises:
            ScopeMissing: it is not.
        """
        if scope not in self.scopes:
            raise ScopeMissing(
                f"the token {self.name!r} may not {scope}; it is for {', '.join(self.scopes)}",
                values={"scope": scope, "scopes": list(self.scopes)},
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token that is shown now and not again."""

    token: ApiToken
    secret: str


class ApiTokens:
    """Makes, revokes and recognises tokens."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def tokens(self, by: Identity) -> list[ApiToken]:
        """Return every token, the newest first.

        Raises:
            RoleMissing.
        """
        require(by, "token.manage")
        return [_token(row) for row in await self._pool.fetch(_LIST)]

    async def make(
        self, name: str, scopes: Sequence[str], asked: Asked, *, expires_at: datetime | None
    ) -> NewToken:
        """Make a token. It is shown this once, so repeating the request makes another one.

        Raises:
            RoleMissing.
            InputInvalid: no name, no scope or an unknown one, or it would have expired already.
        """
        require(asked.by, "token.manage")
        now, named = self._clock.now(), name.strip()
        if not 0 < len(named) <= _LONGEST or not is_storable(named):
            raise InputInvalid("name", named[:20], f"1 to {_LONGEST} characters")
        unknown = sorted(set(scopes) - set(SCOPES))
        if unknown or not scopes:
            raise InputInvalid("scopes", unknown, f"some of {', '.join(SCOPES)}")
        if expires_at is not None:
            require_ahead("expiresAt", expires_at, now)
        secret, chosen = f"{PREFIX}{secrets.token_urlsafe(32)}", sorted(set(scopes))
        by = (asked.by.id, now, expires_at)
        [row] = await self._pool.fetch(_ADD, fresh_id(), named, _digest(secret), chosen, *by)
        return NewToken(token=_token(row), secret=secret)

    async def revoke(self, token_id: str, asked: Asked) -> ApiToken:
        """End a token at once; one that is revoked stays so.

        Raises:
            RoleMissing, TokenNotFound.
        """
        require(asked.by, "token.manage")
        known = is_storable(token_id)
        row = await self._pool.fetchrow(_REVOKE, token_id, self._clock.now()) if known else None
        if row is None:
            raise TokenNotFound(f"no token has the id {token_id!r}", values={"id": token_id})
        return _token(row)

    async def whose(self, secret: str) -> ApiToken:
        """Return the token that a caller holds, and note that it was used.

        Raises:
            TokenRefused: it is nobody's, has expired, or was revoked.
        """
        now = self._clock.now()
        row = await self._pool.fetchrow(_FIND, _digest(secret), now)
        if row is None:
            raise TokenRefused("this token does not open anything")
        found = _token(row)
        if found.last_used_at is None or found.last_used_at + _STALE <= now:
            await self._pool.execute(_USED, found.id, now)
        return found


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def _token(row: Record) -> ApiToken:
    return ApiToken(**dict(row))


_COLUMNS: Final = "id, name, scopes, created_by, created_at, expires_at, last_used_at, revoked_at"
_LIST: Final = f"select {_COLUMNS} from orderwright.api_token order by created_at desc, id desc"  # noqa: S608 (ours)
_ADD: Final = f"""
insert into orderwright.api_token (id, name, hash, scopes, created_by, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7) returning {_COLUMNS}
"""  # noqa: S608 (ours)
_REVOKE: Final = f"""
update orderwright.api_token set revoked_at = coalesce(revoked_at, $2) where id = $1 returning {_COLUMNS}
"""  # noqa: S608 (ours)
_FIND: Final = f"""
select {_COLUMNS} from orderwright.api_token
where hash = $1 and revoked_at is null and (expires_at is null or expires_at > $2)
"""  # noqa: S608 (ours)
_USED: Final = "update orderwright.api_token set last_used_at = $2 where id = $1"
