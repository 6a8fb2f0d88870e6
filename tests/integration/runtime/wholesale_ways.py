"""Ways of what is done to all instances at once: migrations and anchors."""

from __future__ import annotations

import json
from datetime import timedelta

from parcel import PARCEL
from relabelled import MAPPING, SECOND
from way import Way

from orderwright.runtime.anchor import Anchors
from orderwright.runtime.migration import Migrations
from orderwright.runtime.pool import Pool
from orderwright.runtime.replay import Replay


class Migrating(Way):
    """A batch of a chart's migration, of a chart of its own for each walk."""

    async def prepare(self, name: str) -> None:
        for text in ({**PARCEL, "id": name}, {**SECOND, "id": name}):
            at = self.world.clock.now()
            await self.engine.registry.publish(self.world.safe, json.dumps(text), at=at)
            for one in "ab" if text["version"] == 1 else ():
                await self.engine.create(name, f"{name}-{one}", actor="ann")

    async def walk(self, name: str) -> None:
        mapping = {**MAPPING, "states": {f"{name}.OPEN": f"{name}.READY"}}
        await Migrations(self.engine).migrate(name, 1, 2, mapping, actor="ann")

    async def finish(self, name: str) -> None:
        await self.walk(name)
        moved = await self.world.safe.fetch(_MOVED, name)
        assert [tuple(row) for row in moved] == [(f"{name}-a", 2, 2), (f"{name}-b", 2, 2)]
        assert await self.world.safe.fetchval(_COUNTED, name) == 2
        for one in "ab":
            assert await Replay(self.world.safe).verify(f"{name}-{one}") == ()


class Anchoring(Way):
    """The anchor of a day."""

    async def prepare(self, name: str) -> None:
        await super().prepare(name)
        self.world.clock.advance(timedelta(days=1))

    async def walk(self, name: str) -> None:  # noqa: ARG002 (of all instances)
        await self._anchors(self.world.pool).take()

    async def finish(self, name: str) -> None:
        anchors = self._anchors(self.world.safe)
        assert [one async for one in anchors.settle()] == []
        taken = await anchors.take()
        latest = anchors.latest()
        assert latest is not None
        assert latest.name == f"anchor-{self.world.clock.now().date()}.gz"
        assert [one async for one in anchors.check(latest)] == []
        assert all(one.suffix == ".gz" for one in latest.parent.glob("anchor-*"))
        assert await self.world.safe.fetchval(_ANCHORED, taken.anchored_on) == 1
        assert await Replay(self.world.safe).verify(name) == ()

    def _anchors(self, pool: Pool) -> Anchors:
        return Anchors(pool, self.world.clock, self.world.folder)


_MOVED = """
select i.instance_id, i.chart_version, i.version from orderwright.instance as i
join orderwright.log as l on l.instance_id = i.instance_id and l.origin = 'migration'
where i.chart_id = $1 order by 1
"""
_COUNTED = "select sum(moved) from orderwright.chart_migration where chart_id = $1"
_ANCHORED = "select count(*) from orderwright.anchor where anchored_on = $1"
