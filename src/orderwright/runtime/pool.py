"""The pool of asyncpg connections that the hot path uses."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final, TypeAlias

import asyncpg

if TYPE_CHECKING:
    from asyncpg import Record
    from asyncpg.pool import PoolConnectionProxy

Connection: TypeAlias = "asyncpg.Connection[Record] | PoolConnectionProxy[Record]"
"""A connection, pooled or not."""
Pool: TypeAlias = "asyncpg.Pool[Record]"

_SESSION = {
    "application_name": "orderwright",
    "default_transaction_isolation": "read committed",
    # Ours are a few statements that run all the time, with lists of any length. PostgreSQL would plan most of them
    # anew at each call, because it takes a list that it can look into for shorter: as dear as running them.
    "plan_cache_mode": "force_generic_plan",
}
_KEEPALIVE: Final = {
    "TCP_KEEPIDLE": 15,  # seconds without a word, after which the other end is asked for a sign of life
    "TCP_KEEPALIVE": 15,  # what macOS calls it
    "TCP_KEEPINTVL": 5,  # seconds from one question to the next
    "TCP_KEEPCNT": 3,  # questions without an answer
    "TCP_USER_TIMEOUT": 30_000,  # milliseconds for what was sent to be acknowledged
}
"""Of these a platform has what it has."""


async def open_pool(url: str, *, min_size: int = 1, max_size: int = 10) -> Pool:
    """Open a pool on a `postgresql://` URL; a SQLAlchemy driver suffix (`+asyncpg`) is taken off.

    A returned connection is rolled back if it is in a transaction and otherwise left as it is: the
    usual reset is a round trip that costs 1.3 to 1.8 times the throughput, and nothing of ours
    changes session state.

    Raises:
        OSError, asyncpg.PostgresError: the server cannot be reached or says no.
    """
    return await asyncpg.create_pool(
        plain_url(url),
        min_size=min_size,
        max_size=max_size,
        init=notice_silence,
        reset=_leave,
        server_settings=_SESSION,
    )


async def notice_silence(connection: asyncpg.Connection[Record]) -> None:
    """Have a connection over TCP end half a minute after its server's machine has gone without a word.

    A machine that loses its power or its network says no goodbye. Of itself the system notices after two hours where
    an answer is waited for, and after a quarter of an hour where something was sent; so long a call would hang, and
    a listener hear nothing. A server that takes its time is not meant: its system answers at once.
    """
    line = connection._transport.get_extra_info("socket")  # type: ignore[attr-defined]  # noqa: SLF001 (no public way)
    if line.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        if hasattr(socket, name):
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def is_gone(connection: Connection) -> bool:
    """Tell whether a connection was lost; a pooled one that was no longer answers even to that question."""
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        return True


def plain_url(url: str) -> str:
    """Return the URL as PostgreSQL's own clients write it."""
    scheme, mark, rest = url.partition("://")
    return scheme.partition("+")[0] + mark + rest


def patiently(value: str, milliseconds: str) -> str:
    """Write a value of a query so that from then on its transaction waits for no lock longer than so long.

    It takes no statement of its own: a query that finds by this value what it locks has to work it out first.

    Args:
        value: a parameter, with its type.
        milliseconds: a parameter that is text.
    """
    return f"(select case when set_config('lock_timeout', {milliseconds}, true) is not null then {value} end)"


async def check_deferred(connection: Connection) -> None:
    """Have the database check what was written as it would at the commit, by deferred constraints and triggers.

    At the commit an error is nobody's; at the end of the savepoint of whoever wrote it, it is the error of that.

    Raises:
        PostgresError: what was written does not stand, or an error in front of this was swallowed.
    """
    # In time for that, too: when a release fails, nothing is rolled back to its savepoint any more.
    await connection.execute("set constraints all immediate")


async def _leave(_: Connection) -> None:
    """Do nothing: asyncpg itself has rolled back an open transaction before it calls this."""
