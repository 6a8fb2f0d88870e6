"""What is decided on an event, by whomever it is told, and what is written down of it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from policy_house import (
    APPROVE,
    BIG,
    BOSS,
    FLAG,
    FREEZE,
    NOTIFY,
    clear,
    damage,
    document,
    evaluations,
    open_house,
    order,
    pause,
    publish,
)

from orderwright import Orderwright
from orderwright.app.policies.terms import raise_revision
from orderwright.app.policies.trial import Sample, Subject
from orderwright.condition import FactField
from orderwright.domain.trigger import VELOCITIES
from orderwright.errors import InputInvalid
from orderwright.runtime.identity import derived_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

EXTRA = {"ORDER_CREATED": {"channel": FactField(type="text")}}
SENDER = {"field": "senderName", "operator": "==", "value": "Mallory"}


@pytest.fixture(scope="module")
async def app(shared_database_url: str) -> AsyncIterator[Orderwright]:
    async with open_house(shared_database_url, facts=EXTRA) as opened:
        yield opened


@pytest.fixture(autouse=True)
async def nothing_in_force(app: Orderwright) -> AsyncIterator[None]:
    yield
    await clear(app)


async def test_a_host_gets_the_actions_and_asking_again_gives_the_same(app: Orderwright):
    version = await publish(app, "big", document(BIG))
    told = order(orderId="o1")
    first = await app.trigger("ORDER_CREATED", told)
    again = await app.trigger("ORDER_CREATED", told, entity=("Order", "o1"))
    [action] = first.actions
    assert (action.action, action.policy, action.version) == ("FREEZE_ORDER", "big", version)
    assert action.config == {"reason": "1,500.00 EUR is much"}
    assert (first.is_repeated, again.is_repeated) == (False, True)
    assert again.actions == first.actions
    assert first.to_json().keys() >= {"execution_id", "actions", "decision", "duration_us"}
    counted = "select count(*) from orderwright.policy_action where execution_id = $1"
    assert await app.pool.fetchval(counted, first.id) == 1


async def test_a_missing_amount_holds_and_never_approves(app: Orderwright):
    below = {**BIG, "operator": "<"}
    await publish(app, "small", document(below, does=[APPROVE]))
    await publish(app, "big", document(BIG, on_unknown="hold"))
    for number, wrong in enumerate([{}, {"amount": "1.005"}, {"amount": ["1"]}]):
        told = {**order(), "amount": None, **wrong}
        found = await app.trigger("ORDER_CREATED", told, entity=("Order", f"missing-{number}"))
        asked = {(one.action, one.node, one.policy) for one in found.actions}
        assert ("REQUIRE_APPROVAL", "on_unknown", "big") in asked
        assert "AUTO_APPROVE" not in {one.action for one in found.actions}
        assert len(found.flagged) == len(wrong)


async def test_a_policy_that_fails_stops_neither_the_others_nor_the_caller(app: Orderwright):
    await publish(app, "f1", document(BIG, priority=3))
    await publish(app, "f2", document(BIG, priority=2))
    await publish(app, "f3", document(BIG, does=[FLAG], priority=1))
    await damage(app, "f2")
    found = await app.trigger("ORDER_CREATED", order(orderId="failing"))
    assert found.status == "decided"
    assert {(one.policy, one.action, one.node) for one in found.actions} == {
        ("f1", "FREEZE_ORDER", "a0"),
        ("f2", "REQUIRE_APPROVAL", "on_error"),
        ("f3", "FLAG_FOR_REVIEW", "a0"),
    }
    rows = await evaluations(app, found.id)
    assert {name: row["outcome"] for name, row in rows.items()} == {
        "f1": "hit",
        "f2": "error",
        "f3": "hit",
    }
    assert rows["f2"]["error"].startswith("PolicyInvalid")
    await app.pool.execute(
        "update orderwright.policy_version set document = $1 where policy_id = 'f2'",
        json.dumps(document(BIG)),
    )


async def test_every_policy_has_a_duration_of_its_own(app: Orderwright):
    slow = {"field": "userId", "operator": "in", "value": [f"x{n}" for n in range(500)]}
    many = {"combinator": "or", "rules": [slow] * 20}
    source = document(BIG, many, BIG, priority=9)
    source["graph"]["nodes"][1]["group"]["combinator"] = "or"
    await publish(app, "slow", source)
    await publish(app, "fast", document(BIG))
    found = await app.trigger("ORDER_CREATED", order(orderId="timed"))
    rows = await evaluations(app, found.id)
    listed = await app.policy_office.executions.evaluations([found.id])
    assert [one.policy_id for one in listed[found.id]] == ["slow", "fast"]  # as they were asked
    slow_ns, fast_ns = rows["slow"]["duration_ns"], rows["fast"]["duration_ns"]
    assert 0 < fast_ns < slow_ns
    assert slow_ns + fast_ns <= (found.duration_us + 1) * 1000


async def test_derived_facts_and_velocities_cost_one_round_trip_however_many_are_read(
    app: Orderwright,
):
    async def statements(name: str) -> list[str]:
        said: list[str] = []
        async with app.pool.acquire() as host, host.transaction():
            with host.query_logger(lambda record: said.append(record.query)):
                told = order(orderId=name, userId="rita", walletAddress="0x1", country="DE")
                found = await app.trigger("ORDER_CREATED", told, connection=host)
        assert found.status == "decided"
        return said

    await publish(app, "plain", document(BIG))
    await statements("s1")  # reads the set
    plain = await statements("s2")
    paths = [
        "isFirstOrder",
        "user.country",
        "user.registeredDays",
        "user.kycApproved",
        *VELOCITIES,
    ]
    rules = [{"field": path, "operator": "is_not_null"} for path in paths]
    await publish(app, "curious", document(*rules, does=[FLAG]))
    await statements("s3")
    assert await statements("s4") == plain
    assert sum("'figure'" in one for one in plain) == 1


async def test_what_another_process_publishes_counts_with_the_next_event(
    app: Orderwright, shared_database_url: str
):
    async with open_house(shared_database_url) as other:

        async def versions(name: str) -> list[int]:
            found = await other.trigger("ORDER_CREATED", order(orderId=name))
            return [one.version for one in found.actions]

        await publish(app, "changing", document(BIG))
        first = await versions("p1")
        await pause(app, "changing")
        paused = await versions("p2")
        second = await publish(app, "changing", document(BIG))
        assert (len(first), paused, await versions("p3")) == (1, [], [second])
        assert second == first[0] + 1


async def test_a_list_is_read_as_it_is_at_the_time_of_the_event(app: Orderwright):
    async with app.pool.acquire() as connection, connection.transaction():
        revision = await raise_revision(connection)
        now = app.clock.now()
        await connection.execute(
            "insert into orderwright.policy_list values ('bad', 'text', '', $1, 'ann')", now
        )
        await connection.execute(
            "insert into orderwright.policy_list_entry (list, value, added_by, added_at, added_in, expires_at)"
            " values ('bad', 'KP', 'ann', $1, $2, null), ('bad', 'IR', 'ann', $1, $2, $1)",
            now,
            revision,
        )
    listed = {"field": "user.country", "operator": "in", "value": {"list": "bad"}}
    await publish(app, "listed", document(listed))
    found = {}
    for country in ("KP", "IR", "DE"):
        told = order(orderId=f"listed-{country}", user={"country": country})
        found[country] = len((await app.trigger("ORDER_CREATED", told)).actions)
    assert found == {"KP": 1, "IR": 0, "DE": 0}


async def test_a_rejection_and_what_it_drops_are_written_down(app: Orderwright):
    reject = {"action": "REJECT_TRANSACTION", "config": {"category": "fraud", "reason": "no"}}
    await publish(app, "reject", document(BIG, does=[reject, NOTIFY]))
    await publish(app, "freeze", document(BIG))
    found = await app.trigger("ORDER_CREATED", order(orderId="rejected"))
    assert {one.action for one in found.actions} == {"REJECT_TRANSACTION", "SEND_NOTIFICATION"}
    rows = await app.pool.fetch(
        "select action, status, code from orderwright.policy_action where execution_id = $1 order by rank",
        found.id,
    )
    assert tuple(rows[-1]) == ("FREEZE_ORDER", "dropped", "overridden")


async def test_what_earlier_decisions_left_stands_against_an_approval(app: Orderwright):
    await publish(app, "flag", document(BIG, does=[FLAG]))
    await app.trigger("ORDER_CREATED", order(orderId="standing"))
    small = {**BIG, "operator": "<"}
    await publish(app, "small", document(small, does=[APPROVE]))
    told = order("5.00", orderId="standing")
    found = await app.trigger("ORDER_CREATED", told, occurrence="again")
    assert (found.actions, found.decision["dropped"][0]["code"]) == ((), "restricted")


async def test_what_is_sensitive_is_nowhere_in_what_is_kept(app: Orderwright):
    freeze = {"action": "FREEZE_ORDER", "config": {"reason": "from {{senderName}}"}}
    await publish(app, "sender", document(SENDER, does=[freeze], trigger="PAYIN_RECEIVED"))
    told = {"payInId": "masked", "amount": 5, "currency": "EUR", "senderName": "Mallory"}
    found = await app.trigger("PAYIN_RECEIVED", told)
    assert found.actions[0].config["reason"] == "from ***"
    kept = await app.pool.fetchval(
        """
        select concat(to_json(x), (select json_agg(e) from orderwright.policy_evaluation as e where execution_id = $1))
        from orderwright.policy_execution as x where id = $1
        """,
        found.id,
    )
    assert "***" in kept
    assert kept.replace('\\"value\\":\\"Mallory\\"', "").count("Mallory") == kept.count(
        '\\"expected\\":\\"Mallory\\"'
    )


async def test_a_snoozed_policy_is_written_down_and_does_nothing(app: Orderwright):
    await publish(app, "snoozed", document(BIG))
    await app.pool.execute(
        "insert into orderwright.policy_snooze (policy_id, entity_type, entity_id, at, until, reason, by)"
        " values ('snoozed', 'Order', 'quiet', now(), $1, 'known', 'ann')",
        app.clock.now().replace(year=2030),
    )
    found = await app.trigger("ORDER_CREATED", order(orderId="quiet"))
    other = await app.trigger("ORDER_CREATED", order(orderId="loud"))
    assert (len(found.actions), len(other.actions)) == (0, 1)
    assert (await evaluations(app, found.id))["snoozed"]["outcome"] == "snoozed"


@pytest.mark.parametrize("operator", ["is_null", "is_not_null"])
async def test_a_mistyped_amount_is_neither_empty_nor_not_and_the_tree_says_why(
    app: Orderwright, operator: str
):
    asked = {"field": "amount", "operator": operator}
    source = document(asked, does=[APPROVE], on_unknown="hold")
    await publish(app, "empty", source)
    for number, wrong in enumerate([{"amount": "12,50"}, {"currency": "eur"}, {"amount": [1]}]):
        told = {**order(orderId=f"{operator}{number}"), **wrong}
        found = await app.trigger("ORDER_CREATED", told)
        assert [one.action for one in found.actions] == ["REQUIRE_APPROVAL"]
        [judged] = (await evaluations(app, found.id)).values()
        [leaf] = json.loads(judged["tree"])["c"]["rules"]
        assert (judged["outcome"], leaf["result"], leaf["cause"]) == ("unknown", None, "mistyped")
        assert leaf["mistyped"].keys() == {"amount"}
        office = app.policy_office.trials
        for sample in (Sample(facts=told), Sample(execution_id=found.id)):
            tried = await office.run(BOSS, Subject(document=source), sample)
            [tree] = tried.result.evaluations.values()
            assert (tried.result.outcome, tree.mistyped) == ("unknown", leaf["mistyped"])


async def test_what_follows_from_a_mistyped_fact_is_not_empty_and_a_threshold_knows_it_too(
    app: Orderwright,
):
    follows = {"field": "receivedAmount", "operator": "is_null"}
    await publish(app, "p", document(follows, does=[APPROVE], trigger="PAYIN_RECEIVED"))
    told = {"payInId": "m1", "userId": "u1", "amount": "12,50", "currency": "EUR"}
    found = await app.trigger("PAYIN_RECEIVED", told)
    [judged] = (await evaluations(app, found.id)).values()
    assert judged["outcome"] == "unknown"
    once = {"type": "AMOUNT_THRESHOLD", "aggregate": "count", "of": "PAYOUT_REQUESTED"}
    trigger = {**once, "key": "user", "window": "24h", "threshold": 1}
    country = {"field": "user.country", "operator": "is_null"}
    await publish(app, "t", document(country, does=[APPROVE], trigger=trigger))
    told = {"payOutId": "m2", "userId": "mu", "user": {"country": 49}}
    [crossed] = (await app.trigger("PAYOUT_REQUESTED", told)).crossed
    outcome = "select outcome from orderwright.policy_evaluation where execution_id = $1"
    assert await app.pool.fetchval(outcome, crossed) == "unknown"
    flagged = "select flagged from orderwright.policy_execution where id = $1"
    assert await app.pool.fetchval(flagged, crossed) == ["user.country: number where text belongs"]


async def test_an_address_that_tells_wallets_apart_is_kept_as_its_hash_and_found_again(
    app: Orderwright,
):
    wallet = {"userId": "wu", "cryptoType": "BTC", "address": "bc1-secret-address"}
    once = {"type": "AMOUNT_THRESHOLD", "aggregate": "count", "of": "WALLET_ADDED"}
    trigger = {**once, "key": "user", "window": "24h", "threshold": 1}
    asked = {"field": "userId", "operator": "is_not_null"}
    await publish(app, "crossed", document(asked, does=[FLAG], trigger=trigger))
    first = await app.trigger("WALLET_ADDED", wallet)
    again = await app.trigger("WALLET_ADDED", wallet)
    other = await app.trigger("WALLET_ADDED", {**wallet, "address": "bc1-other"})
    assert (again.id, again.is_repeated, other.is_repeated) == (first.id, True, False)
    assert first.id == derived_id("execution/WALLET_ADDED/User/wu/bc1-secret-address")  # for ever
    named = await app.trigger("WALLET_ADDED", wallet, occurrence="added/bc1-secret-address")
    kept = "select occurrence from orderwright.policy_execution where id = any($1::text[])"
    rows = await app.pool.fetch(kept, [first.id, *first.crossed, named.id])
    digest = hashlib.sha256(b"bc1-secret-address").hexdigest()
    assert len(first.crossed) == 1
    assert all(digest in row["occurrence"] for row in rows)
    assert not [row for row in rows if "secret" in row["occurrence"]]
    await app.pool.execute("alter table orderwright.policy_event rename to hidden")
    failed = await app.trigger("WALLET_ADDED", {**wallet, "userId": "wv"})
    await app.pool.execute("alter table orderwright.hidden rename to policy_event")
    [row] = await app.pool.fetch(kept, [failed.id])
    assert (failed.status, row["occurrence"]) == ("failed", digest)


async def test_a_host_may_add_facts_and_what_nobody_knows_is_kept_and_flagged(app: Orderwright):
    by_phone = {"field": "channel", "operator": "==", "value": "PHONE"}
    await publish(app, "phone", document(by_phone))
    told = order(orderId="extra", channel="PHONE", shoeSize=43)
    found = await app.trigger("ORDER_CREATED", told)
    assert len(found.actions) == 1
    assert found.flagged == ("shoeSize: no fact of this trigger",)
    facts = await app.pool.fetchval(
        "select facts from orderwright.policy_execution where id = $1", found.id
    )
    assert json.loads(facts)["shoeSize"] == 43


@pytest.mark.parametrize(
    ("name", "entity", "field"),
    [
        ("ORDER_FORGOTTEN", ("Order", "1"), "trigger"),
        ("AMOUNT_THRESHOLD", ("Order", "1"), "trigger"),
        ("ORDER_CREATED", None, "context.orderId"),
        ("ORDER_CREATED", ("Parcel", "1"), "entity.type"),
        ("ORDER_CREATED", ("Order", ""), "entity.id"),
    ],
)
async def test_what_no_host_can_mean_is_said_to_it(
    app: Orderwright, name: str, entity: tuple[str, str] | None, field: str
):
    with pytest.raises(InputInvalid) as wrong:
        await app.trigger(name, {}, entity=entity)
    assert wrong.value.field == field


async def test_what_belongs_together_says_so(app: Orderwright):
    await publish(app, "big", document(BIG, does=[FREEZE]))
    told = order(orderId="chain")
    found = await app.trigger(
        "ORDER_CREATED", told, correlation_id="checkout-7", causation_id="cart-7"
    )
    row = await app.pool.fetchrow(
        "select correlation_id, causation_id, source from orderwright.policy_execution where id = $1",
        found.id,
    )
    assert tuple(row) == ("checkout-7", "cart-7", "host")
