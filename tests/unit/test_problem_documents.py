"""What the database's errors are to callers."""

from __future__ import annotations

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from orderwright.api import problems


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.TooManyConnectionsError("sorry, too many clients already"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        ConnectionRefusedError(111, "Connection refused"),
    ],
)
async def test_a_database_that_takes_no_connection_is_to_be_asked_again(error: Exception) -> None:
    api = FastAPI()
    problems.install(api)

    @api.get("/")
    async def ask() -> None:
        raise error

    transport = httpx.ASGITransport(app=api, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        answer = await http.get("/")
    assert (answer.status_code, answer.json()["code"]) == (503, "database.unreachable")
    assert problems.translated(error).retryable
