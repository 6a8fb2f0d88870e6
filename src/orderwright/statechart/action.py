"""Perform a program: each action sees the context that the one before left; effects are collected, not done.

A failure raises `Stop` with the code `action_error`, which refuses the whole event. So does a cancellation that an
action raises: nothing is awaited here, so that it cannot be meant for the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from orderwright.errors import EXITS
from orderwright.json_text import Json
from orderwright.statechart.behaviour import Outcome, Scope, is_list_of
from orderwright.statechart.definition import (
    ROOT,
    Assign,
    CancelLater,
    EmitEvent,
    NamedAction,
    PostEntry,
    Raise,
    SendLater,
    Template,
)
from orderwright.statechart.effect import Cancel, Effect, Emit, Invoke, Post, Schedule, StopInvoke
from orderwright.statechart.moment import Ended, Missing, Moment, Stop, fill
from orderwright.statechart.plan import Begin, Finish, Leave, Program
from orderwright.statechart.snapshot import Event

T = TypeVar("T")


def perform(moment: Moment, program: Program) -> None:
    """Perform a program's actions in order."""
    implementations = moment.behaviour.actions
    for active, place, name, action in program:
        moment.active = active
        if name is None:
            _PERFORMED[type(action)](action, place, moment)
            continue
        implementation = implementations.get(name)
        if implementation is None:
            raise _missing("action", name, place)
        try:
            outcome = implementation(moment)
        except EXITS:
            raise
        except BaseException as error:
            raise _broken("action", name, place, error) from error
        if outcome is not None:
            _bring(outcome, name, place, moment)


def invoke(moment: Moment) -> None:
    """Start the invocations of the nodes that were entered and are still active."""
    for index in moment.invoking:
        node = moment.chart.nodes[index]
        for work in node.invoke:
            given = _filled(work.input, node.id, moment)
            moment.effects.append(Invoke(work.id, work.src, given))


# --- one action -----------------------------------------------------------------------------------


def _call(action: NamedAction, place: str, moment: Moment) -> None:
    implementation = moment.behaviour.actions.get(action.name)
    if implementation is None:
        raise _missing("action", action.name, place)
    scope = _scoped(action.params, place, moment)
    try:
        outcome = implementation(scope)
    except EXITS:
        raise
    except BaseException as error:
        raise _broken("action", action.name, place, error) from error
    if outcome is not None:
        _bring(outcome, action.name, place, moment)


def _assign(action: Assign, place: str, moment: Moment) -> None:
    moment.assign(_object(action.values, place, moment))


def _raise(action: Raise, place: str, moment: Moment) -> None:
    moment.enqueue(Event(action.type, _object(action.data, place, moment)))


def _emit(action: EmitEvent, place: str, moment: Moment) -> None:
    moment.effects.append(Emit(action.type, _object(action.data, place, moment)))


def _post(action: PostEntry, place: str, moment: Moment) -> None:
    moment.effects.append(Post(action.ledger, _object(action.data, place, moment)))


def _send(action: SendLater, place: str, moment: Moment) -> None:
    event = Event(action.type, _object(action.data, place, moment))
    delay = action.delay
    milliseconds = delay if isinstance(delay, int) else _delay(delay, place, moment)
    if milliseconds is not None:
        moment.effects.append(Schedule(event, max(milliseconds, 0), action.id))


def _cancel(action: CancelLater, _: str, moment: Moment) -> None:
    moment.effects.append(Cancel(action.id))


def _begin(action: Begin, _: str, moment: Moment) -> None:
    moment.invoking = tuple(sorted((*moment.invoking, action.node)))


def _leave(action: Leave, _: str, moment: Moment) -> None:
    if action.node in moment.invoking:  # entered in this macrostep: nothing has been started
        moment.invoking = tuple(index for index in moment.invoking if index != action.node)
        return
    node = moment.chart.nodes[action.node]
    moment.effects.extend(StopInvoke(work.id) for work in node.invoke)


def _finish(action: Finish, place: str, moment: Moment) -> None:
    """End the chart; the root's own output sees its final node's as that of a done event."""
    output = _filled(action.output, place, moment) if action.output else None
    root = moment.chart.nodes[ROOT]
    if root.output is not None:
        event, moment.event = moment.event, Event(f"done.state.{root.id}", {"output": output})
        output = _filled(root.output, root.id, moment)
        moment.event = event
    moment.ended = Ended(output)


_PERFORMED: Final[Mapping[type, Callable[..., None]]] = {  # type: ignore[explicit-any]  # each is called with its own kind
    NamedAction: _call,
    Assign: _assign,
    Raise: _raise,
    EmitEvent: _emit,
    PostEntry: _post,
    SendLater: _send,
    CancelLater: _cancel,
    Begin: _begin,
    Leave: _leave,
    Finish: _finish,
}


# --- what a host's functions answer ---------------------------------------------------------------


def _bring(outcome: object, name: str, place: str, moment: Moment) -> None:
    if not isinstance(outcome, Outcome) or not _is_sound(outcome):
        what = f"action {name!r} returned {outcome!r}, not a sound Outcome or None"
        raise _failed(what, action=name, place=place)
    assigned, raised, effects = outcome
    if assigned:
        moment.assign(assigned)
    for event in raised:
        moment.enqueue(event)
    if effects:
        moment.effects.extend(effects)


def _is_sound(outcome: Outcome) -> bool:
    """Tell whether an outcome holds what its type promises: a host's code may not be type-checked."""
    assigned, raised, effects = outcome
    return (
        (type(assigned) is dict or isinstance(assigned, Mapping))
        and (raised == () or (is_list_of(Event, raised) and all(map(_is_event, raised))))
        and (effects == () or is_list_of(Effect, effects))
    )


def _is_event(one: object) -> bool:
    return isinstance(one, Event) and isinstance(one.type, str) and isinstance(one.data, Mapping)


def _delay(name: str, place: str, moment: Moment) -> int | None:
    implementation = moment.behaviour.delays.get(name)
    if implementation is None:
        raise _missing("delay", name, place)
    try:
        answer: object = implementation(moment)
    except EXITS:
        raise
    except BaseException as error:
        raise _broken("delay", name, place, error) from error
    if answer is None or (isinstance(answer, int) and not isinstance(answer, bool)):
        return answer
    raise _failed(f"delay {name!r} is not whole milliseconds or None", delay=name, place=place)


# --- values ---------------------------------------------------------------------------------------


def _object(template: Template, place: str, moment: Moment) -> Mapping[str, Json]:
    value = _filled(template, place, moment)
    if type(value) is not dict and not isinstance(value, Mapping):
        what = f"an action of {place} needs an object, found {type(value).__name__}"
        raise _failed(what, place=place)
    return value


def _filled(template: Template, place: str, moment: Moment) -> Json:
    try:
        return fill(template, moment)
    except Missing as missing:
        raise _lacking(place, missing) from missing


def _scoped(params: Template, place: str, moment: Moment) -> Scope:
    try:
        return moment.scope(params)
    except Missing as missing:
        raise _lacking(place, missing) from missing
    except TypeError as wrong:
        raise _failed(f"an action of {place}: {wrong}", place=place) from wrong


# --- failures -------------------------------------------------------------------------------------


def _missing(kind: str, name: str, place: str) -> Stop:
    return _failed(f"no {kind} {name!r} in the behaviour", **{kind: name, "place": place})


def _broken(kind: str, name: str, place: str, error: BaseException) -> Stop:
    shown = f"{type(error).__name__}: {error}"
    what = f"{kind} {name!r} failed: {shown}"
    return _failed(what, **{kind: name, "place": place, "error": shown})


def _lacking(place: str, missing: Missing) -> Stop:
    what = f"an action of {place} needs {missing.path}, which is missing"
    return _failed(what, place=place, missing=missing.path)


def _failed(message: str, **values: Json) -> Stop:
    return Stop("action_error", message, values)
