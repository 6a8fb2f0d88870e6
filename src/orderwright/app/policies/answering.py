"""What follows for an entity from what people answer to a policy.

    consent given               the hold is lifted
    consent denied              as `on_deny` says: the entity is rejected, or frozen
    nobody consents in time     as `on_timeout` says: as if denied, or compliance decides
    taken back                  compliance decides; of an entity that has ended nothing is left to decide
    declined by compliance      rejected, or frozen where it cannot be

What cannot be carried out leaves a hold and a case, never a free way. An entity that does not live here is rejected or
frozen by its host, which is asked (`consequence`). What was answered while the entity did not live here follows here
once it does, as it would have then. What has followed has lifted the action's hold, and does not follow again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from orderwright.app.approvals import was_consented
from orderwright.app.policies.consequence import (
    FREEZING,
    OTHER_END,
    ask_host,
    followed_here,
)
from orderwright.app.policies.effects import EFFECTS
from orderwright.app.policies.reviewing import escalate_anew
from orderwright.domain.reading import mapping, text
from orderwright.policy.action import REJECTING
from orderwright.runtime.instance import found

if TYPE_CHECKING:
    from orderwright.app.policies.action_record import Done
    from orderwright.app.policies.entity import Work
    from orderwright.runtime.instance import Instance

_OUTCOMES: Final[Mapping[str, str]] = {REJECTING: "rejected", FREEZING: "frozen"}
"""What has become of the entity where it takes an end."""
_FROZEN: Final = "policy.frozen_already"
"""Why a freeze adds nothing: what it asks for is there."""


async def denied(work: Work, reason: str) -> None:
    """Do what a policy wants done where people deny their consent."""
    if not await work.has_let_go():
        await _confirm(work, _on_deny(work), f"consent was denied: {reason}")


async def undecided(work: Work) -> None:
    """Do what a policy wants done where nobody has consented in time."""
    if await work.has_let_go():
        return
    if work.action.told("on_timeout", "deny") == "escalate":
        await escalate_anew(work, "undecided", "nobody has decided in time")
        await work.lift_own("escalated")
    else:
        await _confirm(work, _on_deny(work), "nobody has consented in time")


async def taken_back(work: Work, reason: str) -> None:
    """Let compliance decide where a request for consent, or the consent, was taken back."""
    if await work.ended() is not None:
        return await work.lift("ended")
    said = f"the request for consent, or the consent, was taken back: {reason}"
    await escalate_anew(work, "revoked", said)
    return await work.lift_own("escalated")


async def declined(work: Work, note: str) -> None:
    """Reject what compliance has declined."""
    await _confirm(work, REJECTING, f"compliance has declined it: {note}")


async def catch_up(work: Work) -> bool:
    """Let follow what people had answered to an action before its entity lived here; return whether they had."""
    connection, engine = work.connection, work.house.engine
    answered = await connection.fetchrow(_ANSWERED, work.action.id)
    if answered is None:
        return False
    if not await work.has_let_go():  # else somebody has told of it meanwhile
        by = answered["instance_id"]
        await _follow(work, found(await engine.read(by, connection=connection), by))
    await followed_here(work)
    return True


async def _follow(work: Work, answered: Instance) -> None:
    context = answered.snapshot.context
    match answered.state:
        case "DENIED":
            await denied(work, text(context, "endedReason"))
        case "REVOKED":
            await taken_back(work, text(context, "endedReason"))
        case "EXPIRED" if not was_consented(answered):
            await undecided(work)
        case "APPROVED" | "EXPIRED":
            await work.lift("approved")
        case "RESOLVED":
            await declined(work, text(mapping(context, "resolution"), "note"))
        case _:
            pass  # reopened, and held until compliance has decided anew


def _on_deny(work: Work) -> str:
    """A KYC session does not freeze: its user would, and the session would go on."""
    freezes = work.action.told("on_deny") == "freeze" and work.action.entity_type != "KYC"
    return FREEZING if freezes else REJECTING


async def _confirm(work: Work, end: str, reason: str) -> None:
    """Reject the entity or freeze it; one that takes neither is left held, for compliance to see to."""
    if await work.entity() is None:
        return await ask_host(work, end, reason)
    for way in (end, OTHER_END[end]):
        done = await _carry_out(work, way, reason)
        if done.status == "applied" or done.code == _FROZEN:
            return await work.lift(_OUTCOMES[way])
    await escalate_anew(work, "unconfirmed", f"it takes neither end: {reason}")
    return None


async def _carry_out(work: Work, end: str, reason: str) -> Done:
    """Do what the answer asks for, as if a policy had."""
    asked = replace(work.action, config={"reason": reason}, action=end)
    return await EFFECTS[asked.action][asked.entity_type](replace(work, action=asked))


_ANSWERED: Final = """
select instance_id from orderwright.instance
where instance_id = $1 and chart_id = 'approval' and state <> 'PENDING' or instance_id in (
    select case_id from orderwright.policy_case where action_id = $1 and resolution = 'DECLINED')
order by chart_id desc, instance_id limit 1
"""
"""By what an action is answered: what compliance has declined comes before the approval that it decided instead of."""
