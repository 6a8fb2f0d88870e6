"""What a payment may do with money, and that the order in which a provider reports is of no matter."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st
from story import Story, payment

from orderwright.domain.orders.payment_reading import standing_of
from orderwright.statechart import Emit, Post

LINES = [{"lineNo": 1, "amount": "30.00"}]


def told(story: Story, name: str) -> list[dict]:
    effects = [effect for step in story.steps for effect in step.effects]
    return [e.data for e in effects if isinstance(e, Emit) and e.type == name]


def posted(story: Story) -> list[int]:
    effects = [effect for step in story.steps for effect in step.effects]
    return [e.data["amountMinor"] for e in effects if isinstance(e, Post)]


def test_a_confirmed_payment_is_told_and_posted_once():
    story = payment().tell("CONFIRM", "CAPTURE_REPORTED")
    assert posted(story) == [10000]
    assert [event["amountMinor"] for event in told(story, "payment.confirmed")] == [10000]


def test_confirming_twice_and_failing_after_confirming_are_refused_with_the_reason():
    story = payment().tell("CONFIRM")
    for event in ("CONFIRM", "FAIL"):
        (why,) = story.refusal(event).reasons
        assert why.code == "payment.already_confirmed"


def test_money_that_arrives_after_a_failure_counts():
    story = payment().tell("FAIL", "CAPTURE_REPORTED")
    assert (story.state, story.values["failedReason"]) == ("CONFIRMED", None)


@pytest.mark.parametrize(
    "reported",
    [{"amountMinor": 9999}, {"amountMinor": 10001}, {"currency": "USD"}, {"amountMinor": 0}],
)
@pytest.mark.parametrize("path", [[], ["CONFIRM"]])
def test_a_report_of_another_amount_or_currency_is_refused_with_both(path: list, reported: dict):
    story = payment().tell(*path)
    reasons = story.refusal("CAPTURE_REPORTED", **reported).reasons
    assert {why.code for why in reasons} == {"payment.mismatch"}
    assert reasons[0].values["expectedMinor"] == 10000


def test_refunds_never_exceed_what_was_captured():
    story = payment().tell("CONFIRM").tell("REFUND", refundId="a", amount="99.99")
    (why,) = story.refusal("REFUND", amount="0.02").reasons
    assert (why.code, why.values["left"]) == ("payment.exceeds_captured", "0.01")
    assert story.tell("REFUND", amount="0.01").state == "REFUNDED"
    assert standing_of(story.values).remaining == sum(posted(story)) == 0


def test_nothing_is_refunded_before_the_money_has_arrived():
    (why,) = payment().refusal("REFUND").reasons
    assert why.code == "payment.not_confirmed"


def test_a_refund_of_lines_says_how_much_of_it_is_theirs():
    story = payment().tell("CONFIRM").tell("REFUND", lines=LINES)
    (event,) = told(story, "payment.refunded")
    assert (event["ofLinesMinor"], event["remainingMinor"]) == (3000, 7000)


@pytest.mark.parametrize(
    ("amount", "lines", "code"),
    [
        ("30.00", [{"lineNo": 1, "amount": "29.00"}], "input.invalid"),
        ("30.00", [*LINES, {"lineNo": 1, "amount": "0.00"}], "input.invalid"),
        ("60.01", [{"lineNo": 1, "amount": "60.01"}], "payment.exceeds_captured"),
        ("10.00", [{"lineNo": 2, "amount": "10.00"}], "payment.exceeds_captured"),
        ("10.001", None, "input.invalid"),
        ("0.00", None, "input.invalid"),
    ],
)
def test_a_refund_that_its_lines_do_not_bear_is_refused(amount: str, lines: list, code: str):
    story = payment().tell("CONFIRM")
    given = {"lines": lines} if lines else {}
    (why,) = story.refusal("REFUND", amount=amount, **given).reasons
    assert why.code == code


def test_a_refund_of_lines_that_are_not_known_is_refused():
    story = payment().tell("CONFIRM")
    del story.facts["refundable"]
    assert story.refusal("REFUND", lines=LINES).code == "guard_unknown"


def test_a_refund_of_ours_that_the_provider_reports_counts_once():
    story = payment().tell("CONFIRM").tell("REFUND").tell("REFUND_REPORTED", amountMinor=3000)
    assert standing_of(story.values).refunded == 3000
    assert story.tell("REFUND_REPORTED", amountMinor=5000).values["refundedMinor"] == 5000
    assert [event["amountMinor"] for event in told(story, "payment.refunded")] == [3000, 2000]


@pytest.mark.parametrize("amount", ["30.00", "100.00"])
def test_a_refund_that_is_not_sent_counts_for_nothing_and_may_be_made_again(amount: str):
    story = payment().tell("CONFIRM").tell("REFUND", refundId="a", amount=amount)
    story.tell("REFUND_UNDONE", refundId="a")
    assert (story.state, standing_of(story.values).remaining) == ("CONFIRMED", 10000)
    assert sum(posted(story)) == 10000
    (again,) = story.refusal("REFUND", refundId="a", amount=amount).reasons
    assert again.code == "payment.repeated"
    assert story.tell("REFUND", refundId="b", amount="100.00").state == "REFUNDED"


def test_a_refund_is_undone_once_and_says_what_is_left_and_which_part_is_of_lines():
    story = payment().tell("CONFIRM").tell("REFUND", refundId="a", lines=LINES)
    story.tell("REFUND", refundId="b", amount="20.00").tell("REFUND_UNDONE", refundId="a")
    (event,) = told(story, "payment.refund_undone")
    assert (event["amountMinor"], event["ofLinesMinor"]) == (3000, 3000)
    assert (event["remainingMinor"], event["reason"]) == (8000, "denied")
    assert story.state == "PARTLY_REFUNDED"
    for refund in ("a", "never"):
        why, *_ = story.refusal("REFUND_UNDONE", refundId=refund).reasons
        assert why.code == "payment.no_refund"


def test_a_refund_that_the_provider_has_sent_is_not_undone_and_one_reported_later_counts():
    sent = payment().tell("CONFIRM").tell("REFUND").tell("REFUND_REPORTED", amountMinor=3000)
    (why,) = sent.refusal("REFUND_UNDONE", refundId="r-new").reasons
    assert why.code == "payment.refund_sent"
    late = payment().tell("CONFIRM", "REFUND").tell("REFUND_UNDONE", refundId="r-new")
    assert late.tell("REFUND_REPORTED", amountMinor=3000).values["refundedMinor"] == 3000


def test_a_refund_of_ours_is_not_taken_for_one_that_the_provider_had_reported_before():
    story = payment().tell("CONFIRM").tell("REFUND_REPORTED", refundId="console", amountMinor=2500)
    (why,) = story.refusal("REFUND", amount="75.01").reasons
    assert (why.code, why.values["left"]) == ("payment.exceeds_captured", "75.00")
    story.tell("REFUND", refundId="a", amount="40.00").tell("REFUND", refundId="b", amount="20.00")
    assert [event["amountMinor"] for event in told(story, "payment.refunded")] == [
        2500,
        4000,
        2000,
    ]
    assert story.values["refundedMinor"] == 8500
    story.tell("REFUND_REPORTED", refundId="of-a", amountMinor=4000)
    story.tell("REFUND_REPORTED", refundId="of-b", amountMinor=2000)
    assert story.values["refundedMinor"] == 8500
    assert story.tell("REFUND_REPORTED", refundId="other", amountMinor=1500).state == "REFUNDED"


def test_of_a_refund_that_is_not_sent_nothing_counts_and_what_was_reported_before_stays():
    story = payment().tell("CONFIRM").tell("REFUND", refundId="a", amount="40.00")
    story.tell("REFUND_REPORTED", refundId="console", amountMinor=2500)  # as if it were of a
    story.tell("REFUND", refundId="b", amount="30.00")
    assert story.values["refundedMinor"] == 7000
    story.tell("REFUND_UNDONE", refundId="a")  # so that the reported one was another
    assert story.values["refundedMinor"] == 5500
    story.tell("REFUND_UNDONE", refundId="b")
    assert (story.state, story.values["refundedMinor"]) == ("PARTLY_REFUNDED", 2500)


def test_a_refund_that_does_not_say_what_was_reported_before_it_is_read_as_the_first_of_all():
    old = {"amountMinor": 3000, "lines": {}, "reason": "late"}
    story = payment(refunds={"old": old}).tell("CONFIRM")
    assert story.tell("REFUND_REPORTED", amountMinor=2500).values["refundedMinor"] == 3000
    assert story.tell("REFUND", amount="10.00").values["refundedMinor"] == 4000


@pytest.mark.parametrize(
    ("path", "charged_back"),
    [
        (["CHARGE_BACK"], 4000),
        (["CHARGE_BACK", "CHARGEBACK_REPORTED"], 4000),
        (["CHARGE_BACK", "CHARGEBACK_REPORTED", "CHARGEBACK_REVERSED"], 0),
        (["CHARGE_BACK", "CHARGEBACK_REVERSED", "CHARGEBACK_REPORTED"], 0),
        (["CHARGEBACK_REPORTED", "CHARGEBACK_REVERSED"], 0),
        (["CHARGEBACK_REPORTED", "CHARGE_BACK"], 8000),
        (["CHARGEBACK_REPORTED", "CHARGE_BACK", "CHARGEBACK_REVERSED"], 4000),
    ],
)
def test_a_chargeback_that_people_have_recorded_is_the_one_that_is_reported_after_it(
    path: list[str], charged_back: int
):
    told = {
        "CHARGE_BACK": {"chargebackId": "own", "amount": "40.00"},
        "CHARGEBACK_REPORTED": {"amountMinor": 4000},
        "CHARGEBACK_REVERSED": {},
    }
    story = payment().tell("CONFIRM")
    for event in path:
        story.tell(event, **told[event])
    assert story.values["chargedBackMinor"] == charged_back


def test_a_chargeback_that_is_reversed_gives_the_money_back():
    story = payment().tell("CONFIRM", "CHARGEBACK_REPORTED", "CHARGEBACK_REVERSED")
    assert (story.state, posted(story)) == ("CONFIRMED", [10000, -10000, 10000])
    assert told(story, "payment.chargeback_reversed")[0]["remainingMinor"] == 10000


def test_money_of_nobody_is_told_as_unmatched_and_closed_when_it_is_registered():
    story = payment(orderId=None, provider="stripe", reference="pi_1")
    (event,) = told(story, "payment.unmatched")
    assert (event["reference"], event["orderId"]) == ("pi_1", None)
    assert story.tell("MATCHED").state == "MATCHED"
    assert posted(story) == []


REPORTS = st.one_of(
    st.just(("CAPTURE_REPORTED", {})),
    st.just(("FAILURE_REPORTED", {})),
    st.tuples(
        st.just("REFUND_REPORTED"),
        st.fixed_dictionaries(
            {"refundId": st.sampled_from("ab"), "amountMinor": st.sampled_from([1, 4000, 10000])}
        ),
    ),
    st.tuples(
        st.just("CHARGEBACK_REPORTED"),
        st.fixed_dictionaries(
            {"chargebackId": st.sampled_from("cd"), "amountMinor": st.sampled_from([500, 10000])}
        ),
    ),
    st.tuples(
        st.just("CHARGEBACK_REVERSED"),
        st.fixed_dictionaries({"chargebackId": st.sampled_from("cd")}),
    ),
)


@settings(max_examples=200, deadline=None)
@given(reports=st.lists(REPORTS, max_size=7), data=st.data())
def test_any_order_and_repetition_of_the_same_reports_ends_in_the_same_payment(
    reports: list, data: st.DataObject
):
    again = data.draw(st.permutations(reports + reports[:3]))
    first, second = payment(), payment()
    for story, listed in ((first, reports), (second, again)):
        for event, given_data in listed:
            story.tell(event, **given_data)
    assert (first.state, first.values) == (second.state, second.values)
    for story in (first, second):
        assert sum(posted(story)) == standing_of(story.values).remaining


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_once_a_provider_has_reported_all_refunds_their_sum_counts_whoever_made_them_and_when(
    data: st.DataObject,
):
    """Refunds are reported late and repeatedly, but never before they are made."""
    story, made, amounts = payment().tell("CONFIRM"), [], {}
    for number in range(data.draw(st.integers(1, 5), label="refunds")):
        name, amount = f"r{number}", data.draw(st.integers(1, 1500), label="amount")
        made.append(name)
        amounts[name] = amount
        before = standing_of(story.values).remaining
        if data.draw(st.booleans(), label="by us"):
            story.tell("REFUND", refundId=name, amount=str(Decimal(amount) / 100))
            assert before - standing_of(story.values).remaining == amount
        for one in data.draw(st.lists(st.sampled_from(made), max_size=3), label="reported"):
            story.tell("REFUND_REPORTED", refundId=f"their-{one}", amountMinor=amounts[one])
        assert standing_of(story.values).refunded <= sum(amounts.values())
    for one in data.draw(st.permutations(made), label="reported in the end"):
        story.tell("REFUND_REPORTED", refundId=f"their-{one}", amountMinor=amounts[one])
    assert standing_of(story.values).refunded == sum(amounts.values())
    assert sum(posted(story)) == standing_of(story.values).remaining
