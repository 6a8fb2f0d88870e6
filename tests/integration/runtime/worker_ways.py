"""Ways of a worker: relaying, firing, jobs, slots and webhooks.

A server that is busy notices late that a connection was cut, and holds until then what was locked on it. Workers pass
over what is locked and look again: so does whoever takes up their work here.
"""
# ruff: noqa: ARG002 (what is due is walked, whatever its name)

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from bell import timers
from engine_ways import ADD
from listing import Listing
from parcel import START
from waiting import eventually
from way import Way, World

from orderwright.errors import InputInvalid
from orderwright.runtime import outbox
from orderwright.runtime.command import Actor, Cause
from orderwright.runtime.firing import fire_due
from orderwright.runtime.identity import derived_id
from orderwright.runtime.job_queue import JobQueue
from orderwright.runtime.job_runner import LEASE, JobRunner
from orderwright.runtime.relay import Standing, relay
from orderwright.runtime.retrying import Retried, Retry, retry
from orderwright.runtime.schedule import Schedule, put_schedule
from orderwright.runtime.strike import strike_next
from orderwright.runtime.webhook import delivery
from orderwright.runtime.webhook.courier import Courier
from orderwright.runtime.webhook.fan_out import webhooks_consumer
from orderwright.runtime.webhook.subscription import subscribe
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.runtime.consumer import Consumer
    from orderwright.runtime.pool import Connection
    from orderwright.runtime.slots import Slot

CALL = Event("CALL")


class Relaying(Way):
    """A pass over the outbox; the table of the listing refuses a second delivery."""

    fails = False

    async def open(self) -> None:
        self.listing = Listing()
        await outbox.enrol(self.world.safe, "listing", at=START)

    async def prepare(self, name: str) -> None:
        await super().prepare(name)
        await self.send(name, ADD)
        if self.fails:
            self.listing.fails_on = {f"{name}/2/1"}

    async def walk(self, name: str) -> None:
        await relay(self.world.pool, self.listing.consumer, self.world.clock)

    async def finish(self, name: str) -> None:
        await empty(self.world, self.listing.consumer)
        if self.fails:
            waiting = await self.world.safe.fetch(
                "select root_id, attempts from orderwright.parked_root"
            )
            assert [tuple(row) for row in waiting] == [(name, 1)]
            self.listing.fails_on = set()
            self.world.clock.advance(timedelta(hours=2))
            await empty(self.world, self.listing.consumer)
        assert await self.world.safe.fetch("select 1 from orderwright.parked_root") == []
        rows = await self.world.safe.fetch("select event_id from seen where event_id ^@ $1", name)
        assert [row["event_id"] for row in rows] == [f"{name}/2/1"]


class Parking(Relaying):
    fails = True


class Retrying(Relaying):
    """A pass over a parked root, whose consumer can handle it now."""

    async def prepare(self, name: str) -> None:
        self.listing.fails_on = {f"{name}/2/1"}
        await super().prepare(name)
        await empty(self.world, self.listing.consumer)
        self.listing.fails_on = set()
        self.world.clock.advance(timedelta(hours=2))


async def empty(world: World, consumer: Consumer) -> None:
    """Relay until nothing is left but parked roots; a backend that was cut off may hold it up for a moment."""
    async with asyncio.timeout(30):
        while (await relay(world.pool, consumer, world.clock)).standing is not Standing.DONE:  # noqa: ASYNC110 (a database)
            await asyncio.sleep(0)


class Firing(Way):
    """Due timers of three instances; each rings once, at its time."""

    event_type = "RING"

    async def prepare(self, name: str) -> None:
        for number in range(3):
            await self.engine.create("bell", f"{name}-{number}", actor="ann")
            await self.send(f"{name}-{number}", timers(("a", 60_000, number, self.event_type)))
        self.world.clock.advance(timedelta(minutes=1))

    async def walk(self, name: str) -> None:
        await fire_due(self.engine)

    async def finish(self, name: str) -> None:
        await eventually(self._has_fired)
        for number in range(3):
            instance = await self.engine.read(f"{name}-{number}")
            assert (instance.version, instance.snapshot.context["rung"]) == (3, [number])

    async def _has_fired(self) -> bool:
        await fire_due(self.engine)
        return await self.world.safe.fetchval("select count(*) from orderwright.timer") == 0


class FiringWithFacts(Firing):
    event_type = "RING_WEIGHED"


class Invoking(Way):
    """A job that a state started: claimed, done, and its result taken by the instance."""

    calls = range(1, 3)

    async def prepare(self, name: str) -> None:
        await self.engine.create("errand", name, actor="ann")
        await self.send(name, CALL)

    async def walk(self, name: str) -> None:
        await JobRunner(self.engine, poll_seconds=0.01).run_due()

    async def finish(self, name: str) -> None:
        await self._until_done(name)
        instance = await self.engine.read(name)
        assert (instance.state, instance.version) == ("IDLE", 3)
        assert instance.snapshot.context["said"] == "yes"

    async def _until_done(self, name: str) -> None:
        """A claim that nobody heard of is taken over when its lease is over."""

        async def is_done() -> bool:
            if await self.world.safe.fetchval(_STATUS, name) == "done":
                return True
            self.world.clock.advance(LEASE + timedelta(hours=1))
            await JobRunner(self.engine, poll_seconds=0.01).run_due()
            return False

        key = await self.world.safe.fetchval(_KEY, name)
        await eventually(is_done)
        assert [call.key for call in self.world.receiver.calls].count(key) in self.calls
        assert key in self.world.receiver.effects


class Working(Invoking):
    """A job of a host's own: put down, claimed and done."""

    async def prepare(self, name: str) -> None:
        pass

    async def walk(self, name: str) -> None:
        await self._put(name)
        await super().walk(name)

    async def finish(self, name: str) -> None:
        await self._put(name)
        await self._until_done(name)

    async def _put(self, name: str) -> None:
        await JobQueue(self.engine).enqueue("note", {"name": name}, key=name, root_id=name)


class RetryingLetter(Working):
    """A dead letter that a person has tried again, under a key."""

    calls = range(2, 4)  # the first of which made it a dead letter

    async def prepare(self, name: str) -> None:
        self.world.receiver.failures = [InputInvalid("to", "nobody", "somebody")]
        await super().walk(name)
        assert await self.world.safe.fetchval(_STATUS, name) == "dead"

    async def walk(self, name: str) -> None:
        await self._retry(name)
        await JobRunner(self.engine, poll_seconds=0.01).run_due()

    async def finish(self, name: str) -> None:
        assert (await self._retry(name)).letter.key == name
        await self._until_done(name)
        history = await self.world.safe.fetch(_HISTORY, name)
        assert [row["what"] for row in history] == ["failed", "retried"]

    async def _retry(self, name: str) -> Retried:
        cause = Cause(actor=Actor("ann"), idempotency_key=name)
        return await retry(self.engine, Retry(letter_id=derived_id(f"job:{name}"), cause=cause))


_HISTORY = """
select what from orderwright.job_history join orderwright.job using (job_id)
where root_id = $1 and what <> 'lost' order by id
"""
_KEY = "select key from orderwright.job where root_id = $1"
_STATUS = "select status from orderwright.job where root_id = $1"


class Striking(Way):
    """A cron slot: the table refuses one that is done twice."""

    async def open(self) -> None:
        await self.world.safe.execute("create table done (slot_at timestamptz primary key)")
        hourly = Schedule(name="tick", cron="0 * * * *", action="note")
        async with self.world.safe.acquire() as connection, connection.transaction():
            await put_schedule(connection, hourly, at=self.world.clock.now())

    async def prepare(self, name: str) -> None:
        self.world.clock.advance(timedelta(hours=1))

    async def walk(self, name: str) -> None:
        await strike_next(self.engine, {"note": self._note})

    async def finish(self, name: str) -> None:
        await eventually(self._is_done)

    async def _is_done(self) -> bool:
        await strike_next(self.engine, {"note": self._note})
        hours = (self.world.clock.now() - START) // timedelta(hours=1)
        return await self.world.safe.fetchval("select count(*) from done") == hours

    async def _note(self, connection: Connection, slot: Slot) -> None:
        await connection.execute("insert into done values ($1)", slot.slot_at)


class Delivering(Way):
    """A webhook: claimed, sent, and recorded."""

    def __init__(self, world: World, url: str, courier: Courier) -> None:
        super().__init__(world)
        self._url = url
        self._courier = courier

    async def open(self) -> None:
        await outbox.enrol(self.world.safe, "webhooks", at=START)
        async with self.world.safe.acquire() as connection:
            await subscribe(
                connection, self._url, ["*"], created_by="ann", at=START, allow_loopback=True
            )

    async def prepare(self, name: str) -> None:
        await super().prepare(name)
        await self.send(name, ADD)
        await empty(self.world, webhooks_consumer())

    async def walk(self, name: str) -> None:
        await self._courier.deliver_due()

    async def finish(self, name: str) -> None:
        await eventually(self._has_delivered)

    async def _has_delivered(self) -> bool:
        self.world.clock.advance(delivery.LEASE + timedelta(hours=1))
        await self._courier.deliver_due()
        return await self.world.safe.fetchval(_UNDELIVERED) == 0


_UNDELIVERED = "select count(*) from orderwright.webhook_delivery where status <> 'delivered'"
