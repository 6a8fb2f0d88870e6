"""What a policy came to on one event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from orderwright.condition import Evaluation, Json, plain
from orderwright.policy.model import ActionNode, Consequence, Policy

Outcome = Literal["hit", "miss", "unknown", "error"]
Mode = Literal["enforce", "shadow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A version of a policy as it is in force.

    Attributes:
        id: of the policy, the same in all its versions.
        version: of the policy.
        policy: what it says.
        mode: whether it decides, or is only watched.
        rollout: of 10,000 entities, on how many it decides; see `rolled_out`.
    """

    id: str
    version: int
    policy: Policy
    mode: Mode = "enforce"
    rollout: int = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A node that was reached, or perhaps was.

    Attributes:
        node: its id.
        certain: False where it hangs on an answer that is unknown.
        answer: what a condition came to; None for unknown, and for nodes that ask nothing.
    """

    node: str
    certain: bool
    answer: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a policy came to.

    Attributes:
        deployment: the policy.
        outcome: `unknown` where some action is perhaps to be done, `error` where it failed, else `hit` or `miss`.
        actions: what is to be done, each node once, in the order of the document; nothing after an error.
        possible: what would perhaps have to be done if more were known.
        path: the nodes on the way, every one behind those that lead to it.
        consequence: what follows from not knowing or from failing; None elsewhere.
        error: what failed.
        unread: what the trigger itself brings and nobody can read, with why; what it would match is unknown.
        evaluations: the evaluation of each condition on the path, where it was asked for.
        duration_ns: how long this policy took, where a stopwatch was given.
    """

    deployment: Deployment
    outcome: Outcome
    actions: tuple[ActionNode, ...] = ()
    possible: tuple[ActionNode, ...] = ()
    path: tuple[Visit, ...] = ()
    consequence: Consequence | None = None
    error: str | None = None
    unread: Mapping[str, str] = field(default_factory=dict)
    evaluations: Mapping[str, Evaluation] = field(default_factory=dict)
    duration_ns: int | None = None

    @property
    def is_shadow(self) -> bool:
        """Whether it must change nothing."""
        return self.deployment.mode == "shadow"

    @property
    def mistyped(self) -> dict[str, str]:
        """The facts that hold nothing of their type, each with why, where evaluations were asked for."""
        trees = (tree for tree in self.evaluations.values() if tree.result is None)
        found = {path: reason for tree in trees for path, reason in tree.mistyped.items()}
        return {**self.unread, **found}

    @property
    def missing(self) -> tuple[str, ...]:
        """The facts and lists that were not there, where evaluations were asked for."""
        trees = (tree for tree in self.evaluations.values() if tree.result is None)
        return tuple(dict.fromkeys(path for tree in trees for path in tree.missing))

    def to_json(self) -> dict[str, Json]:
        """Return the result as JSON-ready data."""
        return {
            "policy": self.deployment.id,
            "version": self.deployment.version,
            "mode": self.deployment.mode,
            "outcome": self.outcome,
            "actions": [_action(node) for node in self.actions],
            "possible": [_action(node) for node in self.possible],
            "path": [_visit(visit) for visit in self.path],
            "consequence": self.consequence,
            "error": self.error,
            "evaluations": {name: tree.to_json() for name, tree in self.evaluations.items()},
            "missing": list(self.missing),
            "mistyped": self.mistyped,
            "duration_ns": self.duration_ns,
        }


def _action(node: ActionNode) -> dict[str, Json]:
    return {"node": node.id, "action": node.action, "config": plain(node.config)}


def _visit(visit: Visit) -> dict[str, Json]:
    return {"node": visit.node, "certain": visit.certain, "answer": visit.answer}
