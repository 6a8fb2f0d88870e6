"""Policies as screens and programs want them: pages of them, or one with its versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from orderwright.app.page import Page, Place, size
from orderwright.app.permissions import Identity, require
from orderwright.app.policies.statistics import Statistics, statistics
from orderwright.app.rows import Standing
from orderwright.app.words import words_of
from orderwright.domain.reading import mapping
from orderwright.errors import NotFound
from orderwright.json_text import is_storable, load

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.app.queries import Queries
    from orderwright.clock import Clock
    from orderwright.runtime.pool import Pool


class PolicyNotFound(NotFound):
    """There is no policy with this id, or no such version of it."""

    code = "policy.not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliciesWanted:
    """Which policies; `search` is looked for in their names."""

    states: Sequence[str] = ()
    trigger: str | None = None
    search: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    """A version as it was saved.

    Attributes:
        document: JSON-ready; numbers as they were written.
        fingerprint: the SHA-256 of its meaning.
    """

    policy_id: str
    version: int
    document: Mapping[str, object]
    fingerprint: str
    saved_by: str
    saved_at: datetime
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InForceNow:
    """What of a policy is in force; `rollout` is of 10,000 entities."""

    version: int
    mode: str
    rollout: int
    published_by: str
    approved_by: str | None
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRow:
    """A policy, with what is in force of it.

    Attributes:
        priority: of the version in force, else of the latest; higher decides first.
    """

    id: str
    name: str
    trigger: str
    priority: int
    created_at: datetime
    created_by: str
    standing: Standing
    in_force: InForceNow | None

    @property
    def latest_version(self) -> int:
        """The number of the version that was saved last."""
        return int(self.standing.context["latestVersion"])


class PolicyList:
    """Reads policies; each call raises `RoleMissing` for who may not see them."""

    def __init__(self, pool: Pool, queries: Queries, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._queries = queries

    async def page(
        self, by: Identity, wanted: PoliciesWanted, *, first: int, after: str | None
    ) -> Page[PolicyRow]:
        """Return a page of policies, the newest first.

        Raises:
            InputInvalid: `first` or `after` is wrong.
        """
        require(by, "policy.read")
        most, place = size(first), Place.read(after) if after is not None else None
        where, values = _narrowed(wanted, place)
        found = await self._pool.fetch(f"{_LIST}{where}{_ORDER}limit {most + 1}", *values)
        rows = [(Place(row["created_at"], row["id"]), await self._row(row)) for row in found]
        return Page(rows=rows[:most], has_next=len(rows) > most, has_previous=after is not None)

    async def figures(self, policy_ids: Sequence[str]) -> dict[str, Statistics]:
        """Return what policies that the person sees have come to within the last 30 days."""
        since = self._clock.now() - _FIGURES
        async with self._pool.acquire() as connection:
            return await statistics(connection, policy_ids, since)

    async def count(self, by: Identity, wanted: PoliciesWanted) -> int:
        """Return how many there are."""
        require(by, "policy.read")
        where, values = _narrowed(wanted, None)
        found: int = await self._pool.fetchval(f"{_COUNT}{where}", *values)
        return found

    async def one(self, by: Identity, policy_id: str) -> PolicyRow | None:
        """Return a policy, or None if there is none."""
        require(by, "policy.read")
        row = await self._pool.fetchrow(_ONE, policy_id) if is_storable(policy_id) else None
        return await self._row(row) if row else None

    async def required(self, by: Identity, policy_id: str) -> PolicyRow:
        """Return a policy.

        Raises:
            PolicyNotFound: there is none.
        """
        found = await self.one(by, policy_id)
        if found is None:
            raise PolicyNotFound(f"no policy has the id {policy_id!r}", values={"id": policy_id})
        return found

    async def versions(self, by: Identity, policy_id: str) -> list[PolicyVersion]:
        """Return every version of a policy, the newest first."""
        require(by, "policy.read")
        rows = await self._pool.fetch(f"{_VERSIONS} order by version desc", policy_id)
        return [_version(row) for row in rows]

    async def version(self, by: Identity, policy_id: str, number: int) -> PolicyVersion:
        """Return a version.

        Raises:
            PolicyNotFound: there is none.
        """
        require(by, "policy.read")
        is_known = is_storable(policy_id) and 0 < number < _LARGEST
        query = f"{_VERSIONS} and version = $2"
        row = await self._pool.fetchrow(query, policy_id, number) if is_known else None
        if row is None:
            message = f"no policy {policy_id!r} has a version {number}"
            raise PolicyNotFound(message, values={"id": policy_id, "version": number})
        return _version(row)

    async def _row(self, row: Record) -> PolicyRow:
        chart = await self._queries.chart("policy", row["chart_version"])
        words, snapshot = words_of(chart, row["state"]), load(row["snapshot"])
        return PolicyRow(
            id=row["id"],
            name=row["name"],
            trigger=row["trigger"],
            priority=row["priority"],
            created_at=row["created_at"],
            created_by=row["created_by"],
            standing=Standing(words=words, context=mapping(snapshot, "context")),
            in_force=_in_force(row),
        )


def _in_force(row: Record) -> InForceNow | None:
    if row["version"] is None:
        return None
    return InForceNow(
        version=row["version"],
        mode=row["mode"],
        rollout=row["rollout"],
        published_by=row["published_by"],
        approved_by=row["approved_by"],
        published_at=row["published_at"],
    )


def _version(row: Record) -> PolicyVersion:
    return PolicyVersion(**{**dict(row), "document": load(row["document"])})


def _narrowed(wanted: PoliciesWanted, after: Place | None) -> tuple[str, list[object]]:
    """Return what is asked as SQL with its values: only what is there, so that indexes serve."""
    clauses, values = ["true"], list[object]()
    for clause, value in (
        ("i.state = any({})", list(wanted.states)),
        ("p.trigger = {}", wanted.trigger),
        ("p.name ilike {}", _like(wanted.search)),
    ):
        if value:
            values.append(value)
            clauses.append(clause.format(f"${len(values)}"))
    if after is not None:
        clauses.append(f"(p.created_at, p.id) < (${len(values) + 1}, ${len(values) + 2})")
        values += [after.at, after.id]
    return " where " + " and ".join(clauses), values


def _like(search: str) -> str | None:
    words = search.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{words}%" if words else None


_LARGEST: Final = 2**31
_FIGURES: Final = timedelta(days=30)
_FROM: Final = """
from orderwright.policy as p
join orderwright.instance as i on i.instance_id = p.id
left join orderwright.policy_deployment as d on d.policy_id = p.id
"""
_LIST: Final = f"""
select p.id, p.name, p.trigger, p.created_at, p.created_by, i.chart_version, i.state, i.snapshot,
       d.version, d.mode, d.rollout, d.published_by, d.approved_by, d.published_at,
       coalesce((
           select (v.document::json ->> 'priority')::int from orderwright.policy_version as v
           where v.policy_id = p.id and (d.version is null or v.version = d.version)
           order by v.version desc limit 1), 0) as priority
{_FROM}"""  # noqa: S608 (ours)
_ORDER: Final = " order by p.created_at desc, p.id desc "
_COUNT: Final = f"select count(*) {_FROM}"
_ONE: Final = f"{_LIST} where p.id = $1"
_VERSIONS: Final = """
select policy_id, version, document, fingerprint, saved_by, saved_at, note
from orderwright.policy_version where policy_id = $1
"""
