"""What policies have decided, and what one would come to, as the API shows them."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from orderwright.api.graphql.connection import PageInfo
from orderwright.api.graphql.context import Context, Info
from orderwright.api.graphql.results import Refusal, answered_plainly
from orderwright.api.graphql.scalars import JSON
from orderwright.app.page import Page
from orderwright.app.policies.execution_list import (
    ActionRow,
    EvaluationRow,
    ExecutionRow,
    ExecutionsWanted,
)
from orderwright.app.policies.trial import Trial
from orderwright.condition import plain


@strawberry.type(description="What a policy came to, where it did not miss.")
class PolicyEvaluation:
    policy_id: strawberry.ID
    policy_name: str
    version: int
    outcome: str = strawberry.field(description="hit, unknown, error, or snoozed.")
    mode: str
    path: JSON = strawberry.field(description="The nodes that were reached, with their answers.")
    trees: JSON = strawberry.field(description="The evaluation of each condition, by node.")
    actions: JSON = strawberry.field(description="What it asks for, or perhaps would.")
    error: str | None
    duration_us: int | None = strawberry.field(description="Of this policy alone, rounded.")

    @classmethod
    def of(cls, row: EvaluationRow) -> PolicyEvaluation:
        """Show an evaluation."""
        return cls(
            policy_id=strawberry.ID(row.policy_id),
            policy_name=row.policy_name,
            version=row.version,
            outcome=row.outcome,
            mode=row.mode,
            path=JSON(row.path),
            trees=JSON(row.tree),
            actions=JSON(row.actions),
            error=row.error,
            duration_us=round(row.duration_ns / 1000) if row.duration_ns is not None else None,
        )


@strawberry.type(description="An action that follows from a decision, and what has become of it.")
class PolicyAction:
    id: strawberry.ID
    policy_id: strawberry.ID
    policy_name: str
    version: int
    node: str
    action: str
    config: JSON
    status: str = strawberry.field(
        description="planned, queued, applied, skipped, failed, or dropped by the decision."
    )
    code: str | None
    message: str | None
    planned_at: datetime
    done_at: datetime | None
    result: JSON | None
    follows_from: strawberry.ID | None = strawberry.field(
        description="The action on which people have answered, where a host is to do what they have."
    )

    @classmethod
    def of(cls, row: ActionRow) -> PolicyAction:
        """Show an action."""
        return cls(
            id=strawberry.ID(row.id),
            policy_id=strawberry.ID(row.policy_id),
            policy_name=row.policy_name,
            version=row.version,
            node=row.node,
            action=row.action,
            config=JSON(row.config),
            status=row.status,
            code=row.code,
            message=row.message,
            planned_at=row.planned_at,
            done_at=row.done_at,
            result=JSON(row.result) if row.result is not None else None,
            follows_from=strawberry.ID(row.follows_from) if row.follows_from else None,
        )

    @classmethod
    async def following(cls, action_id: str, context: Context) -> list[PolicyAction]:
        """Show what a host was asked to do because of the answer to an action."""
        return [cls.of(one) for one in await context.consequences.load(action_id)]


@strawberry.type(description="What policies decided on one event; sensitive facts are masked.")
class PolicyExecution:
    id: strawberry.ID
    trigger: str
    entity_type: str
    entity_id: strawberry.ID
    root_id: strawberry.ID
    event_id: strawberry.ID | None
    source: str = strawberry.field(description="relay, host, or http.")
    status: str = strawberry.field(description="decided, or failed as a whole.")
    facts: JSON
    flagged: list[str]
    set_revision: str
    decision: JSON
    occurred_at: datetime
    started_at: datetime
    duration_us: int
    correlation_id: str
    causation_id: str | None
    error: str | None

    @classmethod
    def of(cls, row: ExecutionRow) -> PolicyExecution:
        """Show an execution."""
        return cls(
            id=strawberry.ID(row.id),
            trigger=row.trigger,
            entity_type=row.entity_type,
            entity_id=strawberry.ID(row.entity_id),
            root_id=strawberry.ID(row.root_id),
            event_id=strawberry.ID(row.event_id) if row.event_id else None,
            source=row.source,
            status=row.status,
            facts=JSON(row.facts),
            flagged=list(row.flagged),
            set_revision=str(row.set_revision),
            decision=JSON(row.decision),
            occurred_at=row.occurred_at,
            started_at=row.started_at,
            duration_us=row.duration_us,
            correlation_id=row.correlation_id,
            causation_id=row.causation_id,
            error=row.error,
        )

    @strawberry.field
    async def evaluations(self, info: Info) -> list[PolicyEvaluation]:
        """What each policy came to that did not miss."""
        return [PolicyEvaluation.of(one) for one in await info.context.evaluations.load(self.id)]

    @strawberry.field
    async def actions(self, info: Info) -> list[PolicyAction]:
        """What follows, in the order of the decision, what was dropped included; at last what follows from answers."""
        return [PolicyAction.of(one) for one in await info.context.policy_actions.load(self.id)]


@strawberry.enum(description="What a policy came to that did not miss.")
class PolicyOutcome(Enum):
    HIT = "hit"
    UNKNOWN = "unknown"
    ERROR = "error"
    SNOOZED = "snoozed"


@strawberry.input
class PolicyExecutionFilter:
    trigger: str | None = None
    entity_type: str | None = None
    entity_id: strawberry.ID | None = None
    policy_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of a policy that did not miss."
    )
    status: str | None = None
    outcome: PolicyOutcome | None = strawberry.field(
        default=None, description="At which `policyId`, or else any policy, came to it."
    )

    def wanted(self) -> ExecutionsWanted:
        """Return the filter as the application knows it."""
        return ExecutionsWanted(
            trigger=self.trigger,
            entity_type=self.entity_type,
            entity_id=self.entity_id,
            policy_id=self.policy_id,
            status=self.status,
            outcome=self.outcome.value if self.outcome else None,
        )


@strawberry.type
class PolicyExecutionEdge:
    node: PolicyExecution
    cursor: str


@strawberry.type
class PolicyExecutionConnection:
    wanted: strawberry.Private[ExecutionsWanted]
    edges: list[PolicyExecutionEdge]
    page_info: PageInfo

    @classmethod
    def of(cls, page: Page[ExecutionRow], wanted: ExecutionsWanted) -> PolicyExecutionConnection:
        """Show a page of executions."""
        edges = [
            PolicyExecutionEdge(node=PolicyExecution.of(row), cursor=at.cursor())
            for at, row in page.rows
        ]
        return cls(wanted=wanted, edges=edges, page_info=PageInfo.of(page))

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        executions = info.context.app.policy_office.executions
        return await executions.count(info.context.by, self.wanted)


@strawberry.type(description="What a policy would come to; nothing was done.")
class PolicyTested:
    outcome: str = strawberry.field(description="hit, miss, unknown, or error.")
    path: JSON = strawberry.field(description="[{node, certain, answer}], each behind its way.")
    trees: JSON = strawberry.field(description="The evaluation of each condition, by node.")
    actions: JSON = strawberry.field(description="What is to be done: [{node, action, config}].")
    possible: JSON = strawberry.field(description="What might be, if more were known.")
    missing: list[str]
    consequence: str | None = strawberry.field(
        description="hold or flag, of not knowing or failing."
    )
    error: str | None
    decision: JSON
    counterfactual: JSON = strawberry.field(
        description="{wanted, ways: [{changes, words, example}], words}."
    )
    facts: JSON = strawberry.field(description="What the policy saw, by path.")
    flagged: list[str] = strawberry.field(description="Fields that are no facts, with the reason.")
    withheld: list[str] = strawberry.field(
        description="Facts of the past execution that are kept masked, and were not known here."
    )
    derived_later: list[str] = strawberry.field(
        description="Facts that are not on record, and were derived as of the past execution."
    )
    unknowable: list[str] = strawberry.field(
        description="Facts that follow from others, and that nobody can derive any more."
    )
    lists_of_today: list[str] = strawberry.field(
        description="Lists that there were not yet then, read as they are now; others as they were."
    )

    @classmethod
    def of(cls, trial: Trial) -> PolicyTested:
        """Show a trial."""
        told = trial.result.to_json()
        return cls(
            outcome=trial.result.outcome,
            path=JSON(told["path"]),
            trees=JSON(told["evaluations"]),
            actions=JSON(told["actions"]),
            possible=JSON(told["possible"]),
            missing=list(trial.result.missing),
            consequence=trial.result.consequence,
            error=trial.result.error,
            decision=JSON(trial.decision.to_json()),
            counterfactual=JSON(trial.counterfactual.to_json()),
            facts=JSON({path: plain(value) for path, value in trial.facts.items()}),
            flagged=list(trial.flagged),
            withheld=list(trial.withheld),
            derived_later=list(trial.derived),
            unknowable=list(trial.unknown),
            lists_of_today=list(trial.lists_now),
        )


TestPolicyResult = Annotated[PolicyTested | Refusal, strawberry.union("TestPolicyResult")]


async def tested(context: Context, command: Awaitable[Trial]) -> PolicyTested | Refusal:
    """Await a trial, and show it."""
    return await answered_plainly(command, PolicyTested.of, context)
