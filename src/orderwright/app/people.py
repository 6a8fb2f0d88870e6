"""Signing in: people, passwords hashed with argon2, and sessions kept in the database."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pwdlib import PasswordHash

from orderwright.app.notification.wording import LANGUAGES
from orderwright.app.permissions import Identity, Role
from orderwright.errors import AccessDenied, NotFound

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.clock import Clock
    from orderwright.runtime.pool import Pool

_HASHER: Final = PasswordHash.recommended()
_HASHING: Final = asyncio.Semaphore(2)  # argon2 takes a core for 0.1 s and 64 MiB


class LoginRefused(AccessDenied):
    """Login and password do not fit, or the person may no longer sign in; which of them is not said."""

    code = "access.bad_login"


class LoginRequired(AccessDenied):
    """Nobody is signed in, or the session has ended."""

    code = "access.login_required"


class PersonNotFound(NotFound):
    """Nobody active has this login."""

    code = "people.not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A new session: the token belongs to the browser and is not stored, only its hash is."""

    token: str
    identity: Identity


class People:
    """Who may sign in, and who is signed in."""

    def __init__(self, pool: Pool, clock: Clock, *, session_lifetime: timedelta) -> None:
        self._pool = pool
        self._clock = clock
        self.session_lifetime = session_lifetime

    async def sign_in(self, login: str, password: str) -> Session:
        """Check a password and begin a session.

        Raises:
            LoginRefused: after the same time, whether the login exists or not.
        """
        row = await self._pool.fetchrow(_BY_LOGIN, login)
        stored = row["password_hash"] if row else await _decoy()
        fits = await _in_thread(_HASHER.verify, password, stored)
        if row is None or not fits or not row["is_active"]:
            raise LoginRefused("this login and password do not fit together")
        token, now = secrets.token_urlsafe(32), self._clock.now()
        expires = now + self.session_lifetime
        await self._pool.execute(_BEGIN, _digest(token), row["id"], now, expires)
        await self._pool.execute(_FORGET, now)
        return Session(token=token, identity=_identity(row))

    async def whoever_holds(self, token: str) -> Identity:
        """Return who a session belongs to.

        Raises:
            LoginRequired: the token is nobody's, or the session has ended.
        """
        row = await self._pool.fetchrow(_BY_SESSION, _digest(token), self._clock.now())
        if row is None:
            raise LoginRequired("sign in to go on")
        return _identity(row)

    async def named(self, login: str) -> Identity:
        """Return the person with a login, whose word a command on this machine is taken for.

        Raises:
            PersonNotFound: nobody has it, or they may no longer sign in.
        """
        row = await self._pool.fetchrow(_BY_LOGIN, login)
        if row is None or not row["is_active"]:
            raise PersonNotFound(f"nobody has the login {login!r}", values={"login": login})
        return _identity(row)

    async def sign_out(self, token: str) -> None:
        """End a session; an unknown one is ended already."""
        await self._pool.execute(_END, _digest(token))

    async def enrol(  # noqa: PLR0913 (what is known of a person)
        self,
        login: str,
        name: str,
        password: str,
        roles: Collection[Role],
        *,
        customer_id: str | None = None,
        email: str | None = None,
        language: str = LANGUAGES[0],
    ) -> bool:
        """Add a person unless the login is taken; return whether it was free.

        `email` is where notifications go, in the language; none goes anywhere without it.
        """
        if await self._pool.fetchrow(_BY_LOGIN, login):
            return False
        hashed = await _in_thread(_HASHER.hash, password)
        listed = sorted(str(role) for role in roles)
        now = self._clock.now()
        done = await self._pool.execute(
            _ENROL, login, login, name, hashed, listed, customer_id, now, email, language
        )
        return str(done).endswith(" 1")


async def _in_thread(function: object, *arguments: object) -> object:
    if not callable(function):
        raise TypeError("a function is needed")
    async with _HASHING:
        return await asyncio.to_thread(function, *arguments)


async def _decoy() -> str:
    """Return a hash to check against when nobody has the login, so that the answer takes as long."""
    if not _decoys:
        _decoys.append(str(await _in_thread(_HASHER.hash, secrets.token_urlsafe())))
    return _decoys[0]


_decoys: list[str] = []


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _identity(row: Record) -> Identity:
    return Identity(
        id=row["id"],
        login=row["login"],
        name=row["name"],
        roles=frozenset(Role(role) for role in row["roles"]),
        customer_id=row["customer_id"],
    )


_BY_LOGIN = "select * from orderwright.person where login = $1"
_BY_SESSION = """
select p.* from orderwright.session s join orderwright.person p on p.id = s.person_id
where s.token_hash = $1 and s.expires_at > $2 and p.is_active
"""
_BEGIN = """
insert into orderwright.session (token_hash, person_id, created_at, expires_at) values ($1, $2, $3, $4)
"""
_END = "delete from orderwright.session where token_hash = $1"
_FORGET = "delete from orderwright.session where expires_at <= $1"
_ENROL = """
insert into orderwright.person
  (id, login, name, password_hash, roles, customer_id, is_active, created_at, email, language)
values ($1, $2, $3, $4, $5, $6, true, $7, $8, $9) on conflict (login) do nothing
"""
