"""The first login of a database of one's own comes from the command line."""

from __future__ import annotations

import json

import asyncpg
import httpx

from acceptance.calling import call
from acceptance.harness import PASSWORD, Server


async def people(database_url: str, *words: str, password: str = PASSWORD) -> tuple[int, str]:
    status, out, err = await call(database_url, "people", "add", *words, given=f"{password}\n")
    return status, out + err


async def test_somebody_is_added_once_and_may_sign_in(database_url: str):
    status, said = await people(database_url, "ada", "--name", "Ada", "--role", "ADMIN", "--json")
    assert (status, json.loads(said)["roles"]) == (0, ["ADMIN"])
    status, said = await people(database_url, "ada", "--role", "READ_ONLY")
    assert (status, "people.login_taken" in said) == (1, True)
    status, said = await people(database_url, "bob", "--role", "ADMIN", password="short")
    assert (status, "at least 12 characters" in said) == (1, True)
    server = Server(database_url)
    await server.start()
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        login = {"login": "ada", "password": PASSWORD}
        assert (await http.post("/api/v1/session", json=login)).json()["roles"] == ["ADMIN"]
    await server.stop()


async def test_a_wrong_role_is_wrong_usage(database_url: str):
    status, said = await people(database_url, "eve", "--role", "KING")
    assert (status, "SUPERADMIN" in said) == (2, True)


async def test_a_database_restored_from_another_cluster_is_refused(database_url: str):
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        """insert into orderwright.outbox (ord, event_id, instance_id, root_id, version, name, payload,
             correlation_id, causation_id, occurred_at, recorded_at)
           values ('99999999999', 'a/1/1', 'a', 'a', 1, 'x', '{}', 'a', 'a', now(), now())"""
    )
    await connection.close()
    status, said = await people(database_url, "ada", "--role", "ADMIN")
    assert (status, "outbox.ahead" in said) == (1, True)
