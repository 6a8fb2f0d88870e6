"""What is asked of the database about one event, all in one round trip, and only what the policies in force read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from orderwright.app.policies.occurrence import SKEW
from orderwright.app.policies.restricting import ELSEWHERE, STANDING
from orderwright.app.policies.velocity import Figure
from orderwright.money import Money

if TYPE_CHECKING:
    from datetime import datetime

    from asyncpg import Record

    from orderwright.app.policies.occurrence import Entity
    from orderwright.app.policies.velocity import Counted, Question
    from orderwright.condition import Json
    from orderwright.runtime.pool import Connection


_WHOLE, _PART = _FIGURES = ("figure", "part")
"""The kinds of figures: of events whose amounts are all known, and of others."""
_DUE: Final = frozenset({"expectedAmount", "amountMismatch"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked.

    Attributes:
        entity: what the event is about.
        executions: ids, of which those are wanted that are there.
        event: as velocities count it.
        questions: to be counted and added up.
        order_id: of the order whose due amount is wanted; None where nobody wants it.
        wants_first, wants_wallet, wants_submissions: whether the policies read what follows from these.
    """

    entity: Entity
    executions: Sequence[str]
    event: Counted
    questions: Sequence[Question] = ()
    order_id: str | None = None
    wants_first: bool = False
    wants_wallet: bool = False
    wants_submissions: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was found.

    Attributes:
        executions: those that are there.
        counted_at: when the event happened as it was counted by one of them; None where it was not.
        standing: the restrictive actions that earlier decisions have left on the entity.
        is_done_elsewhere: whether there are such that were done before it lived here.
        snoozed: the policies that are snoozed for the entity.
        figures: by the name of the question.
        has_ordered: whether the user had ordered before.
        wallet_added_at: when the wallet was added.
        submissions: how often the user has submitted before.
        due: what the order comes to.
    """

    executions: frozenset[str] = frozenset()
    counted_at: datetime | None = None
    standing: tuple[str, ...] = ()
    is_done_elsewhere: bool = False
    snoozed: frozenset[str] = frozenset()
    figures: Mapping[str, Figure] = field(default_factory=dict)
    has_ordered: bool | None = None
    wallet_added_at: datetime | None = None
    submissions: int | None = None
    due: Money | None = None


def asked_of(
    paths: frozenset[str],
    facts: Mapping[str, Json],
    *,
    entity: Entity,
    event: Counted,
    questions: Sequence[Question],
    executions: Sequence[str] = (),
) -> Asked:
    """Return what has to be asked for some facts that policies read, beside those that were told."""
    order = facts.get("orderId")
    wants_due = bool(paths & _DUE) and "expectedAmount" not in facts
    return Asked(
        entity=entity,
        executions=executions,
        event=event,
        questions=questions,
        order_id=order if wants_due and isinstance(order, str) else None,
        wants_first="isFirstOrder" in paths,
        wants_wallet="walletAgeHours" in paths,
        wants_submissions="submissions" in paths,
    )


async def ask(
    connection: Connection, asked: Asked, now: datetime, *, before: int | None = None
) -> Answers:
    """Return what is known at this moment; of events only those that were recorded before one, where it is named."""
    event, questions = asked.event, asked.questions
    later = () if before is None else (before,)
    rows = await connection.fetch(
        _ASK if before is None else _ASK_OF_THEN,
        asked.entity.type,
        asked.entity.id,
        list(asked.executions),
        event.occurred_at,
        list(event.users) if asked.wants_first else [],
        event.wallet if asked.wants_wallet else None,
        list(event.users) if asked.wants_submissions else [],
        asked.order_id,
        [one.name for one in questions],
        [one.trigger for one in questions],
        [one.key for one in questions],
        [one.value for one in questions],
        [one.currency for one in questions],
        [one.span.total_seconds() for one in questions],
        [one.is_latest for one in questions],
        now,
        list(event.users),
        *later,
    )
    return _answers(rows)


def _answers(rows: Sequence[Record]) -> Answers:
    by_kind: dict[str, list[Record]] = {}
    for row in rows:
        by_kind.setdefault(row["kind"], []).append(row)
    names = {kind: [row["name"] for row in found] for kind, found in by_kind.items()}
    [counted] = by_kind.get("counted", [None])
    [first] = by_kind.get("first", [None])
    [wallet] = by_kind.get("wallet", [None])
    [submitted] = by_kind.get("submitted", [None])
    [due] = by_kind.get("due", [None])
    return Answers(
        executions=frozenset(names.get("execution", ())),
        counted_at=counted["at"] if counted else None,
        standing=tuple(sorted(names.get("standing", ()))),
        is_done_elsewhere="elsewhere" in by_kind,
        snoozed=frozenset(names.get("snoozed", ())),
        figures={row["name"]: _figure(row) for kind in _FIGURES for row in by_kind.get(kind, ())},
        has_ordered=first["count"] > 0 if first else None,
        wallet_added_at=wallet["at"] if wallet else None,
        submissions=submitted["count"] if submitted else None,
        due=Money(int(due["minor"]), due["name"]) if due else None,
    )


def _figure(row: Record) -> Figure:
    is_whole = row["kind"] == _WHOLE
    return Figure(count=row["count"], minor=int(row["minor"]), until=row["at"], is_whole=is_whole)


def _figures(key: str, column: str, seen: str, values: str = "array[q.value]") -> str:
    """Return the part that answers the questions of one key, each by a walk along its index.

    The latest event is one that may have happened: what older releases took for the future counts when its time comes.
    An amount below zero, which they have kept, adds nothing. A window is so many seconds: a day of a session in
    which the clock changes would be an hour more or less.
    """
    return f"""
union all
select case when found.is_part then '{_PART}' else '{_WHOLE}' end, q.name, found.count, found.minor, until.at
from asked as q
cross join lateral (
    select greatest($4, (
        select max(latest.at) from unnest({values}) as own (value)
        cross join lateral (
            select max(occurred_at) as at from orderwright.policy_event
            where q.is_latest and {column} = own.value and trigger = q.trigger
                and occurred_at <= $16::timestamptz + interval '{SKEW.total_seconds()} s') as latest)) as at) as until
cross join lateral (
    select count(*) as count,
        coalesce(sum(amount_minor) filter (where currency = q.currency and amount_minor > 0), 0) as minor,
        bool_or(currency is null) as is_part
    from orderwright.policy_event
    where {column} = any({values}) and trigger = q.trigger
        and occurred_at > until.at - q.seconds * interval '1 s' and occurred_at <= until.at{seen}) as found
where q.key = '{key}'"""  # noqa: S608 (ours)


def _statement(seen: str) -> str:
    """Return what asks everything; `seen` narrows the events that are looked at."""
    return f"""
with asked as (
    select * from unnest(
        $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::float8[], $15::boolean[])
        as q (name, trigger, key, value, currency, seconds, is_latest))
select 'execution' as kind, id as name, null::bigint as count, null::numeric as minor, null::timestamptz as at
from orderwright.policy_execution where id = any($3::text[])
union all
select 'counted', null, null, null, max(occurred_at)
from orderwright.policy_event where execution_id = any($3::text[])
having count(*) > 0
union all
select distinct 'standing', a.action, null::bigint, null::numeric, null::timestamptz
from orderwright.policy_action as a
where a.entity_type = $1 and a.entity_id = $2 and {STANDING}
union all
select distinct 'elsewhere', a.action, null::bigint, null::numeric, null::timestamptz
from orderwright.policy_action as a
where a.entity_type = $1 and a.entity_id = $2 and {ELSEWHERE}
union all
select 'snoozed', policy_id, null, null, null
from orderwright.policy_snooze
where entity_type = $1 and entity_id = $2 and until > $16 and ended_at is null
union all
select 'first', null, count(*), null, null
from (
    (select 1 from orderwright.policy_event
     where user_id = any($5::text[]) and trigger = 'ORDER_CREATED' and occurred_at <= $4 and entity_id <> $2{seen}
     limit 1)
    union all
    (select 1 from orderwright.sale_order
     where customer_id = any($5::text[]) and placed_at <= $4 and id <> $2 limit 1)) as earlier
where $5::text[] <> '{{}}'
having $5::text[] <> '{{}}'
union all
select 'wallet', null, null, null, min(at)
from (
    select occurred_at as at from orderwright.policy_event
    where wallet = $6 and user_id = any($17::text[]) and trigger = 'WALLET_ADDED' and occurred_at <= $4
    union all
    select added_at from orderwright.wallet
    where user_id = any($17::text[]) and address = $6 and added_at <= $4) as added
having $6::text is not null
union all
select 'submitted', null, count(*), null, null
from orderwright.policy_event
where user_id = any($7::text[]) and trigger = 'KYC_SUBMITTED' and occurred_at <= $4{seen}
having $7::text[] <> '{{}}'
union all
select 'due', currency, null, grand_total_minor, null
from orderwright.sale_order where id = $8
{_figures("user", "user_id", seen, "$17::text[]")}
{_figures("wallet", "wallet", seen)}
{_figures("country", "country", seen)}
"""  # noqa: S608 (ours)


# A row is (kind, name, count, minor, at); what nobody wants comes to no row.
_ASK: Final = _statement("")
_ASK_OF_THEN: Final = _statement(" and number < $18::bigint")
