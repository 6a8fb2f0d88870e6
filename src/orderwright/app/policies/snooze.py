"""Snoozes: a policy that is known to hit an entity for nothing has no say on it for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from orderwright.app.permissions import Identity, require
from orderwright.app.policies.terms import raise_revision
from orderwright.domain.entity import ENTITIES
from orderwright.errors import InputInvalid
from orderwright.json_text import is_storable
from orderwright.runtime.command import LONGEST_ID
from orderwright.runtime.once import is_replay

if TYPE_CHECKING:
    from orderwright.app.orders import Asked
    from orderwright.app.policies.policy_list import PolicyList
    from orderwright.clock import Clock
    from orderwright.runtime.pool import Pool

_LONGEST: Final = timedelta(days=366)
_REASON: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Snooze:
    """A policy that has no say on an entity until a moment, unless it is ended before."""

    policy_id: str
    entity_type: str
    entity_id: str
    at: datetime
    until: datetime
    reason: str
    by: str
    ended_by: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyOn:
    """What a policy came to on an entity when it last did not miss, and its snooze for it, if it has one now.

    `outcome`, `execution_id` and `at` are None where a snooze is all that there is.
    """

    policy_id: str
    policy_name: str
    outcome: str | None
    execution_id: str | None
    at: datetime | None
    snooze: Snooze | None


class Snoozes:
    """Commands on snoozes; each raises `RoleMissing` for who may not give it."""

    def __init__(self, pool: Pool, clock: Clock, listed: PolicyList) -> None:
        self._pool = pool
        self._clock = clock
        self._listed = listed

    async def of(self, by: Identity, policy_id: str) -> list[Snooze]:
        """Return the snoozes of a policy, the newest first."""
        require(by, "policy.read")
        return [Snooze(**dict(row)) for row in await self._pool.fetch(_LIST, policy_id)]

    async def on(self, by: Identity, entity_type: str, entity_id: str) -> list[PolicyOn]:
        """Return what policies came to on an entity lately, and those that are snoozed for it; the latest first."""
        require(by, "policy.read")
        if not is_storable(entity_id):
            return []
        entity = (entity_type, entity_id)
        now = await self._pool.fetch(_NOW, *entity, self._clock.now())
        snoozed = {row["policy_id"]: Snooze(**dict(row)) for row in now}
        found = await self._pool.fetch(_ON, *entity, list(snoozed))
        return [PolicyOn(**dict(row), snooze=snoozed.get(row["policy_id"])) for row in found]

    async def begin(
        self, policy_id: str, entity: tuple[str, str], until: datetime, reason: str, asked: Asked
    ) -> str:
        """Let a policy have no say on an entity until a moment; return the id of the policy.

        Raises:
            PolicyNotFound, IdempotencyMismatch.
            InputInvalid: the entity can be none, the moment has passed or is too far away, or there is no reason.
        """
        require(asked.by, "policy.snooze")
        await self._listed.required(asked.by, policy_id)
        now, said = self._clock.now(), reason.strip()
        request = ("policy.snooze", policy_id, *entity, until.isoformat(), said)
        async with self._pool.acquire() as connection, connection.transaction():
            if not await is_replay(connection, asked.key, request, at=now):
                _check(entity, until, now, said)
                row = (policy_id, *entity)
                await connection.execute(_END, *row, asked.by.id, now)
                await connection.execute(_BEGIN, *row, now, until, said, asked.by.id)
                await raise_revision(connection)
        return policy_id

    async def end(self, policy_id: str, entity: tuple[str, str], asked: Asked) -> str:
        """Let a policy have its say again; return the id of the policy.

        Raises:
            PolicyNotFound, IdempotencyMismatch.
        """
        require(asked.by, "policy.snooze")
        await self._listed.required(asked.by, policy_id)
        now, request = self._clock.now(), ("policy.wake", policy_id, *entity)
        async with self._pool.acquire() as connection, connection.transaction():
            if not await is_replay(connection, asked.key, request, at=now):
                await connection.execute(_END, policy_id, *entity, asked.by.id, now)
                await raise_revision(connection)
        return policy_id


def _check(entity: tuple[str, str], until: datetime, now: datetime, reason: str) -> None:
    entity_type, entity_id = entity
    if entity_type not in ENTITIES:
        raise InputInvalid("entityType", entity_type, f"one of {', '.join(ENTITIES)}")
    if not 0 < len(entity_id) <= LONGEST_ID or not is_storable(entity_id):
        raise InputInvalid("entityId", entity_id[:LONGEST_ID], f"1 to {LONGEST_ID} characters")
    if until.tzinfo is None or not now < until <= now + _LONGEST:
        raise InputInvalid(
            "until", until.isoformat(), "a time to come, within a year, with its zone"
        )
    if not 0 < len(reason) <= _REASON:
        raise InputInvalid("reason", reason[:20], f"1 to {_REASON} characters")


_LIST: Final = """
select policy_id, entity_type, entity_id, at, until, reason, by, ended_by, ended_at
from orderwright.policy_snooze where policy_id = $1 order by at desc limit 200
"""
_NOW: Final = """
select policy_id, entity_type, entity_id, at, until, reason, by, ended_by, ended_at
from orderwright.policy_snooze
where entity_type = $1 and entity_id = $2 and ended_at is null and until > $3
"""
_ON: Final = """
with latest as (
    select distinct on (e.policy_id) e.policy_id, e.outcome, e.execution_id, x.started_at as at
    from (
        select id, started_at from orderwright.policy_execution
        where entity_type = $1 and entity_id = $2 order by started_at desc, id desc limit 100
    ) as x join orderwright.policy_evaluation as e on e.execution_id = x.id
    order by e.policy_id, x.started_at desc
)
select p.id as policy_id, p.name as policy_name, l.outcome, l.execution_id, l.at
from orderwright.policy as p left join latest as l on l.policy_id = p.id
where l.policy_id is not null or p.id = any($3::text[])
order by l.at desc nulls last, p.name
"""
_BEGIN: Final = """
insert into orderwright.policy_snooze (policy_id, entity_type, entity_id, at, until, reason, by)
values ($1, $2, $3, $4, $5, $6, $7)
"""
_END: Final = """
update orderwright.policy_snooze set ended_by = $4, ended_at = $5
where policy_id = $1 and entity_type = $2 and entity_id = $3 and ended_at is null and until > $5
"""
