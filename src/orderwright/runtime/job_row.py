"""The rows of jobs: each function is one statement, and each change after a claim is guarded by the claim's fence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from orderwright.clock import driven
from orderwright.runtime.identity import derived_id
from orderwright.runtime.pool import patiently
from orderwright.runtime.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from asyncpg import Record

    from orderwright.clock import Clock
    from orderwright.runtime.job import JobKind
    from orderwright.runtime.pool import Connection

MOST: Final = 128
"""How many jobs one claim takes at most."""

Happening = Literal["failed", "lost", "refused", "retried"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job to be written; `payload` is JSON text, `due_at` the earliest time of its first attempt."""

    kind: JobKind
    key: str
    payload: str
    root_id: str
    correlation_id: str
    causation_id: str | None
    due_at: datetime

    @property
    def job_id(self) -> str:
        """The id, which follows from the key."""
        return derived_id(f"job:{self.key}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedJob:
    """A job that this host may run while it carries this fence.

    Attributes:
        attempts: how many there have been, this one included.
        instance_id, invoke_id: for an invocation, the instance that waits for the result, and its name there.
        chart_id, chart_version: of that instance, when the job was read.
        alone: it was lost with its host the last time; nothing else runs on the host of this attempt.
        has_begun: whether its handler may have been called; one that goes alone waits for others to end first.
    """

    job_id: str
    kind: str
    key: str
    payload: str
    root_id: str
    instance_id: str | None
    invoke_id: str | None
    chart_id: str | None
    chart_version: int | None
    correlation_id: str
    causation_id: str | None
    attempts: int
    attempt_limit: int
    fence: int
    alone: bool
    has_begun: bool

    @property
    def work(self) -> Work:
        """What lines are logged with that are about it."""
        return Work(
            correlation_id=self.correlation_id,
            causation_id=self.causation_id,
            root_id=self.root_id,
            instance_id=self.instance_id,
            job_id=self.job_id,
            kind=self.kind,
            attempt=self.attempts,
        )

    @property
    def is_last(self) -> bool:
        """Whether no attempt is left after this one."""
        return self.attempts >= self.attempt_limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """How an attempt ended: what is written down, and the pause until the next one; None if there is none."""

    what: Happening
    error: str
    pause: timedelta | None


async def insert(connection: Connection, job: NewJob, *, at: datetime) -> bool:
    """Write a job; False when one with its key is there already, which then stays as it is."""
    values = (job.job_id, job.kind.name, job.key, job.payload, job.root_id, job.correlation_id)
    more = (job.causation_id, job.kind.attempts, job.due_at, at)
    return await connection.fetchval(_INSERT, *values, *more) is not None


async def asked(connection: Connection, key: str) -> tuple[str, str] | None:
    """Return kind and payload of the job with a key."""
    row = await connection.fetchrow(_ASKED, key)
    return (row["kind"], row["payload"]) if row else None


async def claim(  # noqa: PLR0913 (what a claim is)
    connection: Connection,
    kinds: Iterable[str],
    most: int,
    *,
    host: str,
    clock: Clock,
    lease: timedelta,
    foreign: Sequence[str] = (),
    alone: bool = False,
) -> list[ClaimedJob]:
    """Take up to `most` jobs that are due, the longest due first; count the attempt; give each its fence.

    Those that are to run `alone` are taken by themselves, and only while nobody has one of them in hand. Invocations
    of `foreign` versions of charts, given as `<chart>/<version>`, are left where they are.
    """
    # A literal limit: with a parameter the planner does not know how few rows are wanted.
    query = _CLAIM[alone].replace("{most}", str(_rounded(most)))
    values = (clock.now(), list(kinds), host, lease, driven(clock), list(foreign))
    if not alone:
        return _claimed(await connection.fetch(query, *values))
    if not await connection.fetchval(_ANY_ALONE):
        return []
    # Looking and taking are one only under a lock, and only a statement after it sees what its last holder took.
    async with connection.transaction():
        if not await connection.fetchval("select pg_try_advisory_xact_lock($1)", _LOCK):
            return []
        return _claimed(await connection.fetch(query, *values))


async def begin(connection: Connection, job: ClaimedJob, *, clock: Clock) -> bool:
    """Note that one which goes alone begins now; False if it is not ours any more."""
    values = (job.job_id, job.fence, clock.now())
    return await connection.fetchval(_BEGIN, *values) is not None


async def expired(
    connection: Connection, *, clock: Clock, foreign: Sequence[str] = ()
) -> list[ClaimedJob]:
    """Return up to 100 jobs whose lease has run out, as their lost hosts held them.

    Those whose end a `foreign` chart has to be told are left to others.
    """
    return _claimed(await connection.fetch(_EXPIRED, driven(clock), list(foreign)))


async def extend(
    connection: Connection, jobs: Sequence[ClaimedJob], *, clock: Clock, lease: timedelta
) -> frozenset[str]:
    """Extend leases; return the ids of those that are still ours to run.

    A row that is locked at this moment is left for the next time: to wait for it could end in a deadlock with
    a step that stops several invocations.
    """
    held = ([job.job_id for job in jobs], [job.fence for job in jobs])
    await connection.execute(_EXTEND, *held, lease, driven(clock))
    rows = await connection.fetch(_HELD, *held)
    return frozenset(row["job_id"] for row in rows)


async def finish(
    connection: Connection, results: Sequence[tuple[ClaimedJob, str]], *, at: datetime
) -> frozenset[str]:
    """Write results; return the ids of the jobs that took them. The others have gone on without this host."""
    ordered = sorted(results, key=lambda result: result[0].job_id)
    ids = [job.job_id for job, _ in ordered]
    fences = [job.fence for job, _ in ordered]
    rows = await connection.fetch(_FINISH, ids, fences, [text for _, text in ordered], at)
    return frozenset(row["job_id"] for row in rows)


async def fail(
    connection: Connection, job: ClaimedJob, failure: Failure, *, clock: Clock, patience_ms: int
) -> bool:
    """End an attempt without a result: the job waits for the next one, or is dead; False if it was not ours.

    One that is said to be lost must still be so: its host may have extended the lease meanwhile. It goes alone
    the next time. One that waits has an attempt left, whatever it has had.

    Raises:
        LockNotAvailableError: somebody, who may be about to stop it, holds it for longer than the patience.
    """
    values = (job.job_id, job.fence, failure.pause, failure.error, clock.now(), failure.what)
    more = (driven(clock), str(patience_ms))
    return await connection.fetchval(_FAIL, *values, *more) is not None


async def release(connection: Connection, jobs: Sequence[ClaimedJob]) -> None:
    """Give jobs back that were interrupted, as if this attempt had not been: they are due as they were."""
    held = ([job.job_id for job in jobs], [job.fence for job in jobs])
    await connection.execute(_RELEASE, *held)


async def conclude(connection: Connection, job: ClaimedJob) -> None:
    """Note of a dead invocation that its chart has just taken the error: nobody need retry it."""
    await connection.execute(_CONCLUDE, job.job_id)


def _rounded(most: int) -> int:
    """Round down to a power of two, so that there are few statements to prepare."""
    return 1 << (min(most, MOST).bit_length() - 1)


def _claimed(rows: Iterable[Record]) -> list[ClaimedJob]:
    return [ClaimedJob(**dict(row.items())) for row in rows]


_INSERT: Final = """
insert into orderwright.job (
    job_id, kind, key, payload, root_id, correlation_id, causation_id, status, attempts, attempt_limit, fence,
    next_attempt_at, created_at)
values ($1, $2, $3, $4, $5, $6, $7, 'waiting', 0, $8, 0, $9, $10)
on conflict (key) do nothing
returning job_id
"""
_ASKED: Final = "select kind, payload from orderwright.job where key = $1"
# By the later of both clocks: a host that is fast need not wait for what it has put down itself. A pause after a
# failure is the database's.
_TAKE: Final = """
with due as materialized (
    select job_id, instance_id from orderwright.job
    where status = 'waiting' and {which} and kind = any ($2::text[])
        and next_attempt_at <= greatest($1, coalesce($5::timestamptz, statement_timestamp()))
        and (attempts = 0 or next_attempt_at <= coalesce($5, statement_timestamp()))
        and {ours}
    order by next_attempt_at, job_id
    limit {most}
    for update skip locked
)
update orderwright.job as j
set status = 'running', attempts = attempts + 1, fence = fence + 1, host = $3,
    started_at = case when alone then null else $1::timestamptz end,
    leased_until = coalesce($5, statement_timestamp()) + $4::interval
from due
{instance}
where j.job_id = due.job_id
returning {columns}
"""
_LOCK: Final = 0x6F776C6F6E656C79  # any number, the same in every process
_ANY_ALONE: Final = (
    "select exists (select from orderwright.job where status = 'waiting' and alone)"
)
# A lease that has run out keeps nobody waiting: who is to take over what it was for may not be there.
_LONELY: Final = """
alone and not exists (
    select from orderwright.job
    where status = 'running' and alone and leased_until > coalesce($5::timestamptz, statement_timestamp()))
"""
_COLUMNS: Final = """
    j.job_id, j.kind, j.key, j.payload, j.root_id, j.instance_id, j.invoke_id, i.chart_id, i.chart_version,
    j.correlation_id, j.causation_id, j.attempts, j.attempt_limit, j.fence, j.alone,
    j.started_at is not null as has_begun
"""
# Lateral, with a limit: a look into an index for each, also by a plan that was made when the tables were empty.
_INSTANCE: Final = """
left join lateral (
    select chart_id, chart_version from orderwright.instance where instance_id = {job}.instance_id limit 1
) as i on true
"""
_OURS: Final = """(
    cardinality($6::text[]) = 0 or coalesce(
        (select chart_id || '/' || chart_version <> all ($6) from orderwright.instance as i
         where i.instance_id = job.instance_id), true))
"""
_CLAIM: Final = {
    is_alone: _TAKE.replace("{which}", which)
    .replace("{ours}", _OURS)
    .replace("{instance}", _INSTANCE.format(job="due"))
    .replace("{columns}", _COLUMNS)
    for is_alone, which in ((False, "not alone"), (True, _LONELY))
}
_BEGIN: Final = """
update orderwright.job set started_at = $3 where job_id = $1 and fence = $2 and status = 'running' returning job_id
"""
_EXPIRED: Final = f"""
select {_COLUMNS}
from orderwright.job as j
{_INSTANCE.format(job="j")}
where j.status = 'running' and j.leased_until <= coalesce($1::timestamptz, statement_timestamp())
    and not (j.alone and j.started_at is not null and j.attempts >= j.attempt_limit
        and coalesce(i.chart_id || '/' || i.chart_version = any ($2::text[]), false))
order by j.leased_until
limit 100
"""  # noqa: S608 (nothing of a caller)
_EXTEND: Final = """
with held as materialized (
    select job_id from orderwright.job
    join unnest($1::text[], $2::integer[]) as mine (job_id, fence) using (job_id, fence)
    where status = 'running'
    for update of job skip locked
)
update orderwright.job as j set leased_until = coalesce($4::timestamptz, statement_timestamp()) + $3::interval
from held where j.job_id = held.job_id
"""
_HELD: Final = """
select job_id from orderwright.job
join unnest($1::text[], $2::integer[]) as mine (job_id, fence) using (job_id, fence)
where status = 'running'
"""
_FINISH: Final = """
update orderwright.job as j
set status = 'done', result = outcome.result, leased_until = null, finished_at = $4
from unnest($1::text[], $2::integer[], $3::text[]) as outcome (job_id, fence, result)
where j.job_id = outcome.job_id and j.fence = outcome.fence and j.status = 'running'
returning j.job_id
"""
_FAIL: Final = f"""
with ended as (
    update orderwright.job
    set status = case when $3::interval is null then 'dead' else 'waiting' end,
        next_attempt_at = coalesce(coalesce($7, statement_timestamp()) + $3, next_attempt_at),
        attempts = case when $3 is null then attempts else least(attempts, attempt_limit - 1) end,
        alone = $6::text = 'lost', last_error = $4, leased_until = null,
        finished_at = case when $3 is null then $5::timestamptz end
    where job_id = {patiently("$1::text", "$8")} and fence = $2 and status = 'running'
        and ($6 <> 'lost' or leased_until <= coalesce($7::timestamptz, statement_timestamp()))
    returning job_id, fence, host
)
insert into orderwright.job_history (job_id, at, what, fence, host, detail)
select job_id, $5, $6, fence, host, $4 from ended
returning job_id
"""  # noqa: S608 (ours)
# What others have locked, they are about to stop.
_RELEASE: Final = """
with mine as (
    select job_id from orderwright.job
    join unnest($1::text[], $2::integer[]) as held (job_id, fence) using (job_id, fence)
    where status = 'running'
    for update of job skip locked)
update orderwright.job as j
set status = 'waiting', attempts = attempts - 1, leased_until = null
from mine where j.job_id = mine.job_id
"""
_CONCLUDE: Final = "update orderwright.job set status = 'failed' where job_id = $1"
