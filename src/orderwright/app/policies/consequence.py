"""What follows from an answer for an entity that lives with its host: the host is asked to reject it, or to freeze it.

It is an action of its own, with a key of its own, and is written and queued in the transaction in which the answer is
followed: neither is there without the other, and an answer that comes again finds it. From then on it goes the way of
every action: by the host's handler, else to those who subscribe; ten attempts, a dead letter and a case. It holds
nothing, for the action that was answered does.

    the host takes it           that is all
    it does not apply there     the other end is asked for
    nor does that, or nobody    a case says so: people are to see that it is done
    hears of either

Where the entity has come to live here before its host was asked, the answer follows here, and the host is not asked. A
case that is still open then has nothing left to see to, and is closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from orderwright.app.cases import NewCase, Opening, open_case
from orderwright.app.permissions import Role
from orderwright.app.policies import action_record as record
from orderwright.app.policies.queueing import enqueue
from orderwright.app.policies.reviewing import evidence_of
from orderwright.policy.action import REJECTING
from orderwright.runtime.identity import derived_id
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.policies.action_record import Done
    from orderwright.app.policies.entity import Work

NOT_DONE: Final = Opening(
    case_type="ANSWER_NOT_DONE",
    title="What people have answered was not done where the entity lives",
    role=Role.COMPLIANCE,
    priority="HIGH",
    sla_minutes=8 * 60,
)
"""The case for who is to see that it is done; it judges no policy."""
FREEZING: Final = "FREEZE_ORDER"
OTHER_END: Final[Mapping[str, str]] = {REJECTING: FREEZING, FREEZING: REJECTING}
"""The ends that a refusal may have, each with the one that is tried where it is not taken."""
_CATEGORY: Final = "REFUSED"


async def ask_host(work: Work, action: str, reason: str) -> None:
    """Have the host reject or freeze an entity because of the answer that `work` carries."""
    answered = work.action
    await _plan(work, answered.id, answered.causation_id, action, reason)


async def not_taken(work: Work, done: Done) -> None:
    """Ask the host for the other end instead of one that it does not take; after both, leave it to people.

    For what lives here by now the answer follows here.
    """
    action = work.action
    if await work.entity() is not None:
        return
    if action.follows_from is None or action.answer_id is None:
        raise ValueError(f"action {action.id} follows from no answer")
    reason, other = action.told("reason"), OTHER_END[action.action]
    if not await _plan(work, action.follows_from, action.answer_id, other, reason):
        await _open_case(work, action.follows_from, action.answer_id, reason, done)


async def followed_here(work: Work) -> None:
    """Close the cases about what a host has not done: the answer has followed here."""
    note = "it lives here by now, where the answer has followed"
    done = Event("RESOLVE", {"resolution": "NO_ACTION", "note": note})
    for row in await work.connection.fetch(_ANSWERS, work.action.id):
        case = _case_id(work.action.id, row["answer_id"])
        if await work.house.engine.read(case, connection=work.connection) is not None:
            await work.send(case, done)  # refused where people have resolved it


async def _plan(work: Work, answered: str, answer: str, action: str, reason: str) -> bool:
    """Plan an end and queue it; return False if it was asked for because of this answer before."""
    planned = await record.plan_what_follows(
        work.connection,
        answered,
        action_id=derived_id(f"answer/{answered}/{answer}/{action}"),
        answer_id=answer,
        action=action,
        config=_config(action, reason),
        at=work.house.engine.clock.now(),
    )
    if planned is None:
        return False
    await enqueue(work.house.jobs, work.connection, [planned])
    return True


def _config(action: str, reason: str) -> Mapping[str, object]:
    """Return what the action is told, of the shape that a policy tells it in."""
    return {"category": _CATEGORY, "reason": reason} if action == REJECTING else {"reason": reason}


async def _open_case(work: Work, answered: str, answer: str, reason: str, done: Done) -> None:
    action = await record.find(work.connection, answered)
    if action is None:
        raise ValueError(f"action {answered} is not on record")
    new = NewCase(
        id=_case_id(answered, answer),
        kind=NOT_DONE,
        subject_type=action.entity_type,
        subject_id=action.entity_id,
        root_id=action.root_id,
        opened_at=work.house.engine.clock.now(),
        evidence={**evidence_of(action), "reason": reason, "error": done.message},
    )
    await open_case(work.house.engine, new, work.cause, connection=work.connection)


def _case_id(answered: str, answer: str) -> str:
    return derived_id(f"case/{answered}/{answer}/not-done")


_ANSWERS: Final = """
select distinct answer_id from orderwright.policy_action where follows_from = $1 order by 1
"""
