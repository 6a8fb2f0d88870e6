"""Open the database that the settings name, and bring its schema to the version that this code needs."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from orderwright.app import embedded, release
from orderwright.app.shipped import folder
from orderwright.errors import RuntimeFault
from orderwright.runtime.pool import notice_silence

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orderwright.app.settings import Settings

_LOCK = 0x6F7264657277  # any number, the same in every process; advisory locks are per database
_PATIENCE = 300.0  # seconds; another process may be migrating a large database
_STEP = 0.05
_CONNECT_TIMEOUT = 10.0  # seconds
AWAY = (
    ConnectionError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
)
"""What the driver raises when the database goes away, or has no connection to give."""
_NO_CONNECTION = (
    OSError,
    UnicodeError,  # of a host that no name of the net can be
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)

_logger = structlog.get_logger(__name__)


class DatabaseUnreachable(RuntimeFault):
    """No connection to the database can be made."""

    code = "database.unreachable"
    retryable = True


class DatabaseNewer(RuntimeFault):
    """The database was migrated by a later version of Orderwright, and this one may not run on it any more."""

    code = "database.newer"


class MigrationBusy(RuntimeFault):
    """Another process has been migrating the database for too long."""

    code = "database.migration_busy"
    retryable = True


class MigrationFailed(RuntimeFault):
    """The database does not let the schema be changed; it is as it was."""

    code = "database.migration_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """What `migrate` did.

    Attributes:
        before: the revision that it found; None: an empty database.
        after: the one that it left.
        code: the newest that this code knows; `after` is newer where a later release has migrated the database.
    """

    before: str | None
    after: str | None
    code: str


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[str]:
    """Give the URL of the database for the length of the block, running the embedded one if none is set.

    Raises:
        RuntimeFault: the embedded database cannot be started; see `embedded.fault`.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    acquiring = asyncio.ensure_future(asyncio.to_thread(embedded.acquire, settings.home))
    try:
        lease = await asyncio.shield(acquiring)
    except asyncio.CancelledError:  # the thread goes on: wait for it and leave as cleanly as ever
        await asyncio.to_thread((await acquiring).release)
        raise
    try:
        yield lease.url
    finally:
        await asyncio.to_thread(lease.release)


def engine(url: str, **options: Any) -> AsyncEngine:
    """Return an SQLAlchemy engine on a `postgresql://` URL.

    asyncpg reads the URL itself, so that sockets, `sslmode` and the like mean the same on both kinds of pool.
    """

    async def connect() -> asyncpg.Connection[asyncpg.Record]:
        connection = await asyncpg.connect(url, timeout=_CONNECT_TIMEOUT)
        await notice_silence(connection)
        return connection

    return create_async_engine("postgresql+asyncpg://", async_creator=connect, **options)


async def migrate(url: str) -> Migrated:
    """Bring the schema to the newest revision; safe while other processes do the same.

    A schema that a later release has migrated is left as it is, if this code may run on it.

    Raises:
        DatabaseUnreachable: no connection can be made.
        DatabaseNewer: the database carries a revision that this code does not know and may not run on; nothing is
            changed.
        MigrationBusy: another process holds the lock for too long.
        MigrationFailed: the database refuses a change; nothing is changed.
    """
    try:
        guard = await asyncpg.connect(url, timeout=_CONNECT_TIMEOUT)
    except TimeoutError as error:
        why = f"no answer within {_CONNECT_TIMEOUT:g} s"
        raise DatabaseUnreachable(f"no connection to the database: {why}") from error
    except _NO_CONNECTION as error:
        raise DatabaseUnreachable(f"no connection to the database: {error}") from error
    try:
        await _lock(guard)
        return await _migrate(guard, url)
    finally:
        await guard.close()  # gives the lock back, too


async def _lock(guard: asyncpg.Connection[asyncpg.Record]) -> None:
    # Asking again rather than waiting in the server: a waiting statement holds a snapshot, on which a
    # CREATE INDEX CONCURRENTLY of the one who migrates would wait in turn.
    deadline = time.monotonic() + _PATIENCE
    while not await guard.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
        if time.monotonic() > deadline:
            raise MigrationBusy(f"another process has been migrating for {_PATIENCE:.0f} s")
        await asyncio.sleep(_STEP)


async def _migrate(guard: asyncpg.Connection[asyncpg.Record], url: str) -> Migrated:
    before, known = await _revision(guard), _known()
    code = known[-1]
    if before is not None and before not in known:
        await _require_served(guard, before, code)
    elif before != code:
        await _upgrade(url)
    return Migrated(before=before, after=await _revision(guard), code=code)


def _known() -> list[str]:
    """Return the revisions that this code knows, the newest last: the files of migrations are named after them."""
    files = (folder("migrations") / "versions").glob("[0-9]*.py")
    return sorted(file.name.partition("_")[0] for file in files)


async def _upgrade(url: str) -> None:
    from orderwright.app.upgrading import upgrade  # noqa: PLC0415 (slow to import, seldom wanted)

    database = engine(url, poolclass=NullPool)
    try:
        async with database.begin() as connection:
            await connection.run_sync(upgrade)
    except DBAPIError as error:
        raise MigrationFailed(
            f"the schema cannot be brought up to date, and is as it was: {error.orig}"
        ) from error
    finally:
        await database.dispose()


async def _require_served(
    guard: asyncpg.Connection[asyncpg.Record], revision: str, code: str
) -> None:
    oldest = None
    if await guard.fetchval(release.KNOWS):
        row = await guard.fetchrow(release.READ)
        oldest = row["oldest_code"] if row else None
    values = {"revision": revision, "newest_known": code, "oldest_code": oldest}
    if not release.SchemaState(revision=revision, oldest_code=oldest).serves(code):
        raise DatabaseNewer(
            f"the database is at revision {revision}, which this version of Orderwright does not know; "
            "install the version that migrated it, or a later one",
            values=values,
        )
    _logger.warning("database_newer", **values)


async def _revision(guard: asyncpg.Connection[asyncpg.Record]) -> str | None:
    if not await guard.fetchval("select to_regclass('orderwright.alembic_version') is not null"):
        return None
    revision: str | None = await guard.fetchval(
        "select version_num from orderwright.alembic_version"
    )
    return revision
