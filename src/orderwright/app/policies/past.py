"""A past event as a policy of today would have seen it: facts on record, those that follow, and lists as they were.

Only facts that some policy read at the time are on record. What else follows is derived anew, as of then: velocities
and the first order from the events that had been recorded before this one. What is kept masked, or was known only at
the moment itself, stays unknown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from orderwright.app.policies.asking import ask, asked_of
from orderwright.app.policies.derived import DERIVED, counted, derived
from orderwright.app.policies.in_force import entries_of
from orderwright.app.policies.intake import mistyped_of, take_in
from orderwright.app.policies.occurrence import Entity
from orderwright.app.policies.policy_reading import facts_read, lists_read
from orderwright.app.policies.scene import NOBODY, User, look
from orderwright.app.policies.velocity import unsummed, velocities, velocity_questions
from orderwright.condition import Json, Lists, Mistyped, NamedList
from orderwright.domain.trigger import VELOCITIES
from orderwright.json_text import is_storable
from orderwright.money import Money
from orderwright.policy.masking import has_mask
from orderwright.policy.trigger import facts_of

if TYPE_CHECKING:
    from datetime import datetime

    from asyncpg import Record

    from orderwright.app.policies.velocity import Counted
    from orderwright.condition import Schema
    from orderwright.policy import Policy
    from orderwright.policy.trigger import Triggers
    from orderwright.runtime.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a policy would have seen.

    Attributes:
        facts: by dotted path.
        mistyped: those that were told and could not be read.
        withheld: facts that are kept masked, and so are not known.
        derived: facts that nobody asked for then and that were derived now.
        unknown: facts that follow from others, and that can no longer be known.
        lists: finds the lists as they were.
        lists_now: those that there were not yet, as they are now.
    """

    facts: Mapping[str, Json]
    lists: Lists
    mistyped: Mapping[str, Mistyped] = field(default_factory=dict)
    withheld: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    lists_now: tuple[str, ...] = ()


async def recall(
    connection: Connection, types: Triggers, policy: Policy, execution_id: str, now: datetime
) -> Past | None:
    """Return a past execution as a policy would have seen it; None where there is no such execution."""
    known = is_storable(execution_id)
    row = await connection.fetchrow(_EXECUTION, execution_id) if known else None
    if row is None:
        return None
    schema = facts_of(row["trigger"], types) or {}
    told, withheld = _unmasked(row["facts"], schema)
    mistyped = mistyped_of(row["flagged"], {*told, *withheld}, schema)
    missing = facts_read(policy) - told.keys() - set(withheld) - mistyped.keys()
    more, unread = await _derived(connection, row, take_in(told, schema).facts, missing, now)
    lists, lists_now = await _lists(connection, row, lists_read(policy), now)
    gone = (missing & (DERIVED | VELOCITIES.keys())) - more.keys() - unread.keys()
    return Past(
        facts={**told, **more},
        mistyped={**unread, **mistyped},
        withheld=withheld,
        derived=tuple(sorted(more)),
        unknown=tuple(sorted(gone)),
        lists=lists,
        lists_now=lists_now,
    )


def _unmasked(text: str, schema: Schema) -> tuple[Mapping[str, Json], tuple[str, ...]]:
    facts = json.loads(text, parse_float=Decimal)
    withheld = sorted(path for path, value in facts.items() if path in schema and has_mask(value))
    known = {path: value for path, value in facts.items() if path not in withheld}
    return known, tuple(withheld)


# --- facts ----------------------------------------------------------------------------------------


async def _derived(
    connection: Connection,
    row: Record,
    facts: Mapping[str, Json],
    missing: frozenset[str],
    now: datetime,
) -> tuple[dict[str, Json], dict[str, Mistyped]]:
    """Return what follows of the facts that are missing, as of the event, and the sums that nobody can make of it."""
    user = await _user(connection, row, facts.get("userId"))
    event = _event(row, facts, user)
    questions = velocity_questions(missing, event)
    asked = asked_of(
        missing,
        facts,
        entity=Entity(row["entity_type"], row["entity_id"]),
        event=event,
        questions=questions,
    )
    answers = await ask(connection, asked, now, before=row["number"])
    more = {
        **derived(facts, user, answers, row["occurred_at"]),
        **velocities(questions, answers.figures, event),
    }
    sums = unsummed(questions, answers.figures)
    return {name: more[name] for name in missing & more.keys()}, sums


async def _user(connection: Connection, row: Record, user_id: Json) -> User:
    """Return what was known of a user; country and address of a user never change."""
    if not isinstance(user_id, str):
        return NOBODY
    user = (await look(connection, (), [user_id])).user(user_id)
    if user.registered_at is None or user.registered_at > row["occurred_at"]:
        return User(id=user.id, customer_id=user.customer_id, name=user.name)
    is_approved = await connection.fetchval(_APPROVED, user.id, row["started_at"])
    return replace(user, is_kyc_approved=is_approved if user.id else None)


def _event(row: Record, facts: Mapping[str, Json], user: User) -> Counted:
    """Return an event as it was counted, where it was; whose it was is masked among its facts."""
    event = counted(row["trigger"], facts, user, row["occurred_at"])
    if row["number"] is None:
        return event
    amount = Money(row["amount_minor"], row["currency"]) if row["currency"] else None
    return replace(event, wallet=row["wallet"], country=row["country"], amount=amount)


# --- lists ----------------------------------------------------------------------------------------


async def _lists(
    connection: Connection, row: Record, names: Iterable[str], now: datetime
) -> tuple[Lists, tuple[str, ...]]:
    """Return lists as they were at the revision that decided; those that are younger as they are now."""
    was_decided = row["status"] == "decided"
    since = row["started_at"] if was_decided else None
    rows = await connection.fetch(_ENTRIES, list(names), row["set_revision"], since)
    entries = entries_of(rows)
    later = {one["list"] for one in rows if one["is_later"]}

    def find(name: str) -> NamedList | None:
        known = entries.get(name)
        return known.at(now if name in later else row["occurred_at"]) if known else None

    return find, tuple(sorted(later))


_EXECUTION: Final = """
select x.trigger, x.entity_type, x.entity_id, x.facts, x.flagged, x.set_revision, x.status,
       x.occurred_at, x.started_at, e.number, e.wallet, e.country, e.currency, e.amount_minor
from orderwright.policy_execution as x left join orderwright.policy_event as e on e.execution_id = x.id
where x.id = $1
"""
_APPROVED: Final = """
select coalesce(bool_or(last.to_state = 'APPROVED'), false)
from orderwright.kyc_record as k
cross join lateral (
    select to_state from orderwright.log
    where instance_id = k.id and recorded_at <= $2 order by version desc limit 1) as last
where k.user_id = $1
"""
_ENTRIES: Final = """
select l.name as list, l.kind, e.value, e.expires_at, l.is_later
from (
    select name, kind, $3::timestamptz is null or created_at > $3 as is_later
    from orderwright.policy_list where name = any($1::text[])) as l
left join orderwright.policy_list_entry as e
    on e.list = l.name
    and case when l.is_later then e.removed_at is null
        else e.added_in <= $2 and (e.removed_in is null or e.removed_in > $2) end
"""
