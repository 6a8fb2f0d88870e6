"""An action that has failed for the last time: on record, and a case for people, beside the dead letter of its job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderwright.app.cases import NewCase, Opening, open_case
from orderwright.app.permissions import Role
from orderwright.app.policies import action_record as record
from orderwright.app.policies.entity import Work
from orderwright.app.policies.reviewing import evidence_of
from orderwright.errors import OrderwrightError
from orderwright.runtime.failure import sentence
from orderwright.runtime.identity import derived_id
from orderwright.runtime.observation import told_on_commit

if TYPE_CHECKING:
    from orderwright.app.policies.entity import House
    from orderwright.runtime.pool import Connection

FAILED: Final = Opening(
    case_type="POLICY_ACTION_FAILED",
    title="What a policy wants done could not be done",
    role=Role.COMPLIANCE,
    priority="HIGH",
    sla_minutes=8 * 60,
)
"""The case; the entity stays held until the dead letter is retried."""


async def note_failure(house: House, action_id: str, error: Exception) -> None:
    """Note that an action will not be tried again by itself, and open a case; the hold stays."""
    code = error.code if isinstance(error, OrderwrightError) else "policy.action_failed"
    message = sentence(str(error) or type(error).__name__)
    async with house.engine.pool.acquire() as connection, told_on_commit(connection):
        await record.failing(connection, action_id, code, message)
        await _open_case(house, connection, action_id, message)


async def _open_case(house: House, connection: Connection, action_id: str, message: str) -> None:
    action = await record.find(connection, action_id)
    if action is None or action.status != "failed":
        return
    work = Work(house=house, connection=connection, action=action)
    new = NewCase(
        id=derived_id(f"case/{action.id}/failed"),
        kind=FAILED,
        subject_type=action.entity_type,
        subject_id=action.entity_id,
        root_id=action.root_id,
        opened_at=house.engine.clock.now(),
        evidence={**evidence_of(action), "error": message},
    )
    await open_case(house.engine, new, work.cause, connection=connection)
