"""Invocations: jobs that a state started, and whose end comes back to it as an event.

The step that leaves the state stops the job in its own transaction, and the step that takes the result ends the job in
its own. Both lock the instance first, so that they happen one after the other: a result is taken once, by the entry
of the state that asked for it, or not at all. A lock is waited for no longer than the caller says, which keeps
a connection busy; then nothing was done, and it is to be tried again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from orderwright.errors import RuntimeFault
from orderwright.json_text import scan
from orderwright.runtime import job_row
from orderwright.runtime.alarm import NO_ANSWER
from orderwright.runtime.command import Actor, Cause, Send
from orderwright.runtime.failure import IN_THE_WAY, words
from orderwright.runtime.observation import told_on_commit
from orderwright.runtime.pool import patiently
from orderwright.runtime.registry import BehaviourMissing
from orderwright.statechart import Event

if TYPE_CHECKING:
    from datetime import datetime

    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.job_row import ClaimedJob, Failure
    from orderwright.runtime.pool import Connection
    from orderwright.statechart import Refused

INVOKER: Final = Actor("invoke", "system")
"""Who acts when invoked work ends."""
_logger = structlog.get_logger(__name__)


class ResultRefused(RuntimeFault):
    """The chart could not take the result of an invocation; it is tried again."""

    code = "invoke.result_refused"
    retryable = True


async def answer(engine: Engine, job: ClaimedJob, result: str, *, patience_ms: int) -> bool:
    """End an invocation and send its result to the instance, in one transaction; False if it was not ours.

    A refusal that is an answer says that nobody waits for the result, which stays with the job.

    Raises:
        ResultRefused: a guard or an action failed, or a balance has no room for what is booked; nothing was done.
        BehaviourMissing: the chart is foreign to this host; nothing was done.
        LockNotAvailableError: somebody holds a lock for longer than the patience; nothing was done.
    """
    event = Event(f"done.invoke.{job.invoke_id}", {"output": scan(result, 0)[0]})
    taken = await _answer(engine, job, result, event, patience_ms)
    if taken is not None:
        _announce(engine, job, taken)
    return taken is not None


async def _answer(
    engine: Engine, job: ClaimedJob, result: str, event: Event, patience_ms: int
) -> Result | None:
    async with engine.pool.acquire() as connection, told_on_commit(connection):
        await _lock(connection, job, patience_ms)
        if not await job_row.finish(connection, [(job, result)], at=engine.clock.now()):
            return None
        taken = await _send(engine, connection, job, event)
        if taken.refused is not None and taken.refused.code in NO_ANSWER:
            raise _refused(job, taken.refused)
        return taken


async def give_up(engine: Engine, job: ClaimedJob, failure: Failure, *, patience_ms: int) -> bool:
    """End an invocation for good and send the error to the instance; False if it was not ours.

    If the chart takes the error, that is its end. If not, it stays a dead letter.

    Raises:
        BehaviourMissing: the chart is foreign to this host; nothing was done.
        LockNotAvailableError: somebody holds a lock for longer than the patience; nothing was done.
        DeadlockDetectedError: it was given up for somebody else's sake; nothing was done.
    """
    is_ours, taken = await _give_up(engine, job, failure, patience_ms)
    if taken is not None:
        _announce(engine, job, taken)
    return is_ours


async def _give_up(
    engine: Engine, job: ClaimedJob, failure: Failure, patience_ms: int
) -> tuple[bool, Result | None]:
    """Return whether it was ours, and what came of telling the instance."""
    async with engine.pool.acquire() as connection, told_on_commit(connection):
        await _lock(connection, job, patience_ms)
        if not await job_row.fail(
            connection, job, failure, clock=engine.clock, patience_ms=patience_ms
        ):
            return False, None
        taken = await _tell(engine, connection, job, failure)
        if taken is not None and taken.refused is None:
            await job_row.conclude(connection, job)
        return True, taken


async def _tell(
    engine: Engine, connection: Connection, job: ClaimedJob, failure: Failure
) -> Result | None:
    """Send the error; None if the engine failed at it."""
    error = {"message": failure.error, "attempts": job.attempts}
    event = Event(f"error.invoke.{job.invoke_id}", {"error": error})
    try:
        async with told_on_commit(connection):
            return await _send(engine, connection, job, event)
    except (BehaviourMissing, *IN_THE_WAY):  # another host, or time, can tell it
        raise
    except Exception as problem:
        if connection.is_closed():
            raise
        _logger.exception("invoke_error_not_told", **_names(job), error=words(problem))
        return None


async def _send(engine: Engine, connection: Connection, job: ClaimedJob, event: Event) -> Result:
    cause = Cause(
        actor=INVOKER,
        correlation_id=job.correlation_id,
        causation_id=job.causation_id,
        occurred_at=await _not_before(connection, job, engine.clock.now()),
    )
    command = Send(instance_id=_instance(job), event=event, cause=cause)
    taken = await engine.fire(connection, command)
    if taken.refused is not None:
        engine.report(command, taken.refused)
    return taken


def _announce(engine: Engine, job: ClaimedJob, taken: Result) -> None:
    if taken.refused is None:
        engine.wakeup.announce(taken.root_id)
    else:
        _logger.info("invoke_refused", **_names(job), code=taken.refused.code)


def _refused(job: ClaimedJob, refused: Refused) -> ResultRefused:
    message = f"{job.instance_id} could not take the result of {job.invoke_id}: {refused.message}"
    return ResultRefused(message, values={"code": refused.code, **_names(job)})


def _names(job: ClaimedJob) -> dict[str, object]:
    return {"instance_id": job.instance_id, "invoke_id": job.invoke_id, "job_id": job.job_id}


def _instance(job: ClaimedJob) -> str:
    assert job.instance_id is not None
    return job.instance_id


async def _lock(connection: Connection, job: ClaimedJob, patience_ms: int) -> None:
    await connection.execute(_LOCK, job.instance_id, str(patience_ms))


async def _not_before(connection: Connection, job: ClaimedJob, now: datetime) -> datetime:
    """Return now, or when the instance's latest row occurred if that is later: time does not run backwards."""
    latest: datetime | None = await connection.fetchval(_LATEST, job.instance_id)
    return max(now, latest) if latest else now


_LOCK: Final = f"""
select 1 from orderwright.instance where instance_id = {patiently("$1::text", "$2")} for update
"""  # noqa: S608 (ours)
_LATEST: Final = """
select occurred_at from orderwright.log where instance_id = $1 order by version desc limit 1
"""
