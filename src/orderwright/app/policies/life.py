"""Carry what policies ask of a second person, and put into force what was consented to: a consumer of the outbox.

    policy.publication_requested                   -> the approval
    approval.approved                              -> CHANGE_APPROVED to the policy, and the deployment
    approval.denied, .revoked, .expired            -> CHANGE_REFUSED to the policy
    policy.paused, .archived                       -> SUBJECT_ENDED to approvals of the policy that are pending

The deployment is written in the transaction of the transition, after the policy is locked: what the chart says and
what decides cannot differ.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final

from orderwright.app.approvals import NewApproval, begin_approval
from orderwright.app.permissions import PERMISSIONS
from orderwright.app.phases import PhaseBroken, pass_on
from orderwright.app.policies.policy_reading import trigger_of
from orderwright.app.policies.terms import NewTerm, put_in_force
from orderwright.domain.approval import Quorum
from orderwright.domain.reading import integer, mapping, rows, text
from orderwright.runtime.command import Actor
from orderwright.runtime.consumer import Consumer
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.live_settings import LiveSettings
    from orderwright.policy.result import Mode
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

POLICY: Final = "policy"
"""The type of the subject of such approvals."""
POLICY_LIFE: Final = Actor("policy-life", "system")
"""Who tells a policy what its second person says."""

_MOOT: Final = {
    "policy.paused": "the policy was paused",
    "policy.archived": "the policy was archived",
}
_UNSAID: Final = {"approval.expired": "it was not decided in time"}
_MODES: Final[Mapping[str, Mode]] = {"enforce": "enforce", "shadow": "shadow"}


class PolicyLife:
    """Begins approvals of policies, and acts on their answers."""

    def __init__(self, engine: Engine, settings: LiveSettings) -> None:
        self._engine = engine
        self._settings = settings
        self._reactions: Mapping[str, Callable[[Connection, DomainEvent], Awaitable[None]]] = {
            "policy.publication_requested": self._ask,
            "approval.approved": self._approve,
            "approval.denied": self._refuse,
            "approval.revoked": self._refuse,
            "approval.expired": self._refuse,
            **dict.fromkeys(_MOOT, self._withdraw),
        }

    def consumer(self) -> Consumer:
        """Return the consumer that the relay feeds."""
        # One event a transaction: the set in force is locked from the first change until the end.
        events = frozenset(self._reactions)
        return Consumer(name="policy-life", events=events, handle=self._react, batch=1)

    async def _react(self, connection: Connection, event: DomainEvent) -> None:
        await self._reactions[event.name](connection, event)

    async def _ask(self, connection: Connection, event: DomainEvent) -> None:
        data, settings = event.data, await self._settings.current(connection)
        asking = NewApproval(
            id=text(data, "approvalId"),
            subject_type=POLICY,
            subject_id=event.instance_id,
            root_id=event.root_id,
            kind=text(data, "kind"),
            reason=text(data, "reason"),
            requested_by=text(data, "requestedBy"),
            quorum=Quorum(approvers=1, roles=sorted(PERMISSIONS["policy.publish"])),
            validity_days=settings.approval_validity_days,
        )
        await begin_approval(self._engine, connection, asking, event)

    async def _approve(self, connection: Connection, event: DomainEvent) -> None:
        if event.data["subjectType"] != POLICY:
            return
        policy_id, approval = text(event.data, "subjectId"), text(event.data, "approvalId")
        answer = {"approvalId": approval, "approvedBy": await self._voter(connection, approval)}
        approved = Event("CHANGE_APPROVED", answer)
        result = await self._pass_on(connection, event, policy_id, approved)
        if result.refused is None and result.snapshot is not None:
            deployment = mapping(result.snapshot.context, "deployment")
            if result.snapshot.value == "ACTIVE" and deployment.get("approvalId") == approval:
                term = await _term(connection, policy_id, deployment)
                await put_in_force(connection, term, event.occurred_at)
                await connection.execute(_WAITS_FOR, policy_id, term.trigger)

    async def _refuse(self, connection: Connection, event: DomainEvent) -> None:
        if event.data["subjectType"] != POLICY:
            return
        reason = _UNSAID.get(event.name) or text(event.data, "reason")
        refused = {"approvalId": event.data["approvalId"], "reason": reason}
        policy_id = text(event.data, "subjectId")
        await self._pass_on(connection, event, policy_id, Event("CHANGE_REFUSED", refused))

    async def _withdraw(self, connection: Connection, event: DomainEvent) -> None:
        ended = Event("SUBJECT_ENDED", {"reason": _MOOT[event.name]})
        for row in await connection.fetch(_PENDING, event.root_id):
            await self._pass_on(connection, event, row["instance_id"], ended)

    async def _voter(self, connection: Connection, approval_id: str) -> str:
        approval = await self._engine.read(approval_id, connection=connection)
        if approval is None:
            raise PhaseBroken(f"approval {approval_id} is gone")
        votes = rows(approval.snapshot.context, "votes")
        return text(next(one for one in votes if one["decision"] == "APPROVE"), "by")

    async def _pass_on(
        self, connection: Connection, cause: DomainEvent, instance_id: str, event: Event
    ) -> Result:
        return await pass_on(self._engine, connection, POLICY_LIFE, cause, instance_id, event)


async def _term(
    connection: Connection, policy_id: str, deployment: Mapping[str, object]
) -> NewTerm:
    version = integer(deployment, "version")
    trigger = await trigger_of(connection, policy_id, version)
    if trigger is None:
        raise PhaseBroken(f"version {version} of policy {policy_id} is gone")
    return NewTerm(
        policy_id=policy_id,
        version=version,
        trigger=trigger,
        mode=_MODES[text(deployment, "mode")],
        rollout=integer(deployment, "rollout"),
        published_by=text(deployment, "requestedBy"),
        approved_by=text(deployment, "approvedBy"),
    )


_WAITS_FOR: Final = "update orderwright.policy set trigger = $2 where id = $1"
_PENDING: Final = """
select instance_id from orderwright.instance
where root_id = $1 and chart_id = 'approval' and state = 'PENDING' order by instance_id
"""
