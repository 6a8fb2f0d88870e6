"""GraphQL types of lifecycles: where one stands, what happened, what may happen, and its picture."""

from __future__ import annotations

from datetime import datetime

import strawberry

from orderwright.api.graphql.context import Context, Info
from orderwright.api.graphql.scalars import JSON
from orderwright.app import workflow as app
from orderwright.app.sight import context_for
from orderwright.app.words import Words, words_of
from orderwright.statechart import Chart, Reason as CoreReason, diagram


@strawberry.type(
    description="Why something does not happen, with its numbers and who can lift it."
)
class Reason:
    code: str
    message: str
    values: JSON
    unblockers: list[str]

    @classmethod
    def of(cls, reason: CoreReason) -> Reason:
        """Show a reason."""
        return cls(
            code=reason.code,
            message=reason.message,
            values=JSON(reason.values),
            unblockers=list(reason.unblockers),
        )


@strawberry.type
class AllowedEvent:
    event: str
    label: str
    description: str
    data_schema: JSON | None
    depends_on_data: bool

    @classmethod
    def of(cls, allowed: app.Allowed) -> AllowedEvent:
        """Show an event that may be sent."""
        declared = allowed.declared
        return cls(
            event=declared.type,
            label=declared.label,
            description=declared.description,
            data_schema=JSON(declared.data) if declared.data is not None else None,
            depends_on_data=allowed.depends,
        )


@strawberry.type
class BlockedEvent:
    event: str
    label: str
    description: str
    reasons: list[Reason]

    @classmethod
    def of(cls, blocked: app.Blocked) -> BlockedEvent:
        """Show an event that may not be sent."""
        declared = blocked.declared
        return cls(
            event=declared.type,
            label=declared.label,
            description=declared.description,
            reasons=[Reason.of(reason) for reason in blocked.reasons],
        )


@strawberry.type
class Actor:
    id: str
    kind: str
    name: str


@strawberry.type
class TransitionLogEntry:
    version: int
    event_type: str
    label: str
    data: JSON
    actor: Actor
    reason: str | None
    origin: str
    correlation_id: str
    causation_id: str | None
    occurred_at: datetime
    recorded_at: datetime
    from_state: str | None
    to_state: str
    from_label: str | None
    to_label: str
    to_tone: str
    configuration: list[strawberry.ID]

    @classmethod
    def of(cls, happened: app.Happened) -> TransitionLogEntry:
        """Show a row of the transition log."""
        row, before, after = happened.row, happened.before, happened.after
        return cls(
            version=row.version,
            event_type=row.event_type,
            label=happened.label,
            data=JSON(happened.data),
            actor=Actor(id=row.actor_id, kind=row.actor_kind, name=happened.actor_name),
            reason=row.reason,
            origin=row.origin,
            correlation_id=row.correlation_id,
            causation_id=row.causation_id,
            occurred_at=row.occurred_at,
            recorded_at=row.recorded_at,
            from_state=before.state if before else None,
            to_state=after.state,
            from_label=before.label if before else None,
            to_label=after.label,
            to_tone=after.tone,
            configuration=[strawberry.ID(node) for node in happened.configuration],
        )


@strawberry.type
class Timer:
    id: str
    event: str
    label: str
    due_at: datetime


class _Telling:
    """What may happen next, asked once however many fields want it."""

    def __init__(self, instance: app.Stand) -> None:
        self._instance = instance
        self._told: app.Next | None = None

    async def next(self, context: Context) -> app.Next:
        if self._told is None:
            self._told = await context.app.workflows.next(self._instance, context.by)
        return self._told


@strawberry.type(description="A lifecycle: where it stands and what can happen to it.")
class Workflow:
    instance: strawberry.Private[app.Stand]
    words: strawberry.Private[Words]
    telling: strawberry.Private[_Telling]
    instance_id: strawberry.ID
    chart_id: strawberry.ID
    chart_version: int
    version: int
    status: str
    configuration: list[strawberry.ID]

    @classmethod
    async def of(cls, instance: app.Stand, context: Context) -> Workflow:
        """Show an instance."""
        chart = await context.app.queries.chart(instance.chart_id, instance.chart_version)
        return cls(
            instance=instance,
            words=words_of(chart, instance.state),
            telling=_Telling(instance),
            instance_id=strawberry.ID(instance.instance_id),
            chart_id=strawberry.ID(instance.chart_id),
            chart_version=instance.chart_version,
            version=instance.version,
            status=instance.status,
            configuration=[strawberry.ID(node) for node in instance.snapshot.configuration],
        )

    @strawberry.field
    def state(self) -> str:
        return self.words.state

    @strawberry.field
    def label(self) -> str:
        return self.words.label

    @strawberry.field
    def tone(self) -> str:
        return self.words.tone

    @strawberry.field
    def description(self) -> str:
        return self.words.description

    @strawberry.field
    def context(self, info: Info) -> JSON:
        return JSON(context_for(info.context.by, self.instance.snapshot.context))

    @strawberry.field
    async def transition_log(self, info: Info) -> list[TransitionLogEntry]:
        happened = await info.context.app.workflows.log(self.instance, info.context.by)
        return [TransitionLogEntry.of(row) for row in happened]

    @strawberry.field
    async def next_event(self, info: Info) -> str | None:
        """The event that usually comes next; null when the person may not send it now."""
        return (await self.telling.next(info.context)).step

    @strawberry.field
    async def allowed_events(self, info: Info) -> list[AllowedEvent]:
        told = await self.telling.next(info.context)
        return [AllowedEvent.of(event) for event in told.allowed]

    @strawberry.field
    async def blocked_events(self, info: Info) -> list[BlockedEvent]:
        told = await self.telling.next(info.context)
        return [BlockedEvent.of(event) for event in told.blocked]

    @strawberry.field
    async def waiting_for(self, info: Info) -> list[Reason]:
        """Why the guarded eventless transitions do not run."""
        told = await self.telling.next(info.context)
        return [Reason.of(reason) for reason in told.waiting_for]

    @strawberry.field
    async def timers(self, info: Info) -> list[Timer]:
        return [
            Timer(id=timer.id, event=timer.event, label=timer.label, due_at=timer.due_at)
            for timer in await info.context.app.workflows.timers(self.instance)
        ]


# --- the picture ----------------------------------------------------------------------------------


@strawberry.type
class ChartNode:
    id: strawberry.ID
    key: str
    label: str
    tone: str
    description: str
    kind: str
    parent: strawberry.ID | None
    initial: bool


@strawberry.type
class ChartEdge:
    id: strawberry.ID
    source: strawberry.ID
    target: strawberry.ID
    event: str | None
    label: str
    guard: str | None
    kind: str


@strawberry.type(description="A chart as nodes and edges, ready to be laid out.")
class ChartGraph:
    id: strawberry.ID
    version: int
    label: str
    nodes: list[ChartNode]
    edges: list[ChartEdge]

    @classmethod
    def of(cls, chart: Chart) -> ChartGraph:
        """Show a chart."""
        graph = diagram.graph(chart)
        return cls(
            id=strawberry.ID(chart.id),
            version=chart.version,
            label=chart.nodes[0].label,
            nodes=[_node(node) for node in graph.nodes],
            edges=[_edge(edge) for edge in graph.edges],
        )


def _node(node: diagram.Node) -> ChartNode:
    return ChartNode(
        id=strawberry.ID(node.id),
        key=node.key,
        label=node.label,
        tone=node.tone,
        description=node.description,
        kind=node.kind,
        parent=strawberry.ID(node.parent) if node.parent else None,
        initial=node.initial,
    )


def _edge(edge: diagram.Edge) -> ChartEdge:
    return ChartEdge(
        id=strawberry.ID(edge.id),
        source=strawberry.ID(edge.source),
        target=strawberry.ID(edge.target),
        event=edge.event,
        label=edge.label,
        guard=edge.guard,
        kind=edge.kind,
    )
