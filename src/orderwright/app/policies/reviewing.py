"""FLAG_FOR_REVIEW and ESCALATE_TO_COMPLIANCE: cases about an entity, one beside its way and one in it.

The evidence of such a case names the action with its execution, policy and version: what becomes of the case tells
how often a policy is right. `policy_case` keeps them countable.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, cast

from orderwright.app.cases import NewCase, Opening, Priority, open_case
from orderwright.app.permissions import Role
from orderwright.app.phases import pass_on
from orderwright.app.policies.action_record import APPLIED, BEGUN, Done
from orderwright.app.policies.entity import ActionBroken, ActionFailed, has_ended
from orderwright.app.policies.telling import POLICIES
from orderwright.policy.duration import duration
from orderwright.runtime.identity import derived_id
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderwright.app.policies.action_record import ActionRow
    from orderwright.app.policies.entity import Work
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

ESCALATION: Final = "ESCALATION"
"""The type of the cases on whose resolution an entity waits."""
REVIEW: Final = "FLAG_FOR_REVIEW"
"""The action whose cases hold nothing up, whatever type the policy gives them."""
WITHDRAWN: Final = "WITHDRAWN"
"""What a policy counts of a case that was closed because nothing is left to decide; people have judged nothing."""
_SLA: Final = 8 * 60  # minutes


async def flag(work: Work) -> Done:
    """Open a case that holds nothing up."""
    action = work.action
    kind = Opening(
        case_type=action.told("type", "REVIEW"),
        title=f"{action.policy_name} asks for a review",
        role=role_of(action, "role", Role.COMPLIANCE),
        priority=cast("Priority", action.told("priority", "NORMAL")),
        sla_minutes=_minutes(action),
    )
    await _open(work, action.id, kind, {})
    return APPLIED


async def escalate(work: Work) -> Done:
    """Open a case on whose resolution the entity waits."""
    await open_escalation(work, work.action.id, work.action.told("reason"))
    return BEGUN


async def open_escalation(work: Work, case_id: str, reason: str) -> None:
    """Open an escalation that follows from an action; one that is there stays as it is."""
    kind = Opening(
        case_type=ESCALATION,
        title=f"{work.action.policy_name} wants compliance to decide",
        role=Role.COMPLIANCE,
        priority="HIGH",
        sla_minutes=_minutes(work.action),
    )
    await _open(work, case_id, kind, {"reason": reason})


async def withdraw(
    engine: Engine, connection: Connection, event: DomainEvent, case_id: str, why: str
) -> None:
    """Close a case, for after an event nothing is left to decide in it; one that people have resolved stays so."""
    close = Event("RESOLVE", {"resolution": "NO_ACTION", "note": why})
    closed = await pass_on(engine, connection, POLICIES, event, case_id, close)
    if closed.refused is None:
        await connection.execute(_WITHDRAWN, case_id, WITHDRAWN, event.occurred_at)


async def escalate_anew(work: Work, why: str, reason: str) -> None:
    """Let compliance decide on what an action has come to, with a hold until then; `why` tells several apart.

    Of an entity that has ended there is nothing to decide.
    """
    entity = await work.entity()
    if entity is not None and has_ended(entity):
        return
    await work.hold(f"{work.action.id}/{why}", "escalation", reason)
    await open_escalation(work, derived_id(f"case/{work.action.id}/{why}"), reason)


def role_of(action: ActionRow, key: str, otherwise: Role) -> Role:
    """Return the role that an action names.

    Raises:
        ActionBroken: there is no such role.
    """
    return known_role(action.told(key, otherwise))


def known_role(named: str) -> Role:
    """Return the role of a name.

    Raises:
        ActionBroken: there is none.
    """
    if named not in set(Role):
        raise ActionBroken(f"there is no role {named!r}", values={"role": named})
    return Role(named)


def evidence_of(action: ActionRow) -> Mapping[str, object]:
    """Return what a case tells of the action that it is opened for."""
    return {
        "actionId": action.id,
        "action": action.action,
        "executionId": action.execution_id,
        "policyId": action.policy_id,
        "policy": action.policy_name,
        "version": action.version,
        "trigger": action.trigger,
    }


async def _open(work: Work, case_id: str, kind: Opening, more: Mapping[str, object]) -> None:
    action, now = work.action, work.house.engine.clock.now()
    new = NewCase(
        id=case_id,
        kind=kind,
        subject_type=action.entity_type,
        subject_id=action.entity_id,
        root_id=action.root_id,
        opened_at=now,
        evidence={**evidence_of(action), "config": dict(action.config), **more},
    )
    result = await open_case(work.house.engine, new, work.cause, connection=work.connection)
    if result.refused is None:
        row = (case_id, action.id, action.execution_id, action.policy_id, action.version, now)
        await work.connection.execute(_COUNT, *row)
    elif result.refused.code != "instance_exists":
        raise ActionFailed(f"case {case_id}: {result.refused.message}")


def _minutes(action: ActionRow) -> int:
    span = action.config.get("sla")
    return duration(str(span)) // timedelta(minutes=1) if span is not None else _SLA


_COUNT: Final = """
insert into orderwright.policy_case (case_id, action_id, execution_id, policy_id, version, opened_at)
values ($1, $2, $3, $4, $5, $6) on conflict (case_id) do nothing
"""
_WITHDRAWN: Final = """
update orderwright.policy_case set resolution = $2, resolved_at = $3 where case_id = $1
"""
