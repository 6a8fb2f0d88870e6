"""Velocities are plain sums over what was told, and thresholds are crossed once, in whatever order events come."""

from __future__ import annotations

import asyncio
import json
import random  # noqa: TID251 (the seed is printed)
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from policy_house import BOSS, FLAG, START, damage, document, evaluations, publish

from acceptance.harness import until
from orderwright import Orderwright
from orderwright.app.policies.trial import Sample, Subject
from orderwright.app.policies.velocity import SPANS
from orderwright.condition import plain
from orderwright.domain.trigger import VELOCITIES
from orderwright.errors import InputInvalid

pytestmark = pytest.mark.usefixtures("nothing_in_force")
BEGIN = START - timedelta(days=9)
EVENTS = 60
IN, OUT = "PAYIN_RECEIVED", "PAYOUT_REQUESTED"
ASKED = sorted(
    path for path in VELOCITIES if path.split(".")[1] in (IN, OUT) and ".30d" not in path
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """An event of the table."""

    number: int
    trigger: str
    user: str
    wallet: str | None
    country: str
    minor: int
    currency: str
    at: datetime

    def context(self) -> dict[str, object]:
        wallet = {"walletAddress": self.wallet} if self.wallet else {}
        return {
            "userId": self.user,
            "user.country": self.country,
            "amount": f"{self.minor / 100:.2f}",
            "currency": self.currency,
            **wallet,
        }

    @property
    def entity(self) -> tuple[str, str]:
        return "PayIn" if self.trigger == IN else "PayOut", f"{self.user}-{self.number}"


def happened(chance: random.Random, tag: str = "") -> list[Happened]:
    """Make a table of events, told in another order than they happened in."""
    return [
        Happened(
            number=number,
            trigger=(trigger := chance.choice((IN, OUT))),
            user=tag + chance.choice("ab"),
            wallet=tag + chance.choice(("w1", "w2")) if trigger == OUT else None,
            country=tag + chance.choice(("DE", "FR")),
            minor=chance.randrange(1, 100_000),
            currency=chance.choice(("EUR", "EUR", "USD")),
            at=BEGIN + timedelta(minutes=chance.randrange(60 * 24 * 9)),
        )
        for number in range(EVENTS)
    ]


def plain_sum(path: str, now: Happened, told: Sequence[Happened]) -> object:
    """Count and add up as anybody would; None where the event does not say whose."""
    _, trigger, aggregate, key, window = path.split(".")
    if getattr(now, key) is None:
        return None
    within = [
        one
        for one in told
        if one.trigger == trigger
        and getattr(one, key) == getattr(now, key)
        and now.at - SPANS[window] < one.at <= now.at
    ]
    if aggregate == "count":
        return len(within)
    minor = sum(one.minor for one in within if one.currency == now.currency)
    return {"money": f"{minor / 100:.2f}", "currency": now.currency}


async def test_every_velocity_is_the_sum_over_what_was_told_the_event_included(app: Orderwright):
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")  # noqa: T201 (to repeat it)
    for trigger in (IN, OUT):
        rules = [{"field": path, "operator": "is_not_null"} for path in ASKED]
        await publish(app, f"asks-{trigger}", document(*rules, does=[FLAG], trigger=trigger))
    told: list[Happened] = []
    for one in happened(random.Random(seed)):
        told.append(one)
        found = await app.trigger(
            one.trigger, one.context(), entity=one.entity, occurred_at=one.at
        )
        facts = await _facts(app, found.id)
        wanted = {path: plain_sum(path, one, told) for path in ASKED}
        assert {path: facts.get(path) for path in ASKED} == wanted


async def test_a_trial_finds_the_velocities_that_there_were_when_nobody_asked(app: Orderwright):
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")  # noqa: T201 (to repeat it)
    table = happened(random.Random(seed), "then-")
    ids = [
        (await app.trigger(one.trigger, one.context(), entity=one.entity, occurred_at=one.at)).id
        for one in table
    ]
    rules = [{"field": path, "operator": "is_not_null"} for path in ASKED]
    sources = {one: document(*rules, does=[FLAG], trigger=one) for one in (IN, OUT)}
    for number in range(0, EVENTS, 4):
        one = table[number]
        trial = await app.policy_office.trials.run(
            BOSS, Subject(document=sources[one.trigger]), Sample(execution_id=ids[number])
        )
        wanted = {path: plain_sum(path, one, table[: number + 1]) for path in ASKED}
        assert {path: plain(trial.facts.get(path)) for path in ASKED} == wanted
        assert trial.derived == tuple(path for path in ASKED if wanted[path] is not None)
        assert trial.unknown == tuple(path for path in ASKED if wanted[path] is None)


async def _facts(app: Orderwright, execution_id: str) -> Mapping[str, Any]:
    text = await app.pool.fetchval(
        "select facts from orderwright.policy_execution where id = $1", execution_id
    )
    found: Mapping[str, Any] = json.loads(text)
    return found


def threshold(aggregate: str, line: object, key: str = "user") -> dict[str, object]:
    return {
        "type": "AMOUNT_THRESHOLD",
        "aggregate": aggregate,
        "of": OUT,
        "key": key,
        "window": "24h",
        "threshold": line,
    }


@pytest.mark.parametrize("key", ["user", "country"])
async def test_events_that_race_cross_a_threshold_once(app: Orderwright, key: str):
    line = threshold("sum", {"money": "1000.00", "currency": "EUR"}, key)
    rule = {"field": "total", "operator": ">=", "value": {"money": "1.00", "currency": "EUR"}}
    await publish(app, f"line-{key}", document(rule, does=[FLAG], trigger=line))

    async def fire(number: int) -> tuple[str, ...]:
        told = {
            "userId": f"racer-{key}",
            "user.country": f"R{key}",
            "amount": "100.00",
            "currency": "EUR",
        }
        found = await app.trigger(
            OUT,
            told,
            entity=("PayOut", f"race-{key}-{number}"),
            occurred_at=BEGIN + timedelta(minutes=-number if number % 2 else number),
        )
        return found.crossed

    crossed = [one for ones in await asyncio.gather(*(fire(n) for n in range(20))) for one in ones]
    assert len(crossed) == 1
    assert (await _facts(app, crossed[0]))["total"] == {"money": "1000.00", "currency": "EUR"}
    assert len(await app.pool.fetch(_FLAGS, crossed[0])) == 1


async def test_a_threshold_is_crossed_again_once_the_window_has_passed(app: Orderwright):
    rule = {"field": "count", "operator": ">=", "value": 1}
    await publish(app, "line-n", document(rule, does=[FLAG], trigger=threshold("count", 3)))
    found = []
    for number, hours in enumerate([0, 1, 2, 3, 30, 31, 32]):
        one = await app.trigger(
            OUT,
            {"userId": "again", "amount": "1.00", "currency": "EUR"},
            entity=("PayOut", f"again-{number}"),
            occurred_at=BEGIN + timedelta(hours=hours),
        )
        found.append(len(one.crossed))
    assert found == [0, 0, 1, 0, 0, 0, 1]


def paid(number: int, user: str, amount: str = "600.00") -> dict[str, object]:
    told = {"userId": user, "user.country": user, "amount": amount, "currency": "EUR"}
    return {**told, "payOutId": f"{user}-{number}"}


async def test_a_day_is_24_hours_in_the_transaction_of_a_host_whose_clock_changes(
    app: Orderwright,
):
    spring = datetime(2025, 3, 30, 10, tzinfo=UTC)  # when clocks in Berlin went from two to three
    path = f"velocity.{OUT}.count.user.24h"
    often = {"field": path, "operator": ">=", "value": 2}
    await publish(app, "often", document(often, does=[FLAG], trigger=OUT))
    async with app.pool.acquire() as connection, connection.transaction():
        await connection.execute("set local timezone = 'Europe/Berlin'")
        for number, at in enumerate([spring - timedelta(hours=23, minutes=30), spring]):
            told = paid(number, "spring")
            found = await app.trigger(OUT, told, occurred_at=at, connection=connection)
    assert (await _facts(app, found.id))[path] == 2
    assert [one.action for one in found.actions] == ["FLAG_FOR_REVIEW"]


@pytest.mark.parametrize("amount", ["12,50", None])
@pytest.mark.parametrize("key", ["user", "country"])
async def test_a_sum_of_which_an_amount_is_not_known_is_unknown_until_it_has_passed(
    app: Orderwright, key: str, amount: str | None
):
    user = f"unsummed-{key}-{amount}"
    total, count = f"velocity.{OUT}.sum.{key}.24h", f"velocity.{OUT}.count.{key}.24h"
    line = {"money": "1000.00", "currency": "EUR"}
    rules = {
        "many": {"field": count, "operator": ">", "value": 1},
        "much": {"field": total, "operator": ">", "value": line},
        "little": {"field": total, "operator": "<", "value": line},
        "none": {"field": total, "operator": "is_null"},
        "some": {"field": total, "operator": "is_not_null"},
    }
    for name, rule in rules.items():
        await publish(app, name, document(rule, does=[FLAG], trigger=OUT))

    async def outcomes(number: int, told: str | None, hours: int) -> tuple[str, dict[str, str]]:
        at = BEGIN + timedelta(hours=hours)
        found = await app.trigger(OUT, {**paid(number, user), "amount": told}, occurred_at=at)
        stored = await evaluations(app, found.id)
        return found.id, {name: stored[name]["outcome"] for name in stored}

    assert (await outcomes(1, "600.00", 0))[1] == {"little": "hit", "some": "hit"}
    await outcomes(2, amount, 1)
    unsure, found = await outcomes(3, "1.00", 2)
    doubts = dict.fromkeys(("much", "little", "none", "some"), "unknown")
    assert found == {"many": "hit", **doubts}
    assert (await outcomes(4, "1.00", 25))[1] == {"many": "hit", "little": "hit", "some": "hit"}
    for name, rule in rules.items():
        source = document(rule, does=[FLAG], trigger=OUT)
        trial = await app.policy_office.trials.run(
            BOSS, Subject(document=source), Sample(execution_id=unsure)
        )
        assert trial.result.outcome == found[name], name


@pytest.mark.parametrize("amount", ["12,50", None])
async def test_an_amount_that_is_not_known_is_a_doubt_of_the_thresholds_that_it_may_cross(
    app: Orderwright, amount: str | None
):
    user, line = f"perhaps-{amount}", threshold("sum", {"money": "1000.00", "currency": "EUR"})
    whose = {"field": "userId", "operator": "==", "value": user}
    source = document(whose, does=[FLAG], trigger=line, on_unknown="hold")
    await publish(app, "perhaps", source)
    found = []
    for number, told in enumerate(("600.00", amount, "1.00", "600.00", amount, "600.00")):
        at = BEGIN + timedelta(minutes=number)
        fired = await app.trigger(OUT, {**paid(number, user), "amount": told}, occurred_at=at)
        found.append(fired.crossed)
    assert [len(one) for one in found] == [0, 1, 0, 1, 0, 0]
    for [crossed] in (found[1], found[3]):
        assert "total" not in await _facts(app, crossed)
        assert (await evaluations(app, crossed))["perhaps"]["outcome"] == "unknown"
        decision = json.loads(
            await app.pool.fetchval(
                "select decision from orderwright.policy_execution where id = $1", crossed
            )
        )
        [doubt] = decision["doubts"]
        assert doubt["consequence"] == "hold"
        assert doubt["reason"] == "total (an amount that it adds up is not known)"
        trial = await app.policy_office.trials.run(
            BOSS, Subject(document=source), Sample(execution_id=crossed)
        )
        assert trial.result.outcome == "unknown"


async def test_a_threshold_knows_of_the_user_what_the_registration_that_crosses_it_says(
    app: Orderwright,
):
    line = {**threshold("count", 2, "country"), "of": "USER_REGISTERED"}
    rules = [
        {"field": "user.country", "operator": "==", "value": "AT"},
        {"field": "user.emailDomain", "operator": "==", "value": "mail.example"},
        {"field": "user.registeredDays", "operator": "==", "value": 0},
    ]
    await publish(app, "many", document(*rules, does=[FLAG], trigger=line))
    for number in range(2):
        told = {"userId": f"many-{number}", "email": f"m{number}@mail.example", "country": "at"}
        found = await app.trigger("USER_REGISTERED", told)
    [crossed] = found.crossed
    assert (await evaluations(app, crossed))["many"]["outcome"] == "hit"


@pytest.mark.parametrize(("key", "name"), [("user", "userId"), ("country", "user.country")])
@pytest.mark.parametrize("aggregate", ["count", "sum"])
async def test_an_event_of_which_nobody_can_tell_whose_it_is_is_a_doubt_of_thresholds(
    app: Orderwright, key: str, name: str, aggregate: str
):
    total = {"money": "1000.00", "currency": "EUR"}
    line = threshold(aggregate, total if aggregate == "sum" else 5, key)
    known = {"field": "userId", "operator": "is_not_null"}
    await publish(app, "whose", document(known, does=[FLAG], trigger=line, on_unknown="hold"))
    number, told = f"whose-{aggregate}-{key}", paid(1, f"whose-{aggregate}", "2000.00")
    found = await app.trigger(OUT, {**told, name: 4711}, entity=("PayOut", number))
    [crossed] = found.crossed
    assert (await evaluations(app, crossed))["whose"]["outcome"] == "unknown"
    query = "select action from orderwright.policy_action where execution_id = $1"
    assert await app.pool.fetchval(query, crossed) == "REQUIRE_APPROVAL"
    other = {**told, name: 4711, "currency": "USD"}
    elsewhere = await app.trigger(OUT, other, entity=("PayOut", f"{number}-usd"))
    assert len(elsewhere.crossed) == (0 if aggregate == "sum" else 1)


@pytest.mark.parametrize(
    "at",
    [
        datetime.max.replace(tzinfo=timezone(-timedelta(hours=12))),
        datetime(2096, 1, 1, tzinfo=UTC),
        START + timedelta(minutes=5, microseconds=1),
        datetime(1969, 12, 31, 23, 59, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(1, 1, 1, tzinfo=UTC),  # what a host in Go tells of a time that it has not set
    ],
)
@pytest.mark.parametrize("key", ["user", "country"])
async def test_a_time_that_cannot_be_is_taken_as_now_and_flagged(
    app: Orderwright, key: str, at: datetime
):
    line = threshold("sum", {"money": "1000.00", "currency": "EUR"}, key)
    rule = {"field": "total", "operator": ">=", "value": {"money": "1.00", "currency": "EUR"}}
    await publish(app, "line", document(rule, does=[FLAG], trigger=line))
    user = f"odd-{key}-{at.timestamp() if at.year > 1 else at.tzname()}"
    first = await app.trigger(OUT, paid(1, user), occurred_at=at)
    assert (first.status, first.crossed) == ("decided", ())
    [said] = first.flagged
    assert said in {
        "occurred_at: ahead of now, taken as now",
        "occurred_at: before 1970, taken as now",
    }
    occurred = "select occurred_at from orderwright.policy_execution where id = $1"
    assert await app.pool.fetchval(occurred, first.id) == START
    again = await app.trigger(OUT, paid(1, user), occurred_at=at)
    assert (again.id, again.is_repeated) == (first.id, True)
    second = await app.trigger(OUT, paid(2, user), occurred_at=START)
    assert len(second.crossed) == 1


async def test_a_time_a_little_ahead_or_long_ago_is_taken_as_it_is(app: Orderwright):
    line = threshold("sum", {"money": "1000.00", "currency": "EUR"})
    rule = {"field": "total", "operator": ">=", "value": {"money": "1.00", "currency": "EUR"}}
    await publish(app, "line", document(rule, does=[FLAG], trigger=line))
    ahead = START + timedelta(minutes=5)
    first = await app.trigger(OUT, paid(1, "ahead"), occurred_at=ahead)
    second = await app.trigger(OUT, paid(2, "ahead"))
    assert (first.flagged, len(second.crossed)) == ((), 1)
    old = await app.trigger(OUT, paid(3, "ahead"), occurred_at=datetime(1970, 1, 1, tzinfo=UTC))
    assert (old.status, old.flagged, old.crossed) == ("decided", (), ())


async def test_an_event_of_the_future_that_is_stored_already_blinds_no_threshold(
    app: Orderwright,
):
    line = threshold("sum", {"money": "1000.00", "currency": "EUR"})
    rule = {"field": "total", "operator": ">=", "value": {"money": "1.00", "currency": "EUR"}}
    await publish(app, "line", document(rule, does=[FLAG], trigger=line))
    first = await app.trigger(OUT, paid(1, "blind"))
    stored = "update orderwright.policy_event set occurred_at = $2 where execution_id = $1"
    await app.pool.execute(stored, first.id, datetime(2096, 1, 1, tzinfo=UTC))
    found = [(await app.trigger(OUT, paid(n, "blind"))).crossed for n in (2, 3)]
    assert [len(one) for one in found] == [0, 1]


async def test_a_time_without_a_zone_is_refused(app: Orderwright):
    with pytest.raises(InputInvalid, match="occurredAt"):
        await app.trigger(OUT, paid(1, "zoneless"), occurred_at=START.replace(tzinfo=None))


def asking(path: str, trigger: str) -> dict[str, Any]:
    return document({"field": path, "operator": ">", "value": 1}, does=[FLAG], trigger=trigger)


@pytest.mark.parametrize("key", ["user", "country"])
@pytest.mark.parametrize("other", [OUT, IN])
async def test_of_two_events_at_once_that_count_each_other_one_waits_and_sees_the_other(
    app: Orderwright, key: str, other: str
):
    await publish(app, f"out-{key}", asking(f"velocity.{other}.count.{key}.24h", OUT))
    await publish(app, f"in-{key}", asking(f"velocity.{OUT}.count.{key}.24h", IN))
    who = f"{key}-{other}"
    told = {"userId": who, "user.country": who, "amount": "1.00", "currency": "EUR"}
    async with app.pool.acquire() as host:
        async with host.transaction():
            first = await app.trigger(OUT, told, entity=("PayOut", f"1-{who}"), connection=host)
            entity = ("PayOut" if other == OUT else "PayIn", f"2-{who}")
            telling = asyncio.create_task(app.trigger(other, told, entity=entity))
            waiting = (_WAITING, host.get_server_pid())

            async def waits_or_is_done() -> bool:
                return telling.done() or bool(await app.pool.fetchval(*waiting))

            await until(waits_or_is_done)
            assert not telling.done()
        second = await telling
    rows = [await app.pool.fetch(_FLAGS, one.id) for one in (first, second)]
    # The second pay-out is the second; a pay-in and the one pay-out before it are one of each.
    assert [len(found) for found in rows] == [0, 1 if other == OUT else 0]
    facts = await _facts(app, second.id)
    assert facts[f"velocity.{OUT}.count.{key}.24h"] == (2 if other == OUT else 1)


async def held(app: Orderwright, number: int) -> tuple[list[str], list[str]]:
    """Tell of a pay-out; return what its own policies ask for, and what those of thresholds do."""
    told = {"userId": "sue", "amount": "1.00", "currency": "EUR"}
    one = await app.trigger(OUT, told, entity=("PayOut", f"held-{number}"))
    return [
        [row["action"] for row in await app.pool.fetch(_ACTIONS, ids)]
        for ids in ([one.id], list(one.crossed))
    ]


async def test_a_threshold_of_a_policy_that_cannot_be_read_holds_what_crosses_it(app: Orderwright):
    rule = {"field": "count", "operator": ">=", "value": 1}
    source = document(rule, does=[FLAG], trigger=threshold("count", 2))
    await publish(app, "newer", source)
    await damage(app, "newer", {**source, "schema": 2})
    assert await held(app, 1) == [[], []]
    assert await held(app, 2) == [[], ["REQUIRE_APPROVAL"]]
    assert await held(app, 3) == [[], []]
    await damage(app, "newer", {**source, "trigger": {**source["trigger"], "window": "90d"}})
    assert await held(app, 4) == [["REQUIRE_APPROVAL"], []]


async def test_an_amount_below_zero_lowers_no_sum_and_is_flagged(app: Orderwright):
    spent = f"velocity.{OUT}.sum.user.24h"
    read = {"field": spent, "operator": "is_not_null"}
    await publish(app, "reads", document(read, does=[FLAG], trigger=OUT))
    line = threshold("sum", {"money": "100.00", "currency": "EUR"})
    rule = {"field": "total", "operator": "is_not_null"}
    await publish(app, "line", document(rule, does=[FLAG], trigger=line))
    found = []
    for number, amount in enumerate(("100.00", "-50.00", "0.00", "60.00")):
        one = await app.trigger(OUT, paid(number, "minus", amount))
        sums = (await _facts(app, one.id))[spent]["money"]
        found.append((sums, len(one.crossed), one.flagged))
    below = "amount: below zero, and not added up"
    assert found == [
        ("100.00", 1, ()),
        ("100.00", 0, (below,)),
        ("100.00", 0, ()),
        ("160.00", 0, ()),
    ]
    stored = "update orderwright.policy_event set amount_minor = -5000 where entity_id = 'minus-1'"
    await app.pool.execute(stored)  # as older releases have counted it
    last = await app.trigger(OUT, paid(5, "minus", "1.00"))
    assert (await _facts(app, last.id))[spent]["money"] == "161.00"


_ACTIONS = "select action from orderwright.policy_action where execution_id = any($1::text[])"
_WAITING = """
select count(*) from pg_stat_activity where datname = current_database() and $1 = any(pg_blocking_pids(pid))
"""
_FLAGS = "select 1 from orderwright.policy_action where execution_id = $1 and action = 'FLAG_FOR_REVIEW'"
