"""How commands end that cannot go on: with a status, a line, and with `--json` a document that says why."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from acceptance.calling import call, inherited


@pytest.mark.parametrize("words", [("deadletter", "list"), ("token", "list", "--as", "admin")])
async def test_a_database_that_goes_away_under_a_command_is_told(
    furnished_url: str, words: tuple[str, ...]
) -> None:
    came = 0

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        came += 1
        if came > 1:  # what looks at the schema gets through, and nobody after it
            writer.transport.abort()
            return
        there, back = await _connected(furnished_url)
        await asyncio.gather(_pump(reader, back), _pump(there, writer))

    async with await asyncio.start_server(pass_on, "127.0.0.1", 0) as door:
        port = door.sockets[0].getsockname()[1]
        parts = urlsplit(furnished_url)
        user = f"{parts.username}:{parts.password}" if parts.password else parts.username
        url = f"postgresql://{user}@127.0.0.1:{port}{parts.path}?sslmode=disable"
        status, out, err = await call(url, *words, "--json")
    assert (status, json.loads(out)["error"]["code"]) == (1, "database.unreachable")
    assert "Traceback" not in err


@pytest.mark.parametrize("days", ["9999999", "99999999999"])
async def test_more_days_than_the_calendar_has_are_named(furnished_url: str, days: str) -> None:
    words = ("token", "make", "shop", "--scope", "lists", "--as", "admin", "--days", days)
    status, out, _ = await call(furnished_url, *words, "--json")
    assert (status, json.loads(out)["error"]["code"]) == (1, "input.invalid")
    assert json.loads(out)["error"]["values"]["field"] == "--days"


@pytest.mark.parametrize(
    "data", ["[" * 5000 + "]" * 5000, '{"a": NaN}', '{"a": ' + "9" * 5000 + "}"]
)
async def test_data_that_is_no_json_is_wrong_usage(furnished_url: str, data: str) -> None:
    words = ("fulfilment", "send", "any", "PACKAGE_SHIPPED", "--as", "admin", "--data", data)
    status, _, err = await call(furnished_url, *words)
    assert (status, "Traceback" in err, "is no JSON object" in err) == (2, False, True)
    status, _, err = await call(furnished_url, "instance", "simulate", "any", "--facts", data)
    assert (status, "Traceback" in err) == (2, False)


async def test_a_time_that_utc_does_not_have_is_wrong_usage(furnished_url: str) -> None:
    at = "0001-01-01T00:00:00+23:00"
    status, _, err = await call(furnished_url, "instance", "replay", "any", "--at", at)
    assert (status, "Traceback" in err, at in err) == (2, False, True)


def _full() -> int:
    return os.open("/dev/full", os.O_WRONLY)


def _unread() -> int:
    read, write = os.pipe()
    os.close(read)
    return write


@pytest.mark.parametrize("stdout", [_full, _unread])
@pytest.mark.parametrize("words", [(), ("--json",)])
async def test_an_answer_that_cannot_be_written_is_told_on_stderr(
    furnished_url: str, stdout: Callable[[], int], words: tuple[str, ...]
) -> None:
    output = stdout()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "orderwright.cli", "token", "list", "--as", "admin", *words),
        env={**inherited(), "ORDERWRIGHT_DATABASE_URL": furnished_url},
        stdout=output,
        stderr=asyncio.subprocess.PIPE,
    )
    os.close(output)
    _, err = await process.communicate()
    assert process.returncode == 1
    assert err.startswith(b"error [output.lost]: done, but the answer could not be written: ")
    assert err.count(b"\n") == 1


async def _connected(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    host = parts.hostname or query["host"][0]
    port = parts.port or int(query.get("port", ["5432"])[0])
    if host.startswith("/"):
        return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
    return await asyncio.open_connection(host, port)


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65_536):
        target.write(data)
    target.close()
