"""Which failures of a statement may pass by themselves, and which are about what it was to write."""

from __future__ import annotations

import asyncpg
import pytest

from orderwright.errors import Conflict
from orderwright.runtime.failure import may_pass
from orderwright.runtime.invocation import ResultRefused
from orderwright.runtime.write import StepUnfit


@pytest.mark.parametrize(
    "error",
    [
        Conflict("busy"),
        ConnectionRefusedError(),
        TimeoutError(),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.ConnectionDoesNotExistError(),
        asyncpg.TooManyConnectionsError(),
        asyncpg.DiskFullError(),
        asyncpg.QueryCanceledError(),
        asyncpg.ReadOnlySQLTransactionError(),
        asyncpg.SerializationError(),
        asyncpg.DeadlockDetectedError(),
        asyncpg.LockNotAvailableError(),
        asyncpg.CannotConnectNowError(),
        asyncpg.InvalidPasswordError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_the_database_is_like_just_now_may_pass(error: Exception):
    assert may_pass(error)


@pytest.mark.parametrize(
    "error",
    [
        ResultRefused("the chart cannot take it"),
        StepUnfit("it is no JSON"),
        ValueError("it is no JSON"),
        asyncpg.exceptions._base.DataError("the driver cannot send it"),
        asyncpg.DataError(),
        asyncpg.UniqueViolationError(),
        asyncpg.ProgramLimitExceededError(),
        asyncpg.UndefinedTableError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_was_to_be_written_does_not_pass(error: Exception):
    assert not may_pass(error)
