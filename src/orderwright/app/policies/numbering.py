"""Number a submission of a KYC session that lives with its host, where the host tells it without a number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from orderwright.app.policies.occurrence import TOLD

if TYPE_CHECKING:
    from orderwright.app.policies.ground import Told
    from orderwright.runtime.pool import Connection


async def numbered(connection: Connection, told: Told) -> Told:
    """Return a submission with the number that is next, unless it has got one; its session's numbers are locked."""
    one = told.occurrence
    entity = one.entity
    number = one.submission or await connection.fetchval(_NEXT, entity.type, entity.id)
    facts = {**told.intake.facts, "submissions": number}
    return replace(
        told,
        occurrence=replace(one, key=f"{TOLD}{number}", submission=number),
        intake=replace(told.intake, facts=facts),
    )


# What a host has named counts too, and what it has numbered itself.
_NEXT: Final = """
select greatest(count(*), max(submission)) + 1 from orderwright.policy_execution
where entity_type = $1 and entity_id = $2 and trigger = 'KYC_SUBMITTED' and status <> 'failed'
"""
