"""The only write path of lifecycle state: computed steps become the columns of one call of `orderwright.apply_steps`.

A step is prepared as soon as it is computed: its log row is hashed, and with that it is known how the instance
stands after it, so that a next step can follow in the same call.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from orderwright.errors import RuntimeFault
from orderwright.json_text import Unfit, canonical, dump, fits, keep, require_fit
from orderwright.runtime.command import TOO_LATE, Command, Create
from orderwright.runtime.identity import derived_id
from orderwright.runtime.instance import READ_EACH, Instance
from orderwright.runtime.journal import CREATED, LogRow, chained, difference, iso
from orderwright.runtime.ledger import GUARD, beyond, row_of
from orderwright.runtime.transition import Prepared, Transition, correlation_of
from orderwright.statechart import Cancel, Emit, Invoke, Post, Refused, Schedule, StopInvoke

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asyncpg import Record

    from orderwright.runtime.pool import Connection

Outcome: TypeAlias = Literal["applied", "exists", "version_conflict", "key_conflict"] | Refused
"""What became of a step that was to be stored; refused is one whose booking would take a balance out of its bounds."""

KEY_LIFE = timedelta(days=30)
"""How long an idempotency key is remembered."""
INVOKED: Final = "invoke:"
"""How the keys of invocations begin, and no other job's."""


class EffectUnsupported(RuntimeFault):
    """A chart invokes what nobody here handles, though another host may; the step is not taken."""

    code = "effect.unsupported"
    retryable = True


class StepUnfit(RuntimeFault):
    """A chart makes what could not be kept, or not be read back by everybody; the step is not taken."""

    code = "step.unfit"


def prepare(transition: Transition) -> Prepared:
    """Work out what is to be stored of a step.

    Raises:
        EffectUnsupported: it invokes what nobody handles.
        BookingInvalid: it posts to a ledger what is no booking.
        StepUnfit: its context, its output, a fact or an effect is not JSON, has keys that are not text, or nests more
            than `json_text.DEEPEST` levels; or a timer would be due after the end of the calendar.
    """
    command, chart, before, step = transition[:4]
    snapshot, root_id = step.snapshot, transition.root_id
    try:
        row = _log_row(transition)
        text = snapshot.to_text()
    except (TypeError, ValueError) as error:
        raise _unfit(transition, "context", error) from error
    hashed = chained(before.log_hash if before else b"", row)
    emits, effects, has_bookings = _effects(transition)
    key = command.cause.idempotency_key
    recorded_at = row.recorded_at
    after = Instance(  # by place, which takes a fraction of the time
        row.instance_id,
        root_id,
        chart.id,
        chart.version,
        row.version,
        snapshot.status,
        row.to_state,
        snapshot,
        hashed,
        before.created_at if before else recorded_at,
        recorded_at,
    )
    columns = (
        *row[:2],  # which row it is
        root_id,
        chart.id,
        chart.version,
        snapshot.status,
        row.from_state,
        row.to_state,
        text,
        hashed,
        *row[2:13],  # what happened, who did it, why and when
        row.changes,
        effects,
        key,
        command.request_hash if key is not None else None,
        recorded_at + KEY_LIFE if key is not None else None,
        before.log_hash if before else None,
    )
    return Prepared(transition, after, columns, emits, has_bookings)


async def store(
    connection: Connection, steps: Sequence[Prepared], *, patience_ms: int = 0
) -> list[Outcome]:
    """Store steps, each wholly or not at all, and return what became of each.

    Steps of one instance follow each other; instances come in the order of their ids, so that all who
    store lock rows in one order. With an error none is stored.

    Args:
        connection: where to.
        steps: at least one.
        patience_ms: how long to wait for a lock before it is an error; 0 for ever.
    """
    call, arguments = _call(steps, patience_ms)
    return _told(steps, await connection.fetchval(call, *arguments))


async def store_and_read(
    connection: Connection,
    steps: Sequence[Prepared],
    instance_ids: Sequence[str],
    *,
    patience_ms: int = 0,
) -> tuple[list[Outcome], list[Record]]:
    """Store steps as `store` does, and read other instances in the same round trip, as they are before the steps."""
    call, arguments = _call(steps, patience_ms)
    place = len(arguments) + 1
    rows = await connection.fetch(_reading_too(call, place), *arguments, instance_ids)
    return _told(steps, rows[0]["fates"]), rows


def _told(steps: Sequence[Prepared], fates: Sequence[str] | None) -> list[Outcome]:
    if fates is None:
        return ["applied"] * len(steps)
    return [beyond(fate) if fate.startswith(GUARD) else fate for fate in fates]  # type: ignore[misc]  # the database's word


def _log_row(transition: Transition) -> LogRow:
    command, chart, before, step, facts, occurred_at, recorded_at = transition[:7]
    cause, (event_type, event_data) = command.cause, _event(command)
    version = transition.version
    return LogRow(  # by place, which takes a fraction of the time
        command.instance_id,
        version,
        event_type,
        dump(event_data),
        _kept(transition, "facts", dict(facts)) if facts else "{}",
        cause.actor.kind,
        cause.actor.id,
        cause.reason,
        cause.origin,
        correlation_of(command, version),
        cause.causation_id,
        occurred_at,
        recorded_at,
        before.state if before else None,
        chart.leaves(step.snapshot.configuration),
        _changes(transition),
    )


def _changes(transition: Transition) -> str:
    """Write what a step changes of its snapshot; what it leaves alone was looked at by the step that made it."""
    before, after = transition.before, transition.step.snapshot
    changes = difference(before.snapshot if before else None, after)
    context, output = changes.get("context"), changes.get("output")
    given = context["set"] if isinstance(context, dict) else None
    try:
        text = dump(changes)
        if fits(given) and (output is None or fits(output)):
            return text
    except (TypeError, ValueError):
        text = None
    _require_fit(transition, "context", given)
    _require_fit(transition, "output", output)
    return text or dump(changes)


def _event(command: Command) -> tuple[str, dict[str, object]]:
    """Return type and data as they are logged; a start is logged with the context that it was given."""
    if isinstance(command, Create):
        return CREATED, dict(command.context)
    return command.event.type, dict(command.event.data)


def _effects(transition: Transition) -> tuple[list[tuple[str, str]], str | None, bool]:
    """Return the domain events, the other effects by table as text, and whether they change balances.

    Of several effects about one timer the last counts.
    """
    emits: list[tuple[str, str]] = []
    posts: list[dict[str, object]] = []
    timers: dict[str, dict[str, object] | None] = {}
    invokes: list[object] = []
    stops: list[object] = []
    for effect in transition.step.effects:
        match effect:
            case Emit():
                emits.append((effect.type, _kept(transition, effect.type, dict(effect.data))))
            case Post():
                posts.append(_posted(transition, effect))
            case Schedule():
                timers[effect.id] = _timer(transition, effect)
            case Cancel():
                timers[effect.id] = None
            case Invoke():
                invokes.append(_invocation(transition, effect))
            case StopInvoke():
                stops.append(effect.id)
    ends = transition.step.snapshot.status == "done"
    if not (posts or timers or stops or invokes or ends):
        return emits, None, False
    found = {
        "posts": posts,
        "timers": [timer for timer in timers.values() if timer],
        "cancels": [name for name, timer in timers.items() if timer is None],
        "stops": stops,
        "invokes": invokes,
        "ends": ends,
    }
    rest = {name: rows for name, rows in found.items() if rows}
    has_bookings = any("account" in post for post in posts)
    return emits, dump(rest), has_bookings


def _require_fit(transition: Transition, name: str, value: object) -> None:
    if value is None:
        return
    try:
        require_fit(value)
    except Unfit as error:
        raise _unfit(transition, name, error) from None


def _kept(transition: Transition, effect: str, data: object) -> str:
    try:
        return keep(data)
    except (TypeError, ValueError) as error:
        raise _unfit(transition, effect, error) from error


def _posted(transition: Transition, effect: Post) -> dict[str, object]:
    try:
        return row_of(transition.ledgers, effect)
    except (TypeError, ValueError) as error:
        raise _unfit(transition, effect.ledger, error) from error


def _timer(transition: Transition, effect: Schedule) -> dict[str, object]:
    try:
        due_at = transition.occurred_at + timedelta(milliseconds=effect.delay_ms)
    except OverflowError:
        due_at = TOO_LATE
    if due_at >= TOO_LATE:  # it would occur when nothing may
        too_late = Unfit("", f"a timer that is due before the year {TOO_LATE.year}")
        raise _unfit(transition, effect.id, too_late)
    return {
        "timer_id": effect.id,
        "due_at": iso(due_at),
        "event_type": effect.event.type,
        "event_data": _kept(transition, effect.event.type, dict(effect.event.data)),
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
        "payload": _kept(transition, effect.id, effect.input),
        "invoke_id": effect.id,
        "attempt_limit": kind.attempts,
        "root_id": transition.root_id,
        "correlation_id": transition.correlation_id,
    }


def _unsupported(transition: Transition, effect: Invoke) -> EffectUnsupported:
    chart = transition.chart
    return EffectUnsupported(
        f"chart {chart.id} v{chart.version} invokes {effect.src!r}, which nobody here handles",
        values={"chart": chart.id, "src": effect.src, "known": sorted(transition.kinds)},
    )


def _unfit(transition: Transition, name: str, error: TypeError | ValueError) -> StepUnfit:
    """Tell what of a step cannot be kept; an effect goes by its name."""
    chart, instance_id = transition.chart, transition.command.instance_id
    field, expected = name, f"JSON ({error})"
    if isinstance(error, Unfit):
        field, expected = error.field(name), error.expected
    return StepUnfit(
        f"a step of chart {chart.id} v{chart.version} makes what cannot be kept: {field}: expected {expected}",
        values={"instance": instance_id, "field": field, "expected": expected},
    )


# --- the call ---


def _call(steps: Sequence[Prepared], patience_ms: int) -> tuple[str, list[object]]:
    """Return the call for these steps, and what it takes.

    The driver looks at each element of a list several times before it sends it, which is as much work as a whole
    step for the statechart. So the lists are put together by the database, of values that go by themselves, as
    long as their number leaves the statement one that is worth keeping: the columns of the steps, and their domain
    events if there is one for each, as mostly, or there are few of a single one.
    """
    emits = [
        (item, number, name, payload)
        for item, step in enumerate(steps, 1)
        for number, (name, payload) in enumerate(step.emits, 1)
    ]
    common = (patience_ms, any(step.has_bookings for step in steps))
    emitted = zip(*emits, strict=True) if emits else _NOTHING_EMITTED
    if len(steps) > _FEW:
        as_lists = zip(*(step.columns for step in steps), strict=True)
        return _call_for(None, None), [*common, *emitted, *as_lists]
    in_turn = chain.from_iterable(step.columns for step in steps)
    if len(emits) == len(steps) or (len(steps) == 1 and len(emits) <= _FEW_EVENTS):
        return _call_for(len(steps), len(emits)), [*common, *chain.from_iterable(emits), *in_turn]
    return _call_for(len(steps), None), [*common, *emitted, *in_turn]


@cache
def _call_for(steps: int | None, events: int | None) -> str:
    """Write the call that takes the rows of so many events and steps, one after the other; or, for None, as lists."""
    emits, first = _lists(_EVENT_TYPES, events, _FIRST)
    columns, _ = _lists(_TYPES, steps, first)
    return f"select orderwright.apply_steps($1,{','.join(columns)},{','.join(emits)},$2) as fates"


@cache
def _reading_too(call: str, place: int) -> str:
    """Write a call that also reads the instances whose ids are the parameter at a place."""
    reading = READ_EACH % f"${place}"
    return f"with written as materialized ({call}) select i.*, fates from written left join ({reading}) as i on true"  # noqa: S608 (ours)


def _lists(types: Sequence[str], rows: int | None, first: int) -> tuple[list[str], int]:
    """Return a list for each type, of parameters from the first on, and which one comes next."""
    width = len(types)
    if rows is None:
        return [f"${place}" for place in range(first, first + width)], first + width
    end = first + width * rows
    places = [range(first + column, end, width) for column in range(width)]
    return [
        f"array[{','.join(f'${place}' for place in row)}]::{kind}[]"
        for row, kind in zip(places, types, strict=True)
    ], end


_FEW: Final = 64
_FEW_EVENTS: Final = 4
_FIRST: Final = 3
"""Where the lists begin, behind what is one for all steps."""
_EVENT_TYPES: Final = ("integer", "integer", "text", "text")
_TYPES: Final = (
    *("text", "integer", "text", "text", "integer"),  # what it belongs to
    *("text", "text", "text", "text", "bytea"),  # where it stands
    *("text",) * 9,  # what happened, who, why
    *("timestamptz", "timestamptz", "text", "text"),  # when, and what it changed
    *("text", "bytea", "timestamptz"),  # the idempotency key
    "bytea",  # the hash that it was computed from
)
"""Of the columns of a step, in their order."""
_NOTHING_EMITTED: Final[tuple[tuple[object, ...], ...]] = ((), (), (), ())
