"""A process is killed at every step of every durable path; what it left the next one finishes, and nothing is twice.

A step is a statement that goes to the database, or an effect outside of it; what the driver asks for itself and hints
(NOTIFY) are none. The death is SIGKILL, before a step; at one that writes, commits or acts outside also when it has
been sent and its answer is never read, and when the answer has come. A fresh process then walks the same path again,
as a caller repeats a request under its key or as the next worker comes by, and everything is there once: see
`crashing.path` for what is done and proved of each, `crashing.tap` for the deaths.

The table is part of the test: a path that takes other steps than stand here fails. What people call the points of a
path is found between its steps; so `relay.claimed` is after `lock consumer`, `relay.handled` before `update consumer`,
`timer.applied` after `apply_steps`, `job.ran` and `webhook.posted` after `effect`, `invoke.answered` before the last
`commit`.

    send                    read instance, apply_steps
    send with facts         begin, lock instance, read idempotency_key, load a fact, apply_steps, commit
    send a batch            read instance, apply_steps
    send a batch with facts begin, lock instance, read idempotency_key, load a fact, load a fact, load a fact,
                            apply_steps, commit
    create                  begin, lock instance, read idempotency_key, apply_steps, commit
    join the host           begin, insert host, ask for the isolation, savepoint, lock instance, apply_steps,
                            release, ask for the isolation, savepoint, lock instance, apply_steps, release, ask for
                            the isolation, savepoint, insert job, release, commit, read job, read job, update job,
                            effect, update job
    fire timers             begin, lock timer, read timer, savepoint, delete timer, apply_steps, release, commit,
                            begin, lock timer, savepoint, release, commit
    fire with facts         begin, lock timer, read timer, savepoint, release, commit, begin, lock instance, read
                            timer, delete timer, lock instance, load a fact, apply_steps, commit, begin, lock timer,
                            read timer, savepoint, delete timer, apply_steps, release, commit, begin, lock timer,
                            savepoint, release, commit
    strike a slot           begin, lock slot, read slot, savepoint, ask for the isolation, savepoint, lock instance,
                            apply_steps, release, check, release, update slot, commit, begin, lock slot, read slot,
                            savepoint, ask for the isolation, savepoint, lock instance, apply_steps, release, check,
                            release, update slot, insert slot, commit, begin, lock slot, commit
    relay                   read outbox, begin, lock consumer, read outbox, savepoint, ask for the isolation,
                            savepoint, lock instance, apply_steps, release, ask for the isolation, savepoint, lock
                            instance, apply_steps, release, check, release, update consumer and insert
                            acknowledgement, commit
    park a root             read outbox, begin, lock consumer, read outbox, savepoint, ask for the isolation,
                            savepoint, lock instance, apply_steps, release, rollback, commit, begin, lock consumer,
                            read outbox, savepoint, ask for the isolation, savepoint, lock instance, apply_steps,
                            release, rollback, update consumer and insert acknowledgement, insert parked_root,
                            insert waiting_event, commit, begin, lock consumer, read outbox, update consumer and
                            insert acknowledgement, insert waiting_event, commit
    retry a root            read outbox, begin, lock consumer, lock waiting_event, read log, savepoint, ask for the
                            isolation, savepoint, lock instance, apply_steps, release, ask for the isolation,
                            savepoint, lock instance, apply_steps, release, check, release, update waiting_event,
                            delete parked_root, commit
    deliver webhooks        read outbox, begin, lock consumer, read outbox, savepoint, read webhook_subscription,
                            insert webhook_delivery, check, release, update consumer and insert acknowledgement,
                            commit, update webhook_delivery, update webhook_delivery, effect, begin, update
                            webhook_subscription, insert webhook_attempt, update webhook_delivery, commit, update
                            webhook_delivery, update webhook_delivery
    run a job               insert job, read job, read job, update job, effect, update job
    fail a job              read job, read job, update job, update job and insert job_history
    bury a job              read job, read job, update job, update job and insert job_history
    retry a letter          begin, lock job, insert idempotency_key, update job, insert job_history, read job, read
                            job_history, commit, read job, read job, update job, effect, update job
    invoke                  read instance, apply_steps, read job, read job, update job, effect, begin, lock
                            instance, update job, read log, lock instance, apply_steps, commit
    invoke in vain          read instance, apply_steps, read job, read job, update job, begin, lock instance, update
                            job and insert job_history, savepoint, read log, lock instance, apply_steps, release,
                            update job, commit
    migrate                 read chart, insert chart, read chart, read chart, read instance, begin, lock the task,
                            update chart_migration, read chart_migration, insert chart_migration, commit, begin,
                            lock chart_migration, read instance, lock instance, read timer, apply_steps, update
                            chart_migration, commit, begin, lock chart_migration, read instance, lock instance, read
                            timer, apply_steps, update chart_migration, commit, begin, lock chart_migration, read
                            instance, read instance, update chart_migration, commit, read chart_migration_stuck,
                            update chart_migration, read chart_migration, read chart_migration_stuck
    anchor                  begin, lock the task, read anchor, read anchor, begin, commit, insert anchor, commit
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest
from crashing.every import PATHS
from crashing.host import Order
from crashing.house import HOST
from crashing.tap import Side, sides_of

from orderwright.runtime.pool import open_pool
from orderwright.runtime.replay import Replay

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from conftest import NewDatabase

HERE = Path(__file__).parent
LANES = 2
"""How many databases share the deaths of a path."""
_NAMES = slice(4, 28)
"""The columns of the table where the names of the paths stand."""


def _points(table: str) -> dict[str, str]:
    """Read the steps of each path from the table above."""
    points: dict[str, str] = {}
    name = ""
    for line in table.splitlines():
        if line.startswith("    "):
            name = line[_NAMES].strip() or name
            points[name] = f"{points.get(name, '')} {line[_NAMES.stop :]}".strip()
    return points


POINTS = _points(__doc__)


class Host:
    """A process that forks children for us."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, order: Order) -> tuple[int, object]:
        self._process.stdin.write(f"{order.text()}\n".encode())
        async with asyncio.timeout(60):
            answer = json.loads(await self._process.stdout.readline())
        return answer["code"], answer["said"]

    async def have(self, order: Order) -> list[str]:
        """Have something done that goes well."""
        code, said = await self.ask(order)
        assert code == 0, f"{order}\n{said}"
        return said


@pytest.fixture(scope="module")
async def hosts() -> AsyncIterator[list[Host]]:
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "error", "-m", "crashing.host"),
            cwd=HERE,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(LANES)
    ]
    yield [Host(process) for process in processes]
    for process in processes:
        await process.communicate(b"")
        assert process.returncode == 0


@pytest.fixture
async def receiver(tmp_path: Path) -> AsyncIterator[str]:
    """The URL of somebody who writes down each webhook before he answers."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
            headers = dict(line.split(": ", 1) for line in head[1:] if line)
            body = (await reader.readexactly(int(headers["content-length"]))).decode()
            folder, name = head[0].split(" ")[1].strip("/"), json.loads(body)["rootId"]
            with (tmp_path / folder / "effects").open("a", encoding="utf-8") as file:
                file.write(f"{name} {headers['webhook-id']} {body}\n")
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    server.close()


@pytest.mark.parametrize("name", PATHS)
async def test_killed_at_any_step_of_a_path_the_next_process_finishes_it_once(
    name: str, hosts: list[Host], new_database: NewDatabase, receiver: str, tmp_path: Path
):
    orders = [await _begin(name, lane, new_database, receiver, tmp_path) for lane in range(LANES)]
    for host, order in zip(hosts, orders, strict=True):
        await host.have(replace(order, number=-1, finish=True))
    seen = await hosts[0].have(orders[0])
    assert ", ".join(seen) == POINTS[name]
    for host, order in zip(hosts, orders, strict=True):
        await host.have(replace(order, finish=True))
    deaths = [(step, side) for step, point in enumerate(seen) for side in sides_of(point)]
    async with asyncio.TaskGroup() as group:
        for lane in range(LANES):
            mine = deaths[lane::LANES]
            group.create_task(_die(hosts[lane], orders[lane], mine, seen))
    for order in orders:
        await _assert_verified(order.url)


async def _die(host: Host, order: Order, deaths: list[tuple[int, Side]], seen: list[str]) -> None:
    for number, (step, side) in enumerate(deaths, 1):
        round_ = replace(order, number=number)
        point = f"{order.path}: {side} step {step}, {seen[step]}"
        code, said = await host.ask(replace(round_, step=step, side=side))
        assert code == -signal.SIGKILL, (point, said)
        code, said = await host.ask(replace(round_, finish=True))
        assert code == 0, f"{point}\n{said}"


async def _assert_verified(url: str) -> None:
    pool = await open_pool(url)
    assert [one async for one in Replay(pool).verify_all()] == []
    await pool.close()


async def _begin(
    name: str, lane: int, new_database: NewDatabase, receiver: str, tmp_path: Path
) -> Order:
    folder = tmp_path / str(lane)
    folder.mkdir()
    (folder / "effects").touch()
    url = await new_database()
    connection = await asyncpg.connect(url)
    await connection.execute(HOST)
    await connection.close()
    return Order(path=name, url=url, folder=str(folder), receiver=f"{receiver}{lane}", number=0)
