"""Webhooks of a whole application: an order is placed, and a subscriber hears of it."""

from __future__ import annotations

import asyncio
import json

import pytest
from runtime.receiver import receiving
from runtime.waiting import eventually

from orderwright import Orderwright
from orderwright.app.settings import Settings
from orderwright.errors import InputInvalid
from orderwright.runtime.webhook.subscription import fits


async def test_a_subscriber_hears_of_an_order_while_the_worker_runs(database_url: str):
    settings = Settings(webhook_allow_loopback=True)
    async with (
        receiving() as receiver,
        Orderwright.connect(database_url, settings=settings) as app,
    ):
        subscription_id, secret = await app.webhooks.subscribe(
            receiver.url, ["order.created"], by="ada"
        )
        stop = asyncio.Event()
        running = asyncio.create_task(app.worker.run(stop))
        context = {"orderId": "o1", "currency": "EUR", "grandTotalMinor": 100}
        await app.engine.create("sale", "o1", context=context, actor="ada")

        async def has_heard() -> bool:
            return bool(await app.webhooks.deliveries(subscription_id, status="delivered"))

        await eventually(has_heard)
        stop.set()
        async with asyncio.timeout(30):
            await running

    [got] = receiver.received
    assert got.is_signed_with(secret)
    assert json.loads(got.body)["data"]["orderId"] == "o1"


async def test_only_catalogued_events_can_be_subscribed_to(database_url: str):
    async with Orderwright.connect(database_url) as app:
        with pytest.raises(InputInvalid, match=r"sale\.thawed"):
            await app.webhooks.subscribe("https://a.example/", ["sale.thawed"], by="ada")
        await app.webhooks.subscribe("https://a.example/", ["sale.*", "*"], by="ada")
        [one] = await app.webhooks.subscriptions()
        await app.webhooks.pause(one.subscription_id, reason="not yet")
        await app.webhooks.resume(one.subscription_id)
        assert await app.webhooks.retry_dead(one.subscription_id) == []
        await app.webhooks.unsubscribe(one.subscription_id)
        assert await app.webhooks.subscriptions() == []


@pytest.mark.parametrize(
    ("pattern", "is_fit"),
    [("*", True), ("sale.*", True), ("sale.cleared", True), ("sal.*", False), ("sale", False)],
)
def test_a_pattern_fits_as_it_reads(pattern: str, is_fit: bool):
    assert fits(pattern, "sale.cleared") is is_fit
