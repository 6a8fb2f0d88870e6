from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from receiver import receiving
from waiting import eventually

from orderwright.errors import InputInvalid
from orderwright.runtime.acknowledgement import read_acknowledgements
from orderwright.runtime.webhook.address import AddressRefused
from orderwright.runtime.webhook.courier import Courier
from orderwright.runtime.webhook.delivery import retry_dead
from orderwright.runtime.webhook.delivery_list import list_deliveries
from orderwright.runtime.webhook.post import Postman
from orderwright.runtime.webhook.schedule import ATTEMPTS
from orderwright.runtime.webhook.subscription import (
    SubscriptionNotFound,
    list_subscriptions,
    pause,
    resume,
    subscribe,
    unsubscribe,
)
from orderwright.statechart import Event

if TYPE_CHECKING:
    from mailroom import Mailroom
    from parcel import Rows

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool


def _later(status: int, wish: str) -> bytes:
    """Write an answer that asks to be left alone for a while."""
    head = f"HTTP/1.1 {status} Later\r\nretry-after: {wish}\r\ncontent-length: 0\r\n\r\n"
    return head.encode()


async def test_an_event_reaches_its_subscriber_signed_and_is_recorded(
    mailroom: Mailroom, clock: DrivenClock
):
    subscription_id, secret = await mailroom.subscribe("parcel.added")
    await mailroom.announce()

    assert await mailroom.deliver() == 1

    [got] = mailroom.receiver.received
    assert got.is_signed_with(secret)
    assert not got.is_signed_with("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert (got.path, got.headers["content-type"]) == ("/hooks", "application/json")
    assert got.headers["host"] == mailroom.receiver.url.split("/")[2]
    assert int(got.headers["webhook-timestamp"]) == int(clock.now().timestamp())
    assert "." not in got.message_id
    assert json.loads(got.body) == {
        "type": "parcel.added",
        "timestamp": "2026-03-01T12:00:00Z",
        "data": {"n": 1, "count": 1},
        "eventId": "p1/2/1",
        "instanceId": "p1",
        "version": 2,
        "rootId": "p1",
        "correlationId": json.loads(got.body)["correlationId"],
    }
    state = await mailroom.the_delivery(subscription_id)
    assert (state.status, state.attempts, state.response_status) == ("delivered", 1, 204)
    assert state.delivered_at == clock.now()
    assert await mailroom.deliver() == 0


async def test_a_failed_delivery_is_repeated_with_the_same_id_and_body(
    mailroom: Mailroom, clock: DrivenClock
):
    subscription_id, secret = await mailroom.subscribe()
    await mailroom.announce()
    mailroom.receiver.answers = [
        500,
        b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\n\r\n",
        b"nonsense\r\n\r\n",
    ]

    for _ in range(4):
        await mailroom.deliver()
        clock.advance(timedelta(hours=3))

    received = mailroom.receiver.received
    assert len(received) == 4
    assert {got.path for got in received} == {"/hooks"}, "redirects are not followed"
    assert len({(got.message_id, got.body) for got in received}) == 1
    assert len({got.headers["webhook-timestamp"] for got in received}) == 4
    assert all(got.is_signed_with(secret) for got in received)
    state = await mailroom.the_delivery(subscription_id)
    assert (state.status, state.attempts) == ("delivered", 4)


async def test_a_subscriber_gets_what_its_patterns_say_and_nothing_from_before(
    mailroom: Mailroom, engine: Engine, clock: DrivenClock
):
    await mailroom.add()
    clock.advance(timedelta(seconds=1))
    for path, pattern in (
        ("all", "*"),
        ("named", "parcel.inspected"),
        ("prefix", "parcel.*"),
        ("other", "parce.*"),
    ):
        await mailroom.subscribe(pattern, url=f"{mailroom.receiver.url}/{path}")
    await mailroom.add()
    await engine.create("parcel", "old", actor="ann", origin="import")
    await engine.send("old", Event("ADD", {"n": 1}), actor="ann", origin="import")
    await mailroom.worker.drain()
    await mailroom.deliver()

    paths = sorted(got.path for got in mailroom.receiver.received)
    assert paths == ["/hooks/all", "/hooks/prefix"]


async def test_a_dead_endpoint_delays_neither_other_endpoints_nor_other_consumers(
    mailroom: Mailroom, pool: Pool, clock: DrivenClock
):
    async with receiving() as mute:
        mute.silent = True
        await mailroom.subscribe(url=mute.url)
        await mailroom.subscribe()
        await mailroom.announce(times=20)
        postman = Postman(allow_loopback=True, seconds=60)
        courier = Courier(pool, clock, postman, poll_seconds=0.01)
        stop = asyncio.Event()
        running = asyncio.create_task(courier.run(stop))

        async def has_all() -> bool:
            return len(mailroom.receiver.received) == 20

        await eventually(has_all)
        assert len(mute.received) == 8, "only so many wait for it at once"
        async with pool.acquire() as connection:
            found = await read_acknowledgements(connection, ["p1/21/1"])
        assert [one.status for one in found] == ["acknowledged"]
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await postman.close()


async def test_the_attempts_end_and_a_dead_delivery_can_be_sent_again_by_hand(
    mailroom: Mailroom, pool: Pool, clock: DrivenClock
):
    subscription_id, _ = await mailroom.subscribe()
    await mailroom.announce()
    mailroom.receiver.answers = [500] * ATTEMPTS
    began, waits = clock.now(), []
    for _ in range(ATTEMPTS):
        assert await mailroom.deliver() == 1
        state = await mailroom.the_delivery(subscription_id)
        waits.append(state.next_attempt_at - clock.now())
        clock.set(state.next_attempt_at)

    assert (state.status, state.error) == ("dead", "answered 500: said")
    assert timedelta(days=2) < clock.now() - began < timedelta(days=5)
    assert timedelta(seconds=3) < waits[0] < timedelta(seconds=7)
    assert await mailroom.deliver() == 0
    async with pool.acquire() as connection:
        assert await retry_dead(connection, subscription_id, at=clock.now()) == [state.message_id]
        await resume(connection, subscription_id, at=clock.now())
    assert await mailroom.deliver() == 1
    assert len({got.message_id for got in mailroom.receiver.received}) == 1


async def test_an_endpoint_that_only_fails_for_days_is_paused_and_loses_nothing(
    mailroom: Mailroom, pool: Pool, clock: DrivenClock
):
    subscription_id, _ = await mailroom.subscribe()
    mailroom.receiver.answers = [500, 500]
    await mailroom.announce()
    await mailroom.deliver()
    clock.advance(timedelta(days=3))
    await mailroom.deliver()

    one = await mailroom.the_subscription()
    assert (one.paused_at, one.pause_reason) == (
        clock.now(),
        "nothing but failures for three days",
    )
    await mailroom.announce()
    clock.advance(timedelta(days=1))
    assert await mailroom.deliver() == 0
    async with pool.acquire() as connection:
        await resume(connection, subscription_id, at=clock.now())
    assert await mailroom.deliver() == 2
    one = await mailroom.the_subscription()
    assert (one.paused_at, one.failing_since) == (None, None)


async def test_an_endpoint_that_is_gone_is_paused_at_once(mailroom: Mailroom):
    await mailroom.subscribe()
    mailroom.receiver.answers = [410]
    await mailroom.announce()
    await mailroom.deliver()

    one = await mailroom.the_subscription()
    state = await mailroom.the_delivery(one.subscription_id)
    assert one.pause_reason == "the endpoint answered 410 Gone"
    assert state.status == "dead"


async def test_an_endpoint_that_is_busy_is_left_alone_for_as_long_as_it_asks(
    mailroom: Mailroom, clock: DrivenClock
):
    await mailroom.subscribe()
    mailroom.receiver.answers = [_later(429, "600")]
    await mailroom.announce()
    await mailroom.deliver()
    await mailroom.announce()
    clock.advance(timedelta(seconds=599))
    assert await mailroom.deliver() == 0, "new ones wait as well"

    clock.advance(timedelta(seconds=1))
    assert await mailroom.deliver() == 2


@pytest.mark.parametrize("wish", ["Fri, 31 Dec 9998 00:00:00 GMT", "99999999999999"])
async def test_an_endpoint_that_asks_for_years_is_asked_again_after_a_day(
    mailroom: Mailroom, clock: DrivenClock, wish: str
):
    await mailroom.subscribe()
    mailroom.receiver.answers = [_later(429, wish)]
    await mailroom.announce()
    await mailroom.deliver()
    clock.advance(timedelta(days=1))
    assert await mailroom.deliver() == 1


async def test_an_answer_that_makes_no_sense_is_a_failure_on_record(
    mailroom: Mailroom, pool: Pool
):
    await mailroom.subscribe()
    mailroom.receiver.answers = [_later(503, "Mon, 02 Mar 2026 00:00:00 +99999999999999")]
    await mailroom.announce()
    assert await mailroom.deliver() == 1
    attempts = await pool.fetch("select response_status from orderwright.webhook_attempt")
    assert [row["response_status"] for row in attempts] == [503]


async def test_an_endpoint_inside_our_walls_is_never_called(
    mailroom: Mailroom, pool: Pool, clock: DrivenClock, rows: Rows
):
    """Here by a name that means the loopback: it passes the door, and is refused when it has been resolved."""
    port = mailroom.receiver.url.split(":")[2].split("/")[0]
    async with pool.acquire() as connection:
        values = (["*"], "ann", clock.now())
        for scheme in ("http", "https"):
            url = f"{scheme}://localhost:{port}/"
            if scheme == "http":
                with pytest.raises(InputInvalid):
                    await subscribe(connection, url, ["*"], created_by="ann", at=clock.now())
                continue
            await subscribe(connection, url, values[0], created_by="ann", at=clock.now())
    await mailroom.announce()
    postman = Postman()
    await Courier(pool, clock, postman).deliver_due()
    await postman.close()

    assert mailroom.receiver.received == []
    [attempt] = await rows("select error, response_status from orderwright.webhook_attempt")
    assert "is not a public address" in attempt["error"]


async def test_an_answer_is_read_only_so_far_and_so_long(clock: DrivenClock):
    postman = Postman(allow_loopback=True, seconds=0.2)
    endless = b"HTTP/1.1 500 Long\r\ncontent-length: 100000000\r\n\r\n" + b"x" * 100_000
    async with receiving() as receiver:
        receiver.answers = [endless]
        long = await postman.post(receiver.url, "{}", {}, now=clock.now())
        receiver.silent = True
        silent = await postman.post(receiver.url, "{}", {}, now=clock.now())
    await postman.close()

    assert long.error == f"answered 500: {'x' * 500}"
    assert (silent.status, silent.error) == (None, "no answer within 0.2 s")


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://example.com/", InputInvalid),
        ("ftp://example.com/", InputInvalid),
        ("https://", InputInvalid),
        (f"https://{'a' * 64}.example/", InputInvalid),
        ("https://a..example/", InputInvalid),
        ("https://xn--a/", InputInvalid),
        ("https://ann:pw@example.com/", InputInvalid),
        ("https://127.0.0.1/", AddressRefused),
        ("https://[::1]/", AddressRefused),
        ("https://169.254.169.254/latest/meta-data", AddressRefused),
    ],
)
async def test_a_url_that_makes_no_sense_or_leads_inside_is_refused_at_the_door(
    pool: Pool, clock: DrivenClock, url: str, error: type[Exception]
):
    async with pool.acquire() as connection:
        with pytest.raises(error):
            await subscribe(connection, url, ["*"], created_by="ann", at=clock.now())
        assert await list_subscriptions(connection) == []


async def test_a_subscription_can_be_paused_resumed_and_removed(
    mailroom: Mailroom, pool: Pool, clock: DrivenClock
):
    subscription_id, _ = await mailroom.subscribe()
    async with pool.acquire() as connection:
        await pause(connection, subscription_id, reason="holidays", at=clock.now())
        [one] = await list_subscriptions(connection)
        assert (one.pause_reason, one.created_by, one.patterns) == ("holidays", "ann", ("*",))
    await mailroom.announce()
    assert await mailroom.deliver() == 0

    async with pool.acquire() as connection:
        await unsubscribe(connection, subscription_id)
        assert await list_subscriptions(connection) == []
        for change in (
            unsubscribe(connection, subscription_id),
            resume(connection, subscription_id, at=clock.now()),
            pause(connection, subscription_id, reason="", at=clock.now()),
        ):
            with pytest.raises(SubscriptionNotFound):
                await change
        assert await list_deliveries(connection, subscription_id) == []
