from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, strategies as st
from story import LINE, NOON, at, quotation

from orderwright.money import Money
from orderwright.statechart import Event, Schedule, send


def edited(**edit: object) -> dict:
    return {"lines": [{**LINE, **edit}]}


def test_an_edit_sets_lines_shipping_and_the_exact_total():
    story = quotation().tell("EDIT")
    assert story.values["totalMinor"] == 2 * 5000 - 1000 + 1800 + 500
    assert story.values["shippingMinor"] == 500
    assert story.values["lines"][0]["quantity"] == 2


def test_an_edit_without_shipping_keeps_it():
    story = quotation(shippingMinor=700)
    step = send(
        story.chart, story.behaviour, story.snapshot, Event("EDIT", {"lines": [LINE]}), now=NOON
    )
    assert step.snapshot.context["shippingMinor"] == 700


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (edited(quantity=0), "lines[0].quantity"),
        (edited(quantity=-1), "lines[0].quantity"),
        (edited(quantity=1.5), "lines[0].quantity"),
        (edited(quantity=True), "lines[0].quantity"),
        (edited(unitPrice="0.001"), "lines[0].unitPrice"),
        (edited(unitPrice=5), "lines[0].unitPrice"),
        (edited(unitPrice="-5.00"), "lines[0].unitPrice"),
        (edited(sku=""), "lines[0].sku"),
        (edited(discount="1000.00"), "lines[0]"),
        (edited(tax="x"), "lines[0].tax"),
        (edited(quantity=1_000_001), "lines[0].quantity"),
        (edited(quantity=1_000_000, unitPrice="9000000000000.00"), "lines"),
        ({"lines": []}, "lines"),
        ({"shipping": "1.999"}, "shipping"),
        ({"shipping": "-1.00"}, "shipping"),
    ],
)
def test_an_edit_that_is_wrong_is_refused_with_the_field(data: dict, field: str):
    story = quotation()
    refused = story.refusal("EDIT", **data)
    assert refused.code == "blocked"
    assert [(why.code, why.values["field"]) for why in refused.reasons] == [
        ("input.invalid", field)
    ]
    assert story.values["quotationVersion"] == 1


@pytest.mark.parametrize(
    "path", [["SHARE"], ["SHARE", "BUYER_APPROVES"], ["SHARE", "SELLER_APPROVES"]]
)
def test_an_edit_counts_the_version_once_and_clears_approvals_once(path: list[str]):
    story = quotation().tell(*path, "EDIT")
    assert (story.values["quotationVersion"], story.values["approvals"]) == (2, {})
    story.tell("EDIT")
    assert (story.state, story.values["quotationVersion"]) == ("REVISED", 3)


def test_every_entry_to_revised_is_a_new_version_without_approvals():
    sold = quotation().tell("SHARE", "BUYER_APPROVES", "SELLER_APPROVES")
    assert sold.tell("SALE_EXPIRED").values["approvals"] == {}
    assert sold.values["quotationVersion"] == 2
    lapsed = quotation().tell("VALIDITY_ENDED", "EXTEND_VALIDITY")
    assert (lapsed.state, lapsed.values["quotationVersion"]) == ("REVISED", 2)


def test_an_approval_names_the_version_and_a_stale_one_is_refused_with_both_numbers():
    story = quotation().tell("SHARE", "EDIT", "SHARE")
    (why,) = story.refusal("BUYER_APPROVES").reasons
    assert (why.code, why.values) == ("quotation.version_stale", {"version": 1, "current": 2})
    story.tell("BUYER_APPROVES", version=2)
    assert story.values["approvals"] == {"BUYER": {"version": 2, "at": at(NOON)}}


def test_a_buyer_cannot_give_the_approval_of_the_seller():
    story = quotation().tell("SHARE")
    story.facts["actor"] = {"sides": ["BUYER"]}
    (why,) = story.refusal("SELLER_APPROVES").reasons
    assert (why.code, why.unblockers) == ("quotation.wrong_party", ("seller",))
    story.tell("BUYER_APPROVES")
    assert story.refusal("SELLER_APPROVES").code == "blocked"
    assert story.state == "APPROVED_BY_BUYER"


def test_an_unknown_actor_gives_no_approval():
    story = quotation().tell("SHARE")
    del story.facts["actor"]
    refused = story.refusal("BUYER_APPROVES")
    assert (refused.code, refused.values["missing"]) == ("guard_unknown", ["facts.actor"])


def test_mutual_approval_is_told_with_the_version_that_was_approved():
    story = quotation().tell("SHARE", "EDIT", "SHARE")
    story.tell("SELLER_APPROVES", "BUYER_APPROVES", version=2)
    (told,) = story.step.effects
    assert (told.type, told.data) == (
        "quotation.mutually_approved",
        {"quotationId": "q1", "version": 2},
    )


def test_the_timer_falls_due_at_the_end_of_validity_and_there_is_none_without_one():
    (timer,) = quotation().step.effects
    assert timer == Schedule(Event("VALIDITY_ENDED"), 10 * 86_400_000, "VALIDITY_ENDED")
    assert quotation(validUntil=None).step.effects == ()


def test_extending_replaces_the_timer_and_counts_from_the_end_or_from_now_when_it_has_passed():
    story = quotation().tell("EXTEND_VALIDITY", days=5)
    assert story.values["validUntil"] == at(NOON + timedelta(days=15))
    (timer,) = story.step.effects
    assert (timer.id, timer.delay_ms) == ("VALIDITY_ENDED", 15 * 86_400_000)
    story.wait(days=20).tell("VALIDITY_ENDED").tell("EXTEND_VALIDITY", days=5)
    assert story.values["validUntil"] == at(NOON + timedelta(days=25))


@pytest.mark.parametrize("first", ["BUYER_APPROVES", "SELLER_APPROVES"])
def test_one_person_who_may_speak_for_both_sides_speaks_for_one_of_a_version(first: str):
    (second,) = {"BUYER_APPROVES", "SELLER_APPROVES"} - {first}
    admin, other = ({"id": one, "sides": ["BUYER", "SELLER"]} for one in ("admin", "root"))
    story = quotation().tell("SHARE")
    story.facts["actor"] = admin
    [reason] = story.tell(first).refusal(second).reasons
    assert reason.code == "quotation.same_person"
    story.facts["actor"] = other
    assert story.tell(second).state == "MUTUALLY_APPROVED"


@pytest.mark.parametrize("first", ["BUYER_APPROVES", "SELLER_APPROVES"])
def test_nobody_approves_after_the_end_of_validity_though_the_timer_is_late(first: str):
    (second,) = {"BUYER_APPROVES", "SELLER_APPROVES"} - {first}
    story = quotation().tell("SHARE").wait(days=10)
    late = [story.copy().refusal(one).reasons for one in (first, second)]
    late.append(quotation().tell("SHARE", first).wait(days=10).refusal(second).reasons)
    assert {reason.code for reasons in late for reason in reasons} == {"quotation.validity_ended"}
    assert story.tell("EXTEND_VALIDITY", first, second).state == "MUTUALLY_APPROVED"


def test_a_sale_that_expired_returns_the_quotation_or_ends_it_when_validity_has_passed():
    sold = quotation().tell("SHARE", "BUYER_APPROVES", "SELLER_APPROVES")
    assert sold.copy().wait(days=9).tell("SALE_EXPIRED").state == "REVISED"
    assert sold.copy().wait(days=10).tell("SALE_EXPIRED").state == "EXPIRED"
    assert sold.refusal("SALE_EXPIRED", version=2).code == "blocked"


amounts = st.integers(0, 10**9)
lines = st.lists(
    st.tuples(st.integers(1, 10_000), amounts, amounts, amounts).filter(
        lambda one: one[0] * one[1] + one[3] >= one[2]
    ),
    min_size=1,
    max_size=8,
)


@given(lines, amounts, st.sampled_from(["EUR", "JPY", "KWD", "NGN"]))
def test_the_total_is_exactly_the_lines_plus_shipping(lines: list, shipping: int, currency: str):
    def major(minor: int) -> str:
        return Money(minor, currency).amount

    given_lines = [
        {
            "sku": "S",
            "quantity": n,
            "unitPrice": major(unit),
            "discount": major(off),
            "tax": major(tax),
        }
        for n, unit, off, tax in lines
    ]
    story = quotation(currency=currency).tell("EDIT", lines=given_lines, shipping=major(shipping))
    assert (
        story.values["totalMinor"]
        == sum(n * unit - off + tax for n, unit, off, tax in lines) + shipping
    )
