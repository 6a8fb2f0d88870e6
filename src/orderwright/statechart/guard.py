"""Evaluate guards: quickly to a three-valued answer, or in full to every reason that stands in the way."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Final, TypeGuard

from orderwright import condition
from orderwright.errors import EXITS
from orderwright.json_text import Json
from orderwright.statechart.behaviour import Reason, Verdict, is_list_of
from orderwright.statechart.definition import (
    AllOf,
    AnyOf,
    Guard,
    InState,
    NamedGuard,
    Not,
    Path,
    When,
)
from orderwright.statechart.moment import Missing, Moment, Stop, read

_DATA_DECIDES = Verdict(ok=None, code="data_decides", message="the event's data decide")


def judge(guard: Guard, moment: Moment) -> bool | None:
    """Return whether a guard holds, None when it is unknown; `and`/`or` stop as soon as they are decided.

    Raises:
        Stop: guard_error, when an implementation is missing, raises, or answers with something else.
    """
    return _JUDGED[type(guard)](guard, moment)


def _judge_named(guard: NamedGuard, moment: Moment) -> bool | None:
    answer = _asked(guard, moment)
    return answer.ok if isinstance(answer, Verdict) else answer


def _judge_joined(guard: AllOf | AnyOf, moment: Moment) -> bool | None:
    deciding = isinstance(guard, AnyOf)
    result: bool | None = not deciding
    for member in guard.members:
        held = judge(member, moment)
        if held is deciding:
            return deciding
        if held is None:
            result = None
    return result


def _judge_not(guard: Not, moment: Moment) -> bool | None:
    held = judge(guard.member, moment)
    return None if held is None else not held


def _judge_state(guard: InState, moment: Moment) -> bool:
    return moment.in_state(guard.node)


def _judge_condition(guard: When, moment: Moment) -> bool | None:
    return guard.check(lookup(moment))


_JUDGED: Final[Mapping[type, Callable[..., bool | None]]] = {  # type: ignore[explicit-any]  # each is called with its own kind
    NamedGuard: _judge_named,
    AllOf: _judge_joined,
    AnyOf: _judge_joined,
    Not: _judge_not,
    InState: _judge_state,
    When: _judge_condition,
}


def possible(guard: Guard, moment: Moment) -> frozenset[bool | None]:
    """Return every answer that a guard may come to when data are entered that are not there yet."""
    if isinstance(guard, AllOf | AnyOf):
        combinator = "or" if isinstance(guard, AnyOf) else "and"
        ways = itertools.product(*(possible(member, moment) for member in guard.members))
        return frozenset(condition.join(combinator, way) for way in ways)
    if isinstance(guard, Not):
        answers = possible(guard.member, moment)
        return frozenset(None if held is None else not held for held in answers)
    looked = moment.probe.touched if moment.probe is not None else 0
    held = judge(guard, moment)
    open_ended = moment.probe is not None and moment.probe.touched > looked
    return frozenset({True, False, None}) if open_ended else frozenset({held})


def verdict(guard: NamedGuard, moment: Moment) -> Verdict:
    """Ask the behaviour; a guard that looks at event data which is not there yet is unknown.

    Raises:
        Stop: guard_error.
    """
    answer = _asked(guard, moment)
    return answer if isinstance(answer, Verdict) else Verdict(ok=answer)


def _asked(guard: NamedGuard, moment: Moment) -> bool | Verdict | None:
    implementation = moment.behaviour.guards.get(guard.name)
    if implementation is None:
        raise _failed(guard, f"no guard {guard.name!r} in the behaviour")
    probe = moment.probe
    looked = probe.touched if probe is not None else 0
    try:
        answer: object = implementation(moment.scope(guard.params))
    except Missing as missing:
        return Verdict(ok=None, message=str(missing), values={"missing": [missing.path]})
    except EXITS:
        raise
    except BaseException as error:
        if probe is not None and probe.touched > looked:
            return _DATA_DECIDES
        shown = f"{type(error).__name__}: {error}"
        raise _failed(guard, f"guard {guard.name!r} failed: {shown}", error=shown) from error
    if probe is not None and probe.touched > looked:
        return _DATA_DECIDES
    if answer is None or isinstance(answer, bool) or _is_sound(answer):
        return answer
    found = repr(answer) if isinstance(answer, Verdict) else type(answer).__name__
    raise _failed(guard, f"guard {guard.name!r} answered {found}, not a bool or a sound Verdict")


def _is_sound(answer: object) -> TypeGuard[Verdict]:
    """Tell whether a verdict holds what its type promises: a host's code may not be type-checked."""
    if not isinstance(answer, Verdict):
        return False
    ok, code, message, values, unblockers = answer
    return (
        (ok is None or isinstance(ok, bool))
        and isinstance(code, str)
        and isinstance(message, str)
        and (type(values) is dict or isinstance(values, Mapping))
        and (unblockers == () or is_list_of(str, unblockers))
    )


def _failed(guard: NamedGuard, message: str, **values: Json) -> Stop:
    return Stop("guard_error", message, {"guard": guard.name, **values})


# --- reasons --------------------------------------------------------------------------------------


def reasons(guard: Guard, moment: Moment) -> tuple[Reason, ...]:
    """Return every reason why a guard does not hold; none when it does. Nothing is short-circuited.

    A guard that fails to answer is itself a reason, so that explaining never raises. What only the data decide, that
    nobody has entered yet, is no reason.
    """
    try:
        return tuple(_reasons(guard, moment))
    except Stop as stop:
        return (Reason(stop.refused.code, stop.refused.message, stop.refused.values),)


def _reasons(guard: Guard, moment: Moment) -> Iterable[Reason]:
    if isinstance(guard, AllOf):
        for member in guard.members:
            yield from reasons(member, moment)
    elif isinstance(guard, AnyOf):
        if judge(guard, moment) is not True:
            for member in guard.members:
                yield from reasons(member, moment)
    elif isinstance(guard, When):
        found = _conditions(condition.evaluate(guard.group, lookup(moment)))
        yield from (why for why in found if moment.probe is None or not _asks_data(why))
    else:
        yield from _single(guard, moment)


def _single(guard: NamedGuard | Not | InState, moment: Moment) -> Iterable[Reason]:
    if isinstance(guard, NamedGuard):
        answer = verdict(guard, moment)
        if answer.ok is not True and answer is not _DATA_DECIDES:
            yield answer.reason(guard.name)
    elif isinstance(guard, InState):
        if not moment.in_state(guard.node):
            yield Reason("not_in_state", f"{guard.node} is not active", {"state": guard.node})
    else:
        yield from _holding(guard, moment)


def _holding(guard: Not, moment: Moment) -> Iterable[Reason]:
    held = judge(guard.member, moment)
    if held is None:
        yield from reasons(guard.member, moment)
    elif held:
        name = _title(guard.member)
        yield Reason(f"not.{name}", f"the condition {name} holds", {"guard": name})


def _title(guard: Guard) -> str:
    if isinstance(guard, NamedGuard):
        return guard.name
    return guard.node if isinstance(guard, InState) else type(guard).__name__.lower()


def _asks_data(why: Reason) -> bool:
    missing = why.values.get("missing")
    return isinstance(missing, list) and all(str(path).startswith("event.") for path in missing)


def _conditions(evaluation: condition.Evaluation) -> Iterable[Reason]:
    if evaluation.result is True:
        return
    rule = evaluation.rule
    if rule is None:
        found = [why for member in evaluation.members for why in _conditions(member)]
        yield from found or [Reason("condition", "the conditions hold, and must not", {})]
        return
    missing = list(evaluation.missing)
    if missing:
        yield Reason("missing", f"{', '.join(missing)} is not known", {"missing": missing})
        return
    actual, expected = condition.shown(evaluation.actual), condition.shown(evaluation.expected)
    yield Reason(
        "condition",
        f"{rule.field} is {actual}, needed {rule.operator} {expected}",
        {
            "field": rule.field,
            "actual": condition.plain(evaluation.actual),
            "operator": rule.operator,
            "expected": condition.plain(evaluation.expected),
        },
    )


def lookup(moment: Moment) -> condition.Lookup:
    """Return how a condition reads the moment."""

    def find(path: str) -> Json:
        way = _path(path)
        if way.root == "event" and moment.probe is not None:
            moment.probe.look()
        return read(way, moment)

    return find


@lru_cache(maxsize=10_000)
def _path(path: str) -> Path:
    root, *keys = path.split(".")
    return Path(root, tuple(keys))
