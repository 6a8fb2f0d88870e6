"""What people ask of policies and do with them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import strawberry

from orderwright.api.graphql import policy, policy_execution
from orderwright.api.graphql.context import Info
from orderwright.api.graphql.operations import First
from orderwright.api.graphql.policy import (
    Policy,
    PolicyChangedResult,
    PolicyConnection,
    PolicyFilter,
    PolicyMode,
    PolicyOnEntity,
    mode_of,
)
from orderwright.api.graphql.policy_execution import (
    PolicyExecution,
    PolicyExecutionConnection,
    PolicyExecutionFilter,
    TestPolicyResult,
)
from orderwright.api.graphql.policy_part import PolicyActionKind, PolicyTrigger
from orderwright.api.graphql.scalars import JSON
from orderwright.app.orders import Asked
from orderwright.app.permissions import require
from orderwright.app.policies.policy_desk import Done, PolicyDesk, Wish
from orderwright.app.policies.policy_reading import ROLES
from orderwright.app.policies.terms import WHOLE
from orderwright.app.policies.trial import Sample, Subject
from orderwright.policy import ACTIONS


def _reasoned(command: Callable[[PolicyDesk, str, str, Asked], Awaitable[Done]]) -> Any:
    """Return the mutation that gives a command on a policy, for a reason."""

    async def give(
        info: Info, id: strawberry.ID, reason: str, idempotency_key: str | None = None
    ) -> PolicyChangedResult:
        asked = info.context.asked(info, idempotency_key)
        desk = info.context.app.policy_office.desk
        return await policy.changed(info.context, command(desk, id, reason, asked))

    return strawberry.mutation(resolver=give)


@strawberry.type
class PoliciesQuery:
    @strawberry.field
    async def policies(
        self,
        info: Info,
        filter: PolicyFilter | None = None,
        first: First = 50,
        after: str | None = None,
    ) -> PolicyConnection:
        """Policies, the newest first."""
        wanted = (filter or PolicyFilter()).wanted()
        listed = info.context.app.policy_office.listed
        page = await listed.page(info.context.by, wanted, first=first, after=after)
        return PolicyConnection.of(page, wanted)

    @strawberry.field
    async def policy(self, info: Info, id: strawberry.ID) -> Policy | None:
        found = await info.context.app.policy_office.listed.one(info.context.by, id)
        return Policy.of(found) if found else None

    @strawberry.field
    async def policies_on(
        self, info: Info, entity_type: str, entity_id: strawberry.ID
    ) -> list[PolicyOnEntity]:
        """What policies came to on an entity in its latest decisions, and those that are snoozed for it."""
        snoozes = info.context.app.policy_office.snoozes
        found = await snoozes.on(info.context.by, entity_type, entity_id)
        return [PolicyOnEntity.of(one) for one in found]

    @strawberry.field
    async def policy_triggers(self, info: Info) -> list[PolicyTrigger]:
        """What policies may wait for, with the facts that each brings."""
        require(info.context.by, "policy.read")
        return [PolicyTrigger.of(one) for one in info.context.app.policy_office.types.values()]

    @strawberry.field
    async def policy_actions(self, info: Info) -> list[PolicyActionKind]:
        """What policies may do, with what each action is told."""
        require(info.context.by, "policy.read")
        return [PolicyActionKind.of(name, settings) for name, settings in ACTIONS.items()]

    @strawberry.field
    async def policy_roles(self, info: Info) -> list[str]:
        """The roles that actions may name."""
        require(info.context.by, "policy.read")
        return list(ROLES)

    @strawberry.field
    async def policy_executions(
        self,
        info: Info,
        filter: PolicyExecutionFilter | None = None,
        first: First = 50,
        after: str | None = None,
    ) -> PolicyExecutionConnection:
        """What policies have decided, the newest first."""
        wanted = (filter or PolicyExecutionFilter()).wanted()
        executions = info.context.app.policy_office.executions
        page = await executions.page(info.context.by, wanted, first=first, after=after)
        return PolicyExecutionConnection.of(page, wanted)

    @strawberry.field
    async def policy_execution(self, info: Info, id: strawberry.ID) -> PolicyExecution | None:
        found = await info.context.app.policy_office.executions.one(info.context.by, id)
        return PolicyExecution.of(found) if found else None


@strawberry.type
class PoliciesMutation:
    @strawberry.mutation
    async def create_policy(
        self,
        info: Info,
        document: JSON,
        note: str | None = None,
        idempotency_key: str | None = None,
    ) -> PolicyChangedResult:
        """Begin a policy; what is wrong with the document is told by its JSON path."""
        asked = info.context.asked(info, idempotency_key)
        desk = info.context.app.policy_office.desk
        return await policy.changed(info.context, desk.create(document, note, asked))

    @strawberry.mutation
    async def save_policy_version(
        self,
        info: Info,
        id: strawberry.ID,
        document: JSON,
        note: str | None = None,
        based_on: int | None = None,
        idempotency_key: str | None = None,
    ) -> PolicyChangedResult:
        """Keep another version; what is in force stays in force.

        With `basedOn`, the version that was edited, it is refused where somebody else has saved since.
        """
        asked = info.context.asked(info, idempotency_key)
        desk = info.context.app.policy_office.desk
        command = desk.save(id, document, note, based_on, asked)
        return await policy.changed(info.context, command)

    @strawberry.mutation
    async def publish_policy(  # noqa: PLR0913 (the schema's arguments)
        self,
        info: Info,
        id: strawberry.ID,
        reason: str,
        version: int | None = None,
        mode: PolicyMode = PolicyMode.ENFORCE,
        rollout: int = WHOLE,
        idempotency_key: str | None = None,
    ) -> PolicyChangedResult:
        """Ask that a version, by default the latest, comes into force; said by a second person, consent to it.

        Who asks cannot consent. Another version, mode or share than the one asked for is not consented to.
        """
        asked = info.context.asked(info, idempotency_key)
        wish = Wish(version=version, mode=mode_of(mode), rollout=rollout)
        command = info.context.app.policy_office.desk.publish(id, wish, reason, asked)
        return await policy.changed(info.context, command)

    @strawberry.mutation
    async def resume_policy(
        self,
        info: Info,
        id: strawberry.ID,
        reason: str,
        version: int | None = None,
        idempotency_key: str | None = None,
    ) -> PolicyChangedResult:
        """Ask that a paused policy comes into force again; said by a second person, consent to it.

        With `version`, it is refused where another version is what was paused.
        """
        asked = info.context.asked(info, idempotency_key)
        command = info.context.app.policy_office.desk.resume(id, version, reason, asked)
        return await policy.changed(info.context, command)

    deny_policy_change = _reasoned(PolicyDesk.deny)
    """Say no to what somebody else has asked for."""

    withdraw_policy_change = _reasoned(PolicyDesk.withdraw)
    """Take back what one has asked for."""

    pause_policy = _reasoned(PolicyDesk.pause)
    """Take a policy out of force at once; one person can."""

    archive_policy = _reasoned(PolicyDesk.archive)
    """Take a policy out of force for good; its versions are kept."""

    @strawberry.mutation
    async def test_policy(
        self,
        info: Info,
        policy_id: strawberry.ID | None = None,
        version: int | None = None,
        document: JSON | None = None,
        facts: JSON | None = None,
        execution_id: strawberry.ID | None = None,
    ) -> TestPolicyResult:
        """Try a policy, or a document that nobody has saved, on facts or those of a past execution; writes nothing."""
        subject = Subject(
            document=document,
            policy_id=policy_id,
            version=version,
        )
        sample = Sample(facts=facts, execution_id=execution_id)
        trials = info.context.app.policy_office.trials
        command = trials.run(info.context.by, subject, sample)
        return await policy_execution.tested(info.context, command)

    @strawberry.mutation
    async def snooze_policy(  # noqa: PLR0913 (as above)
        self,
        info: Info,
        id: strawberry.ID,
        entity_type: str,
        entity_id: strawberry.ID,
        until: datetime,
        reason: str,
        idempotency_key: str | None = None,
    ) -> PolicyChangedResult:
        """Let a policy have no say on an entity until a moment."""
        asked = info.context.asked(info, idempotency_key)
        snoozes = info.context.app.policy_office.snoozes
        command = snoozes.begin(id, (entity_type, entity_id), until, reason, asked)
        return await policy.snoozed(info.context, command)

    @strawberry.mutation
    async def wake_policy(
        self,
        info: Info,
        id: strawberry.ID,
        entity_type: str,
        entity_id: strawberry.ID,
        idempotency_key: str | None = None,
    ) -> PolicyChangedResult:
        """End a snooze before its time."""
        asked = info.context.asked(info, idempotency_key)
        snoozes = info.context.app.policy_office.snoozes
        return await policy.snoozed(info.context, snoozes.end(id, (entity_type, entity_id), asked))
