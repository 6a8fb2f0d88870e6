"""REQUIRE_APPROVAL: people of a role, and those above it, decide whether an entity goes on.

The approval has the id of the action. Who caused what the policy was about cannot vote. Of an entity that has ended
nobody is asked, and what was asked before is closed then (`orderwright.app.policies.endings`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from orderwright.app.approvals import NewApproval, start_approval
from orderwright.app.permissions import Role, with_seniors
from orderwright.app.policies.action_record import BEGUN, Done
from orderwright.app.policies.entity import ACTING
from orderwright.app.policies.reviewing import role_of
from orderwright.domain.approval import Quorum
from orderwright.policy.duration import duration

if TYPE_CHECKING:
    from orderwright.app.policies.action_record import ActionRow
    from orderwright.app.policies.entity import Work

POLICY: Final = "POLICY"
"""The kind of these approvals."""


async def require_approval(work: Work) -> Done:
    """Ask for consent; to what has ended nobody can consent."""
    if (ended := await work.ended()) is not None:
        return ended
    action = work.action
    settings = await work.house.settings.current(work.connection)
    asking = NewApproval(
        id=action.id,
        subject_type=action.entity_type,
        subject_id=action.entity_id,
        root_id=action.root_id,
        kind=POLICY,
        reason=action.told("reason") or f"policy {action.policy_name} asks for consent",
        requested_by=await _who_caused(work),
        quorum=quorum_of(action),
        validity_days=settings.approval_validity_days,
        term_minutes=_minutes(action),
    )
    await start_approval(work.house.engine, work.connection, asking, work.cause)
    return BEGUN


def quorum_of(action: ActionRow) -> Quorum:
    """Return how many people of which roles an action asks for.

    Raises:
        ActionBroken: there is no such role.
    """
    roles = with_seniors(role_of(action, "role", Role.COMPLIANCE))
    return Quorum(approvers=action.number("minimum", 1), roles=roles)


def _minutes(action: ActionRow) -> int | None:
    deadline = action.config.get("deadline")
    return duration(str(deadline)) // timedelta(minutes=1) if deadline is not None else None


async def _who_caused(work: Work) -> str:
    """Return the person behind the event that was decided on; a host's call is nobody's."""
    if work.action.event_id is None:
        return ACTING.id
    found: str | None = await work.connection.fetchval(_ACTOR, work.action.event_id)
    return found or ACTING.id


_ACTOR: Final = """
select l.actor_id from orderwright.outbox as o
join orderwright.log as l on l.instance_id = o.instance_id and l.version = o.version
where o.event_id = $1
"""
