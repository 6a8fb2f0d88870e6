"""Policies, their versions and what is in force of them, as the API shows them."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from enum import Enum
from typing import Annotated, Literal

import strawberry

from orderwright.api.graphql.connection import PageInfo
from orderwright.api.graphql.context import Context, Info
from orderwright.api.graphql.results import Refusal, answered_plainly
from orderwright.api.graphql.scalars import JSON
from orderwright.api.graphql.trade import HasWorkflow
from orderwright.api.graphql.workflow import Actor, Workflow
from orderwright.app.page import Page
from orderwright.app.policies import policy_list as app
from orderwright.app.policies.difference import differences
from orderwright.app.policies.policy_desk import Done
from orderwright.app.policies.policy_list import PoliciesWanted, PolicyRow
from orderwright.app.policies.snooze import PolicyOn, Snooze as SnoozeRow
from orderwright.app.policies.statistics import Statistics


@strawberry.enum
class PolicyMode(Enum):
    ENFORCE = "enforce"
    SHADOW = "shadow"


def mode_of(mode: PolicyMode) -> Literal["enforce", "shadow"]:
    """Return a mode as policies know it."""
    return "shadow" if mode is PolicyMode.SHADOW else "enforce"


@strawberry.enum
class PolicyChangeKind(Enum):
    PUBLISH = "PUBLISH"
    RESUME = "RESUME"


@strawberry.type(description="A version of a policy as it was saved; it never changes.")
class PolicyVersion:
    row: strawberry.Private[app.PolicyVersion]
    version: int
    document: JSON
    fingerprint: str = strawberry.field(
        description="SHA-256 of its meaning, whatever its layout is."
    )
    saved_at: datetime
    note: str | None

    @classmethod
    def of(cls, row: app.PolicyVersion) -> PolicyVersion:
        """Show a version."""
        return cls(
            row=row,
            version=row.version,
            document=JSON(row.document),
            fingerprint=row.fingerprint,
            saved_at=row.saved_at,
            note=row.note,
        )

    @strawberry.field
    async def saved_by(self, info: Info) -> Actor:
        return await person(info.context, self.row.saved_by)


@strawberry.type(description="What of a policy is in force.")
class PolicyInForce:
    row: strawberry.Private[app.InForceNow]
    version: int
    mode: PolicyMode
    rollout: int = strawberry.field(description="Of 10,000 entities, for how many it decides.")
    published_at: datetime

    @strawberry.field
    async def published_by(self, info: Info) -> Actor:
        return await person(info.context, self.row.published_by)

    @strawberry.field
    async def approved_by(self, info: Info) -> Actor | None:
        by = self.row.approved_by
        return await person(info.context, by) if by else None


@strawberry.type(description="A change that waits for its second person.")
class PolicyPending:
    requester: strawberry.Private[str]
    kind: PolicyChangeKind
    version: int
    mode: PolicyMode
    rollout: int
    reason: str
    approval_id: strawberry.ID

    @strawberry.field
    async def requested_by(self, info: Info) -> Actor:
        return await person(info.context, self.requester)

    @strawberry.field
    def may_decide(self, info: Info) -> bool:
        """Whether the person who asks can be the second one."""
        by = info.context.by
        return by.may("policy.publish") and by.id != self.requester


@strawberry.type(description="A change that did not come about.")
class PolicyRefusedChange:
    kind: PolicyChangeKind
    version: int
    reason: str


@strawberry.type(description="A place in which two versions differ.")
class PolicyDifference:
    path: str
    before: JSON | None
    after: JSON | None


@strawberry.type(description="A policy that has no say on an entity until a moment.")
class PolicySnooze:
    row: strawberry.Private[SnoozeRow]
    entity_type: str
    entity_id: strawberry.ID
    at: datetime
    until: datetime
    reason: str
    ended_at: datetime | None

    @classmethod
    def of(cls, row: SnoozeRow) -> PolicySnooze:
        """Show a snooze."""
        return cls(
            row=row,
            entity_type=row.entity_type,
            entity_id=strawberry.ID(row.entity_id),
            at=row.at,
            until=row.until,
            reason=row.reason,
            ended_at=row.ended_at,
        )

    @strawberry.field
    async def by(self, info: Info) -> Actor:
        return await person(info.context, self.row.by)

    @strawberry.field
    def is_active(self, info: Info) -> bool:
        """Whether the policy has no say now."""
        return self.ended_at is None and self.until > info.context.app.clock.now()

    @strawberry.field
    async def ended_by(self, info: Info) -> Actor | None:
        """Who ended it before its time, perhaps by another one."""
        by = self.row.ended_by
        return await person(info.context, by) if by else None


@strawberry.type(description="What a policy last came to on an entity, and whether it is snoozed.")
class PolicyOnEntity:
    policy_id: strawberry.ID
    policy_name: str
    outcome: str | None = strawberry.field(
        description="hit, unknown, error or snoozed; null where it has only been snoozed."
    )
    execution_id: strawberry.ID | None
    at: datetime | None
    snooze: PolicySnooze | None = strawberry.field(description="That it is under now.")

    @classmethod
    def of(cls, row: PolicyOn) -> PolicyOnEntity:
        """Show what a policy came to."""
        return cls(
            policy_id=strawberry.ID(row.policy_id),
            policy_name=row.policy_name,
            outcome=row.outcome,
            execution_id=strawberry.ID(row.execution_id) if row.execution_id else None,
            at=row.at,
            snooze=PolicySnooze.of(row.snooze) if row.snooze else None,
        )


@strawberry.type(description="What a policy has come to within the last 30 days.")
class PolicyFigures:
    executions: int = strawberry.field(
        description="How often its trigger fired while it was in force."
    )
    hits: int
    unknown: int
    failures: int
    snoozed: int
    undecided: int = strawberry.field(
        description="Events of its trigger that could not be decided on at all; no policy was asked."
    )
    p50_us: int | None
    p95_us: int | None = strawberry.field(
        description="Of 100 evaluations on record, 95 took no longer, in microseconds."
    )
    last_hit_at: datetime | None
    confirmed: int = strawberry.field(
        description="Cases that it has opened and whose subject people have declined."
    )
    false_alarms: int = strawberry.field(description="Those in which they have let it go.")
    unjudged: int = strawberry.field(description="Those that are open, or duplicates.")
    precision: int | None = strawberry.field(
        description="Of 10,000 judged cases, in how many it was right; null where none is judged."
    )

    @classmethod
    def of(cls, found: Statistics) -> PolicyFigures:
        """Show what a policy has come to."""
        return cls(
            executions=found.executions,
            hits=found.hits,
            unknown=found.unknown,
            failures=found.failures,
            snoozed=found.snoozed,
            undecided=found.undecided,
            p50_us=_whole(found.p50_us),
            p95_us=_whole(found.p95_us),
            last_hit_at=found.last_hit_at,
            confirmed=found.confirmed,
            false_alarms=found.false_alarms,
            unjudged=found.unjudged,
            precision=_whole(found.precision and found.precision * 10_000),
        )


def _whole(figure: float | None) -> int | None:
    return None if figure is None else round(figure)


@strawberry.type(description="A policy: what it says, and what is in force of it.")
class Policy(HasWorkflow):
    row: strawberry.Private[PolicyRow]
    id: strawberry.ID
    name: str
    trigger: str
    priority: int = strawberry.field(
        description="Of the version in force, else of the latest; higher decides first."
    )
    latest_version: int
    created_at: datetime

    @classmethod
    def of(cls, row: PolicyRow) -> Policy:
        """Show a policy."""
        return cls(
            standing=row.standing,
            row=row,
            id=strawberry.ID(row.id),
            name=row.name,
            trigger=row.trigger,
            priority=row.priority,
            latest_version=row.latest_version,
            created_at=row.created_at,
        )

    @strawberry.field
    async def created_by(self, info: Info) -> Actor:
        return await person(info.context, self.row.created_by)

    @strawberry.field
    def in_force(self) -> PolicyInForce | None:
        one = self.row.in_force
        if one is None:
            return None
        return PolicyInForce(
            row=one,
            version=one.version,
            mode=PolicyMode(one.mode),
            rollout=one.rollout,
            published_at=one.published_at,
        )

    @strawberry.field
    async def figures(self, info: Info) -> PolicyFigures:
        """What it has come to within the last 30 days, in shadow or not."""
        return PolicyFigures.of(await info.context.policy_figures.load(self.id))

    @strawberry.field
    def pending(self) -> PolicyPending | None:
        """What waits for its second person."""
        found = self.standing.context["pending"]
        if not found:
            return None
        return PolicyPending(
            requester=found["requestedBy"],
            kind=PolicyChangeKind(found["kind"]),
            version=found["version"],
            mode=PolicyMode(found["mode"]),
            rollout=found["rollout"],
            reason=found["reason"],
            approval_id=strawberry.ID(found["approvalId"]),
        )

    @strawberry.field
    def refused_change(self) -> PolicyRefusedChange | None:
        """What was last asked for, where it was denied, withdrawn, or not decided in time."""
        found = self.standing.context["refusal"]
        if not found:
            return None
        kind = PolicyChangeKind(found["kind"])
        return PolicyRefusedChange(kind=kind, version=found["version"], reason=found["reason"])

    @strawberry.field
    async def versions(self, info: Info) -> list[PolicyVersion]:
        """Every version, the newest first."""
        found = await info.context.app.policy_office.listed.versions(info.context.by, self.id)
        return [PolicyVersion.of(one) for one in found]

    @strawberry.field
    async def version(self, info: Info, number: int | None = None) -> PolicyVersion:
        """One version, by default the latest."""
        wanted = number or self.row.latest_version
        listed = info.context.app.policy_office.listed
        return PolicyVersion.of(await listed.version(info.context.by, self.id, wanted))

    @strawberry.field
    async def differences(self, info: Info, before: int, after: int) -> list[PolicyDifference]:
        """What differs in meaning between two versions."""
        listed, by = info.context.app.policy_office.listed, info.context.by
        old = await listed.version(by, self.id, before)
        new = await listed.version(by, self.id, after)
        return [
            PolicyDifference(path=one.path, before=JSON(one.before), after=JSON(one.after))
            for one in differences(old.document, new.document)
        ]

    @strawberry.field
    async def snoozes(self, info: Info) -> list[PolicySnooze]:
        """Where it has no say for a while, and had none, the newest first."""
        found = await info.context.app.policy_office.snoozes.of(info.context.by, self.id)
        return [PolicySnooze.of(one) for one in found]

    @strawberry.field
    async def workflow(self, info: Info) -> Workflow:
        """What the person who asks may do about it, and why not, and what has happened."""
        return await Workflow.of(await info.context.app.workflows.instance(self.id), info.context)


@strawberry.input
class PolicyFilter:
    states: list[str] | None = None
    trigger: str | None = None
    search: str | None = None

    def wanted(self) -> PoliciesWanted:
        """Return the filter as the application knows it."""
        return PoliciesWanted(
            states=self.states or (), trigger=self.trigger, search=self.search or ""
        )


@strawberry.type
class PolicyEdge:
    node: Policy
    cursor: str


@strawberry.type
class PolicyConnection:
    wanted: strawberry.Private[PoliciesWanted]
    edges: list[PolicyEdge]
    page_info: PageInfo

    @classmethod
    def of(cls, page: Page[PolicyRow], wanted: PoliciesWanted) -> PolicyConnection:
        """Show a page of policies."""
        edges = [PolicyEdge(node=Policy.of(row), cursor=at.cursor()) for at, row in page.rows]
        return cls(wanted=wanted, edges=edges, page_info=PageInfo.of(page))

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        listed = info.context.app.policy_office.listed
        return await listed.count(info.context.by, self.wanted)


@strawberry.type
class PolicyChanged:
    policy: Policy
    replayed: bool


PolicyChangedResult = Annotated[PolicyChanged | Refusal, strawberry.union("PolicyChangedResult")]


async def person(context: Context, person_id: str) -> Actor:
    """Show who did something."""
    return Actor(id=person_id, kind="user", name=await context.names.load(person_id))


async def changed(context: Context, command: Awaitable[Done]) -> PolicyChanged | Refusal:
    """Await a command on a policy, and show the policy as it stands then."""
    done = await answered_plainly(command, lambda done: done, context)
    if isinstance(done, Refusal):
        return done
    if done.refused is not None:
        return Refusal.of(done.refused)
    row = await context.app.policy_office.listed.required(context.by, done.policy_id)
    return PolicyChanged(policy=Policy.of(row), replayed=done.replayed)


async def snoozed(context: Context, command: Awaitable[str]) -> PolicyChanged | Refusal:
    """Await the beginning or the end of a snooze, and show the policy."""
    return await changed(context, _done(command))


async def _done(command: Awaitable[str]) -> Done:
    return Done(policy_id=await command)
