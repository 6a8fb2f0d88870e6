"""Put down the jobs that do actions, in the transaction of whatever asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderwright.app.policies import action_record as record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orderwright.app.policies.action_record import ActionRow
    from orderwright.runtime.job_queue import JobQueue
    from orderwright.runtime.pool import Connection

POLICY_ACTION: Final = "policy-action"
"""The kind of the jobs; the payload holds `actionId`, which is the job's key as well, or begins it."""


async def enqueue(
    jobs: JobQueue, connection: Connection, actions: Sequence[ActionRow], where: str = ""
) -> None:
    """Have actions done by jobs, once the transaction is committed; each job is there once."""
    for action in actions:
        await jobs.enqueue(
            POLICY_ACTION,
            {"actionId": action.id},
            key=f"{action.id}{where}",
            root_id=action.root_id,
            correlation_id=action.correlation_id,
            causation_id=action.causation_id,
            connection=connection,
        )
    await record.enqueued(connection, [action.id for action in actions])
