"""REQUEST_DOCUMENT: asks whoever stands behind an entity for papers; a KYC session is told as well.

The request has the id of the action. The entity is held until the documents are accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from orderwright.app.policies.action_record import BEGUN, Done
from orderwright.app.policies.entity import ActionBroken, ActionFailed
from orderwright.runtime.command import Create
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.policies.entity import Work


async def require_documents(work: Work) -> Done:
    """Tell a KYC session which documents are needed, and ask for them; without the one there is no other."""
    action = work.action
    done = await work.send(
        action.entity_id,
        required(types_of(action.config), action.told("message"), action.policy_id),
    )
    return await request_documents(work) if done.status == "applied" else done


async def request_documents(work: Work) -> Done:
    """Ask for documents."""
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
