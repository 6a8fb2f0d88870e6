"""Small parts: spans, templates, masks, triggers, patterns, the surface."""

from __future__ import annotations

import html
import subprocess
import sys
from datetime import timedelta

import pytest
import re2
from policies import CATALOGUE, FACTS, LISTS, TRIGGERS, deployed, eur, every, money, rule, simple

import orderwright.policy as surface
from orderwright.condition import FactField
from orderwright.errors import InputInvalid
from orderwright.money import Money
from orderwright.policy import (
    Threshold,
    TriggerType,
    duration,
    linear,
    masked_facts,
    masked_tree,
    reading,
    render,
    run,
)
from orderwright.policy.masking import MASK, has_mask


def test_spans_are_minutes_hours_and_days():
    assert [duration(text) for text in "30m 24h 7d".split()] == [
        timedelta(minutes=30),
        timedelta(days=1),
        timedelta(days=7),
    ]
    for text in ("", "0h", "1.5h", "h", "7w", "100000d", "7d "):
        with pytest.raises(InputInvalid):
            duration(text)


def test_a_template_says_what_facts_hold_and_escapes_it():
    lookup = reading({"name": "<b>", "amount": money("12500.00"), "nothing": None})
    text = "<p>{{name}} {{ amount }} {{nothing}} {{ missing }}</p>"
    assert render(text, lookup, escape=html.escape) == (
        "<p>&lt;b&gt; 12,500.00 EUR (unknown) (unknown)</p>"
    )


def test_a_template_is_not_filled_in_twice():
    lookup = reading({"a": "{{b}}", "b": "secret"})
    assert render("{{a}}", lookup, escape=str) == "{{b}}"


def test_sensitive_facts_are_masked_however_they_are_nested():
    facts = {"user": {"email": "a@b.example", "country": "DE"}, "amount": 5}
    assert masked_facts(facts, FACTS) == {
        "user": {"email": "***", "country": "DE"},
        "amount": 5,
    }
    assert masked_facts({"user.email": "a@b.example"}, FACTS) == {"user.email": "***"}


def test_an_evaluation_quotes_no_sensitive_fact():
    asked = every(
        rule("user.email", "==", "x"),
        rule("user.country", "==", {"fact": "user.email"}),
        every(rule("user.country", "==", "DE")),
    )
    found = run(deployed(simple(asked)), {"user": {"email": "a@b.example", "country": "DE"}})
    tree = found.evaluations["c"].to_json()
    assert "a@b.example" in str(tree)
    masked = masked_tree(tree, FACTS)
    assert "a@b.example" not in str(masked)
    assert masked["rules"][0]["actual"] == "***"
    assert masked["rules"][0]["expected"] == "x"
    assert masked["rules"][1]["expected"] == "***"
    assert masked["rules"][2]["rules"][0]["actual"] == "DE"


def test_a_mask_is_found_wherever_it_stands():
    assert has_mask({"people": [{"email": MASK}]})
    assert not has_mask({"people": ({"email": None}, 5)})


def test_what_quotes_nothing_is_left_as_it_is():
    assert masked_tree({"field": "user.email", "result": None}, FACTS) == {
        "field": "user.email",
        "result": None,
    }


LINE = Threshold(
    aggregate="sum", of="ORDER_CREATED", key="user", window="24h", threshold=Money(100, "EUR")
)


@pytest.mark.parametrize(
    ("before", "after", "crossed"),
    [
        (Money(99, "EUR"), Money(100, "EUR"), True),
        (Money(0, "EUR"), Money(99, "EUR"), False),
        (Money(100, "EUR"), Money(200, "EUR"), False),
        (Money(150, "EUR"), Money(50, "EUR"), False),
        (Money(0, "USD"), Money(100, "EUR"), None),
        (0, Money(100, "EUR"), None),
        (Money(0, "EUR"), None, None),
    ],
)
def test_a_line_is_crossed_once_and_upwards(before: object, after: object, crossed: object):
    assert LINE.is_crossed(before, after) is crossed


def test_a_count_crosses_a_line_too():
    line = Threshold(aggregate="count", of="X", key="user", window="1h", threshold=3)
    assert [line.is_crossed(n - 1, n) for n in (2, 3, 4)] == [False, True, False]
    assert line.is_crossed(True, 3) is None
    assert line.is_crossed("2", 3) is None


def test_a_host_registers_more_facts_and_none_twice():
    order = TRIGGERS["ORDER_CREATED"]
    more = order.extended({"shop.id": FactField(type="text")})
    assert more.facts.keys() - order.facts.keys() == {"shop.id"}
    with pytest.raises(InputInvalid):
        order.extended({"amount": FactField(type="text")})


def test_events_are_counted_by_what_their_facts_name_and_only_where_they_are_kept():
    facts = {"userId": FactField(type="text"), "amount": FactField(type="number")}
    known = TriggerType(name="PING", facts=facts, is_counted=True)
    assert (known.keys, known.has_amount) == (("user",), False)
    assert TriggerType(name="PING", facts=facts).keys == ()


def test_unknown_keys_of_a_context_are_flagged():
    context = {"amount": 1, "user": {"country": "DE"}, "colour": "red", "user.country": "DE"}
    assert TRIGGERS["ORDER_CREATED"].flagged(context) == ("colour",)
    assert TriggerType(name="PING").flagged({}) == ()


def test_a_pattern_that_re2_does_not_take_is_a_value_error_with_its_reason():
    with pytest.raises(ValueError, match="missing"):
        linear("(a")
    assert issubclass(re2.error, Exception)


def test_lists_of_the_tests_are_those_of_the_catalogue():
    assert LISTS.keys() <= CATALOGUE.keys()
    assert eur("1.00") == {"money": "1.00", "currency": "EUR"}


def test_the_public_surface_is_sorted_and_there():
    assert surface.__all__ == sorted(surface.__all__, key=_isort)
    assert all(hasattr(surface, name) for name in surface.__all__)


def _isort(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def test_importing_policies_pulls_in_nothing_but_the_standard_library_and_re2():
    program = (
        "import sys, orderwright; before = set(sys.modules); import orderwright.policy; "
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}; "
        "print(sorted(new - set(sys.stdlib_module_names) - {'orderwright'}))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "['re2']"
