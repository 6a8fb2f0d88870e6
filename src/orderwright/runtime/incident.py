"""Incidents: records of what somebody must look at, with an owner, a cause and what to do about it.

The same trouble (kind, subject and code) is one open incident however often it comes: the record counts, and says when
it was first and last seen. An incident is closed by a person, or by the watch that opened it. Trouble that comes
again after that opens a new one, so that the past of a subject can be read.

What stops an event never writes to the instance: see `orderwright.runtime.alarm` for how these records come about.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from orderwright.errors import NotFound
from orderwright.json_text import dump, legible
from orderwright.runtime.identity import fresh_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from asyncpg import Record

    from orderwright.runtime.pool import Connection

Kind: TypeAlias = Literal[
    "step",
    "timer_refused",
    "timer_failed",
    "slot_failed",
    "consumer_lagging",
    "instance_stuck",
    "anchor_differs",
]
Status: TypeAlias = Literal["open", "resolved"]


class IncidentNotFound(NotFound):
    """No open incident has this id."""

    code = "incident.not_found"


@dataclass(frozen=True, slots=True)
class Duty:
    """Who looks after a kind of incident, and how what failed is tried again."""

    owner: str
    retry: str


DUTIES: Final[Mapping[Kind, Duty]] = {
    "step": Duty(
        "chart author",
        "correct the behaviour, the chart (in a new version) or the missing fact; then send the event again",
    ),
    "timer_refused": Duty(
        "chart author", "the timer is gone; send its event by hand if it is still wanted"
    ),
    "timer_failed": Duty("operations", "the timer is kept and fires again by itself"),
    "slot_failed": Duty("operations", "the slot is kept and tried again by itself"),
    "consumer_lagging": Duty(
        "operations",
        "see that workers run, and mend what the consumer fails at; what it has given up on is tried again"
        " when somebody asks for it",
    ),
    "instance_stuck": Duty(
        "operations", "see that workers run; else send the event by hand, or migrate the instance"
    ),
    "anchor_differs": Duty(
        "security",
        "compare the database with a backup from before; nothing repairs this by itself",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Trouble that was seen, once or more.

    Attributes:
        subject: what has it: an instance and an event, a timer, a consumer.
        code: what kind of trouble, for programs.
        cause: a sentence.
        details: names and numbers behind the sentence, JSON-ready.
    """

    kind: Kind
    subject: str
    code: str
    cause: str
    details: Mapping[str, object] = field(default_factory=dict)
    seen_at: datetime
    count: int = 1

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two sightings the same trouble."""
        return self.kind, self.subject, self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A record; `resolution` is what the one who closed it said."""

    incident_id: str
    kind: Kind
    subject: str
    owner: str
    status: Status
    code: str
    cause: str
    details: Mapping[str, object]
    retry: str
    count: int
    first_seen_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None
    resolution: str | None

    @property
    def instance_id(self) -> str | None:
        """The instance that has the trouble; None where it is not one's."""
        if self.kind in ("instance_stuck", "anchor_differs"):
            return self.subject
        named = self.details.get("instance_id", self.details.get("instance"))
        return named if isinstance(named, str) else None


async def record(connection: Connection, sightings: Iterable[Sighting]) -> None:
    """Open an incident for each sighting, or count it on the one that is open."""
    ordered = sorted(sightings, key=lambda one: one.key)  # one order of locks for everybody
    await connection.executemany(_RECORD, [_row(sighting) for sighting in ordered])


async def incidents(
    connection: Connection,
    *,
    status: Status | None = "open",
    kind: Kind | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> tuple[Incident, ...]:
    """Return incidents, the latest seen first.

    Args:
        connection: in a transaction or not.
        status: open ones, resolved ones, or with None those of both.
        kind: of one kind; None for all.
        after: where to go on, the last sight and the id of the last one that was returned.
        limit: how many at most.
    """
    query = _LIST.format(wanted=_WITH_STATUS if status else _WITH_ANY)
    rows = await connection.fetch(query, status, kind, *(after or (None, None)), limit)
    return tuple(_incident(row) for row in rows)


async def count(
    connection: Connection, *, status: Status | None = "open", kind: Kind | None = None
) -> int:
    """Return how many incidents there are."""
    query = _COUNT.format(wanted=_WITH_STATUS if status else _WITH_ANY)
    return int(await connection.fetchval(query, status, kind) or 0)


async def find(connection: Connection, incident_id: str) -> Incident:
    """Return an incident, open or not.

    Raises:
        IncidentNotFound: none has this id.
    """
    row = await connection.fetchrow(_FIND, incident_id)
    if row is None:
        raise IncidentNotFound(f"no incident {incident_id!r}", values={"incident": incident_id})
    return _incident(row)


async def resolve(
    connection: Connection, incident_id: str, *, by: str, resolution: str, at: datetime
) -> Incident:
    """Close an incident.

    Raises:
        IncidentNotFound: no open incident has this id.
    """
    row = await connection.fetchrow(_RESOLVE, incident_id, by, resolution, at)
    if row is None:
        raise IncidentNotFound(
            f"no open incident {incident_id!r}", values={"incident": incident_id}
        )
    return _incident(row)


async def settle(
    connection: Connection, kind: Kind, *, still: Iterable[tuple[str, str]], at: datetime
) -> None:
    """Close the open incidents of a kind but those of the (subject, code) that still have the trouble."""
    kept = list(still)
    subjects, codes = [subject for subject, _ in kept], [code for _, code in kept]
    await connection.execute(_SETTLE, kind, subjects, codes, at)


def _row(sighting: Sighting) -> tuple[object, ...]:
    duty = DUTIES[sighting.kind]
    return (
        fresh_id(),
        sighting.kind,
        sighting.subject,
        duty.owner,
        sighting.code,
        sighting.cause,
        dump(dict(sighting.details)),
        duty.retry,
        sighting.count,
        sighting.seen_at,
    )


def _incident(row: Record) -> Incident:
    columns = dict(row)
    details = legible(columns["details"])
    if not isinstance(details, dict):
        details = {"unreadable": columns["details"]}
    columns["details"] = details
    return Incident(**columns)


_RECORD = """
insert into orderwright.incident as i (
    incident_id, kind, subject, owner, status, code, cause, details, retry, count, first_seen_at, last_seen_at)
values ($1, $2, $3, $4, 'open', $5, $6, $7, $8, $9, $10, $10)
on conflict (kind, subject, code) where status = 'open' do update
set count = i.count + excluded.count, cause = excluded.cause, details = excluded.details,
    last_seen_at = greatest(i.last_seen_at, excluded.last_seen_at)
"""
_COLUMNS = """incident_id, kind, subject, owner, status, code, cause, details, retry, count, first_seen_at,
       last_seen_at, resolved_at, resolved_by, resolution"""
_WITH_STATUS = "status = $1 and ($2::text is null or kind = $2)"
_WITH_ANY = "$1::text is null and ($2::text is null or kind = $2)"
_LIST = f"""
select {_COLUMNS}
from orderwright.incident
where {{wanted}}
    and (last_seen_at, incident_id) < (coalesce($3::timestamptz, 'infinity'), coalesce($4::text, ''))
order by last_seen_at desc, incident_id desc
limit $5
"""  # noqa: S608 (constants)
_COUNT = "select count(*) from orderwright.incident where {wanted}"
_FIND = f"select {_COLUMNS} from orderwright.incident where incident_id = $1"  # noqa: S608 (constants)
_RESOLVE = f"""
update orderwright.incident
set status = 'resolved', resolved_by = $2, resolution = $3, resolved_at = $4
where incident_id = $1 and status = 'open'
returning {_COLUMNS}
"""  # noqa: S608 (constants)
_SETTLE = """
update orderwright.incident
set status = 'resolved', resolved_by = 'system', resolution = 'it has passed', resolved_at = $4
where kind = $1 and status = 'open'
    and (subject, code) not in (select * from unnest($2::text[], $3::text[]))
"""
