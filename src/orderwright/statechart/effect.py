"""What a step asks the host to do: data, never performed here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from orderwright.json_text import Json
from orderwright.statechart.snapshot import Event


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
