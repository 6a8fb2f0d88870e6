"""One lifecycle for a screen: where it stands, what happened, what may happen next and what stands in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from orderwright.app.permissions import PERMISSIONS, Identity
from orderwright.app.sight import event_data_for, reasons_for
from orderwright.app.words import Words, actor_name, label_of, words_of
from orderwright.json_text import load
from orderwright.runtime.command import Actor
from orderwright.runtime.instance import found
from orderwright.runtime.journal import LogRow, read_log, unfold
from orderwright.runtime.timers import pending
from orderwright.statechart import EventDeclaration, Explanation, Reason

if TYPE_CHECKING:
    from orderwright.app.queries import Queries
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.ticket import Result
    from orderwright.statechart import Chart, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """An event that the person may send now; `depends` when its data decide."""

    declared: EventDeclaration
    depends: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """An event of the state that the person may not send now, and every reason."""

    declared: EventDeclaration
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A row of the transition log with the words for it; `configuration` holds the node ids after it."""

    row: LogRow
    label: str
    data: Mapping[str, object]
    actor_name: str
    before: Words | None
    after: Words
    configuration: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A timer that is set."""

    id: str
    event: str
    label: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What may happen now; `step` is the event that usually comes next, if the person may send it."""

    step: str | None
    allowed: tuple[Allowed, ...]
    blocked: tuple[Blocked, ...]
    waiting_for: tuple[Reason, ...]


class Stand(NamedTuple):
    """An instance as it stands, or stood after one of its log rows; the fields are those of `runtime.Instance`."""

    instance_id: str
    chart_id: str
    chart_version: int
    version: int
    status: str
    state: str
    snapshot: Snapshot


class Workflows:
    """Views of lifecycles."""

    def __init__(self, engine: Engine, queries: Queries) -> None:
        self._engine = engine
        self._queries = queries

    async def instance(self, instance_id: str) -> Stand:
        """Return an instance.

        Raises:
            InstanceNotFound: there is none.
        """
        instance = found(await self._engine.read(instance_id), instance_id)
        return Stand(*(getattr(instance, name) for name in Stand._fields))

    async def after(self, result: Result) -> Stand:
        """Return the instance as a command that was applied has left it, even if it has moved on since."""
        snapshot = result.snapshot
        if snapshot is None:
            raise TypeError("an applied command has a snapshot")
        chart = await self._queries.chart(snapshot.chart_id, snapshot.version)
        return Stand(
            instance_id=result.instance_id,
            chart_id=snapshot.chart_id,
            chart_version=snapshot.version,
            version=result.version,
            status=snapshot.status,
            state=chart.leaves(snapshot.configuration),
            snapshot=snapshot,
        )

    async def next(self, instance: Stand, by: Identity) -> Next:
        """Explain what may happen next to a person, as of now."""
        chart = await self._queries.chart(instance.chart_id, instance.chart_version)
        told = await self._engine.explain(instance.instance_id, Actor(by.id))
        people = [event for event in chart.events.values() if event.by == "user"]
        allowed, blocked = [], []
        for event in people:
            explanation = told[event.type]
            reasons = reasons_for(by, _reasons(chart, event, explanation, by))
            if explanation.status != "blocked" and not reasons:
                allowed.append(Allowed(declared=event, depends=explanation.status == "depends"))
            elif not _is_foreign(explanation):
                blocked.append(Blocked(declared=event, reasons=reasons))
        return Next(
            step=_step(chart, instance, allowed),
            allowed=tuple(allowed),
            blocked=tuple(blocked),
            waiting_for=reasons_for(by, _waiting(told)),
        )

    async def log(self, instance: Stand, by: Identity) -> list[Happened]:
        """Return what happened to an instance up to the version at hand, oldest first, as far as a person sees it."""
        chart = await self._queries.chart(instance.chart_id, instance.chart_version)
        async with self._engine.pool.acquire() as connection:
            read = await read_log(connection, instance.instance_id, until=instance.version)
        rows = [row for row, _ in read]
        people = {row.actor_id for row in rows if row.actor_kind == "user"}
        names = await self._queries.names(sorted(people))
        snapshots = unfold(load(row.changes) for row in rows)
        happened = [
            Happened(
                row=row,
                label=label_of(chart, row.event_type),
                data=load(row.event_data),
                actor_name=actor_name(row.actor_id, row.actor_kind, names),
                before=words_of(chart, row.from_state) if row.from_state else None,
                after=words_of(chart, row.to_state),
                configuration=snapshot.configuration,
            )
            for row, snapshot in zip(rows, snapshots, strict=True)
        ]
        if by.is_staff:
            return happened
        return [_for_outsider(one, by, instance.chart_id) for one in happened]

    async def timers(self, instance: Stand) -> list[Pending]:
        """Return the timers that are set, the next one first."""
        chart = await self._queries.chart(instance.chart_id, instance.chart_version)
        async with self._engine.pool.acquire() as connection:
            rows = await pending(connection, instance.instance_id)
        return [
            Pending(id=timer, event=event, label=label_of(chart, event), due_at=due_at)
            for timer, event, due_at in rows
        ]


def _for_outsider(happened: Happened, by: Identity, chart_id: str) -> Happened:
    """Leave out the people of the house, the reasons of others, and all that others have sent and is not public."""
    row = happened.row
    is_person = row.actor_kind == "user"
    is_own = is_person and row.actor_id == by.id
    is_hidden = is_person and not is_own
    data = event_data_for(by, chart_id, row.event_type, happened.data, is_own=is_own)
    actor_id = "staff" if is_hidden else row.actor_id
    return replace(
        happened,
        row=row._replace(actor_id=actor_id, reason=row.reason if is_own else None),
        data=data,
        actor_name="Staff" if is_hidden else happened.actor_name,
    )


def _step(chart: Chart, instance: Stand, allowed: list[Allowed]) -> str | None:
    usual = [chart.node(node).meta.get("next") for node in instance.snapshot.configuration]
    may = [one.declared.type for one in allowed]
    return next((event for event in may if event in usual), None)


def _reasons(
    chart: Chart, event: EventDeclaration, explanation: Explanation, by: Identity
) -> tuple[Reason, ...]:
    operation = f"{chart.id}.{event.type}"
    if by.may(operation):
        return explanation.reasons
    roles = tuple(sorted(PERMISSIONS.get(operation, frozenset())))
    message = f"takes one of the roles {', '.join(roles)}"
    return (*explanation.reasons, Reason("access.denied", message, {"roles": list(roles)}, roles))


def _is_foreign(explanation: Explanation) -> bool:
    """Tell whether the event means nothing in this state, which is no reason to list it."""
    return [reason.code for reason in explanation.reasons] in (["unhandled"], ["done"])


def _waiting(told: Mapping[str, Explanation]) -> tuple[Reason, ...]:
    always = told.get("always")
    if always is None:
        return ()
    explained = [
        one for one in always.waiting if isinstance(one.meta, Mapping) and one.meta.get("explain")
    ]
    return tuple(reason for one in explained for reason in one.reasons)
