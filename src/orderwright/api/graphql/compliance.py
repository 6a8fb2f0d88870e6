"""What pay-ins, pay-outs, KYC sessions and users have in common in the API: a lifecycle, and what holds them back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import strawberry

from orderwright.api.graphql.context import Context, Info
from orderwright.api.graphql.trade import HasWorkflow
from orderwright.api.graphql.workflow import Workflow


@strawberry.type(description="What a policy holds something back with, until it is lifted.")
class PolicyHold:
    id: strawberry.ID
    kind: str
    reason: str
    policy: str | None
    policy_name: str | None
    version: int | None
    since: datetime


@strawberry.type(description="Why something was stopped; `until` if it goes on by itself.")
class PolicyFreeze:
    reason: str
    policy: str | None
    policy_name: str | None
    version: int | None
    since: datetime
    until: datetime | None


@strawberry.interface(description="Something that policies decide on.")
class ComplianceEntity(HasWorkflow):
    id: strawberry.ID

    @strawberry.field
    def is_decided(self) -> bool:
        """Whether the policies have decided on how it began."""
        return self.standing.context["isDecided"] is True

    @strawberry.field
    def holds(self, info: Info) -> list[PolicyHold]:
        """What holds it back now; for the house only."""
        if not info.context.by.is_staff:
            return []
        return [_hold(key, hold) for key, hold in self.standing.context["holds"].items()]

    @strawberry.field
    def frozen(self, info: Info) -> PolicyFreeze | None:
        """Why it is frozen, or restricted; for the house only."""
        frozen = self.standing.context.get("frozen")
        return _freeze(frozen) if frozen and info.context.by.is_staff else None

    @strawberry.field
    async def workflow(self, info: Info) -> Workflow:
        """Its lifecycle: what happened, what may happen, and what stands in the way."""
        return await workflow_of(str(self.id), info.context)


async def workflow_of(instance_id: str, context: Context) -> Workflow:
    """Show the lifecycle of something that the person may see."""
    return await Workflow.of(await context.app.workflows.instance(instance_id), context)


def _hold(hold_id: str, hold: Mapping[str, Any]) -> PolicyHold:
    return PolicyHold(
        id=strawberry.ID(hold_id),
        kind=hold["kind"],
        reason=hold["reason"],
        policy=hold["policy"],
        policy_name=hold.get("policyName"),
        version=hold.get("version"),
        since=datetime.fromisoformat(hold["since"]),
    )


def _freeze(frozen: Mapping[str, Any]) -> PolicyFreeze:
    until = frozen.get("until")
    return PolicyFreeze(
        reason=frozen["reason"],
        policy=frozen["policy"],
        policy_name=frozen.get("policyName"),
        version=frozen.get("version"),
        since=datetime.fromisoformat(frozen["since"]),
        until=datetime.fromisoformat(until) if until else None,
    )
