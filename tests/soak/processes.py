"""The processes of the soak: they are killed at any moment, and started again."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from acceptance.calling import inherited

if TYPE_CHECKING:
    from io import BufferedWriter

TESTS = Path(__file__).parents[1]


@dataclass
class Process:
    """A Python process with a log; nobody but us may end it."""

    name: str
    words: tuple[str, ...]
    folder: Path
    running: asyncio.subprocess.Process | None = None

    async def start(self, *more: str) -> None:
        """Start it."""
        with self._log() as log:
            self.running = await asyncio.create_subprocess_exec(
                *(sys.executable, "-W", "error", "-m", *self.words, *more),
                cwd=TESTS,
                env=inherited(),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )

    async def kill(self) -> None:
        """Kill it, without a warning."""
        assert self.running is not None
        assert self.running.returncode is None, self.said()
        self.running.kill()
        await self.running.wait()

    async def end(self, *, ask: bool = True) -> None:
        """Let it come to its own end, which must be a good one; `ask` for it."""
        assert self.running is not None
        if ask:
            self.running.terminate()
        assert await self.running.wait() == 0, self.said()

    async def put_away(self) -> None:
        """Leave nothing behind, whatever happened."""
        if self.running is not None and self.running.returncode is None:
            self.running.kill()
            await self.running.wait()

    def said(self) -> str:
        """Return what it has logged."""
        return f"{self.name} ended by itself:\n{self._path.read_text()[-5000:]}"

    @property
    def _path(self) -> Path:
        return self.folder / f"{self.name}.log"

    def _log(self) -> BufferedWriter:
        return self._path.open("ab")


class Writer(Process):
    """The writer, with what it has said so far."""

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__("writer", ("soak.writer", url, str(folder)), folder)
        self.begun: set[int] = set()
        self.told: set[int] = set()
        self._progress = asyncio.Condition()
        self._hearing: asyncio.Task[None] | None = None

    async def start(self, *more: str) -> None:
        """Start it with the first story that was not told, or the given ones."""
        first = min(self.begun - self.told, default=len(self.told))
        await super().start(*(more or (str(first),)))
        self._hearing = asyncio.create_task(self._hear())

    async def kill(self) -> None:
        """Kill it, and hear what it had still said."""
        await super().kill()
        assert self._hearing is not None
        await self._hearing

    async def has_told(self, number: int) -> None:
        """Wait until so many stories have been told."""
        async with asyncio.timeout(60), self._progress:
            await self._progress.wait_for(lambda: len(self.told) >= number)

    async def _hear(self) -> None:
        assert self.running is not None
        assert self.running.stdout is not None
        async for line in self.running.stdout:
            if line.endswith(b"\n"):  # not what a kill cut off
                said = line.decode().strip()
                (self.begun if said.startswith("+") else self.told).add(int(said))
                async with self._progress:
                    self._progress.notify_all()


def worker(number: int, url: str, folder: Path) -> Process:
    """Return a worker."""
    return Process(f"worker-{number}", ("soak.worker", url, str(folder)), folder)
