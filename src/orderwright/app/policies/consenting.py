"""REQUIRE_APPROVAL: people of a role, and those above it, decide whether an entity goes on.

The approval has the id of the action. Who took part in what the policy was about cannot vote: the person behind the
event, however many lifecycles it came through; of money also who began it, and who asks for it.

Of an entity that has ended nobody is asked, and what was asked before is closed then
(`orderwright.app.policies.endings`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from orderwright.app.approvals import NewApproval, start_approval
from orderwright.app.initiator import Row, initiator_of
from orderwright.app.permissions import Role, with_seniors
from orderwright.app.policies.action_record import BEGUN, Done
from orderwright.app.policies.entity import ACTING
from orderwright.app.policies.occurrence import BEGINNINGS
from orderwright.app.policies.reviewing import role_of
from orderwright.domain.approval import Quorum
from orderwright.policy.duration import duration
from orderwright.runtime.journal import CREATED

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    first, *others = await _took_part(work) or [ACTING.id]
    asking = NewApproval(
        id=action.id,
        subject_type=action.entity_type,
        subject_id=action.entity_id,
        root_id=action.root_id,
        kind=POLICY,
        reason=action.told("reason") or f"policy {action.policy_name} asks for consent",
        requested_by=first,
        excluded=others,
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


async def _took_part(work: Work) -> list[str]:
    """Return the people behind what was decided on, who caused it first; a host's call is nobody's."""
    entity = await work.entity()
    causes: list[str | Row] = [work.action.event_id] if work.action.event_id is not None else []
    if entity is not None:
        causes += [] if causes else await _own_causes(work)
        causes += [Row(entity.instance_id, 1)] if work.action.entity_type in _OF_MONEY else []
    behind = [await initiator_of(work.connection, cause) for cause in causes]
    people = [one.id for one in behind if one is not None and one.kind == "user"]
    asker = entity.snapshot.context.get("requestedBy") if entity is not None else None
    if isinstance(asker, str) and asker:
        people.append(asker)
    return list(dict.fromkeys(people))


async def _own_causes(work: Work) -> list[Row]:
    """Return the log rows, the newest first, by which happened what a host tells of an entity that lives here."""
    action = work.action
    trigger = action.trigger if action.trigger in _HAPPENS_BY else BEGINNINGS[action.entity_type]
    rows = await work.connection.fetch(_ROWS, action.entity_id, list(_HAPPENS_BY[trigger]))
    return [Row(work.action.entity_id, row["version"]) for row in rows]


_OF_MONEY: Final = frozenset({"Order", "PayIn", "PayOut"})
"""Who began one of these took part in whatever happens to it: who registers money does not consent to it."""
_HAPPENS_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "ORDER_CREATED": (CREATED,),
    "PAYIN_RECEIVED": ("PAYIN_RECEIVED", "PAYMENT_CONFIRMED"),
    "PAYOUT_REQUESTED": (CREATED,),
    "KYC_SUBMITTED": ("DOCUMENTS_SUBMITTED",),
    "USER_REGISTERED": (CREATED,),
    "WALLET_ADDED": ("ADD_WALLET",),
}
"""By which events of a lifecycle happens what a host tells of; of several like it, all count."""
_ROWS: Final = """
select l.version from orderwright.log as l
where l.instance_id = $1 and l.event_type = any($2::text[]) order by l.version desc
"""
