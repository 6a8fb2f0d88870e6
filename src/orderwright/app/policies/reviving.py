"""Reviving: what a rejection has overridden is done after all where the rejection is not.

    refused, by the lifecycle or by the entity's host   what it had dropped is planned anew, held and queued
    rejected already                                    stays dropped, as after a rejection
    ended otherwise                                     stays dropped: nothing is left to be held back
    nobody has heard of it                              stays dropped: the rejection is done once the entity lives here

The rejection overrides only what was decided with it or after it. All is written in the transaction in which the
rejection ends: there is no moment at which neither holds the entity, and who does it again finds nothing dropped. The
decision stays as it was made; the rejection names what was revived, and what was revived the rejection.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from orderwright.app.policies import action_record as record
from orderwright.app.policies.queueing import enqueue
from orderwright.app.policies.wording import hold_reason
from orderwright.policy.action import REJECTING

if TYPE_CHECKING:
    from orderwright.app.policies.action_record import ActionRow, Done
    from orderwright.app.policies.entity import Work

_NOT_REFUSED: Final = frozenset({"entity.not_found", "kyc.already_rejected"})
"""Why a rejection is skipped although nobody has refused it."""

_logger = structlog.get_logger(__name__)


async def revive(work: Work, done: Done) -> Done:
    """Plan what a rejection has overridden, if it was refused, and return what has become of it with that noted."""
    action = work.action
    if action.action != REJECTING or action.follows_from is not None:
        return done
    if done.status != "skipped" or done.code in _NOT_REFUSED or await work.ended() is not None:
        return done
    why = f"action {action.id} was skipped: {done.code}"
    revived = await record.revive_overridden(work.connection, action, why)
    if not revived:
        return done
    for one in revived:
        reason = hold_reason(one.action, one.config)
        await replace(work, action=one).hold(one.id, "action", reason)
    await enqueue(work.house.jobs, work.connection, revived)
    ids = [one.id for one in revived]
    _logger.info("policy_actions_revived", action_id=action.id, code=done.code, revived=ids)
    return replace(done, result={**(done.result or {}), "revived": ids})


def noted(action: ActionRow, done: Done) -> Done:
    """Return what has become of an action, with the note that it was revived where there is none of its own."""
    if action.code != record.REVIVED or done.code is not None:
        return done
    return replace(done, code=action.code, message=done.message or action.message)
