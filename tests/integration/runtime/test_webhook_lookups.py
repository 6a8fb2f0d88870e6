"""A name server that does not answer holds up the deliveries to its own names, and nothing else."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
import uvloop
from parcel import START
from receiver import receiving
from waiting import eventually, running

from orderwright.runtime.webhook.courier import Courier
from orderwright.runtime.webhook.post import Postman

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mailroom import Mailroom

    from orderwright.clock import DrivenClock
    from orderwright.runtime.pool import Pool


class NameServer:
    """Says at once that a `*.good.test` is the loopback, and of a `*.mute.test` nothing until it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.speaks = threading.Event()
        self._others = socket.getaddrinfo

    def look_up(self, host: str, *more: object, **options: object) -> list[tuple[object, ...]]:
        if not host.endswith((".good.test", ".mute.test")):
            return self._others(host, *more, **options)
        self.asked.append(host)
        if host.endswith(".mute.test"):
            self.speaks.wait()
        return self._others("127.0.0.1", *more, **options)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    server = NameServer()
    monkeypatch.setattr(socket, "getaddrinfo", server.look_up)
    yield server
    server.speaks.set()


@pytest.mark.parametrize(
    "new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
def test_many_names_without_an_answer_hold_up_no_other_name(
    names: NameServer, new_loop: Callable[[], asyncio.AbstractEventLoop]
):
    mute = [f"{n}.mute.test" for n in range(5)]

    async def all_are_asked() -> bool:
        return len(names.asked) >= len(mute)

    async def post() -> None:
        postman = Postman(allow_loopback=True, seconds=10)
        async with receiving() as receiver:
            posting = [
                asyncio.create_task(postman.post(f"http://{name}/", "{}", {}, now=START))
                for name in mute * 8
            ]
            await eventually(all_are_asked)
            url = receiver.url.replace("127.0.0.1", "one.good.test")
            answer = await postman.post(url, "{}", {}, now=START)
            names.speaks.set()
            await asyncio.gather(*posting)
        await postman.close()
        assert (answer.status, answer.error) == (204, None)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        try:
            runner.run(post())
        finally:
            names.speaks.set()
    assert sorted(names.asked) == [*mute, "one.good.test"]


async def test_attempts_that_are_given_up_and_made_again_hold_one_thread(names: NameServer):
    postman = Postman(allow_loopback=True, seconds=0.1)
    async with receiving() as receiver:
        url = receiver.url.replace("127.0.0.1", "one.mute.test")
        for _ in range(3):
            answer = await postman.post(url, "{}", {}, now=START)
            assert answer.error == "no answer within 0.1 s"
        assert names.asked == ["one.mute.test"]

        names.speaks.set()

        async def arrives() -> bool:
            return (await postman.post(url, "{}", {}, now=START)).is_success

        await eventually(arrives)
        await postman.post(url, "{}", {}, now=START)
    await postman.close()
    assert len(names.asked) > 1, "each attempt looks the name up, unless that is under way"


async def test_many_deliveries_to_a_name_without_an_answer_delay_no_other_endpoint(
    mailroom: Mailroom, pool: Pool, clock: DrivenClock, names: NameServer
):
    await mailroom.subscribe(url="http://one.mute.test/")
    await mailroom.subscribe(url=mailroom.receiver.url.replace("127.0.0.1", "one.good.test"))
    await mailroom.announce(times=40)
    postman = Postman(allow_loopback=True, seconds=0.2)
    courier = Courier(pool, clock, postman, poll_seconds=0.01)

    async def is_served() -> bool:
        dead = await pool.fetchval(
            "select count(distinct message_id) from orderwright.webhook_attempt where error is not null"
        )
        return len(mailroom.receiver.received) == 40 and dead == 40

    async with running(courier.run):
        await eventually(is_served)
    await courier.close()
    assert names.asked.count("one.mute.test") == 1


def test_a_lookup_that_hangs_does_not_keep_a_process_from_ending():
    script = """
import asyncio, socket, threading
from datetime import datetime, UTC
from orderwright.runtime.webhook.post import Postman
socket.getaddrinfo = lambda *_, **__: threading.Event().wait()
async def main():
    postman = Postman(seconds=0.1)
    answer = await postman.post("https://mute.test/", "{}", {}, now=datetime.now(UTC))
    assert answer.error == "no answer within 0.1 s", answer
    await postman.close()
asyncio.run(main())
"""
    ended = subprocess.run([sys.executable, "-W", "error", "-c", script], timeout=60, check=False)
    assert ended.returncode == 0
