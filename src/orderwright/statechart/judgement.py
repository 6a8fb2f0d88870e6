"""Judge a guard and keep how: the same answer as `guard.judge`, by the same questions, with a tree that shows it."""

from __future__ import annotations

from collections.abc import Iterator

from orderwright import condition
from orderwright.json_text import Json
from orderwright.statechart.definition import AllOf, AnyOf, Guard, InState, NamedGuard, Not
from orderwright.statechart.guard import lookup, verdict
from orderwright.statechart.moment import Moment
from orderwright.statechart.trace import Judgement


def judged(guard: Guard, moment: Moment) -> Judgement:
    """Return what a guard comes to, node by node; `and` and `or` stop as soon as they are decided.

    Raises:
        Stop: guard_error.
    """
    match guard:
        case NamedGuard():
            return _named(guard, moment)
        case AllOf() | AnyOf():
            found = tuple(_until_decided(guard, moment))
            combinator = "or" if isinstance(guard, AnyOf) else "and"
            held = condition.join(combinator, [one.held for one in found])
            return Judgement(guard=combinator, held=held, members=found)
        case Not(member):
            inner = judged(member, moment)
            held = None if inner.held is None else not inner.held
            return Judgement(guard="not", held=held, members=(inner,))
        case InState(node):
            return Judgement(guard=f"in {node}", held=moment.in_state(node))
        case _:
            return _condition(condition.evaluate(guard.group, lookup(moment)))


def _named(guard: NamedGuard, moment: Moment) -> Judgement:
    answer = verdict(guard, moment)
    return Judgement(
        guard=guard.name,
        held=answer.ok,
        code=answer.code,
        message=answer.message,
        values=dict(answer.values),
    )


def _until_decided(guard: AllOf | AnyOf, moment: Moment) -> Iterator[Judgement]:
    for member in guard.members:
        found = judged(member, moment)
        yield found
        if found.held is isinstance(guard, AnyOf):
            return


def _condition(found: condition.Evaluation) -> Judgement:
    rule = found.rule
    if rule is None:
        members = tuple(_condition(member) for member in found.members)
        return Judgement(guard="when", held=found.result, members=members)
    values: dict[str, Json] = {"expected": condition.plain(found.expected)}
    if found.missing:
        values["missing"] = list(found.missing)
    else:
        values["actual"] = condition.plain(found.actual)
    return Judgement(guard=f"{rule.field} {rule.operator}", held=found.result, values=values)
