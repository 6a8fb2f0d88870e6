"""Perform actions: each sees the context that the one before left; what they bring about is collected, not done."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from orderwright.json_text import Json
from orderwright.statechart.behaviour import Outcome
from orderwright.statechart.definition import (
    Action,
    Assign,
    CancelLater,
    EmitEvent,
    NamedAction,
    PostEntry,
    Raise,
    SendLater,
    Template,
)
from orderwright.statechart.effect import Cancel, Effect, Emit, Post, Schedule
from orderwright.statechart.scope import Missing, Moment, Stop, fill
from orderwright.statechart.snapshot import Event

_NO_PARAMS = Template({}, constant=True)


class Performance:
    """The actions of one macrostep: they change the moment's context, and leave effects and internal events.

    Every method raises `Stop` with `action_error` when an action cannot be performed.
    """

    __slots__ = ("effects", "moment", "queue")

    def __init__(self, moment: Moment) -> None:
        self.moment = moment
        self.effects: list[Effect] = []
        self.queue: deque[Event] = deque()

    def perform(self, actions: Iterable[Action], place: str) -> None:
        """Perform actions in order; `place` names them in messages."""
        for action in actions:
            try:
                self._perform(action, place)
            except Missing as missing:
                what = f"an action of {place} needs {missing.path}, which is missing"
                raise _failed(what, place=place, missing=missing.path) from missing

    def schedule(self, event: Event, delay: int | str, timer: str, place: str) -> None:
        """Schedule an event, unless the delay that the behaviour names is None."""
        milliseconds = delay if isinstance(delay, int) else self._delay(delay, place)
        if milliseconds is not None:
            self.effects.append(Schedule(event, max(milliseconds, 0), timer))

    def fill(self, template: Template, place: str) -> Json:
        """Return a template's value."""
        try:
            return fill(template, self.moment)
        except Missing as missing:
            what = f"{place} needs {missing.path}, which is missing"
            raise _failed(what, place=place, missing=missing.path) from missing

    def _perform(self, action: Action, place: str) -> None:
        match action:
            case NamedAction():
                self._call(action, place)
            case Assign(values):
                self._assign(self._object(values, place))
            case Raise(name, data):
                self.queue.append(Event(name, self._object(data, place)))
            case EmitEvent(name, data):
                self.effects.append(Emit(name, self._object(data, place)))
            case PostEntry(ledger, data):
                self.effects.append(Post(ledger, self._object(data, place)))
            case SendLater(name, data, delay, timer):
                self.schedule(Event(name, self._object(data, place)), delay, timer, place)
            case CancelLater(timer):
                self.effects.append(Cancel(timer))

    def _call(self, action: NamedAction, place: str) -> None:
        name = action.name
        implementation = self.moment.behaviour.actions.get(name)
        if implementation is None:
            raise _failed(f"no action {name!r} in the behaviour", action=name, place=place)
        try:
            outcome: object = implementation(self.moment.scope(action.params))
        except Missing:
            raise
        except Exception as error:
            shown = f"{type(error).__name__}: {error}"
            what = f"action {name!r} failed: {shown}"
            raise _failed(what, action=name, place=place, error=shown) from error
        if outcome is None:
            return
        if not isinstance(outcome, Outcome) or not _is_sound(outcome):
            what = f"action {name!r} returned {outcome!r}, not a sound Outcome or None"
            raise _failed(what, action=name, place=place)
        self._assign(outcome.assign)
        self.queue.extend(outcome.raised)
        self.effects.extend(outcome.effects)

    def _assign(self, values: Mapping[str, Json]) -> None:
        if values:
            self.moment.context = {**self.moment.context, **values}

    def _delay(self, name: str, place: str) -> int | None:
        implementation = self.moment.behaviour.delays.get(name)
        if implementation is None:
            raise _failed(f"no delay {name!r} in the behaviour", delay=name, place=place)
        try:
            answer: object = implementation(self.moment.scope(_NO_PARAMS))
        except Exception as error:
            shown = f"{type(error).__name__}: {error}"
            what = f"delay {name!r} failed: {shown}"
            raise _failed(what, delay=name, place=place, error=shown) from error
        if answer is not None and (not isinstance(answer, int) or isinstance(answer, bool)):
            what = f"delay {name!r} is not whole milliseconds or None"
            raise _failed(what, delay=name, place=place)
        return answer

    def _object(self, template: Template, place: str) -> Mapping[str, Json]:
        value = fill(template, self.moment)
        if not isinstance(value, Mapping):
            what = f"an action of {place} needs an object, found {type(value).__name__}"
            raise _failed(what, place=place)
        return value


def _failed(message: str, **values: Json) -> Stop:
    return Stop("action_error", message, values)


def _is_sound(outcome: Outcome) -> bool:
    """Tell whether an outcome holds what its type promises: a host's code may not be type-checked."""
    assigned: object = outcome.assign
    raised: object = outcome.raised
    effects: object = outcome.effects
    return (
        isinstance(assigned, Mapping)
        and isinstance(raised, Sequence)
        and isinstance(effects, Sequence)
        and all(isinstance(event, Event) for event in raised)
        and all(isinstance(effect, Effect) for effect in effects)
    )
