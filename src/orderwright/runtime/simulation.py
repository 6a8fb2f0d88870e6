"""What would happen: hypothetical events on an instance, on its own version of the chart or on another.

Nothing is written and nothing is locked. Facts are loaded as they are now, in a transaction that can only read, for
each event with the snapshot that it would meet; those that the caller gives come before them.

A step says what it would book, and is not held against the balances: what is supposed, a past or a fact, need not go
with what they are now. So what passes here may still be refused in earnest, with `balance_guard`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderwright.runtime.command import Actor, Cause, Send
from orderwright.runtime.edition import published
from orderwright.runtime.fact import FactRequest
from orderwright.runtime.instance import Instance, found, read
from orderwright.runtime.journal import snapshot_at
from orderwright.runtime.move import pending_timers
from orderwright.statechart import Refused, Snapshot, Step, send
from orderwright.statechart.migration import Moved, Passage, read_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from orderwright.json_text import Json
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection
    from orderwright.runtime.registry import Lifecycle
    from orderwright.statechart import Event, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposition:
    """What is supposed.

    Attributes:
        events: one after the other; a refused one changes nothing, and the next is tried.
        actor: who would send them.
        at: when; by default now.
        from_version: the instance's version from which to start; by default its present one.
        chart_version: another version of the chart to try them on.
        mapping: how to get there; see `orderwright.statechart.migration`.
        facts: what is supposed of the world, before what is loaded.
    """

    events: Sequence[Event]
    actor: Actor
    at: datetime | None = None
    from_version: int | None = None
    chart_version: int | None = None
    mapping: Mapping[str, Json] | None = None
    facts: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What would come of it.

    Attributes:
        before: the snapshot that the first event would meet, moved to the other version if one is supposed.
        steps: one for each event, with its trace.
        immovable: why the instance cannot move to the other version; then there are no steps.
    """

    before: Snapshot
    steps: tuple[Step, ...] = ()
    immovable: tuple[Reason, ...] = ()


class Simulator:
    """Supposes things of instances."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def simulate(self, instance_id: str, supposed: Supposition) -> Simulation:
        """Send hypothetical events to an instance, and write nothing.

        The bounds of balances refuse nothing here; what would be booked is among a step's effects, as posts.

        Raises:
            InstanceNotFound: there is no such instance.
            ChartNotFound: the other version is not published.
            BehaviourMissing: it has no behaviour here.
            MappingInvalid: the mapping has no meaning for it.
            VersionNotFound: the instance has no such version.
        """
        now = supposed.at or self._engine.clock.now()
        async with (
            self._engine.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            instance = found(await read(connection, instance_id), instance_id)
            before = instance.snapshot
            if supposed.from_version is not None:
                before = await snapshot_at(connection, instance_id, supposed.from_version)
            version = supposed.chart_version or before.version
            lifecycle = await self._engine.registry.get(connection, instance.chart_id, version)
            if version != before.version:
                moved = await _moved(connection, instance_id, before, lifecycle, supposed, now)
                if not isinstance(moved, Moved):
                    return Simulation(before=before, immovable=moved)
                before = moved.snapshot
            run = _Run(self._engine, connection, instance, lifecycle, supposed, now)
            return Simulation(before=before, steps=await run.take(before))


@dataclass(frozen=True, slots=True)
class _Run:
    """The events of a supposition, sent one after the other."""

    engine: Engine
    connection: Connection
    instance: Instance
    lifecycle: Lifecycle
    supposed: Supposition
    now: datetime

    async def take(self, before: Snapshot) -> tuple[Step, ...]:
        steps: list[Step] = []
        for event in self.supposed.events:
            refused = self._refusal(event)
            step = Step(before, refused=refused) if refused else await self._step(before, event)
            steps.append(step)
            before = step.snapshot
        return tuple(steps)

    async def _step(self, before: Snapshot, event: Event) -> Step:
        chart, behaviour = self.lifecycle.chart, self.lifecycle.behaviour
        facts = await self._facts(before, event)
        return send(chart, behaviour, before, event, facts=facts, now=self.now, trace=True)

    async def _facts(self, before: Snapshot, event: Event) -> dict[str, object]:
        names = self.lifecycle.facts_of(event)
        given = {name: one for name, one in (self.supposed.facts or {}).items() if name in names}
        request = FactRequest(
            instance_id=self.instance.instance_id,
            root_id=self.instance.root_id,
            chart_id=self.instance.chart_id,
            snapshot=before,
            event=event,
            actor=self.supposed.actor,
            now=self.now,
            lock=False,
        )
        asked = [(names - given.keys(), request)]
        [loaded] = await self.engine.facts.load(self.connection, asked)
        return loaded | given

    def _refusal(self, event: Event) -> Refused | None:
        """Return why the engine would not let the event in; those that it makes itself may be supposed."""
        if event.type.startswith(("after.", "done.", "error.")):
            return None
        cause = Cause(actor=self.supposed.actor)
        command = Send(instance_id=self.instance.instance_id, event=event, cause=cause)
        return self.engine.admission.refusal(self.lifecycle.chart, command)


async def _moved(
    connection: Connection,
    instance_id: str,
    before: Snapshot,
    lifecycle: Lifecycle,
    supposed: Supposition,
    now: datetime,
) -> Moved | tuple[Reason, ...]:
    old = await published(connection, lifecycle.chart.id, before.version)
    mapping = read_mapping(supposed.mapping or {}, old, lifecycle.chart)
    passage = Passage(old, lifecycle.chart, lifecycle.behaviour, mapping)
    pending = [] if supposed.from_version else await pending_timers(connection, instance_id)
    return passage.move(before, pending, now=now)
