"""The only write path of lifecycle state: a computed step becomes one item of `orderwright.apply_steps`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, cast

from orderwright.errors import RuntimeFault
from orderwright.json_text import canonical, dump
from orderwright.runtime.command import Command, Create
from orderwright.runtime.identity import derived_id
from orderwright.runtime.instance import Instance, found
from orderwright.runtime.journal import CREATED, LogRow, chained, difference, iso
from orderwright.statechart import Cancel, Emit, Invoke, Post, Schedule, StopInvoke

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orderwright.runtime.job import JobKinds
    from orderwright.runtime.pool import Connection
    from orderwright.statechart import Chart, Step

Outcome = Literal["applied", "exists", "version_conflict", "key_conflict"]

KEY_LIFE = timedelta(days=30)
"""How long an idempotency key is remembered."""
INVOKED: Final = "invoke:"
"""How the keys of invocations begin, and no other job's."""


class EffectUnsupported(RuntimeFault):
    """A chart invokes what nobody here handles; the step is not taken."""

    code = "effect.unsupported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A step that was computed and is to be stored.

    Attributes:
        before: what the step was computed from; None for a start.
        kinds: who does what the chart may invoke.
    """

    command: Command
    chart: Chart
    before: Instance | None
    step: Step
    facts: Mapping[str, object]
    occurred_at: datetime
    recorded_at: datetime
    kinds: JobKinds = field(default_factory=dict)

    @property
    def version(self) -> int:
        """The version that the instance has afterwards."""
        return self.before.version + 1 if self.before else 1

    @property
    def root_id(self) -> str:
        """What the instance belongs to."""
        return root_of(self.command, self.before)


def root_of(command: Command, before: Instance | None) -> str:
    """Return the root of the instance that a command is about; a start names it itself."""
    if isinstance(command, Create):
        return before.root_id if before else command.root_id
    return found(before, command.instance_id).root_id


async def apply(connection: Connection, transitions: Sequence[Transition]) -> list[Outcome]:
    """Store steps, each wholly or not at all, and return what became of each.

    Raises:
        EffectUnsupported: one of them invokes what nobody handles; none is stored.
    """
    items = [_item(transition) for transition in transitions]
    invoking = any("invokes" in item or "stops" in item for item in items)
    rows = await connection.fetch(_APPLY_INVOKING if invoking else _APPLY, dump(items))
    return [cast("Outcome", row["outcome"]) for row in rows]


async def forget_expired_keys(connection: Connection, *, at: datetime) -> None:
    """Delete idempotency keys whose time is over."""
    await connection.execute(_FORGET, at)


def _item(transition: Transition) -> dict[str, object]:
    row = _log_row(transition)
    hashed = chained(transition.before.log_hash if transition.before else b"", row)
    snapshot = transition.step.snapshot
    columns = {name: getattr(row, name) for name in LogRow.__slots__ if name != "to_state"}
    return {
        **columns,
        "occurred_at": iso(row.occurred_at),
        "recorded_at": iso(row.recorded_at),
        "root_id": transition.root_id,
        "chart_id": transition.chart.id,
        "chart_version": transition.chart.version,
        "status": snapshot.status,
        "state": row.to_state,
        "snapshot": snapshot.to_text(),
        "hash": hashed.hex(),
        **_key(transition),
        **_effects(transition),
    }


def _log_row(transition: Transition) -> LogRow:
    command, before, snapshot = transition.command, transition.before, transition.step.snapshot
    cause, (event_type, event_data) = command.cause, _event(command)
    return LogRow(
        instance_id=command.instance_id,
        version=transition.version,
        event_type=event_type,
        event_data=dump(event_data),
        facts=dump(dict(transition.facts)),
        actor_kind=cause.actor.kind,
        actor_id=cause.actor.id,
        reason=cause.reason,
        origin=cause.origin,
        correlation_id=cause.correlation_id or f"{command.instance_id}/{transition.version}",
        causation_id=cause.causation_id,
        occurred_at=transition.occurred_at,
        recorded_at=transition.recorded_at,
        from_state=before.state if before else None,
        to_state=transition.chart.leaves(snapshot.configuration),
        changes=dump(difference(before.snapshot if before else None, snapshot)),
    )


def _event(command: Command) -> tuple[str, dict[str, object]]:
    """Return type and data as they are logged; a start is logged with the context that it was given."""
    if isinstance(command, Create):
        return CREATED, dict(command.context)
    return command.event.type, dict(command.event.data)


def _key(transition: Transition) -> dict[str, object]:
    if transition.command.cause.idempotency_key is None:
        return {}
    return {
        "key": transition.command.cause.idempotency_key,
        "request_hash": transition.command.request_hash.hex(),
        "key_expires_at": iso(transition.recorded_at + KEY_LIFE),
    }


def _effects(transition: Transition) -> dict[str, object]:
    """Sort the effects by table; of several about one timer the last one counts."""
    emits: list[object] = []
    posts: list[object] = []
    timers: dict[str, dict[str, object] | None] = {}
    invokes: list[object] = []
    stops: list[object] = []
    for effect in transition.step.effects:
        match effect:
            case Emit():
                emits.append({"name": effect.type, "payload": dump(dict(effect.data))})
            case Post():
                posts.append({"ledger": effect.ledger, "data": dump(dict(effect.data))})
            case Schedule():
                timers[effect.id] = _timer(effect, transition.occurred_at)
            case Cancel():
                timers[effect.id] = None
            case Invoke():
                invokes.append(_invocation(transition, effect))
            case StopInvoke():
                stops.append(effect.id)
    found = {
        "emits": emits,
        "posts": posts,
        "timers": [timer for timer in timers.values() if timer],
        "cancels": [name for name, timer in timers.items() if timer is None],
        "invokes": invokes,
        "stops": stops,
    }
    return {name: rows for name, rows in found.items() if rows}


def _timer(effect: Schedule, now: datetime) -> dict[str, object]:
    return {
        "timer_id": effect.id,
        "due_at": iso(now + timedelta(milliseconds=effect.delay_ms)),
        "event_type": effect.event.type,
        "event_data": dump(dict(effect.event.data)),
    }


def _invocation(transition: Transition, effect: Invoke) -> dict[str, object]:
    """Write an invocation as a job; its id is its own in each entry of the state."""
    kind = transition.kinds.get(effect.src)
    if kind is None:
        raise _unsupported(transition, effect)
    name = canonical([transition.command.instance_id, transition.version, effect.id])
    job_id = derived_id(f"{INVOKED}{name}")
    return {
        "job_id": job_id,
        "kind": kind.name,
        "key": INVOKED + job_id,
        "payload": dump(effect.input),
        "invoke_id": effect.id,
        "attempt_limit": kind.attempts,
    }


def _unsupported(transition: Transition, effect: Invoke) -> EffectUnsupported:
    chart = transition.chart
    return EffectUnsupported(
        f"chart {chart.id} v{chart.version} invokes {effect.src!r}, which nobody here handles",
        values={"chart": chart.id, "src": effect.src, "known": sorted(transition.kinds)},
    )


_APPLY = "select outcome from orderwright.apply_steps($1::text::jsonb) order by item"
_APPLY_INVOKING = (
    "select outcome from orderwright.apply_steps_and_invocations($1::text::jsonb) order by item"
)
_FORGET = "delete from orderwright.idempotency_key where expires_at <= $1"
