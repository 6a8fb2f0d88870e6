from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from conditions import every, read, regex, rule, some

from orderwright.condition import (
    MAX_DEPTH,
    ConditionInvalid,
    Group,
    ListReference,
    Pattern,
    Problem,
    Reference,
    Rule,
    fields,
    parse,
    walk,
)
from orderwright.money import Money

GOOD = {"field": "a", "operator": "==", "value": 1}


@pytest.mark.parametrize(
    ("source", "path", "code"),
    [
        ([], "at", "type"),
        (None, "at", "type"),
        ({"combinator": "xor", "rules": [GOOD]}, "at.combinator", "combinator"),
        ({"rules": [GOOD]}, "at.combinator", "combinator"),
        ({"combinator": "and", "rules": []}, "at.rules", "type"),
        ({"combinator": "and"}, "at.rules", "type"),
        ({"combinator": "and", "rules": "a"}, "at.rules", "type"),
        ({"combinator": "and", "rules": [GOOD], "not": "yes"}, "at.not", "type"),
        ({"combinator": "and", "rules": [GOOD], "id": 1}, "at.id", "unknown_key"),
        ({"combinator": "and", "rules": [5]}, "at.rules[0]", "type"),
        ({"combinator": "and", "rules": [{**GOOD, "x": 1}]}, "at.rules[0].x", "unknown_key"),
        ({"combinator": "and", "rules": [{**GOOD, "field": ""}]}, "at.rules[0].field", "type"),
        (
            {"combinator": "and", "rules": [{**GOOD, "operator": "matches"}]},
            "at.rules[0].operator",
            "operator",
        ),
        (
            {"combinator": "and", "rules": [{**GOOD, "operator": []}]},
            "at.rules[0].operator",
            "operator",
        ),
        (
            {"combinator": "and", "rules": [{"field": "a", "operator": "=="}]},
            "at.rules[0].value",
            "value_missing",
        ),
        (
            {"combinator": "and", "rules": [{**GOOD, "value": {"x": 1}}]},
            "at.rules[0].value",
            "value",
        ),
        (
            {"combinator": "and", "rules": [{**GOOD, "value": {"fact": 1}}]},
            "at.rules[0].value",
            "value",
        ),
        (
            {"combinator": "and", "rules": [{**GOOD, "operator": "in"}]},
            "at.rules[0].value",
            "value",
        ),
        (
            {"combinator": "and", "rules": [{**GOOD, "operator": "between"}]},
            "at.rules[0].value",
            "value",
        ),
        (
            {"combinator": "and", "rules": [{**GOOD, "operator": "between", "value": [1]}]},
            "at.rules[0].value",
            "value",
        ),
        (every(rule("a", "==", {"fact": ""})), "at.rules[0].value", "value"),
        (every(rule("a", "==", {"list": "l"})), "at.rules[0].value", "value"),
        (every(rule("a", "in", {"list": 5})), "at.rules[0].value", "value"),
        (every(rule("a", "in", [{"fact": "b"}])), "at.rules[0].value[0]", "value"),
        (every(rule("a", "in", [["x"], b"x"])), "at.rules[0].value[1]", "value"),
        (every(rule("a", "==", float("nan"))), "at.rules[0].value", "value"),
        (every(rule("a", "==", {"decimal": "1,5"})), "at.rules[0].value.decimal", "value"),
        (every(rule("a", "==", {"decimal": 1.5})), "at.rules[0].value.decimal", "value"),
        (every(rule("a", "==", {"decimal": f"1E{10**30}"})), "at.rules[0].value.decimal", "value"),
        (every(rule("a", "<", {"money": 5, "currency": "EUR"})), "at.rules[0].value", "money"),
        (every(rule("a", "<", {"money": "5", "currency": 1})), "at.rules[0].value", "money"),
        (
            every(rule("a", "<", {"money": "5.001", "currency": "EUR"})),
            "at.rules[0].value.money",
            "money",
        ),
        (
            every(rule("a", "<", {"money": "5", "currency": "ECU"})),
            "at.rules[0].value.currency",
            "money",
        ),
        (every({**GOOD, "operator": "is_null", "value": False}), "at.rules[0].value", "value"),
        (
            {
                "combinator": "and",
                "rules": [GOOD, {"combinator": "or", "rules": [{**GOOD, "operator": "~"}]}],
            },
            "at.rules[1].rules[0].operator",
            "operator",
        ),
    ],
)
def test_a_condition_without_meaning_is_refused_with_the_place_of_the_mistake(
    source: object, path: str, code: str
):
    with pytest.raises(ConditionInvalid) as refused:
        parse(source, "at")
    assert (path, code) in [(where, what) for where, what, _ in refused.value.problems]


def test_every_mistake_is_told_at_once():
    source = {
        "combinator": "x",
        "rules": [{"field": "", "operator": "=="}, {"field": "a", "operator": "?"}],
    }
    with pytest.raises(ConditionInvalid) as refused:
        parse(source)
    assert [path for path, _, _ in refused.value.problems] == [
        "combinator",
        "rules[0].field",
        "rules[1].operator",
    ]


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("==", "x", "x"),
        ("==", None, None),
        ("==", 0.1, 0.1),
        ("==", {"decimal": "0.10"}, Decimal("0.10")),
        ("<", {"money": "10000.00", "currency": "EUR"}, Money(1_000_000, "EUR")),
        ("<", {"fact": "user.limit"}, Reference("user.limit")),
        ("between", {"fact": "band"}, Reference("band")),
        ("between", [1, 2], (1, 2)),
        ("in", {"list": "countries"}, ListReference("countries")),
        ("not_in", ["a", {"money": "1", "currency": "JPY"}], ("a", Money(1, "JPY"))),
        ("in", [["a"]], (("a",),)),
        ("is_null", "", None),
        ("is_not_null", None, None),
    ],
)
def test_a_value_is_read_as_what_it_stands_for(operator: str, value: object, expected: object):
    source = every({"field": "f", "operator": operator, "value": value})
    (found,) = read(source).rules
    assert found == Rule(field="f", operator=operator, value=expected)


def test_a_list_is_checked_against_the_catalogue_when_there_is_one():
    source = every(rule("f", "in", {"list": "contries"}))
    assert parse(source).rules
    assert parse(source, catalogue={"contries": None}).rules
    with pytest.raises(ConditionInvalid) as refused:
        parse(source, "at", catalogue={"countries": "text"})
    message = "there is no list 'contries'; there are countries"
    assert refused.value.problems == (Problem("at.rules[0].value.list", "list", message),)


# --- matches --------------------------------------------------------------------------------------


def test_without_an_engine_there_is_no_matches():
    with pytest.raises(ConditionInvalid) as refused:
        parse(every(rule("f", "matches", "a")))
    ((path, code, message),) = refused.value.problems
    assert (path, code) == ("rules[0].operator", "operator")
    assert "matches" not in message.partition("not one of")[2]


@pytest.mark.parametrize(
    ("pattern", "code"),
    [("(", "pattern"), (5, "value"), ({"fact": "p"}, "value"), (None, "value")],
)
def test_a_pattern_is_written_out_and_has_a_meaning(pattern: object, code: str):
    with pytest.raises(ConditionInvalid) as refused:
        parse(every(rule("f", "matches", pattern)), regex=regex)
    ((path, found, _),) = refused.value.problems
    assert (path, found) == ("rules[0].value", code)


def test_a_pattern_is_compiled_once():
    seen: list[str] = []

    def engine(text: str) -> Callable[[str], bool]:
        seen.append(text)
        return lambda _: True

    group = parse(every(rule("f", "matches", "a+")), regex=engine)
    (found,) = group.rules
    assert found == Rule(field="f", operator="matches", value=Pattern(text="a+", search=bool))
    assert seen == ["a+"]


# --- depth ----------------------------------------------------------------------------------------


def nested(depth: int) -> dict:
    source: dict = every(GOOD)
    for _ in range(depth - 1):
        source = every(source)
    return source


def test_groups_nest_as_deep_as_the_bound():
    assert parse(nested(MAX_DEPTH)).depth == MAX_DEPTH


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 100_000])
def test_deeper_groups_are_a_problem_and_no_recursion_error(depth: int):
    with pytest.raises(ConditionInvalid) as refused:
        parse(nested(depth))
    ((path, code, _),) = refused.value.problems
    assert (path.count("rules[0]"), code) == (MAX_DEPTH, "depth")


def test_a_group_made_by_hand_is_bounded_too():
    group = parse(nested(MAX_DEPTH))
    with pytest.raises(ConditionInvalid, match="nest at most 50 deep"):
        Group(combinator="or", rules=(group,))


def test_a_list_that_nests_deeper_is_a_problem():
    value: list = []
    for _ in range(MAX_DEPTH - 1):
        value = [value]
    assert parse(every(rule("f", "==", value))).rules
    with pytest.raises(ConditionInvalid, match="a value is"):
        parse(every(rule("f", "==", [value])))


# --- walking --------------------------------------------------------------------------------------


def test_all_rules_are_walked_in_order_with_all_fields_that_they_read():
    group = read(
        every(rule("a", "==", 1), some(rule("b", "<", {"fact": "c.d"})), rule("a", "is_null"))
    )
    assert [one.field for one in walk(group)] == ["a", "b", "a"]
    assert fields(group) == {"a", "b", "c.d"}
