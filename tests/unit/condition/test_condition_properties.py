from __future__ import annotations

import json

from conditions import (
    FIELDS,
    every,
    facts,
    facts_values,
    groups,
    judge,
    judged,
    no,
    read,
    rule,
    rules,
    some,
)
from hypothesis import given, settings, strategies as st

from orderwright.condition import OPERATORS, Evaluation, join, negate, to_json
from orderwright.condition.model import UNARY
from orderwright.condition.value import kind

members = st.lists(groups(), min_size=1, max_size=3)


@given(members, facts)
def test_de_morgan(parts: list[dict], held: dict):
    assert judge(no(every(*parts)), held).result is judge(some(*map(no, parts)), held).result
    assert judge(no(some(*parts)), held).result is judge(every(*map(no, parts)), held).result


@given(groups(), facts)
def test_a_double_negation_is_none(source: dict, held: dict):
    assert judge(no(every(no(every(source)))), held).result is judge(source, held).result


@given(st.lists(st.sampled_from([True, False, None])))
def test_negation_turns_a_join_into_the_other(results: list[bool | None]):
    turned = [negate(result) for result in results]
    assert negate(join("and", results)) is join("or", turned)


@given(groups(), facts, st.data())
def test_the_order_of_rules_does_not_matter(source: dict, held: dict, data: st.DataObject):
    assert judge(_shuffled(source, data), held).result is judge(source, held).result


def _shuffled(source: dict, data: st.DataObject) -> dict:
    parts = [_shuffled(part, data) if "rules" in part else part for part in source["rules"]]
    return {**source, "rules": data.draw(st.permutations(parts))}


@settings(max_examples=200)
@given(groups())
def test_a_condition_comes_back_as_it_went_out(source: dict):
    group = read(source)
    assert read(json.loads(json.dumps(to_json(group)))) == group
    assert read(to_json(group)) == group


KNOWING = sorted(OPERATORS - UNARY)


@settings(max_examples=200)
@given(groups(rules(KNOWING)), facts, st.sampled_from(FIELDS))
def test_to_know_less_never_turns_an_answer_around(source: dict, held: dict, field: str):
    before = judge(source, held).result
    after = judge(source, {name: held[name] for name in held if name != field}).result
    assert after in (before, None)


@given(facts_values, facts_values, st.sampled_from(["==", "!=", ">", "<", ">=", "<="]))
def test_nothing_is_coerced(one: object, other: object, operator: str):
    if kind(one) != kind(other):
        assert judged(rule("f", operator, {"fact": "g"}), f=one, g=other) is None


@given(facts_values, facts_values)
def test_exactly_one_order_holds_or_none_is_known(one: object, other: object):
    answers = [judged(rule("f", sign, {"fact": "g"}), f=one, g=other) for sign in "< == >".split()]
    if answers[0] is None:
        assert answers[2] is None
    else:
        assert sorted(answers) == [False, False, True]


@given(groups(), facts)
def test_an_evaluation_mirrors_its_group_and_goes_out_as_json(source: dict, held: dict):
    group = read(source)
    found = judge(group, held)
    _mirrors(found, source)
    exported = found.to_json()
    assert json.loads(json.dumps(exported, allow_nan=False)) == exported


def _mirrors(found: Evaluation, source: dict) -> None:
    if "rules" in source:
        assert found.group is not None
        assert len(found.members) == len(source["rules"])
        for member, part in zip(found.members, source["rules"], strict=True):
            _mirrors(member, part)
    else:
        assert found.rule is not None
        assert (found.rule.field, found.rule.operator) == (source["field"], source["operator"])
        assert (found.cause is None) is (found.result is not None)
