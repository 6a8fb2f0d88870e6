"""REQUEST_DOCUMENT: asks whoever stands behind an entity for papers; a KYC session is told as well.

The request has the id of the action. The entity is held until the documents are accepted.

What is handed in to a KYC session is a submission of its own, on which the policy decides anew and mostly hits again.
So a policy asks a session for the same documents once in each try, whatever people have made of them: the action is
done by the request that is there, and what it wants is not asked for again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from orderwright.app.policies.action_record import BEGUN, Done
from orderwright.app.policies.entity import ActionBroken, ActionFailed
from orderwright.json_text import dump
from orderwright.runtime.command import Create
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.policies.entity import Work


async def require_documents(work: Work) -> Done:
    """Tell a KYC session which documents are needed, and ask for them; without the one there is no other."""
    action = work.action
    earlier = await _asked_already(work)
    if earlier is not None:
        message = f"request {earlier} asks for them already, or has asked"
        return Done(message=message, result={"request": earlier})
    done = await work.send(
        action.entity_id,
        required(types_of(action.config), action.told("message"), action.policy_id),
    )
    return await request_documents(work) if done.status == "applied" else done


async def request_documents(work: Work) -> Done:
    """Ask for documents; for what has ended nobody needs to look for any."""
    if (ended := await work.ended()) is not None:
        return ended
    action, cause = work.action, work.cause
    result = await work.house.engine.carry_out(
        Create(
            chart_id="document_request",
            instance_id=action.id,
            root_id=action.root_id,
            context=_context(work),
            cause=cause,
        ),
        connection=work.connection,
    )
    if result.refused is None:
        now = work.house.engine.clock.now()
        row = (action.id, action.entity_type, action.entity_id, action.root_id, now)
        await work.connection.execute(_ADD, *row)
    elif result.refused.code != "instance_exists":
        raise ActionFailed(f"request {action.id}: {result.refused.message}")
    return BEGUN


def required(types: list[str], message: str, policy: str) -> Event:
    """Return what a KYC session is told."""
    more = {"message": message} if message else {}
    return Event("DOCUMENTS_REQUIRED", {"types": types, "policy": policy, **more})


def types_of(config: Mapping[str, object]) -> list[str]:
    """Return the types of documents that are asked for.

    Raises:
        ActionBroken: there are none.
    """
    types = config.get("types")
    if not isinstance(types, list) or not types:
        raise ActionBroken("the action names no types of documents")
    return [str(name) for name in types]


async def _asked_already(work: Work) -> str | None:
    """Return the request by which the same policy has asked the session for these documents, or more, in this try."""
    action = work.action
    # Two submissions may be acted on at once: the session is locked, and the second sees what the first has asked for.
    found: str | None = await work.connection.fetchval(
        _ASKED, action.entity_id, action.policy_id, action.id, dump(types_of(action.config))
    )
    return found


def _context(work: Work) -> dict[str, object]:
    action = work.action
    return {
        "requestId": action.id,
        "entityType": action.entity_type,
        "entityId": action.entity_id,
        "policy": action.policy_name,
        "types": types_of(action.config),
        "message": action.told("message"),
        "dueDays": action.number("due_days", 7),
        "reminders": action.number("reminders", 0),
    }


_ADD: Final = """
insert into orderwright.document_request (id, entity_type, entity_id, root_id, requested_at)
values ($1, $2, $3, $4, $5) on conflict (id) do nothing
"""
# A try begins when the session is opened again; what is asked for and not settled by then counts for the next one too.
_ASKED: Final = """
select r.id from orderwright.document_request as r
join orderwright.policy_action as a on a.id = r.id
join orderwright.instance as i on i.instance_id = r.id
where r.entity_type = 'KYC' and r.entity_id = $1 and a.policy_id = $2 and r.id <> $3
    and a.config::jsonb -> 'types' @> $4::jsonb
    and (i.status = 'active' or r.requested_at >= coalesce(
        (select max(recorded_at) from orderwright.log where instance_id = $1 and event_type = 'RESUBMIT'),
        '-infinity'))
order by r.requested_at desc, r.id limit 1
"""
