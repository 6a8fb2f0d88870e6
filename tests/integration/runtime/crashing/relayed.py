"""What the outbox brings: consumers, parked roots and webhooks."""

from __future__ import annotations

import ssl
from typing import Any

from crashing.house import House, Trouble
from crashing.path import Path, a_parcel, add

from orderwright.runtime import outbox
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.outbox import DomainEvent
from orderwright.runtime.pool import Connection
from orderwright.runtime.relay import relay
from orderwright.runtime.webhook.courier import Courier
from orderwright.runtime.webhook.fan_out import webhooks_consumer
from orderwright.runtime.webhook.post import Answer, Postman
from orderwright.runtime.webhook.subscription import subscribe
from orderwright.statechart import Event


async def _two_events(house: House) -> None:
    await _events_for(house, "sum", 2)


async def _events_for(house: House, consumer: str, count: int) -> None:
    await a_parcel(house)
    await house.engine.create("parcel", f"{house.name}-sum", actor="ann")
    for _ in range(count):
        await house.engine.send(house.name, add(), actor="ann")
    async with house.pool.acquire() as connection:
        await outbox.enrol(connection, consumer, at=house.clock.now())


def _summing(house: House) -> Consumer:
    async def handle(connection: Connection, event: DomainEvent) -> None:
        await house.engine.send(
            f"{house.name}-sum",
            Event("TOUCH"),
            actor="sum",
            causation_id=event.event_id,
            connection=connection,
        )
        if house.trouble is not None and not house.is_late and event.version == 2:
            raise house.trouble("not now")

    return Consumer(name="sum", events=frozenset({"parcel.added"}), handle=handle)


async def _relay(house: House) -> None:
    await relay(house.pool, _summing(house), house.clock)


async def _relay_in_trouble(house: House) -> None:
    house.trouble = Trouble
    await _relay(house)


async def _a_parked_root(house: House) -> None:
    await _two_events(house)
    await house.settled()
    await _relay_in_trouble(house)
    house.trouble = None


async def _were_summed(house: House) -> None:
    causes = await house.rows(_CAUSES, f"{house.name}-sum")
    assert causes == [(f"{house.name}/2/1",), (f"{house.name}/3/1",)]
    assert len(await house.rows(_ACKNOWLEDGED, house.name)) == 2


async def _a_subscription(house: House) -> None:
    if not await house.rows("select 1 from orderwright.webhook_subscription"):
        async with house.pool.acquire() as connection:
            await subscribe(
                connection,
                house.receiver,
                ["*"],
                created_by="ann",
                at=house.clock.now(),
                allow_loopback=True,
            )
    await _events_for(house, "webhooks", 1)


async def _deliver(house: House) -> None:
    class TappedPostman(Postman):
        async def post(self, url: str, body: str, headers: Any, **more: Any) -> Answer:
            post = super().post
            done: Answer = await house.tap.pass_through(
                "effect", lambda: post(url, body, headers, **more)
            )
            return done

    await relay(house.pool, webhooks_consumer(), house.clock)
    # Nobody is trusted: to read whom one trusts takes longer than all the rest.
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    postman = TappedPostman(allow_loopback=True, seconds=5, trusted=nobody)
    courier = Courier(house.pool, house.clock, postman)
    await courier.deliver_due()
    await courier.close()


async def _were_delivered(house: House) -> None:
    states = await house.rows(_DELIVERIES, house.name)
    assert [status for status, _ in states] == ["delivered"]
    said = {line.partition(" ")[::2] for line in house.effects()}
    assert sorted(message for message, _ in said) == sorted(message for _, message in states)


PATHS: dict[str, Path] = {
    "relay": Path(arrange=_two_events, walk=_relay, prove=_were_summed),
    "park a root": Path(arrange=_two_events, walk=_relay_in_trouble, prove=_were_summed),
    "retry a root": Path(arrange=_a_parked_root, walk=_relay, prove=_were_summed),
    "deliver webhooks": Path(arrange=_a_subscription, walk=_deliver, prove=_were_delivered),
}

_CAUSES = """
select causation_id from orderwright.log where instance_id = $1 order by version offset 1
"""
_ACKNOWLEDGED = """
select o.event_id from orderwright.outbox as o
where o.root_id = $1 and exists (
    select from orderwright.acknowledgement as a where a.consumer = 'sum' and (a.ord, a.id) >= (o.ord, o.id))
"""
_DELIVERIES = """
select d.status, d.message_id from orderwright.webhook_delivery as d
join orderwright.outbox as o on o.event_id = d.event_id where o.root_id = $1
"""
