"""What a policy comes to that this process cannot read: it fails, and holds what it would have judged.

A release that is being rolled out may put a policy in force that the one before cannot read. Its trigger is looked for
by itself: a threshold that can be read holds what crosses it. Of one that cannot, nobody knows what it counts, so that
it holds every event that is counted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from orderwright.domain.trigger import TRIGGERS
from orderwright.policy import Deployment, Policy, PolicyInvalid, Result
from orderwright.policy.problem import Problems
from orderwright.policy.trigger import THRESHOLD
from orderwright.policy.trigger_reading import read_trigger

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.policy.trigger import Trigger

_COUNTED: Final = frozenset(name for name, known in TRIGGERS.items() if known.is_counted)


def failing(row: Record, invalid: PolicyInvalid) -> Result:
    """Return what a policy that cannot be read comes to, whatever happens."""
    policy = Policy(
        name=row["name"],
        trigger=_trigger(row["document"]) or row["trigger"],
        priority=0,
        on_unknown="hold",
        on_error="hold",
        nodes=(),
        edges=(),
    )
    deployment = Deployment(
        id=row["policy_id"],
        version=row["version"],
        policy=policy,
        mode=row["mode"],
        rollout=row["rollout"],
    )
    return Result(
        deployment=deployment,
        outcome="error",
        consequence="hold",
        error=f"PolicyInvalid: {invalid.message}",
    )


def fails_at(result: Result, trigger: Trigger) -> bool:
    """Tell whether a policy that cannot be read fails when a trigger is set off."""
    waits_for = result.deployment.policy.trigger
    return waits_for == trigger or (waits_for == THRESHOLD and trigger in _COUNTED)


def _trigger(document: str) -> Trigger | None:
    """Return the trigger of a document, as far as it can be read: of a threshold perhaps only that it is one."""
    try:
        source = json.loads(document, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    told = source.get("trigger") if isinstance(source, Mapping) else None
    if not isinstance(told, Mapping):
        return told if isinstance(told, str) else None
    problems = Problems()
    threshold = read_trigger(told, None, problems)
    return THRESHOLD if problems.found else threshold
