"""Evaluate the policies that are in force on one event: one after another, the highest priority first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from orderwright.condition import Json, Lists, Lookup, no_lists
from orderwright.policy.index import Index
from orderwright.policy.plan import Plan, Run
from orderwright.policy.reading import reading
from orderwright.policy.result import Deployment, Result
from orderwright.policy.trigger import Threshold, Trigger

Stopwatch = Callable[[], int]
"""Nanoseconds since some moment."""


def run(deployment: Deployment, facts: Mapping[str, Json], *, lists: Lists = no_lists) -> Result:
    """Evaluate one policy on facts, whatever its trigger, with the evaluation of every condition on the way."""
    return Plan(deployment).explain(reading(facts), lists)


class PolicySet:
    """The policies in force at one moment. It never changes: `publish` and `withdraw` return another one."""

    __slots__ = ("_groups", "_plans")

    def __init__(self, deployments: Iterable[Deployment] = ()) -> None:
        """Take deployments; a later one of the same policy replaces an earlier one."""
        self._plans = {one.id: Plan(one) for one in deployments}
        self._groups = _grouped(self._plans.values())

    def __len__(self) -> int:
        return len(self._plans)

    @property
    def deployments(self) -> tuple[Deployment, ...]:
        """What is in force, in no particular order."""
        return tuple(plan.deployment for plan in self._plans.values())

    @property
    def thresholds(self) -> frozenset[Threshold]:
        """The thresholds that some policy waits for."""
        return frozenset(one for one in self._groups if isinstance(one, Threshold))

    def publish(self, deployment: Deployment) -> PolicySet:
        """Return the set with a policy added, or another version of it put in its place."""
        return self._with({**self._plans, deployment.id: Plan(deployment)}, deployment)

    def withdraw(self, policy_id: str) -> PolicySet:
        """Return the set without a policy; the same set where there is none of this id."""
        gone = self._plans.get(policy_id)
        if gone is None:
            return self
        left = {name: plan for name, plan in self._plans.items() if name != policy_id}
        return self._with(left, gone.deployment)

    def _with(self, plans: dict[str, Plan], changed: Deployment) -> PolicySet:
        """Return a set of plans, of which only the groups of the changed policy's triggers are made anew."""
        before = self._plans.get(changed.id)
        triggers = {changed.policy.trigger}
        if before is not None:
            triggers.add(before.deployment.policy.trigger)
        made = PolicySet()
        made._plans = plans
        touched = [plan for plan in plans.values() if plan.deployment.policy.trigger in triggers]
        kept = {one: group for one, group in self._groups.items() if one not in triggers}
        made._groups = {**kept, **_grouped(touched)}
        return made

    def count(self, trigger: Trigger) -> int:
        """Return how many policies wait for a trigger."""
        group = self._groups.get(trigger)
        return len(group.plans) if group else 0

    def decides_on(self, trigger: Trigger) -> bool:
        """Tell whether any policy waits for a trigger and decides on it, for somebody, instead of being watched."""
        group = self._groups.get(trigger)
        waiting = [plan.deployment for plan in group.plans] if group else []
        return any(one.mode == "enforce" and one.rollout > 0 for one in waiting)

    def evaluate(
        self,
        trigger: Trigger,
        facts: Mapping[str, Json],
        *,
        lists: Lists = no_lists,
        trees: bool = False,
        stopwatch: Stopwatch | None = None,
    ) -> tuple[Result, ...]:
        """Evaluate the policies of a trigger, in the order of priority, then of ids.

        Misses are left out, and most of them are not even asked: what this costs follows the policies that match.

        Args:
            trigger: what happened; of thresholds, each by itself.
            facts: what is known, by dotted path or nested.
            lists: finds named lists.
            trees: whether results carry evaluations.
            stopwatch: measures each policy by itself.
        """
        group = self._groups.get(trigger)
        if group is None:
            return ()
        lookup = reading(facts)
        found = group.index.candidates(lookup)
        runs = group.tells if trees else group.runs
        if stopwatch:
            results = [_timed(runs[one], lookup, lists, stopwatch) for one in found]
        else:
            results = [runs[one](lookup, lists) for one in found]
        return tuple([result for result in results if result.outcome != "miss"])

    def evaluate_each(
        self,
        trigger: Trigger,
        facts: Mapping[str, Json],
        *,
        lists: Lists = no_lists,
        trees: bool = False,
    ) -> tuple[Result, ...]:
        """Evaluate every policy of a trigger without the index, misses included: for who wants to see them all."""
        group = self._groups.get(trigger)
        lookup = reading(facts)
        plans = group.plans if group else []
        return tuple(
            plan.explain(lookup, lists) if trees else plan.run(lookup, lists) for plan in plans
        )


class _Group:
    """The policies of one trigger in their order, with an index; what runs them stands under the index's numbers."""

    __slots__ = ("index", "plans", "runs", "tells")

    def __init__(self, plans: Iterable[Plan]) -> None:
        self.plans = sorted(plans, key=_rank)
        self.index = Index([plan.decisive for plan in self.plans])
        filed = zip(self.plans, self.index.filed, strict=True)
        ways = [
            (plan.run if name is None else plan.assured(name), plan.run) for plan, name in filed
        ]
        self.runs = [run for both in ways for run in both]
        self.tells = [plan.tell for plan in self.plans for _ in range(2)]


def _rank(plan: Plan) -> tuple[int, str]:
    return -plan.deployment.policy.priority, plan.deployment.id


def _grouped(plans: Iterable[Plan]) -> dict[Trigger, _Group]:
    found: dict[Trigger, list[Plan]] = {}
    for plan in plans:
        found.setdefault(plan.deployment.policy.trigger, []).append(plan)
    return {trigger: _Group(together) for trigger, together in found.items()}


def _timed(run: Run, lookup: Lookup, lists: Lists, stopwatch: Stopwatch) -> Result:
    begun = stopwatch()
    result = run(lookup, lists)
    return replace(result, duration_ns=stopwatch() - begun)
