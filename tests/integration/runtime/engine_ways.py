"""Ways through the engine's doors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from way import Way

from orderwright.app.database import engine as sqlalchemy_engine
from orderwright.runtime.command import Actor, Cause, Send
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.runtime.pool import Connection

ADD, WEIGH = Event("ADD", {"n": 1}), Event("WEIGH")


class Sending(Way):
    """One event without facts or key: whether a lost call had committed shows in the log."""

    event = ADD

    async def walk(self, name: str) -> None:
        assert (await self.engine.send(name, self.event, actor="ann")).version == 2

    async def finish(self, name: str) -> None:
        assert await self.count(name) == 1


class SendingWithFacts(Sending):
    event = WEIGH


class SendingWithKey(Sending):
    async def walk(self, name: str) -> None:
        result = await self.engine.send(name, ADD, actor="ann", idempotency_key=name)
        assert result.version == 2

    async def finish(self, name: str) -> None:
        again = await self.engine.send(name, ADD, actor="ann", idempotency_key=name)
        assert (again.version, again.replayed) == (2, True)
        assert await self.count(name) == 1


class Creating(Way):
    async def prepare(self, name: str) -> None:
        pass

    async def walk(self, name: str) -> None:
        result = await self.engine.create("parcel", name, actor="ann", idempotency_key=name)
        assert (result.version, result.refused) == (1, None)

    async def finish(self, name: str) -> None:
        again = await self.engine.create("parcel", name, actor="ann", idempotency_key=name)
        assert (again.version, again.replayed) == (1, True)
        assert await self.count(name) == 0


class CreatingWithoutKey(Creating):
    """That an instance is there is no refusal where it was this very call that made it."""

    async def walk(self, name: str) -> None:
        result = await self.engine.create("parcel", name, actor="ann")
        assert (result.version, result.refused) == (1, None)

    async def finish(self, name: str) -> None:
        again = await self.engine.create("parcel", name, actor="ann")
        assert again.refused is not None
        assert again.refused.code == "instance_exists"


class Batch(Way):
    """Three in a chain, one with facts, one with a key, of three instances, all at once."""

    async def prepare(self, name: str) -> None:
        for number in range(3):
            await self.engine.create("parcel", f"{name}-{number}", actor="ann")

    async def walk(self, name: str) -> None:
        cause = Cause(actor=Actor("ann"))
        sends = [Send(instance_id=f"{name}-0", event=ADD, cause=cause)] * 3
        sends.append(Send(instance_id=f"{name}-1", event=WEIGH, cause=cause))
        keyed = replace(cause, idempotency_key=name)
        sends.append(Send(instance_id=f"{name}-2", event=ADD, cause=keyed))
        results = await self.engine.send_many(sends)
        assert [result.version for result in results] == [2, 3, 4, 2, 2]

    async def finish(self, name: str) -> None:
        again = await self.engine.send(f"{name}-2", ADD, actor="ann", idempotency_key=name)
        assert (again.version, again.replayed) == (2, True)
        assert [await self.count(f"{name}-{number}") for number in range(3)] == [3, 1, 1]


class Joined(Way):
    """Two events in a transaction of the caller's, who repeats it after an error."""

    async def walk(self, name: str) -> None:
        async with self.world.pool.acquire() as connection, connection.transaction():
            await self._work(name, connection)

    async def _work(self, name: str, connection: Connection) -> None:
        for event in (ADD, WEIGH):
            await self.engine.send(
                name,
                event,
                actor="ann",
                idempotency_key=f"{name}-{event.type}",
                connection=connection,
            )

    async def finish(self, name: str) -> None:
        await self.walk(name)
        assert await self.count(name) == 2


class JoinedByAlchemy(Joined):
    async def walk(self, name: str) -> None:
        alchemy = sqlalchemy_engine(self.world.proxy.url)
        try:
            async with alchemy.begin() as connection:
                await self._work(name, connection)
        finally:
            await alchemy.dispose()
