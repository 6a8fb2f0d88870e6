"""The pool of asyncpg connections that the hot path uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

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
        reset=_leave,
        server_settings=_SESSION,
    )


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
