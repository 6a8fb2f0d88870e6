"""Work inside a transaction that the caller began and will end.

A caller may be cancelled while it works, or its time be over, and go on to commit something else; so what it was told
did not happen must not be in its transaction. A savepoint is released when the work is done, and rolled back
otherwise. Neither is cut off: nobody could say then which of the two it came to. A cancellation that comes

- during the work: it is undone, and then the cancellation goes on its way;
- during the release: the work is done, and the caller has its result; the cancellation comes at its next wait.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, cast

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from orderwright.errors import RuntimeFault
from orderwright.runtime.interruption import to_its_end

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orderwright.runtime.pool import Connection


class Owned(NamedTuple):
    """A connection in a READ COMMITTED transaction of ours, all of which is undone when work in it fails.

    It needs neither a look at the transaction nor a savepoint, which are three round trips.
    """

    connection: Connection


Joinable: TypeAlias = "AsyncConnection | AsyncSession | Connection | Owned"
"""A connection that callers may hand in."""


class JoinImpossible(RuntimeFault):
    """The caller's connection is not in a transaction that can be joined."""

    code = "transaction.not_joinable"


@asynccontextmanager
async def joined(connection: Joinable) -> AsyncIterator[Connection]:
    """Open a savepoint in the caller's transaction and yield the asyncpg connection below it.

    What leaves this with an error, a cancellation among them, has done nothing that the caller could commit.

    Raises:
        JoinImpossible: there is no transaction, or it is not READ COMMITTED: a version check and a
            locked balance need to see what others have committed since it began.
    """
    if isinstance(connection, Owned):
        yield connection.connection
        return
    driver = await driver_of(connection)
    if not driver.is_in_transaction():
        raise JoinImpossible("begin a transaction before you hand the connection in")
    isolation = await to_its_end(driver.fetchval(_ISOLATION))
    if isolation != "read committed":
        raise JoinImpossible(
            f"the transaction is {isolation.upper()}; only READ COMMITTED can be joined",
            values={"isolation": isolation},
        )
    async with _savepoint(driver):
        yield driver


@asynccontextmanager
async def _savepoint(driver: Connection) -> AsyncIterator[None]:
    """Do by hand what asyncpg does only in transactions that it began itself."""
    await to_its_end(driver.execute("savepoint orderwright"))
    try:
        yield
        await to_its_end(driver.execute("release savepoint orderwright"))
    except BaseException:
        if not driver.is_closed():
            await _undo(driver)
        raise


async def _undo(driver: Connection) -> None:
    """Roll back to the savepoint; where that fails, end the connection, and the caller's transaction with it."""
    try:
        await to_its_end(
            driver.execute("rollback to savepoint orderwright; release savepoint orderwright")
        )
    except BaseException:
        driver.terminate()
        raise


async def driver_of(connection: Joinable) -> Connection:
    """Return the asyncpg connection below one that callers may hand in; to read on it needs no more."""
    if isinstance(connection, Owned):
        return connection.connection
    if isinstance(connection, AsyncSession):
        connection = await connection.connection()
    if isinstance(connection, AsyncConnection):
        # SQLAlchemy begins when it first executes, and ends the whole transaction when that is cut off.
        await to_its_end(connection.execute(text("select 1")))
        raw = await connection.get_raw_connection()
        return cast("Connection", raw.driver_connection)
    return connection


_ISOLATION: Final = "select current_setting('transaction_isolation')"
