"""Number a submission of a KYC session that lives with its host, where the host tells it without a number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from orderwright.app.policies.occurrence import TOLD

if TYPE_CHECKING:
    from orderwright.app.policies.ground import Told
    from orderwright.app.policies.occurrence import Occurrence
    from orderwright.runtime.pool import Connection


async def numbered(connection: Connection, told: Told) -> Told:
    """Return a submission with the number that is next, unless it has got one; its session's numbers are locked."""
    one = told.occurrence
    number = one.submission or await _next(connection, one)
    facts = {**told.intake.facts, "submissions": number}
    return replace(
        told,
        occurrence=_as(one, number),
        intake=replace(told.intake, facts=facts),
    )


async def _next(connection: Connection, one: Occurrence) -> int:
    """Return the number that is next: of executions that were let go of, the events are there and have theirs."""
    number: int = await connection.fetchval(_NEXT, *one.entity)
    while await connection.fetchval(_IS_COUNTED, _as(one, number).execution_id):
        number += 1
    return number


def _as(one: Occurrence, number: int) -> Occurrence:
    return replace(one, key=f"{TOLD}{number}", submission=number)


# What a host has named counts too, and what it has numbered itself.
_NEXT: Final = """
select greatest(count(*), max(submission)) + 1 from orderwright.policy_execution
where entity_type = $1 and entity_id = $2 and trigger = 'KYC_SUBMITTED' and status <> 'failed'
"""
_IS_COUNTED: Final = "select exists (select from orderwright.policy_event where execution_id = $1)"
