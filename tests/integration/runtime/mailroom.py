"""A subscriber to the parcel's events, parcels that give it something to hear, and what carries that to it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parcel import add_to
from receiver import Receiver, receiving

from orderwright.runtime.webhook.courier import Courier
from orderwright.runtime.webhook.delivery_list import list_deliveries
from orderwright.runtime.webhook.fan_out import webhooks_consumer
from orderwright.runtime.webhook.post import Postman
from orderwright.runtime.webhook.subscription import list_subscriptions, subscribe
from orderwright.runtime.worker import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.webhook.delivery_list import DeliveryState
    from orderwright.runtime.webhook.subscription import Subscription


@dataclass(frozen=True)
class Mailroom:
    """An engine's parcels, a receiver of webhooks, and all that is between them."""

    engine: Engine
    receiver: Receiver
    worker: Worker
    courier: Courier

    async def subscribe(self, *patterns: str, url: str | None = None) -> tuple[str, str]:
        """Subscribe the receiver, or another on the loopback; return the subscription's id and its secret."""
        async with self.engine.pool.acquire() as connection:
            return await subscribe(
                connection,
                url or self.receiver.url,
                patterns or ("*",),
                created_by="ann",
                at=self.engine.clock.now(),
                allow_loopback=True,
            )

    async def add(self, times: int = 1) -> None:
        """Add something to a parcel so many times; each time it says so."""
        if await self.engine.read("p1") is None:
            await self.engine.create("parcel", "p1", actor="ann")
        await add_to(self.engine, "p1", times)

    async def announce(self, times: int = 1) -> None:
        """Add, and have what the parcel says of it wait for the courier."""
        await self.add(times)
        await self.worker.drain()

    async def deliver(self) -> int:
        """Make one attempt at everything that is due, and return how many that were."""
        return await self.courier.deliver_due()

    async def the_subscription(self) -> Subscription:
        """Return the only subscription there is."""
        async with self.engine.pool.acquire() as connection:
            [one] = await list_subscriptions(connection)
        return one

    async def the_delivery(self, subscription_id: str) -> DeliveryState:
        """Return how the only delivery of a subscription stands."""
        async with self.engine.pool.acquire() as connection:
            [one] = await list_deliveries(connection, subscription_id)
        return one


@asynccontextmanager
async def open_mailroom(engine: Engine) -> AsyncIterator[Mailroom]:
    """Run a receiver that nobody has subscribed yet, and a courier that delivers when it is told to."""
    postman = Postman(allow_loopback=True, seconds=5)
    async with receiving() as receiver:
        yield Mailroom(
            engine,
            receiver,
            Worker(engine, [webhooks_consumer()]),
            Courier(engine.pool, engine.clock, postman),
        )
    await postman.close()
