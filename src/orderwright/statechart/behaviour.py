"""What a host supplies to a chart: guards, actions and delays by name, and the vocabulary they answer in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from orderwright.json_text import Json
from orderwright.statechart.effect import Effect
from orderwright.statechart.snapshot import Event

NOTHING: Final[Mapping[str, Json]] = MappingProxyType({})
"""No data."""


class Scope(ABC):
    """What guards, actions and delays may look at while they run; all of it read-only.

    Attributes:
        context: the instance's data as the action before left it.
        facts: what the world knows at this moment, fixed for the macrostep.
        params: the parameters written in the chart.
        event: the event at hand; None in start, the last event in eventless steps.
        now: the time of the step, aware.
    """

    __slots__ = ("context", "event", "facts", "now", "params")

    context: Mapping[str, Json]
    facts: Mapping[str, Json]
    params: Mapping[str, Json]
    event: Event | None
    now: datetime

    @property
    def data(self) -> Mapping[str, Json]:
        """The event's data; empty in start."""
        return self.event.data if self.event else NOTHING

    @abstractmethod
    def in_state(self, node_id: str) -> bool:
        """Tell whether the node with this id is active at this moment.

        Raises:
            KeyError: the chart has no such node.
        """


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something does not happen: a stable code, a sentence, the numbers in it, and who can lift it."""

    code: str
    message: str
    values: Mapping[str, Json] = field(default_factory=dict)
    unblockers: tuple[str, ...] = ()


class Verdict(NamedTuple):
    """A guard's answer with its reason; `ok` is None when facts are missing."""

    ok: bool | None
    code: str = ""
    message: str = ""
    values: Mapping[str, Json] = NOTHING
    unblockers: Sequence[str] = ()

    def reason(self, fallback: str) -> Reason:
        """Return the reason behind a verdict that is not True; `fallback` names it when it has no code."""
        message = self.message or f"the condition {fallback} does not hold"
        return Reason(self.code or fallback, message, dict(self.values), tuple(self.unblockers))


class Outcome(NamedTuple):
    """What an action brings about: keys of the context to set, internal events to raise, effects."""

    assign: Mapping[str, Json] = NOTHING
    raised: Sequence[Event] = ()
    effects: Sequence[Effect] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an external event changed nothing.

    `code` is one of unhandled, blocked, guard_error, guard_unknown, action_error, loop, done, snapshot_mismatch;
    `reasons` lists every failing guard behind `blocked`.
    """

    code: str
    message: str
    values: Mapping[str, Json] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Implementations by name. A guard answers bool or Verdict, an action Outcome or None, a delay ms or None."""

    guards: Mapping[str, Callable[[Scope], bool | Verdict | None]] = field(default_factory=dict)
    actions: Mapping[str, Callable[[Scope], Outcome | None]] = field(default_factory=dict)
    delays: Mapping[str, Callable[[Scope], int | None]] = field(default_factory=dict)


def is_list_of(kind: object, listed: object) -> bool:
    """Tell whether something that a host's code answered is a sequence of instances of a kind."""
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        return False
    return all(isinstance(one, kind) for one in listed)  # type: ignore[arg-type]
