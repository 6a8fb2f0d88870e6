"""What passes in and out of a step: events, snapshots and effects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

T = TypeVar("T")

Json = object
"""A JSON value as Python reads it."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: a type and JSON-ready data."""

    type: str
    data: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where an instance stands; plain data that survives JSON unchanged.

    Attributes:
        chart_id: the chart's id.
        version: the chart's version.
        hash: the chart's structural hash; a snapshot fits only that structure.
        configuration: ids of every active state node, ancestors and root included, in document order.
        value: the same in XState's shape, for readers.
        context: the instance's data, JSON-ready.
        history: for each history node that was recorded, the ids that it restores.
        status: "active", or "done" when the chart has reached its end.
        output: what the chart's end yields.
    """

    chart_id: str
    version: int
    hash: str
    configuration: tuple[str, ...]
    value: Json
    context: Mapping[str, Json]
    history: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    status: Literal["active", "done"] = "active"
    output: Json = None

    def to_json(self) -> dict[str, Json]:
        """Return the snapshot as a JSON-ready object."""
        return {
            "chart": self.chart_id,
            "version": self.version,
            "hash": self.hash,
            "configuration": list(self.configuration),
            "value": self.value,
            "context": dict(self.context),
            "history": {node: list(ids) for node, ids in self.history.items()},
            "status": self.status,
            "output": self.output,
        }

    @classmethod
    def from_json(cls, source: Mapping[str, Json]) -> Snapshot:
        """Read what `to_json` wrote.

        Raises:
            ValueError: a key is missing or holds the wrong type; the message names it.
        """
        history = _typed(source, "history", dict)
        status = _typed(source, "status", str)
        if status not in ("active", "done"):
            raise ValueError(f"snapshot.status: {status!r} is not `active` or `done`")
        return cls(
            chart_id=_typed(source, "chart", str),
            version=_typed(source, "version", int),
            hash=_typed(source, "hash", str),
            configuration=_names(_typed(source, "configuration", list), "configuration"),
            value=source.get("value"),
            context=_typed(source, "context", dict),
            history={node: _names(ids, f"history.{node}") for node, ids in history.items()},
            status="done" if status == "done" else "active",
            output=source.get("output"),
        )


def _typed(source: Mapping[str, Json], key: str, kind: type[T]) -> T:
    value = source.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError(f"snapshot.{key}: expected {kind.__name__}, found {type(value).__name__}")  # noqa: TRY004 (a bad document, not a bad call)
    return value


def _names(value: Json, key: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError(f"snapshot.{key}: expected a list of node ids")
    return tuple(value)


@dataclass(frozen=True, slots=True)
class Emit:
    """A domain event to publish."""

    type: str
    data: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Send `event` back after `delay_ms`; a schedule with the same id is replaced."""

    event: Event
    delay_ms: int
    id: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Forget the schedule with this id, if there is one."""

    id: str


@dataclass(frozen=True, slots=True)
class Invoke:
    """Start asynchronous work; its end comes back as `done.invoke.<id>` or `error.invoke.<id>`."""

    id: str
    src: str
    input: Json = None


@dataclass(frozen=True, slots=True)
class StopInvoke:
    """Stop the work with this id: its state was left."""

    id: str


@dataclass(frozen=True, slots=True)
class Post:
    """Add a row to a ledger."""

    ledger: str
    data: Mapping[str, Json] = field(default_factory=dict)


Effect = Emit | Schedule | Cancel | Invoke | StopInvoke | Post
