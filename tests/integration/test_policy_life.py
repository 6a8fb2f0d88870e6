"""Policies on a real database: versions, two people, what is in force, lists, snoozes and trials."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from policy_house import FLAG, document as document_of

from orderwright import Orderwright
from orderwright.app.orders import Asked
from orderwright.app.permissions import Identity, Role, RoleMissing
from orderwright.app.policies.list_desk import ListNotFound
from orderwright.app.policies.policy_desk import ConsentUnderWay, Done, NothingPending, Wish
from orderwright.app.policies.policy_list import PolicyNotFound, PolicyRow
from orderwright.app.policies.trial import Sample, Subject, Trial
from orderwright.app.settings import Settings
from orderwright.app.shipped import folder
from orderwright.clock import DrivenClock
from orderwright.errors import InputInvalid
from orderwright.policy import PolicyInvalid
from orderwright.runtime.reply import IdempotencyMismatch

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PEOPLE = ("cleo", "carl")
ADD = """
insert into orderwright.person (id, login, name, password_hash, roles, customer_id, is_active, created_at)
values ($1, $1, $1, '-', $2, null, true, $3)
"""
HIGH = json.loads((folder("policies") / "high-amount.json").read_text())
LARGE = {"amount": "10000.01", "currency": "EUR"}


def as_(login: str, role: Role = Role.COMPLIANCE, key: str | None = None) -> Asked:
    who = Identity(id=login, login=login, name=login, roles=frozenset({role}))
    return Asked(by=who, idempotency_key=key)


CLEO, CARL = map(as_, PEOPLE)


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Orderwright]:
    async with Orderwright.connect(
        database_url, settings=Settings(), clock=DrivenClock(NOON)
    ) as opened:
        await opened.pool.executemany(ADD, [(name, ["COMPLIANCE"], NOON) for name in PEOPLE])
        yield opened
        assert await opened.pool.fetch("select * from orderwright.parked_root") == []


async def made(app: Orderwright, document: Any = HIGH, asked: Asked = CLEO) -> str:
    return taken(await app.policy_office.desk.create(document, None, asked)).policy_id


async def published(app: Orderwright, policy_id: str, wish: Wish | None = None) -> PolicyRow:
    """Have Cleo ask and Carl consent."""
    desk = app.policy_office.desk
    for asked in (CLEO, CARL):
        taken(await desk.publish(policy_id, wish or Wish(), "fraud", asked))
        await app.worker.drain()
    return await row(app, policy_id)


def taken(done: Done) -> Done:
    assert done.refused is None, done.refused
    return done


def codes(done: Done) -> list[str]:
    assert done.refused is not None
    return [one.code for one in done.refused.reasons] or [done.refused.code]


async def row(app: Orderwright, policy_id: str) -> PolicyRow:
    return await app.policy_office.listed.required(CLEO.by, policy_id)


async def revision(app: Orderwright) -> int:
    found: int = await app.pool.fetchval("select revision from orderwright.policy_set")
    return found


async def decides(app: Orderwright, order: str) -> list[str]:
    """Return the actions of the policies in force on a large order of a host."""
    execution = await app.trigger("ORDER_CREATED", {"orderId": order, **LARGE})
    return [one.action for one in execution.actions]


# --- what takes two --------------------------------------------------------------------------------


async def test_who_asks_for_a_publication_cannot_consent_to_it_and_a_second_person_can(
    app: Orderwright,
):
    desk, policy_id = app.policy_office.desk, await made(app)
    taken(await desk.publish(policy_id, Wish(), "fraud", CLEO))
    await app.worker.drain()
    assert codes(await desk.publish(policy_id, Wish(), "really", CLEO)) == ["approval.own_request"]
    assert await decides(app, "o1") == []

    taken(await desk.publish(policy_id, Wish(), "I agree", CARL))
    await app.worker.drain()
    policy = await row(app, policy_id)
    assert policy.standing.words.state == "ACTIVE"
    assert policy.in_force is not None
    assert (policy.in_force.published_by, policy.in_force.approved_by) == ("cleo", "carl")
    assert await decides(app, "o2") == ["REQUIRE_APPROVAL"]


async def test_what_is_said_again_within_a_moment_is_answered_alike_or_told_what_is_under_way(
    app: Orderwright,
):
    desk, policy_id, asked = app.policy_office.desk, await made(app), as_("cleo", key="k1")
    for replayed in (False, True):
        done = taken(await desk.publish(policy_id, Wish(), "fraud", asked))
        assert done.replayed == replayed
    with pytest.raises(ConsentUnderWay) as told:
        await desk.publish(policy_id, Wish(), "I agree", CARL)
    approval = (await row(app, policy_id)).standing.context["pending"]["approvalId"]
    asker = {"requestedBy": "cleo", "kind": "PUBLISH", "version": 1}
    assert told.value.values == {"approvalId": approval, **asker}
    assert f"cleo has asked to publish version 1 a moment ago; approval {approval}" in str(
        told.value
    )

    await app.worker.drain()
    taken(await desk.publish(policy_id, Wish(), "I agree", CARL))
    await app.worker.drain()
    taken(await desk.save(policy_id, HIGH, None, None, CLEO))
    late = taken(await desk.publish(policy_id, Wish(), "fraud", asked))
    assert late.replayed
    assert (await row(app, policy_id)).standing.context["pending"] is None


async def test_what_is_denied_or_withdrawn_stays_out_of_force_with_the_reason(app: Orderwright):
    desk, policy_id = app.policy_office.desk, await made(app)
    for answer, by in ((desk.deny, CARL), (desk.withdraw, CLEO)):
        taken(await desk.publish(policy_id, Wish(), "fraud", CLEO))
        await app.worker.drain()
        taken(await answer(policy_id, "too strict", by))
        await app.worker.drain()
        policy = await row(app, policy_id)
        assert (policy.standing.words.state, policy.in_force) == ("DRAFT", None)
        assert policy.standing.context["refusal"]["reason"] == "too strict"
    with pytest.raises(NothingPending):
        await desk.deny(policy_id, "no", CARL)


async def test_what_nobody_decides_in_time_is_dropped(app: Orderwright):
    policy_id = await made(app)
    taken(await app.policy_office.desk.publish(policy_id, Wish(), "fraud", CLEO))
    await app.worker.drain()
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(timedelta(days=7))
    await app.worker.drain()
    policy = await row(app, policy_id)
    assert policy.standing.words.state == "DRAFT"
    assert policy.standing.context["refusal"]["reason"] == "it was not decided in time"


async def test_a_policy_that_one_person_paused_decides_again_when_two_people_say_so(
    app: Orderwright,
):
    desk, policy_id = app.policy_office.desk, await made(app)
    await published(app, policy_id)
    taken(await desk.pause(policy_id, "too many hits", CLEO))
    assert await decides(app, "o1") == []
    taken(await desk.resume(policy_id, None, "it is well", CLEO))
    await app.worker.drain()
    assert codes(await desk.resume(policy_id, None, "it is", CLEO)) == ["approval.own_request"]
    taken(await desk.resume(policy_id, None, "it is", CARL))
    await app.worker.drain()
    assert await decides(app, "o2") == ["REQUIRE_APPROVAL"]


async def test_pausing_makes_what_waits_for_consent_pointless(app: Orderwright):
    desk, policy_id = app.policy_office.desk, await made(app)
    await published(app, policy_id)
    taken(await desk.save(policy_id, HIGH, None, None, CLEO))
    taken(await desk.publish(policy_id, Wish(version=2), "better", CLEO))
    await app.worker.drain()
    taken(await desk.pause(policy_id, "trouble", CARL))
    await app.worker.drain()
    states = await app.pool.fetch(
        "select state from orderwright.instance where chart_id = 'approval' order by state"
    )
    assert [one["state"] for one in states] == ["APPROVED", "REVOKED"]
    assert (await row(app, policy_id)).in_force is None


async def test_shadow_and_rollout_are_of_the_deployment(app: Orderwright):
    policy = await published(app, await made(app), Wish(mode="shadow", rollout=2500))
    assert policy.in_force is not None
    assert (policy.in_force.mode, policy.in_force.rollout) == ("shadow", 2500)
    assert await decides(app, "o1") == []


async def test_who_consents_to_another_deployment_than_the_one_asked_for_does_not_consent(
    app: Orderwright,
):
    policy_id, desk = await made(app), app.policy_office.desk
    taken(await desk.publish(policy_id, Wish(mode="shadow", rollout=2500), "a try", CLEO))
    for other in (Wish(), Wish(mode="shadow"), Wish(rollout=2500)):
        assert codes(await desk.publish(policy_id, other, "I agree", CARL)) == [
            "policy.change_pending"
        ]
    assert (await row(app, policy_id)).in_force is None


async def test_a_consent_is_to_the_version_that_it_names_and_without_a_name_to_the_latest(
    app: Orderwright,
):
    policy_id, desk = await made(app), app.policy_office.desk
    taken(await desk.publish(policy_id, Wish(version=1), "fraud", CLEO))
    await app.worker.drain()
    taken(await desk.save(policy_id, HIGH, "calmer", 1, CLEO))
    for other in (Wish(), Wish(version=2)):
        assert codes(await desk.publish(policy_id, other, "I agree", CARL)) == [
            "policy.change_pending"
        ]
    taken(await desk.publish(policy_id, Wish(version=1), "I agree", CARL))
    await app.worker.drain()

    taken(await desk.pause(policy_id, "too many hits", CLEO))
    taken(await desk.resume(policy_id, 1, "it is well", CLEO))
    await app.worker.drain()
    for person in (CLEO, CARL):
        with pytest.raises(InputInvalid, match="1, the version that was paused"):
            await desk.resume(policy_id, 2, "it is", person)
    taken(await desk.resume(policy_id, 1, "it is", CARL))
    await app.worker.drain()
    policy = await row(app, policy_id)
    assert policy.in_force is not None
    assert policy.in_force.version == 1


# --- versions --------------------------------------------------------------------------------------


async def test_editing_a_published_policy_leaves_the_old_version_in_force(app: Orderwright):
    office, policy_id = app.policy_office, await made(app)
    await published(app, policy_id)
    before = await office.listed.version(CLEO.by, policy_id, 1)
    silent = {**HIGH, "name": "Nothing", "graph": json.loads(json.dumps(HIGH["graph"]))}
    silent["graph"]["nodes"][1]["group"]["rules"][0]["value"]["money"] = "99999.00"
    taken(await office.desk.save(policy_id, silent, "calmer", 1, CARL))

    policy = await row(app, policy_id)
    assert policy.in_force is not None
    assert (policy.in_force.version, policy.latest_version, policy.name) == (1, 2, "Nothing")
    assert await decides(app, "o1") == ["REQUIRE_APPROVAL"]
    assert await office.listed.version(CLEO.by, policy_id, 1) == before
    stale = await office.desk.save(policy_id, HIGH, None, 1, CLEO)
    assert codes(stale) == ["policy.edited_meanwhile"]

    await published(app, policy_id)
    assert await decides(app, "o2") == []
    [old, new] = await app.pool.fetch(
        "select version, until_revision from orderwright.policy_term order by from_revision"
    )
    assert (old["version"], new["version"], new["until_revision"]) == (1, 2, None)
    assert old["until_revision"] is not None


async def test_ten_who_save_at_once_get_ten_versions(app: Orderwright):
    desk, policy_id = app.policy_office.desk, await made(app)
    await asyncio.gather(*(desk.save(policy_id, HIGH, f"{n}", None, CLEO) for n in range(10)))
    versions = await app.policy_office.listed.versions(CLEO.by, policy_id)
    assert [one.version for one in versions] == list(range(11, 0, -1))


async def test_a_document_is_kept_as_it_was_meant_with_its_layout(app: Orderwright):
    policy_id = await made(app, {**HIGH, "layout": {"trigger": {"x": 12.5, "y": -3}}})
    version = await app.policy_office.listed.version(CLEO.by, policy_id, 1)
    assert version.document["layout"] == {"trigger": {"x": 12.5, "y": -3}}


async def test_every_mistake_is_told_by_its_path_and_an_unknown_list_is_one(app: Orderwright):
    group = {"rules": [{"field": "user.country", "operator": "in", "value": {"list": "none"}}]}
    wrong = json.loads(json.dumps(HIGH)) | {"priority": 5000}
    wrong["graph"]["nodes"][1]["group"] = {"combinator": "and", **group}
    with pytest.raises(PolicyInvalid) as invalid:
        await made(app, wrong)
    paths = {one.path for one in invalid.value.problems}
    assert paths == {"priority", "graph.nodes[1].group.rules[0].value.list"}
    with pytest.raises(PolicyInvalid):
        await made(app, [1])
    assert await app.pool.fetchval("select count(*) from orderwright.policy") == 0


async def test_a_request_under_its_key_is_done_once(app: Orderwright):
    desk = app.policy_office.desk
    first = await desk.create(HIGH, None, as_("cleo", key="k1"))
    again = await desk.create(HIGH, None, as_("cleo", key="k1"))
    assert (again.policy_id, again.replayed, first.replayed) == (first.policy_id, True, False)
    for _ in range(2):
        taken(await desk.publish(first.policy_id, Wish(), "fraud", as_("cleo", key="k2")))
        await app.worker.drain()
    for _ in range(2):  # the second time it is in force already
        taken(await desk.publish(first.policy_id, Wish(), "yes", as_("carl", key="k3")))
        await app.worker.drain()
    policy = await row(app, first.policy_id)
    assert (policy.standing.words.state, policy.standing.context["pending"]) == ("ACTIVE", None)
    with pytest.raises(IdempotencyMismatch):
        await desk.pause(first.policy_id, "no", as_("carl", key="k3"))


async def test_a_refusal_does_not_consume_the_key(app: Orderwright):
    desk, policy_id = app.policy_office.desk, await made(app)
    asked = as_("cleo", key="k1")
    assert codes(await desk.pause(policy_id, "now", asked)) == ["unhandled"]
    await published(app, policy_id)
    taken(await desk.pause(policy_id, "now", asked))


async def test_who_may_not_write_or_look_is_turned_away(app: Orderwright):
    office, policy_id = app.policy_office, await made(app)
    clerk, buyer = as_("clerk", Role.BILLER), as_("bob", Role.CUSTOMER)
    with pytest.raises(RoleMissing):
        await office.desk.create(HIGH, None, clerk)
    with pytest.raises(RoleMissing):
        await office.desk.publish(policy_id, Wish(), "x", clerk)
    with pytest.raises(RoleMissing):
        await office.listed.one(buyer.by, policy_id)
    assert await office.listed.one(clerk.by, policy_id) is not None
    with pytest.raises(PolicyNotFound):
        await office.desk.pause("nobody", "x", CLEO)


# --- lists and snoozes -----------------------------------------------------------------------------


async def test_lists_keep_who_added_and_who_took_away_and_what_expired_is_no_entry(
    app: Orderwright,
):
    lists, before = app.policy_office.lists, await revision(app)
    await lists.create("sanctioned-countries", "text", "by the EU", CLEO)
    many = [f"C{n}" for n in range(3000)]
    assert (await lists.add("sanctioned-countries", [*many, " C1 ", ""], CLEO)).count == 3000
    assert (await lists.add("sanctioned-countries", ["C1", "KP"], CLEO)).count == 1
    for _ in range(2):  # said again, the first result is answered
        again = as_("cleo", key="again"), as_("carl", key="gone")
        assert (await lists.add("sanctioned-countries", ["C1", "RU", "BY"], again[0])).count == 2
        assert (
            await lists.remove("sanctioned-countries", ["RU", "BY", "C1"], again[1])
        ).count == 3
    soon = NOON + timedelta(hours=1)
    await lists.add("sanctioned-countries", ["IR"], CLEO, note="for now", expires_at=soon)
    [listed] = await lists.lists(CLEO.by)
    assert listed.size == 3001  # 3000 and KP, without C1, and IR
    page = await lists.entries(
        CLEO.by, "sanctioned-countries", with_removed=True, first=200, after=None
    )
    assert page.has_next
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(timedelta(hours=2))
    [listed] = await lists.lists(CLEO.by)
    assert listed.size == 3000
    assert (await lists.add("sanctioned-countries", ["IR"], CARL)).count == 1
    assert await revision(app) >= before + 5
    [removed] = await app.pool.fetch(
        "select removed_by from orderwright.policy_list_entry where value = 'C1' and removed_at is not null"
    )
    assert removed["removed_by"] == "carl"


async def test_an_entry_that_is_added_for_longer_is_extended_and_one_for_shorter_stays(
    app: Orderwright,
):
    lists = app.policy_office.lists
    await lists.create("domains", "text", "", CLEO)
    tomorrow, week, month = (NOON + timedelta(days=days) for days in (1, 7, 30))
    counts = [
        (await lists.add("domains", ["trash.org", "spam.org"], by, expires_at=until)).count
        for by, until in (
            (CLEO, week),
            (CARL, tomorrow),
            (CARL, week),
            (CARL, month),
            (CLEO, None),
            (CARL, week),
            (CARL, None),
        )
    ]
    assert counts == [2, 0, 0, 2, 2, 0, 0]
    page = await lists.entries(CLEO.by, "domains", with_removed=True, first=10, after=None)
    rows = [one for _, one in page.rows if one.value == "trash.org"]
    assert [(one.expires_at, one.added_by, one.removed_by) for one in rows] == [
        (None, "cleo", None),
        (month, "carl", "cleo"),
        (week, "cleo", "carl"),
    ]
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(timedelta(days=60))
    [listed] = await lists.lists(CLEO.by)
    assert listed.size == 2


async def test_what_can_be_no_list_or_entry_is_refused(app: Orderwright):
    lists = app.policy_office.lists
    with pytest.raises(ListNotFound):
        await lists.add("none", ["x"], CLEO)
    with pytest.raises(InputInvalid):
        await lists.create("Not A Name", "text", "", CLEO)
    await lists.create("limits", "number", "", CLEO)
    with pytest.raises(InputInvalid):
        await lists.create("limits", "number", "", CLEO)
    for wrong in (["abc"], ["NaN"], [""], ["1" * 501]):
        with pytest.raises(InputInvalid):
            await lists.add("limits", wrong, CLEO)
    with pytest.raises(InputInvalid):
        await lists.add("limits", ["1"], CLEO, expires_at=NOON)


async def test_a_snoozed_policy_has_no_say_on_that_entity_until_then(app: Orderwright):
    office, policy_id = app.policy_office, await made(app)
    await published(app, policy_id)
    until = NOON + timedelta(days=1)
    await office.snoozes.begin(policy_id, ("Order", "o1"), until, "known", CLEO)
    assert (await decides(app, "o1"), await decides(app, "o2")) == ([], ["REQUIRE_APPROVAL"])
    await office.snoozes.begin(policy_id, ("Order", "o3"), until, "known", CLEO)
    await office.snoozes.end(policy_id, ("Order", "o3"), CARL)
    assert await decides(app, "o3") == ["REQUIRE_APPROVAL"]
    [ended, running] = await office.snoozes.of(CLEO.by, policy_id)
    assert {ended.ended_by, running.ended_by} == {"carl", None}
    for entity, end in ((("Cat", "x"), until), (("Order", "x"), NOON)):
        with pytest.raises(InputInvalid):
            await office.snoozes.begin(policy_id, entity, end, "why", CLEO)


async def test_a_snooze_that_is_asked_for_again_under_its_key_after_its_end_is_answered(
    app: Orderwright,
):
    snoozes, policy_id = app.policy_office.snoozes, await made(app)
    key, until = as_("cleo", key="nap"), NOON + timedelta(hours=1)
    await snoozes.begin(policy_id, ("Order", "o1"), until, "known", key)
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(timedelta(hours=2))
    assert await snoozes.begin(policy_id, ("Order", "o1"), until, "known", key) == policy_id
    assert len(await snoozes.of(CLEO.by, policy_id)) == 1
    with pytest.raises(InputInvalid, match="until"):
        await snoozes.begin(policy_id, ("Order", "o1"), until, "known", CLEO)


async def test_an_entity_shows_what_policies_came_to_on_it_and_the_snooze_that_holds_now(
    app: Orderwright,
):
    snoozes, policy_id = app.policy_office.snoozes, await made(app)
    await published(app, policy_id)
    assert await snoozes.on(CLEO.by, "Order", "o1") == []
    await decides(app, "o1")
    [hit] = await snoozes.on(CLEO.by, "Order", "o1")
    assert (hit.policy_id, hit.outcome, hit.snooze) == (policy_id, "hit", None)
    for entity in ("o1", "o2"):
        until = NOON + timedelta(days=1)
        await snoozes.begin(policy_id, ("Order", entity), until, "known", CLEO)
    [held] = await snoozes.on(CARL.by, "Order", "o1")
    [unseen] = await snoozes.on(CARL.by, "Order", "o2")
    assert (held.execution_id, unseen.execution_id) == (hit.execution_id, None)
    assert held.snooze is not None
    assert (held.snooze.by, held.snooze.reason) == ("cleo", "known")
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(timedelta(days=2))
    assert [one.snooze for one in await snoozes.on(CARL.by, "Order", "o1")] == [None]
    assert await snoozes.on(CARL.by, "Order", "o2") == []
    with pytest.raises(RoleMissing):
        await snoozes.on(Identity(id="x", login="x", name="X", roles=frozenset()), "Order", "o1")


async def test_a_version_before_the_latest_is_in_force_by_its_own_trigger(app: Orderwright):
    desk, policy_id = app.policy_office.desk, await made(app)
    taken(await desk.save(policy_id, {**HIGH, "trigger": "PAYOUT_REQUESTED"}, None, None, CLEO))
    policy = await published(app, policy_id, Wish(version=1))
    assert policy.trigger == "ORDER_CREATED"
    term = await app.pool.fetchval("select trigger from orderwright.policy_term")
    assert (term, await decides(app, "o1")) == ("ORDER_CREATED", ["REQUIRE_APPROVAL"])
    taken(await desk.save(policy_id, HIGH, "again", None, CLEO))
    assert codes(await desk.publish(policy_id, Wish(version=2), "no", CLEO)) == [
        "policy.other_trigger"
    ]


# --- trials ----------------------------------------------------------------------------------------


async def test_a_trial_tells_the_way_the_decision_and_what_would_change_it_and_writes_nothing(
    app: Orderwright,
):
    policy_id = await made(app)

    async def tried(facts: Any) -> Trial:
        return await app.policy_office.trials.run(
            CLEO.by, Subject(policy_id=policy_id), Sample(facts=facts)
        )

    hit = await tried({**LARGE, "colour": "red"})
    assert hit.result.outcome == "hit"
    assert [one.node.action for one in hit.decision.actions] == ["REQUIRE_APPROVAL"]
    assert "10,000.00 EUR" in hit.counterfactual.words
    assert hit.flagged == ("colour: no fact of this trigger",)
    assert (await tried({"amount": "1.00", "currency": "EUR"})).result.outcome == "miss"
    assert (await tried({})).result.missing == ("amount",)
    assert await app.pool.fetchval("select count(*) from orderwright.policy_execution") == 0


async def test_a_document_that_nobody_saved_is_tried_on_a_past_execution_without_what_is_masked(
    app: Orderwright,
):
    told = {"userId": "u1", "email": "eve@mailinator.com", "country": "DE"}
    execution = await app.trigger("USER_REGISTERED", told)
    document = json.loads((folder("policies") / "temporary-email-domain.json").read_text())
    await app.policy_office.lists.create("temporary-mail-domains", "text", "", CLEO)
    await app.policy_office.lists.add("temporary-mail-domains", ["mailinator.com"], CLEO)
    trial = await app.policy_office.trials.run(
        CLEO.by, Subject(document=document), Sample(execution_id=execution.id)
    )
    assert trial.withheld == ("email",)
    assert "email" not in trial.facts
    assert trial.unknown == ("user.emailDomain",)
    assert trial.result.missing == ()
    for field in ("email", "user.emailDomain"):
        for operator in ("is_null", "is_not_null"):
            rule = {"field": field, "operator": operator}
            asks = document_of(rule, does=[FLAG], trigger="USER_REGISTERED")
            trial = await app.policy_office.trials.run(
                CLEO.by, Subject(document=asks), Sample(execution_id=execution.id)
            )
            assert trial.result.outcome == "unknown", (field, operator)
            assert "kept masked" in trial.result.mistyped[field]
    for sample in (Sample(), Sample(execution_id="none"), Sample(facts=[1])):
        with pytest.raises(InputInvalid):
            await app.policy_office.trials.run(CLEO.by, Subject(document=document), sample)
