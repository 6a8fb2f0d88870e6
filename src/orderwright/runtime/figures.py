"""Figures that only the database knows: how far consumers are behind, what waits, what is overdue, what is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.runtime.lag import RelayStatus, read_status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from orderwright.runtime.pool import Connection

COUNTED: Final = 100_000
"""Jobs of one status, and overdue timers, are counted up to here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFigures:
    """The jobs of one kind and status.

    Attributes:
        status: waiting, running or dead.
        jobs: how many there are.
        overdue_seconds: for how long the one that has waited longest could have begun; 0 where none could.
    """

    kind: str
    status: str
    jobs: int
    overdue_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the database knows at one moment.

    Attributes:
        timers_overdue: how many are due, those that failed and are tried again included.
        timer_overdue_seconds: for how long the oldest of them has been; 0 without any.
        incidents: how many are open, by kind.
    """

    relay: RelayStatus
    jobs: Sequence[JobFigures]
    timers_overdue: int
    timer_overdue_seconds: float
    incidents: Mapping[str, int]


async def read_figures(connection: Connection, *, now: datetime) -> Figures:
    """Read the figures of a moment; cheap as long as little waits, and bounded where counts are."""
    jobs = await connection.fetch(_JOBS, now)
    timers = await connection.fetchrow(_TIMERS, now)
    incidents = await connection.fetch(_INCIDENTS)
    assert timers is not None
    return Figures(
        relay=await read_status(connection, now=now),
        jobs=tuple(JobFigures(**row) for row in jobs),
        timers_overdue=timers["timers"],
        timer_overdue_seconds=timers["seconds"],
        incidents={row["kind"]: row["open"] for row in incidents},
    )


# One status each, so that each can use the index of its own.
_JOBS: Final = " union all ".join(
    f"""
    select kind, '{status}' as status, count(*) as jobs,
           greatest(coalesce(max(extract(epoch from $1 - next_attempt_at))
               filter (where '{status}' = 'waiting'), 0), 0)::float8 as overdue_seconds
    from (select kind, next_attempt_at from orderwright.job where status = '{status}' limit {COUNTED}) as counted
    group by kind"""  # noqa: S608 (constants)
    for status in ("waiting", "running", "dead")
)
_TIMERS: Final = f"""
select count(*) as timers, coalesce(max(extract(epoch from $1 - due_at)), 0)::float8 as seconds
from (select due_at from orderwright.timer where due_at <= $1 order by due_at limit {COUNTED}) as due
"""  # noqa: S608 (constants)
_INCIDENTS: Final = (
    "select kind, count(*) as open from orderwright.incident where status = 'open' group by kind"
)
