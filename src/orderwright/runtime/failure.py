"""What is kept of a failure: its words, when to try again, which of them are the database's own, and which pass."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from zlib import crc32

import asyncpg

from orderwright.errors import Conflict

BROKEN: Final = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that was ended while it was being handed out
)
"""What a statement raises when the database refuses it or is not there."""

IN_THE_WAY: Final = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)
"""What the database raises of who has met a lock: that somebody holds it, and not that something is wrong."""

_PASSING: Final = (
    Conflict,
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,  # a password that is being changed
    asyncpg.InvalidCatalogNameError,  # a database that is being restored
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby that is about to be promoted
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ObjectNotInPrerequisiteStateError,  # a lock, or a database that takes nobody for a while
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresSystemError,
)

LONGEST_PAUSE: Final = timedelta(minutes=5)
_LONGEST_TEXT: Final = 2000


def may_pass(error: Exception) -> bool:
    """Tell whether a statement failed for how the database is just now, and not for what it was to write."""
    # A value that the driver cannot send is one of its InterfaceErrors, too.
    return isinstance(error, _PASSING) and not isinstance(error, ValueError)


def pause_after(attempts: int, *, longest: timedelta = LONGEST_PAUSE) -> timedelta:
    """Return how long to wait after a number of earlier failures: 1, 2, 4 ... seconds, with a limit."""
    return min(timedelta(seconds=1 << min(attempts, 16)), longest)


def spread(pause: timedelta, name: str) -> timedelta:
    """Shorten a pause by up to half, each name by its own share, so that what failed together returns apart."""
    return pause * (1 - crc32(name.encode()) / 2**33)


def words(error: Exception) -> str:
    """Name an error's class and message, as text of a limited length that PostgreSQL can keep."""
    return sentence(f"{type(error).__name__}: {error}")


def sentence(text: str) -> str:
    """Return text of a limited length that PostgreSQL can keep."""
    kept = text[:_LONGEST_TEXT].encode(errors="backslashreplace").decode()
    return kept.replace("\x00", "\\x00")
