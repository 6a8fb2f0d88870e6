"""What callers ask for, each request under a key."""

from __future__ import annotations

from crashing.house import House
from crashing.path import Path, a_parcel, add, count, events, nothing
from crashing.worked import was_run

from orderwright.runtime.command import Actor, Cause, Send
from orderwright.statechart import Event


async def _send(house: House) -> None:
    await house.engine.send(house.name, add(3), actor="ann", idempotency_key=house.name)


async def _was_sent(house: House) -> None:
    assert await events(house, house.name) == ["create", "ADD"]
    assert [await count(house, table) for table in ("outbox", "ledger_entry")] == [1, 1]
    query = "select instance_id, version from orderwright.idempotency_key where key = $1"
    assert await house.rows(query, house.name) == [(house.name, 2)]


async def _weigh(house: House) -> None:
    await house.engine.send(house.name, Event("WEIGH"), actor="ann", idempotency_key=house.name)


async def _was_weighed(house: House) -> None:
    assert await events(house, house.name) == ["create", "WEIGH"]
    assert await count(house, "outbox") == 1


async def _three_parcels(house: House) -> None:
    for one in "abc":
        await house.engine.create("parcel", f"{house.name}-{one}", actor="ann")


async def _send_batch(house: House) -> None:
    """Send one event to each, and a second one that follows the first in the same call."""
    sends = [
        Send(
            instance_id=f"{house.name}-{one}",
            event=add(place),
            cause=Cause(actor=Actor("ann"), idempotency_key=f"{house.name}-{one}-{place}"),
        )
        for place, one in enumerate("abca", 1)
    ]
    await house.engine.send_many(sends)


async def _weigh_batch(house: House) -> None:
    sends = [
        Send(
            instance_id=f"{house.name}-{one}",
            event=Event("WEIGH"),
            cause=Cause(actor=Actor("ann"), idempotency_key=f"{house.name}-{one}"),
        )
        for one in "abc"
    ]
    await house.engine.send_many(sends)


async def _were_sent(house: House) -> None:
    for one, sent in (("a", ["ADD", "ADD"]), ("b", ["ADD"]), ("c", ["ADD"])):
        assert await events(house, f"{house.name}-{one}") == ["create", *sent]


async def _were_weighed(house: House) -> None:
    for one in "abc":
        assert await events(house, f"{house.name}-{one}") == ["create", "WEIGH"]


async def _create(house: House) -> None:
    await house.engine.create("parcel", house.name, actor="ann", idempotency_key=house.name)


async def _was_created(house: House) -> None:
    assert await events(house, house.name) == ["create"]


async def _join(house: House) -> None:
    """Write a row of the host's own, start an instance and send it an event, in one transaction of the host's."""
    async with house.pool.acquire() as connection, connection.transaction():
        insert = "insert into host (name) values ($1) on conflict do nothing returning name"
        if await connection.fetchval(insert, house.name) is None:
            return
        await house.engine.create("parcel", house.name, actor="ann", connection=connection)
        await house.engine.send(house.name, add(), actor="ann", connection=connection)
        await house.jobs.enqueue(
            "call", {}, key=house.name, root_id=house.name, connection=connection
        )


async def _join_and_run(house: House) -> None:
    await _join(house)
    await house.runner().run_due()


async def _was_joined(house: House) -> None:
    assert await events(house, house.name) == ["create", "ADD"]
    await was_run(house)


PATHS: dict[str, Path] = {
    "send": Path(arrange=a_parcel, walk=_send, prove=_was_sent),
    "send with facts": Path(arrange=a_parcel, walk=_weigh, prove=_was_weighed),
    "send a batch": Path(arrange=_three_parcels, walk=_send_batch, prove=_were_sent),
    "send a batch with facts": Path(
        arrange=_three_parcels, walk=_weigh_batch, prove=_were_weighed
    ),
    "create": Path(arrange=nothing, walk=_create, prove=_was_created),
    "join the host": Path(arrange=nothing, walk=_join_and_run, prove=_was_joined),
}
