"""What would have to be different for a policy to come out otherwise: its graph read as one condition.

An action is reached if all answers along some way to it are given. So a policy is an `or` over its ways, each an
`and` of conditions, some of them negated, and what `condition.counterfactual` says of that is true of the policy. A
graph with very many ways, or very deep conditions, has no such reading that a person could follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.condition import (
    Counterfactual,
    Evaluation,
    Group,
    Json,
    Lists,
    Schema,
    counterfactual as of_condition,
    evaluate,
    join,
    negate,
    no_lists,
)
from orderwright.policy.model import ConditionNode, Edge, Policy
from orderwright.policy.reading import reading

MAX_WAYS: Final = 64
_DEEPEST: Final = 40  # levels of a condition, below the two or three that are put on top

Way = tuple[tuple[str, bool], ...]
"""Conditions with the answers that lead along a way."""


def counterfactual(
    policy: Policy,
    facts: Mapping[str, Json],
    *,
    action: str | None = None,
    lists: Lists = no_lists,
    wanted: bool | None = None,
    schema: Schema | None = None,
) -> Counterfactual:
    """Say what would change whether a policy comes to an action.

    Fields, values and words are the policy's; the paths of changes lead through the condition that it is read as.

    Args:
        policy: the policy.
        facts: what was known.
        action: the id of an action node; any of them where none is given.
        lists: finds named lists.
        wanted: the result asked for; by default the opposite of what it is, and True where that is unknown.
        schema: the labels of facts, for the words.
    """
    targets = [node.id for node in policy.actions if action in (None, node.id)]
    ways = _ways(policy, targets)
    nodes = {node.id: node for node in policy.conditions}
    if ways is None or any(node.group.depth > _DEEPEST for node in nodes.values()):
        return _silent(wanted=True if wanted is None else wanted)
    lookup = reading(facts)
    trees = {name: evaluate(node.group, lookup, lists=lists) for name, node in nodes.items()}
    if any(not way for way in ways):
        return _silent(wanted=False if wanted is None else wanted)
    whole = _joined("or", [_joined("and", [_answer(trees[n], a) for n, a in w]) for w in ways])
    return of_condition(whole, wanted=wanted, schema=schema)


def _silent(*, wanted: bool) -> Counterfactual:
    verb = "pass" if wanted else "not pass"
    return Counterfactual(wanted=wanted, ways=(), words=f"nothing simple would make it {verb}")


def _answer(tree: Evaluation, answer: bool) -> Evaluation:  # noqa: FBT001 (an answer)
    if answer or tree.group is None:
        return tree
    group = Group(combinator="and", rules=(tree.group,), negated=True)
    return Evaluation(
        result=negate(tree.result), group=group, missing=tree.missing, members=(tree,)
    )


def _joined(combinator: str, members: list[Evaluation]) -> Evaluation:
    if len(members) == 1:
        return members[0]
    groups = tuple(member.group for member in members if member.group is not None)
    return Evaluation(
        result=join(combinator, [member.result for member in members]),
        group=Group(combinator=combinator, rules=groups),
        missing=tuple(dict.fromkeys(path for member in members for path in member.missing)),
        members=tuple(members),
    )


def _ways(policy: Policy, targets: list[str]) -> list[Way] | None:
    """Return the ways from the trigger to some nodes, each once; None where there are too many."""
    into: dict[str, list[Edge]] = {}
    for edge in policy.edges:
        into.setdefault(edge.target, []).append(edge)
    conditions = {node.id for node in policy.nodes if isinstance(node, ConditionNode)}
    waiting: list[tuple[str, Way]] = [(target, ()) for target in targets]
    found: dict[Way, None] = {}
    while waiting:
        name, way = waiting.pop()
        edges = into.get(name, ())
        if not edges:
            found[way] = None
        for edge in edges:
            step = ((edge.source, edge.exit is True),) if edge.source in conditions else ()
            waiting.append((edge.source, step + way))
        if len(waiting) + len(found) > MAX_WAYS:
            return None
    return list(found)
