"""A way through the house that is walked with cuts at its statements, taken up again, and shown to be done once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from errand import Receiver
from proxy import Cut, Proxy
from sqlalchemy.exc import DBAPIError

from orderwright.runtime.carrier import is_lost

if TYPE_CHECKING:
    from pathlib import Path

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool
    from orderwright.statechart import Event


@dataclass
class World:
    """An engine whose connections may be cut; `safe` ones are not."""

    proxy: Proxy
    pool: Pool
    safe: Pool
    clock: DrivenClock
    engine: Engine
    folder: Path
    receiver: Receiver = field(default_factory=Receiver)


class Way(ABC):
    """Work that may be cut, and how it shows that it was done once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.engine = world.engine

    async def open(self) -> None:  # noqa: B027 (most share nothing)
        """Bring about what all walks share."""

    async def prepare(self, name: str) -> None:
        """Bring about what one walk needs; nothing is cut."""
        await self.engine.create("parcel", name, actor="ann")

    @abstractmethod
    async def walk(self, name: str) -> None:
        """Do the work once."""

    @abstractmethod
    async def finish(self, name: str) -> None:
        """Do what the work's owner does after an error, and show that it was done once; nothing is cut."""

    async def count(self, name: str) -> int:
        """Return how many pieces a parcel has, each of which has a log row."""
        instance = await self.engine.read(name)
        assert instance is not None
        assert instance.snapshot.context["count"] == instance.version - 1
        return instance.version - 1

    async def send(self, name: str, event: Event) -> None:
        """Send what must not be refused."""
        assert (await self.engine.send(name, event, actor="ann")).refused is None


async def cut_everywhere(path: Way, how: Cut, *, may_fail: bool, only: str = "") -> list[str]:
    """Walk a path with a cut at each of its statements, or of those that have a part in them, and return them."""
    proxy, cut_at = path.world.proxy, list[str]()
    while True:
        name = f"{how.name.lower()}-{only.replace(' ', '-')}{len(cut_at):03}"
        await path.prepare(name)
        proxy.arm(len(cut_at) + 1, how, only)
        try:
            await path.walk(name)
        except Exception as error:
            if not (may_fail and proxy.cut_at is not None and is_cut(error)):
                raise
        proxy.disarm()
        await path.finish(name)
        if proxy.cut_at is None:
            return cut_at
        cut_at.append(proxy.cut_at)


def is_cut(error: Exception) -> bool:
    """Tell whether an error says clearly that the connection was lost, whoever hands it on."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or is_cut(error.orig.__cause__)
    return is_lost(error)
