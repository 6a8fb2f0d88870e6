"""What is told of an event is taken in as facts of their types, exactly, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from orderwright.app.policies.asking import Answers
from orderwright.app.policies.derived import counted, derived, unreadable
from orderwright.app.policies.intake import mistyped_of, take_in
from orderwright.app.policies.occurrence import key_of
from orderwright.app.policies.scene import User
from orderwright.app.policies.wording import Words
from orderwright.condition import FactField, Mistyped, plain, read
from orderwright.domain.event_trigger import EVENT_TRIGGERS, SENSITIVE, facts_of_named
from orderwright.domain.trigger import TRIGGERS
from orderwright.json_text import dump, is_storable
from orderwright.money import Money
from orderwright.policy.masking import MASK, masked_facts
from orderwright.runtime.command import LONGEST_ID

ORDER, PAYIN = TRIGGERS["ORDER_CREATED"].facts, TRIGGERS["PAYIN_RECEIVED"].facts
NOW = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
EUR = {"currency": "EUR"}
TEXT = st.text(st.sampled_from("a1. é€\x00\n\ud800"), max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["amount", "currency", "rate", "user", "userId", "user.country", "x", "\ud800"]
)


@pytest.mark.parametrize(
    ("told", "amount"),
    [
        ({"amount": "1500.5", **EUR}, Money(150_050, "EUR")),
        ({"amount": 1500.5, **EUR}, Money(150_050, "EUR")),
        ({"amount": Decimal("0.10"), **EUR}, Money(10, "EUR")),
        ({"amount": 7, "currency": "JPY"}, Money(7, "JPY")),
        ({"amount": {"money": "1.00", "currency": "USD"}, **EUR}, Money(100, "USD")),
        ({"amount": "1.005", **EUR}, None),
        ({"amount": "7.5", "currency": "JPY"}, None),
        ({"amount": "1e3", **EUR}, None),
        ({"amount": float("nan"), **EUR}, None),
        ({"amount": True, **EUR}, None),
        ({"amount": "1.00", "currency": "ABC"}, None),
        ({"amount": "1.00"}, None),
    ],
)
def test_an_amount_is_exact_or_not_there(told: dict[str, object], amount: Money | None):
    found = take_in(told, ORDER)
    assert found.facts.get("amount") == amount
    assert any(one.startswith("amount: ") for one in found.flagged) is (amount is None)


def test_a_fact_of_a_wrong_type_is_mistyped_and_so_are_facts_within_it():
    schema = {**PAYIN, "form": FactField(type="object"), "form.age": FactField(type="number")}
    told = {"amount": "12,50", "currency": "eur", "user": "DE", "senderName": 7, "rate": None}
    found = take_in({**told, "form": {"age": "9"}}, schema)
    assert found.facts == {"currency": "eur", "user": "DE", "rate": None, "form": {"age": "9"}}
    reasons = {path: one.reason for path, one in found.mistyped.items()}
    assert reasons == {
        "amount": "no amount in eur",
        "senderName": "number where text belongs",
        "form.age": "text where number belongs",
        **{path: "text where object belongs" for path in PAYIN if path.startswith("user.")},
    }
    kept = {path: plain(value) for path, value in found.facts.items()}
    again = take_in(kept, schema)
    remembered = mistyped_of(found.flagged, kept, schema)
    assert {**remembered, **again.mistyped} == found.mistyped
    assert take_in({"form": 5}, schema).mistyped.keys() == {"form", "form.age"}


def test_what_would_follow_from_a_mistyped_fact_is_not_empty_either():
    wrong = {"amount": Mistyped("list where money belongs"), "userId": Mistyped("x")}
    summed, counted_ = (f"velocity.PAYIN_RECEIVED.{one}.wallet.1h" for one in ("sum", "count"))
    found = unreadable(["amountMismatch", "hour", "user.country", summed, counted_], {}, wrong)
    assert found.keys() == {"amount", "userId", "amountMismatch", "user.country", summed}
    assert found["amountMismatch"].reason == "it follows from amount: list where money belongs"
    assert unreadable(["amountMismatch"], {"amountMismatch": False}, wrong) == wrong


def test_nested_and_dotted_facts_are_the_same_and_the_rest_is_kept_and_flagged():
    nested = take_in({"user": {"country": "DE", "shoe": 43}, "zip": ["1"]}, ORDER)
    assert nested.facts == {"user.country": "DE", "user.shoe": 43, "zip": ["1"]}
    assert nested.flagged == (
        "user.shoe: no fact of this trigger",
        "zip: no fact of this trigger",
    )
    assert take_in({"user.country": "DE"}, ORDER).facts == {"user.country": "DE"}


@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_whatever_is_told_what_is_taken_in_has_its_type_and_can_be_kept(told: dict[str, object]):
    found = take_in(told, ORDER)
    assert is_storable(dump(plain(found.facts)))
    assert "\x00" not in _texts(plain(found.facts))
    assert all(is_storable(one) for one in found.flagged)
    for path, value in found.facts.items():
        if path in ORDER:
            assert read(value)[0] in (ORDER[path].type, "null")


def _nested(depth: int) -> object:
    """Return objects in one another, deeper than anything recursive goes."""
    found: object = 1
    for _ in range(depth):
        found = {"x": found}
    return found


def _texts(form: object) -> str:
    """Return all text of a JSON-ready value, keys included."""
    if isinstance(form, dict):
        return "".join(key + _texts(value) for key, value in form.items())
    return "".join(map(_texts, form)) if isinstance(form, list) else str(form)


@pytest.mark.parametrize(
    ("text", "is_fact"),
    [
        ("x" * 10_000, True),
        ("x" * 10_001, False),
        ("a\x00b", False),
        ("a\ud800b", False),
        ("a\\u0000b", True),  # a backslash and letters
        ("a\\\x00b", False),
    ],
)
def test_a_text_that_cannot_be_kept_is_no_fact_and_says_all_the_same_whose_the_event_is(
    text: str, is_fact: bool
):
    found = take_in({"userId": text}, ORDER)
    assert found.facts == ({"userId": text} if is_fact else {})
    assert [one.startswith("userId: text ") for one in found.flagged] == [True] * (not is_fact)
    event, other = (
        counted("ORDER_CREATED", take_in({"userId": one}, ORDER).names, User(), NOW)
        for one in (text, text + "b")
    )
    assert event.user
    assert len(event.user) <= LONGEST_ID
    assert is_storable(event.user)
    assert event.users == (event.user,) != other.users


@pytest.mark.parametrize(
    ("told", "flagged"),
    [
        ({"amount": "1.00", "currency": "\x00\ud800"}, ("amount", "currency")),
        ({"amount": 10**5_000, **EUR}, ("amount",)),
        ({"rate": 10**5_000}, ("rate",)),
        ({"user": _nested(3_000)}, ("user.x",)),
    ],
)
def test_what_nothing_can_write_is_no_fact(told: dict[str, object], flagged: tuple[str, ...]):
    found = take_in(told, ORDER)
    assert all(is_storable(one) for one in found.flagged)
    assert len(found.flagged) == len(flagged)
    assert all(map(str.startswith, found.flagged, flagged))


@pytest.mark.parametrize(
    "told",
    [10**5_000, _nested(3_000), [_nested(3_000)], "\ud800", object()],
    ids=["number", "object", "list", "half", "other"],
)
@pytest.mark.parametrize("name", ["walletId", "address", "submissions", "provider"])
def test_whatever_is_told_there_is_a_key_that_can_be_kept(name: str, told: object):
    for trigger in ("WALLET_ADDED", "KYC_SUBMITTED", "ORDER_CREATED"):
        key = key_of(trigger, {name: told})
        assert is_storable(key)
        assert len(key) <= LONGEST_ID


def test_what_is_sensitive_by_its_name_is_masked_where_the_trigger_does_not_know_it():
    told = {
        "email": "eve@mail.example",
        "amount": Money(100, "EUR"),
        "buyer": {
            "email": "eve@mail.example",
            "wallets": [{"walletAddress": "0x1", "kind": "BTC"}],
        },
    }
    assert masked_facts(take_in(told, ORDER).facts, ORDER, SENSITIVE) == {
        "email": MASK,
        "amount": Money(100, "EUR"),
        "buyer": {"email": MASK, "wallets": [{"walletAddress": MASK, "kind": "BTC"}]},
    }
    known = {**ORDER, "email": FactField(type="text")}
    assert masked_facts({"email": "shop@mail.example"}, known, SENSITIVE) == {
        "email": "shop@mail.example"
    }


def test_what_is_not_known_does_not_follow():
    assert derived({}, User(), Answers(), NOW) == {"hour": 23}


def test_a_hosts_amount_due_goes_before_that_of_the_order():
    told = {"amount": Money(100, "EUR"), "expectedAmount": Money(100, "EUR")}
    found = derived(told, User(), Answers(due=Money(900, "EUR")), NOW)
    assert (found["amountMismatch"], found["expectedAmount"]) == (False, Money(100, "EUR"))
    assert derived({"amount": Money(100, "USD")}, User(), Answers(due=Money(100, "EUR")), NOW)[
        "amountMismatch"
    ]


@pytest.mark.parametrize(
    ("amount", "in_all", "is_mismatch"),
    [
        (60, 60, False),  # a part: the rest may come
        (40, 100, False),
        (41, 101, True),
        (100, 100, False),
        (60, None, True),  # a host that knows of no parts
        (100, None, False),
    ],
)
def test_a_part_of_the_money_is_no_mismatch(amount: int, in_all: int | None, is_mismatch: bool):
    total = {} if in_all is None else {"receivedAmount": Money(in_all, "EUR")}
    told = {"amount": Money(amount, "EUR"), "expectedAmount": Money(100, "EUR"), **total}
    found = derived(told, User(), Answers(), NOW)
    assert found["amountMismatch"] is is_mismatch
    assert found["receivedAmount"] == Money(in_all or amount, "EUR")


def test_a_user_who_registers_is_no_day_old_and_has_the_country_that_comes_along():
    told = {"email": "a@B.example", "country": "DE"}
    found = derived(told, User(), Answers(), NOW)
    assert (found["user.country"], found["user.emailDomain"]) == ("DE", "b.example")
    assert found["user.registeredDays"] == 0
    early = User(registered_at=NOW + timedelta(seconds=1))
    assert derived({}, early, Answers(), NOW)["user.registeredDays"] == 0


def test_an_order_of_a_customer_counts_for_the_user_who_they_are():
    event = counted("ORDER_CREATED", {"userId": "customer"}, User(id="u", country="DE"), NOW)
    assert (event.user, event.country, event.amount) == ("u", "DE", None)
    told = {"userId": "u2", "country": "FR", "walletAddress": "0x1"}
    event = counted("PAYOUT_REQUESTED", told, User(country="DE"), NOW)
    assert (event.user, event.country, event.wallet) == ("u2", "FR", "0x1")


def test_domain_events_say_what_hosts_would():
    order = {"orderId": "o", "customerId": "c", "currency": "EUR", "grandTotalMinor": 100}
    assert facts_of_named("order.created", order) == {
        "orderId": "o",
        "currency": "EUR",
        "userId": "c",
        "amount": Money(100, "EUR"),
        "totalAmount": Money(100, "EUR"),
    }
    money = {"amountMinor": 40, "receivedMinor": 90, "expectedMinor": 100, "senderName": None}
    payin = facts_of_named("payin.received", {"payInId": "p", "currency": "EUR", **money})
    assert (payin["amount"], payin["expectedAmount"]) == (Money(40, "EUR"), Money(100, "EUR"))
    assert payin["receivedAmount"] == Money(90, "EUR")
    assert "senderName" not in payin


def test_what_policies_bring_about_themselves_is_no_trigger():
    assert not {name for name in EVENT_TRIGGERS if ".held" in name or ".hold_" in name}


def test_words_that_are_stored_are_one_line_and_hold_nothing_sensitive():
    facts = {"senderName": "Mallory", "method": "a\nb", "amount": Money(100, "EUR")}
    words = Words(facts, PAYIN)
    config = {"reason": "{{senderName}} {{method}} {{amount}} {{orderId}}", "minimum": 2}
    assert words.config(config) == {"reason": "*** a b 1.00 EUR (unknown)", "minimum": 2}
    assert words.clean("no match for 'Mallory'\x00") == "no match for '***'"


def test_facts_whose_case_has_no_meaning_are_taken_in_their_own():
    told = {"email": "Ada@Mail.Example", "country": "de", "user": {"emailDomain": "Mail.Example"}}
    facts = take_in({**told, "userId": "Ada"}, TRIGGERS["USER_REGISTERED"].facts).facts
    assert facts == {
        "email": "ada@mail.example",
        "country": "DE",
        "user.emailDomain": "mail.example",
        "userId": "Ada",
    }
