"""Decide on one entity: which of the actions of all policies are to be done, by precedence, and never by ignorance.

- A rejection makes freezing, approval and documents pointless: they are dropped. All other restrictive actions add up.
- AUTO_APPROVE stands only where nothing stands against it: no restrictive action, no earlier decision that restricts,
  and no policy that does not know or has failed. An unknown never approves.
- SEND_NOTIFICATION always stands.
- A policy in shadow has no say; it neither acts nor stands against anything.
- One event may set off several triggers. They are decided each by itself, but weigh as if they were one.

What is dropped stays on record with the reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from orderwright.condition import Json, plain
from orderwright.policy.action import APPROVING, OVERRIDDEN, REJECTING, is_restrictive
from orderwright.policy.model import ActionNode, Consequence
from orderwright.policy.result import Deployment, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An action that a policy asks for."""

    deployment: Deployment
    node: ActionNode

    def to_json(self) -> dict[str, Json]:
        """Return the action as callers see it."""
        return {
            "action": self.node.action,
            "config": plain(self.node.config),
            "policy": self.deployment.id,
            "version": self.deployment.version,
            "node": self.node.id,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """An action that is not to be done.

    Attributes:
        planned: the action.
        code: `overridden` by a rejection, `restricted` by what stands against an approval.
        by: what made it pointless or stands against it: actions, and `unknown` or `error` of policies.
    """

    planned: Planned
    code: Literal["overridden", "restricted"]
    by: tuple[str, ...]

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON-ready data."""
        return {**self.planned.to_json(), "code": self.code, "by": list(self.by)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A policy that does not know, or has failed, and what follows from it.

    Attributes:
        deployment: the policy.
        outcome: why.
        consequence: `hold` blocks the entity until people have approved it; `flag` is a review.
        reason: the facts that were missing, those that were mistyped, or what failed, where that is known.
    """

    deployment: Deployment
    outcome: Literal["unknown", "error"]
    consequence: Consequence
    reason: str = ""

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON-ready data."""
        return {
            "policy": self.deployment.id,
            "version": self.deployment.version,
            "outcome": self.outcome,
            "consequence": self.consequence,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What all policies together say of an entity."""

    actions: tuple[Planned, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @property
    def is_restrictive(self) -> bool:
        """Whether something stands in the way of the entity: a restrictive action or any doubt."""
        return bool(self.doubts) or any(is_restrictive(one.node.action) for one in self.actions)

    @property
    def approves(self) -> bool:
        """Whether the entity is approved without a person."""
        return any(one.node.action == APPROVING for one in self.actions)

    def to_json(self) -> dict[str, Json]:
        """Return the decision as JSON-ready data."""
        return {
            "actions": [one.to_json() for one in self.actions],
            "dropped": [one.to_json() for one in self.dropped],
            "doubts": [one.to_json() for one in self.doubts],
        }


def decide(
    results: Iterable[Result], *, standing: Collection[str] = (), beside: Collection[str] = ()
) -> Decision:
    """Decide on an entity.

    Args:
        results: what each policy came to, in the order of evaluation.
        standing: what earlier decisions on the same entity have left standing against it: names of restrictive
            actions, or any other word for it; what is not restrictive is not looked at.
        beside: what else the same event has set off, as `said` tells it; a rejection there drops what one here would.
    """
    deciding = [result for result in results if not result.is_shadow]
    planned = [
        Planned(deployment=result.deployment, node=node)
        for result in deciding
        for node in result.actions
    ]
    doubts = tuple(doubt for result in deciding if (doubt := _doubt(result)) is not None)
    against = _against(planned, doubts, [*standing, *beside])
    rejected = REJECTING in {*(one.node.action for one in planned), *beside}
    dropped = [_dropped(one, against, rejected=rejected) for one in planned]
    return Decision(
        actions=tuple(one for one, gone in zip(planned, dropped, strict=True) if gone is None),
        dropped=tuple(gone for gone in dropped if gone is not None),
        doubts=doubts,
    )


def said(results: Iterable[Result]) -> tuple[str, ...]:
    """Return what results have to say beside others: the actions that are asked for, and each doubt."""
    deciding = [result for result in results if not result.is_shadow]
    words = [node.action for result in deciding for node in result.actions]
    doubts = [doubt.outcome for result in deciding if (doubt := _doubt(result)) is not None]
    return (*words, *doubts)


def _against(
    planned: Sequence[Planned], doubts: Sequence[Doubt], standing: Collection[str]
) -> tuple[str, ...]:
    """Return what stands against an approval, each once."""
    actions = [*(one.node.action for one in planned), *standing]
    words = [*filter(is_restrictive, actions), *(doubt.outcome for doubt in doubts)]
    return tuple(dict.fromkeys(words))


def _dropped(planned: Planned, against: tuple[str, ...], *, rejected: bool) -> Dropped | None:
    action = planned.node.action
    if rejected and action in OVERRIDDEN:
        return Dropped(planned=planned, code="overridden", by=(REJECTING,))
    if against and action == APPROVING:
        return Dropped(planned=planned, code="restricted", by=against)
    return None


def _doubt(result: Result) -> Doubt | None:
    if result.outcome not in ("unknown", "error"):
        return None
    mistyped = (f"{path} ({reason})" for path, reason in result.mistyped.items())
    return Doubt(
        deployment=result.deployment,
        outcome=result.outcome,
        consequence=result.consequence or "hold",
        reason=result.error or ", ".join([*result.missing, *mistyped]),
    )
