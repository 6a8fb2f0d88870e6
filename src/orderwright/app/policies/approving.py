"""AUTO_APPROVE: lets an entity go on without a person, as far as a policy may.

    Order    nothing: payment and credit are not a policy's to grant, and the store asks for no approval of its own
    PayIn    VERIFY, up to the transfer that was decided on and no later one; the lifecycle takes it where exactly
             what is expected has arrived
    PayOut   PAYOUT_APPROVED; the lifecycle takes it for an amount on which one person decides
    KYC      APPROVE, of the submission that was decided on and of no later one
    User     ACTIVATE

What stands against it has dropped it at the decision. What was decided since then is looked at once more before it is
done; whatever else has come up is a hold, on which the lifecycle refuses. What was told before the entity lived here,
and was decided on anew because it is otherwise, approves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from orderwright.app.policies.action_record import Done
from orderwright.app.policies.entity import because
from orderwright.app.policies.occurrence import LATE, TOLD, anew_id, has_late_money
from orderwright.app.policies.restricting import STANDING
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.policies.entity import Work


async def objection_to(work: Work) -> Literal["anew", "against"] | None:
    """Return what speaks against an approval: that its decision was made anew, or something restrictive.

    No decision on the entity is under way, for it is locked. Anything restrictive counts that is planned for it or
    stands against it; what is unknown is such an action.
    """
    action = work.action
    second = anew_id(action.execution_id)
    if await work.connection.fetchval(_IS_DECIDED, second):
        return "anew"
    entity = (action.entity_type, action.entity_id)
    return "against" if await work.connection.fetchval(_RESTRICTED, *entity) else None


async def approve_order(_: Work) -> Done:
    """Grant what the store asks for, which is nothing."""
    message = "the store asks for no approval; payment and credit are not a policy's to grant"
    return Done.skipped("policy.nothing_to_approve", message)


async def verify(work: Work) -> Done:
    """Verify a pay-in, unless more money has come since the decision."""
    transfer = work.action.transfer
    if transfer is None:
        message = "it is not on record which transfer it was decided for"
        return Done.skipped("payin.transfer_unknown", message)
    if await _is_from_before(work):
        message = (
            "it was decided before the pay-in failed or expired, and the money has come after that"
        )
        return Done.skipped("payin.transfer_superseded", message)
    note = f"policy {work.action.policy_name}: {work.action.told('reason')}"
    verified = Event("VERIFY", {"note": note, "transfer": transfer})
    return await work.send(work.action.entity_id, verified)


async def _is_from_before(work: Work) -> bool:
    """Whether a host has told of the money, and it was decided, before the pay-in failed or expired."""
    action, payin = work.action, await work.entity()
    if payin is None or action.event_id is not None or action.transfer != 1:
        return False
    return has_late_money(payin.snapshot.context) and not action.occurrence.endswith(LATE)


async def approve_pay_out(work: Work) -> Done:
    """Approve a pay-out."""
    return await _go_on(work, "PAYOUT_APPROVED")


async def approve_session(work: Work) -> Done:
    """Approve a KYC session, unless documents were handed in again since the decision."""
    submission = work.action.submission
    if submission is None or work.action.occurrence.startswith(
        TOLD
    ):  # counted before it lived here
        message = "it is not on record which submission it was decided for"
        return Done.skipped("kyc.submission_unknown", message)
    return await _go_on(work, "APPROVE", submission=submission)


async def activate(work: Work) -> Done:
    """Activate a user."""
    return await _go_on(work, "ACTIVATE")


async def _go_on(work: Work, event: str, **more: object) -> Done:
    data = {**because(work.action, work.action.told("reason")), **more}
    return await work.send(work.action.entity_id, Event(event, data))


_IS_DECIDED: Final = "select exists (select from orderwright.policy_execution where id = $1)"
_RESTRICTED: Final = f"""
select exists (
    select from orderwright.policy_action as a where a.entity_type = $1 and a.entity_id = $2 and {STANDING})
"""  # noqa: S608 (ours)
