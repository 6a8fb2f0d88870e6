"""A worker is told to end while it has jobs in hand: it ends in time, and nothing is lost."""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import Any

import asyncpg

from acceptance.calling import Process, begin
from acceptance.harness import until
from integration.post_office import mailbox
from orderwright import Orderwright
from orderwright.app.notification.mail import mail_kind
from orderwright.app.settings import Settings

GRACE = 5
SHORT, LONG = "short@x.example", "long@x.example"


async def ended(worker: Process) -> tuple[int, str]:
    worker.send_signal(signal.SIGTERM)
    async with asyncio.timeout(30):
        status, _, errors = await worker.said()
    return status, errors


async def test_a_worker_that_is_told_to_end_finishes_what_it_can_and_leaves_the_rest_to_the_next(
    database_url: str,
):
    with mailbox() as box:
        mail = {"smtp_host": "127.0.0.1", "smtp_port": box.port, "smtp_security": "none"}
        given: dict[str, Any] = {**mail, "database_url": database_url, "grace_seconds": GRACE}
        environment = {f"ORDERWRIGHT_{name.upper()}": str(value) for name, value in given.items()}
        box.held = {SHORT: threading.Event(), LONG: threading.Event()}
        settings = Settings(**mail)
        async with Orderwright.connect(
            database_url, settings=settings, kinds=[mail_kind(settings)]
        ) as app:
            for to in (SHORT, LONG):
                payload = {"to": to, "subject": "Hello", "body": "Well?"}
                await app.jobs.enqueue("mail", payload, key=to, root_id="r1")
        connection = await asyncpg.connect(database_url)

        async def jobs() -> list[tuple[str, str, int]]:
            query = "select key, status, attempts from orderwright.job order by key"
            return [tuple(row) for row in await connection.fetch(query)]

        async def both_are_in_hand() -> bool:
            return sorted(box.reached) == [LONG, SHORT]

        async def both_are_done() -> bool:
            return {status for _, status, _ in await jobs()} == {"done"}

        worker = await begin("worker", **environment)
        await until(both_are_in_hand)
        worker.send_signal(signal.SIGTERM)
        box.held[SHORT].set()
        assert await ended(worker) == (0, "")
        assert await jobs() == [(LONG, "waiting", 0), (SHORT, "done", 1)]
        worker = await begin("worker", **environment)
        box.held[LONG].set()
        await until(both_are_done)
        assert (await ended(worker))[0] == 0
        assert box.to(SHORT) == ["Hello"]
        ids = {one["Message-ID"] for one in box.messages if one["To"] == LONG}
        assert len(ids) == 1
        await connection.close()
