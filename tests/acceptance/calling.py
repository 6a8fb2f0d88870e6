"""Calls of `orderwright`, each in a process of its own."""

from __future__ import annotations

import asyncio
import atexit
import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from acceptance.forge import order


@dataclass
class Process:
    """A command that runs; what it says on stderr is in `errors`."""

    pid: int
    stdout: asyncio.StreamReader
    errors: IO[bytes]
    reports: asyncio.StreamReader
    connection: asyncio.StreamWriter
    returncode: int | None = None

    async def wait(self) -> int:
        """Wait for its end and return its status, as `subprocess` does."""
        if self.returncode is None:
            self.returncode = int(await self.reports.readline())
            self.connection.close()
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    async def said(self) -> tuple[int, str, str]:
        """Wait for its end and return its status, and what it said on stdout and on stderr."""
        out = await self.stdout.read()
        status = await self.wait()
        self.errors.seek(0)
        err = self.errors.read()
        self.errors.close()
        return status, out.decode(), err.decode()


async def begin(*words: str, given: str = "", **settings: str) -> Process:
    """Start a command with an input, with these settings and no others of ours."""
    errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed by who waits for the end)
    with tempfile.TemporaryFile() as input_:
        input_.write(given.encode())
        input_.seek(0)
        read, write = os.pipe()
        caller = socket.socket(socket.AF_UNIX)
        caller.connect(_forge())
        files = [input_.fileno(), write, errors.fileno()]
        socket.send_fds(caller, [order(words, {**inherited(), **settings})], files)
        os.close(write)
    reports, connection = await asyncio.open_unix_connection(sock=caller)
    return Process(
        pid=int(await reports.readline()),
        stdout=await _reader(read),
        errors=errors,
        reports=reports,
        connection=connection,
    )


async def call(url: str, *words: str, given: str = "") -> tuple[int, str, str]:
    """Run a command on a database; return its status, and what it said on stdout and on stderr."""
    return await (await begin(*words, given=given, ORDERWRIGHT_DATABASE_URL=url)).said()


def inherited() -> dict[str, str]:
    """Return the environment without settings of ours, so that tests run alike everywhere."""
    ours = ("ORDERWRIGHT_", "SALE_", "PORT")
    return {k: v for k, v in os.environ.items() if not k.startswith(ours)}  # noqa: TID251


async def _reader(file: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(file, "rb"))
    return reader


@cache
def _forge() -> str:
    """Start the forge for this session, and return where it answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "acceptance.forge"],
        env={**inherited(), "PYTHONPATH": str(Path(__file__).parents[1])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    atexit.register(process.communicate)  # which ends its input, and so itself
    assert process.stdout is not None
    path = process.stdout.readline().decode().strip()
    assert path, "the forge has not started"
    return path
