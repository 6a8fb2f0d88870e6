"""One attempt at a command: read, compute, write.

Without facts nothing is locked: the step is computed from what was read, and the write fails if the
instance has moved on meanwhile. With facts everything happens in one transaction that locks the
instance first, so that what the facts say still holds when the step is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

from orderwright.errors import Conflict
from orderwright.runtime.admission import Admission
from orderwright.runtime.command import Command, Create, Send
from orderwright.runtime.fact import FactLoader, FactRequest, load_facts
from orderwright.runtime.instance import Instance, Reading, found, read, read_locked
from orderwright.runtime.journal import snapshot_at
from orderwright.runtime.write import Transition, apply, root_of
from orderwright.statechart import Refused, StartRefused, Step, send, start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema import FormatChecker

    from orderwright.clock import Clock
    from orderwright.runtime.job import JobKinds
    from orderwright.runtime.pool import Connection
    from orderwright.runtime.registry import Lifecycle, Registry
    from orderwright.statechart import Snapshot


class IdempotencyMismatch(Conflict):
    """The key was used for another request."""

    code = "idempotency.mismatch"
    retryable = False


class Detour(Enum):
    """Why an attempt came to nothing."""

    OVERTAKEN = "somebody else wrote first: try again"
    NEEDS_TRANSACTION = "facts are to be loaded: try again in a transaction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a command.

    Attributes:
        version: the instance's version that the command led to; with a refusal the one that it
            stays at, 0 where it does not exist.
        snapshot: the instance at that version; None where it does not exist.
        refused: why nothing happened; None when it happened.
        replayed: True when an earlier call with the same idempotency key had done it.
    """

    instance_id: str
    root_id: str
    version: int
    snapshot: Snapshot | None
    refused: Refused | None = None
    replayed: bool = False


class Attempts:
    """Makes attempts. `atomic` tells that the connection is in a READ COMMITTED transaction."""

    def __init__(
        self,
        registry: Registry,
        clock: Clock,
        facts: Mapping[str, FactLoader],
        formats: FormatChecker,
        kinds: JobKinds,
    ) -> None:
        self._kinds = kinds
        self._registry = registry
        self._clock = clock
        self._facts = facts
        self._admission = Admission(formats)

    async def take(
        self, connection: Connection, command: Command, *, atomic: bool, trusted: bool = False
    ) -> Result | Detour:
        """Try once. `trusted` lets events in that callers may not send."""
        if isinstance(command, Create):
            return await self._create(connection, command, atomic=atomic)
        return await self._send(connection, command, atomic=atomic, trusted=trusted)

    async def load_facts(
        self, connection: Connection, lifecycle: Lifecycle, request: FactRequest
    ) -> dict[str, object]:
        """Load what the event of the request declares; without an event, what any event does."""
        return await load_facts(
            self._facts, lifecycle.facts_of(request.event), connection, request
        )

    async def _create(
        self, connection: Connection, command: Create, *, atomic: bool
    ) -> Result | Detour:
        now = self._clock.now()
        key = command.cause.idempotency_key
        reading = await read(connection, command.instance_id, key=key, now=now)
        earlier = await _earlier(connection, command, reading)
        if earlier:
            return earlier
        if reading.instance:
            return _refused(command, reading.instance, _exists(command))
        lifecycle = await self._registry.latest(connection, command.chart_id)
        if lifecycle.facts_of(None) and not atomic:
            return Detour.NEEDS_TRANSACTION
        return await self._advance(connection, command, lifecycle, before=None, now=now)

    async def _send(
        self, connection: Connection, command: Send, *, atomic: bool, trusted: bool
    ) -> Result | Detour:
        now = self._clock.now()
        look = read_locked if atomic else read
        key = command.cause.idempotency_key
        reading = await look(connection, command.instance_id, key=key, now=now)
        earlier = await _earlier(connection, command, reading)
        if earlier:
            return earlier
        instance = found(reading.instance, command.instance_id)
        now = (
            self._clock.now()
        )  # after the lock, so that who waited does not act before whom it waited for
        lifecycle = await self._registry.get(connection, instance.chart_id, instance.chart_version)
        refused = None if trusted else self._admission.refusal(lifecycle.chart, command)
        if refused:
            return _refused(command, instance, refused)
        if lifecycle.facts_of(command.event) and not atomic:
            return Detour.NEEDS_TRANSACTION
        return await self._advance(connection, command, lifecycle, before=instance, now=now)

    async def _advance(
        self,
        connection: Connection,
        command: Command,
        lifecycle: Lifecycle,
        *,
        before: Instance | None,
        now: datetime,
    ) -> Result | Detour:
        at = (command.cause.occurred_at or now).astimezone(UTC)
        facts = await self.load_facts(connection, lifecycle, _request(command, before, at))
        step = _step(command, lifecycle, before, facts=facts, at=at)
        if isinstance(step, Refused):
            return _refused(command, before, step)
        transition = Transition(
            command=command,
            chart=lifecycle.chart,
            before=before,
            step=step,
            facts=facts,
            occurred_at=at,
            recorded_at=now,
            kinds=self._kinds,
        )
        [outcome] = await apply(connection, [transition])
        return _applied(transition) if outcome == "applied" else Detour.OVERTAKEN


def _step(
    command: Command,
    lifecycle: Lifecycle,
    before: Instance | None,
    *,
    facts: Mapping[str, object],
    at: datetime,
) -> Step | Refused:
    chart, behaviour = lifecycle.chart, lifecycle.behaviour
    if isinstance(command, Send):
        assert before is not None
        step = send(chart, behaviour, before.snapshot, command.event, facts=facts, now=at)
        return step.refused or step
    try:
        return start(chart, behaviour, context=command.context, facts=facts, now=at)
    except StartRefused as no:
        return no.refused


def _request(command: Command, before: Instance | None, at: datetime) -> FactRequest:
    chart_id = command.chart_id if isinstance(command, Create) else None
    return FactRequest(
        instance_id=command.instance_id,
        root_id=root_of(command, before),
        chart_id=chart_id or found(before, command.instance_id).chart_id,
        snapshot=before.snapshot if before else None,
        event=command.event if isinstance(command, Send) else None,
        actor=command.cause.actor,
        now=at,
    )


async def _earlier(connection: Connection, command: Command, reading: Reading) -> Result | None:
    """Return what the idempotency key remembers of this very command."""
    remembered, instance = reading.remembered, reading.instance
    if remembered is None:
        return None
    if remembered.request_hash != command.request_hash or instance is None:
        raise IdempotencyMismatch(
            "this idempotency key was used for another request; use a new one",
            values={"instance": remembered.instance_id, "version": remembered.version},
        )
    snapshot = instance.snapshot
    if instance.version != remembered.version:
        snapshot = await snapshot_at(connection, instance.instance_id, remembered.version)
    return Result(
        instance_id=instance.instance_id,
        root_id=instance.root_id,
        version=remembered.version,
        snapshot=snapshot,
        replayed=True,
    )


def _applied(transition: Transition) -> Result:
    return Result(
        instance_id=transition.command.instance_id,
        root_id=transition.root_id,
        version=transition.version,
        snapshot=transition.step.snapshot,
    )


def _refused(command: Command, instance: Instance | None, refused: Refused) -> Result:
    return Result(
        instance_id=command.instance_id,
        root_id=root_of(command, instance),
        version=instance.version if instance else 0,
        snapshot=instance.snapshot if instance else None,
        refused=refused,
    )


def _exists(command: Create) -> Refused:
    message = f"{command.instance_id} exists already"
    return Refused("instance_exists", message, {"instance": command.instance_id})
