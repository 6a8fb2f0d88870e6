"""A process that sends events to its share of the sales, slice by slice, as it is told.

    python -m bench.runtime.client URL FIRST LAST

A line of its input is a JSON object {"way", "event", "clients", "count"}; the answer to each is a line with what was
measured. The ways: `send` (one event after the other in each client), `alone` (the same, while no two events share a
batch), `gather` (so many sends at once, then the next so many), `many` (one `send_many`).
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self
from unittest.mock import patch

import uvloop

from orderwright import Event, Orderwright
from orderwright.app.log import configure_log
from orderwright.app.settings import Settings
from orderwright.cli.running import application
from orderwright.runtime import lane
from orderwright.runtime.command import Actor, Cause, Send

EVENTS: Final = {"FREEZE": Event("FREEZE", {"reason": "measured"}), "RELEASE": Event("RELEASE")}
ACTOR: Final = "bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What a slice came to: transitions, seconds, our CPU seconds, and milliseconds of one `send`."""

    count: int
    wall: float
    cpu: float
    p50: float
    p99: float


class Client:
    """The other end of a process's pipes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, url: str, first: int, last: int) -> Self:
        """Start a process for sales from the first to before the last one, in the order of their ids."""
        words = ("-m", "bench.runtime.client", url, str(first), str(last))
        pipe = asyncio.subprocess.PIPE
        return cls(
            await asyncio.create_subprocess_exec(sys.executable, *words, stdin=pipe, stdout=pipe)
        )

    async def slice(self, *, way: str, event: str, clients: int, count: int) -> Slice:
        """Have a slice run."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        asked = {"way": way, "event": event, "clients": clients, "count": count}
        stdin.write(json.dumps(asked).encode() + b"\n")
        await stdin.drain()
        return Slice(**json.loads(await stdout.readline()))

    async def end(self) -> None:
        """Let it end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()


class _Sending:
    def __init__(self, app: Orderwright, ids: Sequence[str]) -> None:
        self._app = app
        self._ids = ids
        self._latencies: list[float] = []

    async def run(self, *, way: str, event: str, clients: int, count: int) -> Slice:
        self._latencies.clear()
        ids = self._ids[:count]
        work = {
            "send": self._send_all,
            "alone": self._send_alone,
            "gather": self._gather,
            "many": self._send_many,
        }[way]
        wall, cpu = time.perf_counter(), time.process_time()
        await work(EVENTS[event], ids, clients)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        p50, p99 = self._percentiles()
        return Slice(count=len(ids), wall=wall, cpu=cpu, p50=p50, p99=p99)

    async def _send_all(self, event: Event, ids: Sequence[str], clients: int) -> None:
        waiting = iter(ids)
        await asyncio.gather(*(self._client(event, waiting) for _ in range(clients)))

    async def _send_alone(self, event: Event, ids: Sequence[str], clients: int) -> None:
        with patch.object(lane, "LONGEST", 1):
            await self._send_all(event, ids, clients)

    async def _client(self, event: Event, ids: Iterator[str]) -> None:
        for sale_id in ids:
            await self._send(event, sale_id)

    async def _gather(self, event: Event, ids: Sequence[str], clients: int) -> None:
        for first in range(0, len(ids), clients):
            sends = (self._send(event, sale_id) for sale_id in ids[first : first + clients])
            await asyncio.gather(*sends)

    async def _send(self, event: Event, sale_id: str) -> None:
        began = time.perf_counter()
        result = await self._app.engine.send(sale_id, event, actor=ACTOR)
        self._latencies.append(time.perf_counter() - began)
        if result.refused is not None:
            raise RuntimeError(result.refused.message)

    async def _send_many(self, event: Event, ids: Sequence[str], _: int) -> None:
        cause = Cause(actor=Actor(ACTOR))
        sends = [Send(instance_id=sale_id, event=event, cause=cause) for sale_id in ids]
        for result in await self._app.engine.send_many(sends):
            if result.refused is not None:
                raise RuntimeError(result.refused.message)

    def _percentiles(self) -> tuple[float, float]:
        if len(self._latencies) < 2:  # noqa: PLR2004 (of one there are none)
            return 0, 0
        cuts = statistics.quantiles(self._latencies, n=100)
        return cuts[49] * 1e3, cuts[98] * 1e3


async def _serve(url: str, first: int, last: int) -> None:
    settings = Settings(database_url=url, database_connections=16, log_level="warning")
    configure_log(settings)
    loop = asyncio.get_running_loop()
    async with application(settings) as app:
        rows = await app.pool.fetch("select id from orderwright.sale_order order by id")
        sending = _Sending(app, [row["id"] for row in rows][first:last])
        while asked := await loop.run_in_executor(None, sys.stdin.readline):
            found = await sending.run(**json.loads(asked))
            sys.stdout.write(json.dumps(dataclasses.asdict(found)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
