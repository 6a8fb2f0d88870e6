"""Who and what an occurrence is about: the entities that live here, locked, and what is known of users.

An entity that lives with a host is not found here; it is decided on all the same. A user who lives with a host is
known from what the host told at the registration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.app.policies.key import stands_in
from orderwright.domain.entity import ENTITIES
from orderwright.domain.hold import known_holds
from orderwright.statechart import Snapshot

if TYPE_CHECKING:
    from datetime import datetime

    from asyncpg import Record

    from orderwright.app.policies.occurrence import Entity
    from orderwright.condition import Json
    from orderwright.runtime.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """An entity that lives here: its chart, what it belongs to, its context, and when it began and last moved."""

    chart_id: str
    root_id: str
    context: Mapping[str, Json]
    created_at: datetime
    updated_at: datetime

    @property
    def is_decided(self) -> bool:
        """Whether the decision that it waits for is recorded: on its beginning, or on its newest submission."""
        return self.context.get("isDecided") is True

    @property
    def known_holds(self) -> frozenset[str]:
        """The ids of the holds that it has heard of, placed or lifted."""
        return known_holds(self.context)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """What is known of a user; None is unknown.

    Attributes:
        id: here; a user who lives with a host, and a customer who is no user, has none.
        customer_id: as whom they buy.
    """

    id: str | None = None
    customer_id: str | None = None
    name: str | None = None
    email: str | None = None
    country: str | None = None
    registered_at: datetime | None = None
    is_kyc_approved: bool | None = None


NOBODY: Final = User()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What was found.

    Attributes:
        revision: of the set in force.
        homes: the entities that live here, by id.
        users: by id.
    """

    revision: int
    homes: Mapping[str, Home]
    users: Mapping[str, User]

    def home(self, entity: Entity) -> Home | None:
        """Return an entity, where it lives here by the chart of its type."""
        found = self.homes.get(entity.id)
        return found if found is not None and found.chart_id == ENTITIES[entity.type] else None

    def user(self, user_id: Json) -> User:
        """Return what is known of a user."""
        return self.users.get(user_id, NOBODY) if isinstance(user_id, str) else NOBODY


async def look(
    connection: Connection, entity_ids: Iterable[str], user_ids: Iterable[str]
) -> Scene:
    """Lock the entities that live here, in the order of their ids, and read users and the revision of the set."""
    rows = await connection.fetch(_LOOK, sorted(set(entity_ids)), sorted(set(user_ids)))
    return Scene(
        revision=rows[0]["revision"],
        homes={row["id"]: _home(row) for row in rows if row["kind"] == "home"},
        users={row["id"]: _user(row) for row in rows if row["kind"] == "user"},
    )


def _home(row: Record) -> Home:
    context = Snapshot.from_text(row["snapshot"]).context
    return Home(
        chart_id=row["chart_id"],
        root_id=row["root_id"],
        context=context,
        created_at=row["at"],
        updated_at=row["updated_at"],
    )


def _user(row: Record) -> User:
    country = row["country"]
    return User(
        id=row["user_id"],
        customer_id=row["customer_id"],
        name=row["name"],
        email=row["email"],
        country=None if country is None or stands_in(country) else country,
        registered_at=row["at"],
        is_kyc_approved=row["is_approved"],
    )


# One statement, and one way to lock: in the order of ids.
_LOOK: Final = """
with held as (
    select instance_id, root_id, chart_id, snapshot, created_at, updated_at from orderwright.instance
    where instance_id = any($1::text[]) order by instance_id for update)
select s.revision, found.*
from orderwright.policy_set as s
left join (
    select 'home' as kind, instance_id as id, root_id, chart_id, snapshot, null as user_id,
           null as customer_id, null as name, null as email, null as country, created_at as at,
           null::boolean as is_approved, updated_at
    from held
    union all
    select 'user', asked.id, null, null, null, u.id, u.customer_id, c.name, u.email, coalesce(u.country, told.country),
           coalesce(u.created_at, told.occurred_at), kyc.is_approved, null
    from unnest($2::text[]) as asked (id)
    left join lateral (
        (select * from orderwright.user_record where id = asked.id)
        union all
        (select * from orderwright.user_record where customer_id = asked.id order by created_at, id)
        limit 1) as u on true
    left join orderwright.customer as c on c.id = coalesce(u.customer_id, asked.id)
    left join lateral (
        select coalesce(bool_or(i.state = 'APPROVED'), false) as is_approved
        from orderwright.kyc_record as k join orderwright.instance as i on i.instance_id = k.id
        where k.user_id = u.id) as kyc on u.id is not null
    left join lateral (
        select country, occurred_at from orderwright.policy_event
        where user_id = asked.id and trigger = 'USER_REGISTERED' order by number desc limit 1) as told on true
) as found on true
"""
