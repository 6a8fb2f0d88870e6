"""What holds of pay-ins, pay-outs, KYC sessions and users in whatever order things happen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from compliance_story import HOUR, kyc, payin, payout, user
from hypothesis import given, settings, strategies as st
from story import CHARTS, HOLD, NOON, Story, at

from orderwright.domain.orders import BEHAVIOURS
from orderwright.statechart import Emit, Event, Schedule
from orderwright.statechart.explore import Place, explore

ENDS = {
    "payin": ("REFUNDED", "REJECTED"),
    "payout": ("CONFIRMED", "CANCELLED", "REJECTED"),
    "kyc": (),
    "user": ("BLOCKED",),
}
SENT = ("SENT", "CONFIRMING", "CONFIRMED")


def waits_for(story: Story) -> set[str]:
    """The codes of what stands in the way of what goes on by itself."""
    waiting = story.explain()["always"].waiting
    waiting = [one for one in waiting if one.meta and one.meta.get("explain")]
    return {reason.code for one in waiting for reason in one.reasons}


def told(story: Story, name: str) -> list[dict]:
    effects = [effect for step in story.steps for effect in step.effects]
    return [one.data for one in effects if isinstance(one, Emit) and one.type == name]


# --- pay-in ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amounts", "state"),
    [
        (["100.00"], "RECEIVED"),
        (["99.99"], "PARTIAL"),
        (["100.01"], "MISMATCH"),
        (["40.00", "60.00"], "RECEIVED"),
        (["40.00", "59.99"], "PARTIAL"),
        (["40.00", "60.01"], "MISMATCH"),
        (["99.99", "0.01"], "RECEIVED"),
    ],
)
def test_what_arrives_is_compared_exactly_with_what_is_expected(amounts: list[str], state: str):
    story = payin()
    for number, amount in enumerate(amounts):
        story.tell("PAYIN_RECEIVED", amount=amount, reference=f"t{number}")
    assert story.state == state
    assert len(told(story, "payin.received")) == len(amounts)
    assert len(told(story, "payin.mismatched")) == (state == "MISMATCH")


@pytest.mark.parametrize("amount", ["0.00", "-1.00", "1.001", "much"])
def test_an_amount_that_is_none_is_refused_and_changes_nothing(amount: str):
    story = payin()
    (why,) = story.refusal("PAYIN_RECEIVED", amount=amount).reasons
    assert (why.code, story.values["receivedMinor"]) == ("input.invalid", 0)


def test_a_pay_in_is_verified_only_when_it_is_exact_decided_and_not_held():
    story = payin().tell("PAYIN_RECEIVED", amount="40.00", reference="t1")
    why = {one.code: one for one in story.refusal("VERIFY").reasons}
    assert set(why) == {"payin.amount_differs", "policy.undecided"}
    assert why["payin.amount_differs"].message == "40.00 of 100.00 EUR has arrived"
    story.tell("DECISION_RECORDED").tell("PAYIN_RECEIVED", amount="60.00", reference="t2")
    assert {one.code for one in story.refusal("VERIFY").reasons} == {"policy.undecided"}
    story.tell("DECISION_RECORDED", transfer=2, holds={"h1": HOLD})
    assert {one.code for one in story.refusal("VERIFY").reasons} == {"policy.held"}
    assert story.tell("HOLD_LIFTED").tell("VERIFY").state == "VERIFIED"


def test_what_a_confirmed_payment_brings_verifies_itself_once_it_is_decided_and_not_held():
    story = payin().tell("PAYMENT_CONFIRMED")
    assert (story.state, waits_for(story)) == ("RECEIVED", {"policy.undecided"})
    story.tell("DECISION_RECORDED", holds={"h1": HOLD})
    assert (story.state, waits_for(story)) == ("RECEIVED", {"policy.held"})
    assert story.tell("HOLD_LIFTED").state == "VERIFIED"
    assert told(story, "payin.verified")[0]["isConfirmed"] is True


def test_a_confirmed_payment_brings_only_what_no_transfer_has_brought():
    story = payin().tell("PAYIN_RECEIVED", amount="40.00", reference="t1")
    story.tell("PAYMENT_CONFIRMED", "PAYMENT_CONFIRMED")
    amounts = [one["amountMinor"] for one in told(story, "payin.received")]
    assert (amounts, story.values["receivedMinor"]) == ([4000, 6000], 10000)


def test_money_that_comes_while_it_is_frozen_counts_on_release():
    story = payin().tell("FREEZE", releaseAfterMs=HOUR).tell("PAYIN_RECEIVED")
    assert story.state == "FROZEN"
    assert story.wait(hours=1).tell("FREEZE_ENDED").state == "RECEIVED"


def test_money_that_comes_after_the_time_is_over_opens_the_pay_in_again():
    story = payin().wait(days=1).tell("EXPIRE")
    assert story.tell("PAYIN_RECEIVED").state == "RECEIVED"


def test_a_pay_in_whose_time_passes_while_it_is_frozen_expires_on_release():
    story = payin().tell("FREEZE").wait(days=1).tell("EXPIRE")
    assert (story.state, story.tell("RELEASE").state) == ("FROZEN", "EXPIRED")


def test_a_held_pay_in_is_not_reconciled():
    story = (
        payin().tell("PAYIN_RECEIVED", amount="120.00").tell("DECISION_RECORDED", "HOLD_PLACED")
    )
    assert {one.code for one in story.refusal("RECONCILE").reasons} == {"policy.held"}


transfers = st.lists(st.tuples(st.integers(1, 9999), st.sampled_from("abcde")), max_size=8)


@given(transfers)
@settings(max_examples=80, deadline=None)
def test_each_transfer_counts_once_and_the_state_is_that_of_the_sum(events: list[tuple[int, str]]):
    story, counted = payin(), {}
    for minor, reference in events:
        story.send(
            "PAYIN_RECEIVED", amount=f"{minor // 100}.{minor % 100:02}", reference=reference
        )
        counted.setdefault(reference, minor)
    total = sum(counted.values())
    assert story.values["receivedMinor"] == total
    assert sum(one["amountMinor"] for one in told(story, "payin.received")) == total
    standing = "PENDING" if not total else "PARTIAL" if total < 10000 else "MISMATCH"
    assert story.state == ("RECEIVED" if total == 10000 else standing)


# --- pay-out --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "order",
    [
        ["DECISION_RECORDED", "PAYOUT_APPROVED", "HOLD_LIFTED"],
        ["DECISION_RECORDED", "HOLD_LIFTED", "PAYOUT_APPROVED"],
        ["PAYOUT_APPROVED", "DECISION_RECORDED", "HOLD_LIFTED"],
        ["HOLD_LIFTED", "PAYOUT_APPROVED", "DECISION_RECORDED"],
    ],
)
def test_a_pay_out_is_queued_when_it_is_approved_decided_and_not_held_whichever_comes_last(
    order: list[str],
):
    story = payout()
    for event in order:
        assert (story.state, story.emitted().count("payout.approved")) == ("REQUESTED", 0)
        story.tell(event, **({"holds": {"h1": HOLD}} if event == "DECISION_RECORDED" else {}))
    assert (story.state, story.emitted().count("payout.approved")) == ("QUEUED", 1)


def test_why_a_pay_out_waits_says_everything_that_is_missing():
    assert waits_for(payout()) == {"payout.unapproved", "policy.undecided"}


def test_a_policy_stands_in_for_one_person_and_not_for_two():
    automatic = {"approvalId": None, "policy": "p1"}
    assert (
        payout().tell("DECISION_RECORDED").tell("PAYOUT_APPROVED", **automatic).state == "QUEUED"
    )
    two = payout(approvers=2).tell("DECISION_RECORDED")
    (why,) = two.refusal("PAYOUT_APPROVED", **automatic).reasons
    assert why.code == "payout.takes_people"


@pytest.mark.parametrize(
    ("stopped", "code"),
    [
        (payout(), "policy.undecided"),
        (payout().tell("DECISION_RECORDED").tell("HOLD_PLACED", **HOLD), "policy.held"),
        (payout().tell("DECISION_RECORDED", "FREEZE"), "payout.frozen"),
    ],
)
def test_a_policy_consents_to_nothing_that_is_stopped_and_people_do(stopped: Story, code: str):
    (why,) = stopped.refusal("PAYOUT_APPROVED", approvalId=None, policy="p1").reasons
    assert why.code == code
    assert stopped.tell("PAYOUT_APPROVED").snapshot.context["approval"]


@pytest.mark.parametrize(
    "events",
    [
        ["PAYOUT_APPROVED"],
        ["PAYOUT_APPROVED", "FREEZE"],
        ["PAYOUT_APPROVED", "DECISION_RECORDED"],
        ["PAYOUT_APPROVED", "DECISION_RECORDED", "FREEZE"],
        ["PAYOUT_APPROVED", "DECISION_RECORDED", "START", "FAIL"],
    ],
)
def test_consent_that_is_taken_back_before_the_money_leaves_cancels_and_that_of_others_does_not(
    events: list[str],
):
    story = payout().tell(*events)
    (why,) = story.refusal("PAYOUT_DENIED", approvalId="a2").reasons
    assert why.code == "payout.other_approval"
    assert story.tell("PAYOUT_DENIED").state == "CANCELLED"
    assert story.values["closedReason"] == "not now"


def test_consent_that_is_taken_back_under_way_stops_nothing_and_lets_nothing_be_tried_again():
    story = payout().tell("DECISION_RECORDED", "PAYOUT_APPROVED", "START")
    (why,) = story.refusal("PAYOUT_DENIED", approvalId="a2").reasons
    assert why.code == "payout.other_approval"
    assert story.tell("PAYOUT_DENIED").state == "PROCESSING"
    (why,) = story.tell("FAIL").refusal("RETRY").reasons
    assert why.code == "payout.unapproved"


def test_what_is_under_way_is_neither_frozen_nor_rejected_nor_cancelled_and_a_hold_is_told():
    story = payout().tell("DECISION_RECORDED", "PAYOUT_APPROVED", "START")
    for event in ("FREEZE", "REJECT", "CANCEL"):
        (why,) = story.refusal(event).reasons
        assert why.code == "payout.under_way"
    story.tell("HOLD_PLACED")
    assert told(story, "payout.held_under_way") == [
        {"payOutId": "po1", "holdId": "h1", "reason": "large first order"}
    ]
    story.tell("FAIL", "RETRY")
    (why,) = story.refusal("START").reasons
    assert why.code == "policy.held"


outward = st.lists(
    st.tuples(st.sampled_from(sorted(payout().chart.events)), st.booleans()), max_size=25
)


@given(outward)
@settings(max_examples=150, deadline=None)
def test_no_money_leaves_that_is_not_approved_decided_and_free_of_holds_and_an_end_stays(
    events: list[tuple[str, bool]],
):
    story = payout(approvers=2)
    for event, flag in events:
        before = story.snapshot
        data = {"policy": "p1", "approvalId": None} if flag and event == "PAYOUT_APPROVED" else {}
        step = story.send(event, **data)
        assert step.refused is None or step.refused.code in ("unhandled", "blocked", "done")
        if event == "START" and step.refused is None:
            found = story.values
            assert (found["isDecided"], found["holds"], found["frozen"]) == (True, {}, None)
            assert found["approval"]["approvalId"] == "a1"
        if before.status == "done":
            assert step.snapshot == before
    if story.state in SENT:
        assert story.values["transactions"]


# --- KYC and users --------------------------------------------------------------------------------


def test_each_submission_is_told_with_the_number_of_submissions_so_far():
    story = kyc()
    story.tell("DOCUMENTS_SUBMITTED", "REJECT", "RESUBMIT", "DOCUMENTS_SUBMITTED")
    assert [one["submissions"] for one in told(story, "kyc.submitted")] == [1, 2]


def test_a_session_is_approved_only_with_documents_decided_and_not_held():
    story = kyc()
    assert {one.code for one in story.refusal("APPROVE").reasons} >= {"kyc.no_documents"}
    story.tell("DOCUMENTS_SUBMITTED")
    assert {one.code for one in story.refusal("APPROVE").reasons} == {"policy.undecided"}
    story.tell("DECISION_RECORDED", holds={"h1": HOLD})
    assert {one.code for one in story.refusal("APPROVE").reasons} == {"policy.held"}
    story.tell("HOLD_LIFTED").tell("DOCUMENTS_REQUIRED")
    assert {one.code for one in story.refusal("APPROVE").reasons} == {"kyc.no_documents"}
    story.tell("DOCUMENTS_SUBMITTED").tell("DECISION_RECORDED", submission=2)
    assert story.tell("APPROVE").state == "APPROVED"


def test_a_rejection_for_good_leaves_no_other_try():
    story = kyc().tell("REJECT").tell("REJECT", final=True)
    (why,) = story.refusal("RESUBMIT").reasons
    assert why.code == "kyc.rejected_for_good"


def test_an_approval_may_hold_for_a_time_and_ends_with_it():
    until = NOON + timedelta(days=365)
    story = kyc().tell("DOCUMENTS_SUBMITTED", "DECISION_RECORDED")
    story.tell("APPROVE", validUntil=at(until))
    (timer,) = [one for one in story.step.effects if isinstance(one, Schedule)]
    assert (timer.event, timer.delay_ms) == (Event("EXPIRE"), 365 * 24 * HOUR)
    assert story.wait(days=365).tell("EXPIRE").state == "EXPIRED"
    (why,) = story.refusal("RESUBMIT", expiresAt=at(NOON)).reasons
    assert why.code == "input.invalid"


def test_a_user_is_activated_once_the_policies_have_decided_and_nothing_holds_them():
    story = user()
    assert {one.code for one in story.refusal("ACTIVATE").reasons} == {"policy.undecided"}
    story.tell("DECISION_RECORDED", holds={"h1": HOLD})
    assert {one.code for one in story.refusal("ACTIVATE").reasons} == {"policy.held"}
    assert story.tell("HOLD_LIFTED", "ACTIVATE").state == "ACTIVE"


def test_a_restriction_says_why_ends_by_itself_and_leaves_the_user_where_they_stood():
    story = user().tell("DECISION_RECORDED", "ACTIVATE").tell("RESTRICT", liftAfterMs=HOUR)
    (why,) = story.refusal("ADD_WALLET").reasons
    assert (why.code, why.message) == (
        "user.restricted",
        "the user is restricted by policy Third party, version 2: odd sender",
    )
    assert story.wait(hours=1).tell("RESTRICTION_ENDED").state == "ACTIVE"


def test_a_wallet_is_added_once_by_its_id_and_by_its_address():
    story = user().tell("ADD_WALLET")
    assert told(story, "wallet.added")[0]["country"] == "NG"
    for again in ({"walletId": "w2"}, {"address": "other"}):
        (why,) = story.refusal("ADD_WALLET", **again).reasons
        assert why.code == "user.wallet_known"
    story.tell("ADD_WALLET", walletId="w2", cryptoType="ETH")
    assert list(story.values["wallets"]) == ["w1", "w2"]


# --- all of them ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("chart", "ends"), ENDS.items())
def test_what_has_ended_stays_and_nothing_else_is_an_end(chart: str, ends: tuple[str, ...]):
    found = explore(CHARTS[chart])
    final = [f"{chart}.{end}" for end in ends]
    assert found.always(
        lambda place: (place.snapshot.status == "done") is any(map(place.is_in, final))
    ).holds


def test_no_pay_in_is_verified_by_any_order_of_events_unless_exact_decided_and_not_held():
    story = payin()
    events = [
        Event("DECISION_RECORDED", {"transfer": 1, "holds": {"h1": HOLD}}),
        Event("DECISION_RECORDED", {"transfer": 2}),
        Event("HOLD_LIFTED", {"holdId": "h1", "outcome": "approved"}),
        Event("PAYIN_RECEIVED", {"amount": "40.00", "reference": "t1"}),
        Event("PAYIN_RECEIVED", {"amount": "60.00", "reference": "t2"}),
        Event("PAYMENT_CONFIRMED", {"paymentId": "p1"}),
        Event("VERIFY"),
        Event("FREEZE", {"reason": "odd sender"}),
        Event("RELEASE"),
    ]
    found = explore(
        story.chart,
        behaviour=BEHAVIOURS["payin"],
        guards="given",
        contexts=[story.context],
        events=events,
        now=NOON,
    )
    assert found.failures == ()
    verified = "payin.ACTIVE.SETTLED.VERIFIED"

    def is_wrong(place: Place) -> bool:
        context = place.context
        exact = context["settledMinor"] == context["expectedMinor"]
        return place.is_in(verified) and not (context["isDecided"] and exact)

    assert found.never(is_wrong).holds
    assert not found.never(lambda place: place.is_in(verified)).holds
