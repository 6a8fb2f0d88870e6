"""What policies have come to: how often they were asked, how often they matched, and how long they took.

Misses are not stored; they follow: a policy was asked at every execution of its trigger while it was in force, and
what is not on record was a miss. An execution that failed as a whole asked no policy: it is no policy's failure, and
counts by itself. How long a miss took nobody measures: durations are those of what is on record.

How often a policy is right is what people say of the cases that it opens. Who declines an entity confirms the policy,
and who lets it go by any other word calls its hit a false alarm. A case that is open, or was closed as a duplicate,
says nothing yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from orderwright.app.policies.occurrence import ANEW
from orderwright.app.policies.velocity import threshold_name
from orderwright.policy import PolicyInvalid, Threshold, load

if TYPE_CHECKING:
    from datetime import datetime

    from asyncpg import Record

    from orderwright.runtime.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What a policy has come to since a moment, in shadow or not.

    Attributes:
        executions: of its trigger, while it was in force.
        hits, unknown, failures, snoozed: those on record; a failure is the policy's own.
        undecided: events of its trigger, while it was in force, whose execution failed as a whole and that nobody has
            told of again with more luck: no policy was asked. A threshold has none, for nobody knows what was crossed.
        p50_us, p95_us: of the durations on record, in microseconds; None where there are none.
        last_hit_at: when it last matched.
        confirmed, false_alarms, unjudged: the cases that its actions have opened since, by what people said of them.
    """

    executions: int = 0
    hits: int = 0
    unknown: int = 0
    failures: int = 0
    snoozed: int = 0
    undecided: int = 0
    p50_us: float | None = None
    p95_us: float | None = None
    last_hit_at: datetime | None = None
    confirmed: int = 0
    false_alarms: int = 0
    unjudged: int = 0

    @property
    def misses(self) -> int:
        """How often it was asked and said no."""
        return self.executions - self.hits - self.unknown - self.failures - self.snoozed

    @property
    def hit_rate(self) -> float | None:
        """The part of the executions at which it matched; None where there was none."""
        return self.hits / self.executions if self.executions else None

    @property
    def precision(self) -> float | None:
        """The part of the judged cases in which it was right; None where nobody has judged one."""
        judged = self.confirmed + self.false_alarms
        return self.confirmed / judged if judged else None


async def statistics(
    connection: Connection, policy_ids: Sequence[str], since: datetime
) -> dict[str, Statistics]:
    """Return what each policy has come to."""
    terms = await connection.fetch(_TERMS, list(policy_ids), since)
    asked = await connection.fetch(
        _EXECUTIONS,
        [row["policy_id"] for row in terms],
        [row["trigger"] for row in terms],
        [row["from_revision"] for row in terms],
        [row["until_revision"] for row in terms],
        [_prefix(row) for row in terms],
        since,
    )
    found = {one: dict[str, Any]() for one in policy_ids}
    for rows in (
        asked,
        await connection.fetch(_UNDECIDED, list(policy_ids), since),
        await connection.fetch(_EVALUATIONS, list(policy_ids), since),
        await connection.fetch(_CASES, list(policy_ids), since),
    ):
        for row in rows:
            found[row["policy_id"]].update(_figures(row))
    return {one: Statistics(**figures) for one, figures in found.items()}


def _figures(row: Record) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "policy_id"}


def _prefix(row: Record) -> str:
    """Return how the occurrences begin that a term's policy waits for: a threshold by its own name."""
    try:
        trigger = load(row["document"]).trigger
    except PolicyInvalid:
        return ""
    return f"{threshold_name(trigger)}/" if isinstance(trigger, Threshold) else ""


_TERMS: Final = """
select t.policy_id, t.trigger, t.from_revision, t.until_revision, v.document
from orderwright.policy_term as t join orderwright.policy_version as v using (policy_id, version)
where t.policy_id = any($1::text[]) and (t.until_at is null or t.until_at >= $2)
"""
# A crossing by what was decided on anew has the threshold's name behind the word for that.
_EXECUTIONS: Final = f"""
select t.policy_id, count(*) as executions
from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[])
    as t (policy_id, trigger, from_revision, until_revision, prefix)
join orderwright.policy_execution as x
    on x.trigger = t.trigger and x.started_at >= $6 and x.status = 'decided'
    and x.set_revision >= t.from_revision and (t.until_revision is null or x.set_revision < t.until_revision)
    and (starts_with(x.occurrence, t.prefix) or starts_with(x.occurrence, '{ANEW}' || t.prefix))
group by t.policy_id
"""  # noqa: S608 (ours)
# Of what failed no revision is known, so it is the time that tells what was in force.
_UNDECIDED: Final = """
select t.policy_id, count(*) as undecided
from orderwright.policy_execution as x
join orderwright.policy_term as t
    on t.trigger = x.trigger and x.started_at >= t.from_at and (t.until_at is null or x.started_at < t.until_at)
where t.policy_id = any($1::text[]) and x.status = 'failed' and x.started_at >= $2
    and not exists (
        select from orderwright.policy_execution as d
        where d.entity_type = x.entity_type and d.entity_id = x.entity_id and d.trigger = x.trigger
            and d.occurrence = x.occurrence and d.status = 'decided')
group by t.policy_id
"""
_EVALUATIONS: Final = """
select policy_id,
       count(*) filter (where outcome = 'hit') as hits,
       count(*) filter (where outcome = 'unknown') as unknown,
       count(*) filter (where outcome = 'error') as failures,
       count(*) filter (where outcome = 'snoozed') as snoozed,
       percentile_cont(0.5) within group (order by duration_ns) / 1000 as p50_us,
       percentile_cont(0.95) within group (order by duration_ns) / 1000 as p95_us,
       max(decided_at) filter (where outcome = 'hit') as last_hit_at
from orderwright.policy_evaluation
where policy_id = any($1::text[]) and decided_at >= $2
group by policy_id
"""
_CASES: Final = """
select policy_id,
       count(*) filter (where resolution = 'DECLINED') as confirmed,
       count(*) filter (where resolution in ('ACCEPTED', 'SOLVED', 'NO_ACTION')) as false_alarms,
       count(*) filter (where resolution is null or resolution in ('DUPLICATE', 'WITHDRAWN')) as unjudged
from orderwright.policy_case
where policy_id = any($1::text[]) and opened_at >= $2
group by policy_id
"""
