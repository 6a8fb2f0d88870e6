"""A policy made ready: conditions as closures, and each result that its answers can lead to made once.

A result without evaluations depends on nothing but the answers of the conditions, so the results of a policy are few
and shared between events.

A threshold is crossed if its figure is known. Where that cannot be read, nobody knows whether there was an event for
its policies: what would match is unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from orderwright.condition import (
    Check,
    Decisive,
    Evaluation,
    Lists,
    Lookup,
    Mistyped,
    compile as ready,
    evaluate,
    remainder,
)
from orderwright.policy.model import ConditionNode
from orderwright.policy.result import Deployment, Outcome, Result, Visit
from orderwright.policy.route import Answers, Route
from orderwright.policy.trigger import Threshold

Run = Callable[[Lookup, Lists], Result]

_KEPT: Final = 1024  # results of one policy; a wide graph has more than anybody sees twice


class Plan:
    """A deployed policy, ready for events.

    Attributes:
        deployment: the policy.
        decisive: what makes sure that it misses.
        run: gives the result on facts, without evaluations. Whatever fails makes it `error`, and nothing is raised.
    """

    __slots__ = (
        "_assured",
        "_checks",
        "_figure",
        "_known",
        "_route",
        "decisive",
        "deployment",
        "run",
    )

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self._route = Route.of(deployment.policy)
        self._checks = tuple(ready(node.group) for node in self._route.conditions())
        self._known: dict[Answers, Result] = {}
        self._assured: dict[str, Run] = {}
        self.decisive: Decisive = self._route.decisive()
        trigger = deployment.policy.trigger
        self._figure = trigger.figure if isinstance(trigger, Threshold) else None
        self.run: Run = self._sure(
            self._ask(self._checks[0]) if len(self._checks) == 1 else self._walk
        )

    def _walk(self, lookup: Lookup, lists: Lists) -> Result:
        checks = self._checks
        try:
            _, answers = self._route.walk(lambda number: checks[number](lookup, lists))
        except Exception as failure:  # noqa: BLE001 (a policy that fails stops neither the others nor the caller)
            return self._failed(failure, {})
        return self._known.get(answers) or self._result(answers)

    def assured(self, field: str) -> Run:
        """Return what gives the result of `run` where a decisive field is known to hold a value that is asked for."""
        if field not in self._assured:
            self._assured[field] = self._without(field)
        return self._assured[field]

    def _without(self, field: str) -> Run:
        nodes = self._route.conditions()
        if len(nodes) != 1:
            return self.run
        left = remainder(nodes[0].group, field)
        return self.run if left is nodes[0].group else self._sure(self._ask(ready(left)))

    def _sure(self, run: Run) -> Run:
        """Return what runs a policy, and doubts a match where the figure of its threshold cannot be read."""
        if self._figure is None:
            return run
        return lambda lookup, lists: self._doubted(run(lookup, lists), lookup)

    def _doubted(self, result: Result, lookup: Lookup) -> Result:
        reached = lookup(self._figure) if self._figure is not None else None
        if self._figure is None or result.outcome != "hit" or not isinstance(reached, Mistyped):
            return result
        return replace(
            result,
            outcome="unknown",
            actions=(),
            possible=result.actions,
            consequence=self.deployment.policy.on_unknown,
            unread={self._figure: reached.reason},
        )

    def _ask(self, check: Check) -> Run:
        """Return what runs a policy with a single condition: there are many, so no detour here."""
        known: dict[bool | None, Result] = {}

        def run(lookup: Lookup, lists: Lists) -> Result:
            try:
                answer = check(lookup, lists)
            except Exception as failure:  # noqa: BLE001 (as above)
                return self._failed(failure, {})
            found = known.get(answer)
            if found is None:
                found = known[answer] = self._result((answer,))
            return found

        return run

    def tell(self, lookup: Lookup, lists: Lists) -> Result:
        """Return the result on facts; a miss without evaluations, for nobody looks at those of most policies."""
        result = self.run(lookup, lists)
        return result if result.outcome == "miss" else self.explain(lookup, lists)

    def explain(self, lookup: Lookup, lists: Lists) -> Result:
        """Return the result on facts, with the evaluation of every condition on the way."""
        trees: dict[str, Evaluation] = {}
        nodes = self._route.conditions()

        def ask(number: int) -> bool | None:
            tree = evaluate(nodes[number].group, lookup, lists=lists)
            trees[nodes[number].id] = tree
            return tree.result

        try:
            _, answers = self._route.walk(ask)
        except Exception as failure:  # noqa: BLE001 (as above)
            return self._failed(failure, trees)
        result = self._known.get(answers) or self._result(answers)
        return self._doubted(replace(result, evaluations=trees), lookup)

    def _failed(self, failure: Exception, trees: dict[str, Evaluation]) -> Result:
        return Result(
            deployment=self.deployment,
            outcome="error",
            consequence=self.deployment.policy.on_error,
            error=f"{type(failure).__name__}: {failure}",
            evaluations=trees,
        )

    def _result(self, answers: Answers) -> Result:
        """Make the result of some answers, and keep it."""
        reached, _ = self._route.walk(answers.__getitem__)
        by_node = {
            stop.node.id: here
            for stop, here in zip(self._route.stops, reached, strict=True)
            if here is not False
        }
        policy = self.deployment.policy
        actions = tuple(node for node in policy.actions if by_node.get(node.id) is True)
        possible = tuple(node for node in policy.actions if by_node.get(node.id, False) is None)
        outcome: Outcome = "unknown" if possible else "hit" if actions else "miss"
        result = Result(
            deployment=self.deployment,
            outcome=outcome,
            actions=actions,
            possible=possible,
            path=self._path(reached, answers),
            consequence=policy.on_unknown if possible else None,
        )
        if len(self._known) < _KEPT:
            self._known[answers] = result
        return result

    def _path(self, reached: list[bool | None], answers: Answers) -> tuple[Visit, ...]:
        asked = iter(answers)
        visits = []
        for stop, here in zip(self._route.stops, reached, strict=True):
            answer = next(asked) if isinstance(stop.node, ConditionNode) else None
            if here is not False:
                visits.append(Visit(node=stop.node.id, certain=here is True, answer=answer))
        return tuple(visits)
