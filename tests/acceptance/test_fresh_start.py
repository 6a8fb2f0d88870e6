"""Commands in an interpreter of their own: elsewhere they are forked from one that has imported everything."""

from __future__ import annotations

import asyncio
import sys

import pytest

from acceptance.calling import inherited
from acceptance.harness import free_port


async def begin(url: str, *words: str) -> asyncio.subprocess.Process:
    own = {"ORDERWRIGHT_DATABASE_URL": url, "PORT": str(free_port())}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "orderwright.cli", *words),
        env={**inherited(), **own},
        stdout=asyncio.subprocess.PIPE,
    )


@pytest.mark.parametrize(
    ("command", "said"), [("serve", b"listening on "), ("worker", b"working")]
)
async def test_what_keeps_running_starts_by_itself_and_ends_when_asked(
    furnished_url: str, command: str, said: bytes
):
    process = await begin(furnished_url, command)
    try:
        async with asyncio.timeout(60):
            assert (await process.stdout.readline()).startswith(said)
        process.terminate()
    except BaseException:
        process.kill()
        raise
    finally:
        await process.communicate()
    assert process.returncode == 0


async def test_what_somebody_asks_runs_by_itself(furnished_url: str):
    process = await begin(furnished_url, "payment", "list", "--as", "admin")
    assert await process.communicate() == (b"no payments\n", None)
    assert process.returncode == 0
