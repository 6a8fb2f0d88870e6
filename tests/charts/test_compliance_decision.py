"""How long pay-ins, pay-outs, KYC sessions and users wait for their decision, and what tells that it is overdue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from compliance_story import kyc, payin, payout, user
from hypothesis import given, strategies as st
from story import HOLD

from orderwright.statechart import Cancel, Emit, Event, Schedule

if TYPE_CHECKING:
    from collections.abc import Callable

    from story import Story

OVERDUE = Schedule(Event("DECISION_OVERDUE"), 60_000, "DECISION_OVERDUE")
WAITING = {
    "payin": lambda: payin().tell("PAYIN_RECEIVED", amount="40.00", reference="t1"),
    "payout": payout,
    "kyc": lambda: kyc().tell("DOCUMENTS_SUBMITTED"),
    "user": user,
}
TOLD = {
    "payin": {"payInId": "pi1", "number": "PI-1"},
    "payout": {"payOutId": "po1", "number": "PO-1"},
    "kyc": {"kycSessionId": "k1", "userId": "u1", "number": "KY-1", "submissions": 1},
    "user": {"userId": "u1"},
}


@pytest.mark.parametrize("begin", WAITING.values(), ids=WAITING)
def test_the_wait_begins_with_what_is_decided_on_and_ends_with_the_decision(
    begin: Callable[[], Story],
):
    story = begin()
    assert OVERDUE in story.step.effects
    assert Cancel("DECISION_OVERDUE") in story.tell("DECISION_RECORDED").step.effects
    (why,) = story.refusal("DECISION_OVERDUE").reasons
    assert why.code == "policy.already_decided"


@pytest.mark.parametrize(("chart", "begin"), WAITING.items())
def test_what_is_not_decided_in_time_is_told_and_stays_where_it_is(
    chart: str, begin: Callable[[], Story]
):
    story = begin()
    state = story.state
    story.wait(minutes=1).tell("DECISION_OVERDUE")
    assert story.step.effects == (Emit(f"{chart}.undecided", TOLD[chart]),)
    assert story.state == state


def test_a_pay_in_waits_for_a_decision_with_each_transfer_and_only_with_one():
    assert OVERDUE not in payin().step.effects
    story = payin().tell("PAYIN_RECEIVED", amount="40.00", reference="t1")
    later = story.copy().tell("PAYIN_RECEIVED", amount="10.00", reference="t2")
    assert OVERDUE in later.step.effects
    assert OVERDUE in later.tell("PAYMENT_CONFIRMED").step.effects
    assert OVERDUE not in later.tell("PAYMENT_CONFIRMED").step.effects
    assert OVERDUE not in payin().tell("PAYIN_RECEIVED", "PAYMENT_CONFIRMED").step.effects
    assert OVERDUE in payin().tell("PAYMENT_CONFIRMED").step.effects
    assert OVERDUE in payin().tell("FREEZE", "PAYIN_RECEIVED").step.effects
    decided = payin().tell("DECISION_RECORDED", transfer=0)
    assert decided.values["isDecided"] is True
    assert decided.tell("PAYIN_RECEIVED").values["isDecided"] is False


@given(st.lists(st.sampled_from(("40.00", "60.00", "confirm", "verify", "1", "2", "3"))))
def test_a_pay_in_is_verified_only_after_a_decision_on_its_newest_transfer(steps: list[str]):
    story, decided = payin(expiresAt=None), set[int]()
    for number, step in enumerate(steps):
        was_open = story.state != "VERIFIED"
        match step:
            case "confirm":
                story.send("PAYMENT_CONFIRMED")
            case "verify":
                story.send("VERIFY")
            case "1" | "2" | "3":
                newest = len(story.values["receipts"])
                decided |= {int(step)} if int(step) == newest else set()
                story.tell("DECISION_RECORDED", transfer=int(step))
            case _:
                story.send("PAYIN_RECEIVED", amount=step, reference=f"t{number}")
        newest = len(story.values["receipts"])
        assert story.values["isDecided"] == (newest in decided)
        assert not (was_open and story.state == "VERIFIED") or newest in decided


def test_a_late_decision_on_an_earlier_transfer_holds_and_does_not_count():
    story = (
        payin().tell("PAYIN_RECEIVED", amount="40.00", reference="t1").tell("PAYMENT_CONFIRMED")
    )
    story.tell("DECISION_RECORDED", holds={"h1": HOLD})
    codes = {one.code for one in story.refusal("VERIFY").reasons}
    assert codes == {"policy.undecided", "policy.held"}
    assert story.tell("HOLD_LIFTED").state == "RECEIVED"
    assert story.tell("DECISION_RECORDED", transfer=2).state == "VERIFIED"


@pytest.mark.parametrize(
    ("named", "refused"),
    [
        ({}, None),
        ({"transfer": 2}, None),
        ({"transfer": 1}, "payin.transfer_superseded"),
        ({"transfer": 3}, "payin.transfer_superseded"),
    ],
)
def test_a_verification_that_names_its_transfer_is_taken_for_the_newest_alone(
    named: dict[str, int], refused: str | None
):
    story = payin().tell("PAYIN_RECEIVED", amount="60.00", reference="t1")
    story.tell("PAYIN_RECEIVED", amount="40.00", reference="t2")
    story.tell("DECISION_RECORDED", transfer=2)
    if refused is None:
        assert story.tell("VERIFY", **named).state == "VERIFIED"
    else:
        (why,) = story.refusal("VERIFY", **named).reasons
        assert (why.code, why.values) == (refused, {**named, "newest": 2})


def test_a_session_that_is_turned_down_waits_no_longer():
    story = kyc().tell("DOCUMENTS_SUBMITTED", "REJECT")
    assert Cancel("DECISION_OVERDUE") in story.step.effects
    assert OVERDUE in story.tell("RESUBMIT", "DOCUMENTS_SUBMITTED").step.effects


STEPS = ("submit", "ask", "again", "approve", "first", "second", "third")


@given(st.lists(st.sampled_from(STEPS), max_size=14))
def test_a_session_is_approved_only_after_a_decision_on_its_newest_submission(steps: list[str]):
    story, decided = kyc(expiresAt=None), set[int]()
    for step in steps:
        newest = story.values["submissions"]
        match step:
            case "submit":
                story.send("DOCUMENTS_SUBMITTED")
            case "ask":
                story.send("DOCUMENTS_REQUIRED")
            case "again":
                story.send("REJECT")
                story.send("RESUBMIT")
            case "approve":
                was_open = story.state in ("PENDING", "DOCUMENTS_REQUESTED")
                story.send("APPROVE")
                assert not (was_open and story.state == "APPROVED") or newest in decided
            case _:
                number = STEPS.index(step) - 3
                story.tell("DECISION_RECORDED", submission=number)
                decided |= {number} if number == newest else set()
        assert story.values["isDecided"] == (story.values["submissions"] in decided)


def test_a_late_decision_on_an_earlier_submission_holds_and_does_not_count():
    story = kyc().tell("DOCUMENTS_SUBMITTED", "DOCUMENTS_SUBMITTED")
    story.tell("DECISION_RECORDED", submission=1, holds={"h1": HOLD})
    codes = {one.code for one in story.refusal("APPROVE").reasons}
    assert codes == {"policy.undecided", "policy.held"}
    story.tell("HOLD_LIFTED").tell("DECISION_RECORDED", submission=2)
    assert story.tell("APPROVE").state == "APPROVED"


@pytest.mark.parametrize(
    ("named", "refused"),
    [
        ({}, None),
        ({"submission": 2}, None),
        ({"submission": 1}, "kyc.submission_superseded"),
        ({"submission": 3}, "kyc.submission_superseded"),
    ],
)
def test_an_approval_that_names_its_submission_is_taken_for_the_newest_alone(
    named: dict[str, int], refused: str | None
):
    story = kyc().tell("DOCUMENTS_SUBMITTED", "DECISION_RECORDED")
    story.tell("DOCUMENTS_SUBMITTED").tell("DECISION_RECORDED", submission=2)
    if refused is None:
        assert story.tell("APPROVE", **named).state == "APPROVED"
    else:
        (why,) = story.refusal("APPROVE", **named).reasons
        assert (why.code, why.values) == (refused, {**named, "newest": 2})
