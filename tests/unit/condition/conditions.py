"""Write conditions briefly, and draw random ones with facts for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from hypothesis import strategies as st

from orderwright.condition import MISSING, Evaluation, Group, NamedList, evaluate, parse
from orderwright.money import Money

LISTS = {
    "countries": NamedList.of("countries", ["NG", "DE", "KP"]),
    "sums": NamedList.of("sums", [1, "1", Money(100, "EUR")]),
    "nothing": NamedList.of("nothing", []),
}


def regex(pattern: str) -> Callable[[str], bool]:
    """An engine for tests: Python's own, behind the contract of `Regex`."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(str(error)) from error
    return lambda text: compiled.search(text) is not None


def rule(field: str, operator: str, value: object = None) -> dict:
    unary = operator in ("is_null", "is_not_null")
    return {"field": field, "operator": operator, **({} if unary else {"value": value})}


def every(*rules: dict) -> dict:
    return {"combinator": "and", "not": False, "rules": list(rules)}


def some(*rules: dict) -> dict:
    return {"combinator": "or", "not": False, "rules": list(rules)}


def no(group: dict) -> dict:
    return {**group, "not": not group["not"]}


def eur(amount: str) -> dict:
    return {"money": amount, "currency": "EUR"}


def read(source: dict) -> Group:
    return parse(source, regex=regex)


def on(facts: Mapping[str, object]) -> Callable[[str], object]:
    return lambda path: facts.get(path, MISSING)


def judge(source: dict | Group, facts: Mapping[str, object]) -> Evaluation:
    group = source if isinstance(source, Group) else read(source)
    return evaluate(group, on(facts), lists=LISTS.get)


def judged(one: dict, **facts: object) -> bool | None:
    return judge(every(one), facts).result


# --- random ones ----------------------------------------------------------------------------------

FIELDS = ("a", "b", "c", "c.d")
numbers = st.integers(-3, 3) | st.sampled_from([0.5, Decimal("1.25"), 2.0, 10**30])
texts = st.sampled_from(["", "a", "ab", "b", "ba", "NG"])
amounts = st.builds(Money, st.integers(-2, 2), st.sampled_from(["EUR", "NGN"]))
scalars = numbers | texts | st.booleans()
odd = st.sampled_from([float("nan"), {"x": 1}, b"a"])
facts_values = (
    scalars | amounts | st.none() | odd | st.lists(scalars | amounts | st.none(), max_size=3)
)
facts = st.dictionaries(st.sampled_from(FIELDS), facts_values)


def _money(amount: Money) -> dict:
    return {"money": amount.amount, "currency": amount.currency}


literals = scalars | amounts.map(_money)
_lists = st.lists(literals, max_size=3)
_references = st.sampled_from(FIELDS).map(lambda path: {"fact": path})
_OPERANDS = {
    **dict.fromkeys(["==", "!=", ">", "<", ">=", "<="], literals | _references),
    **dict.fromkeys(["contains", "not_contains", "starts_with", "ends_with"], texts | literals),
    **dict.fromkeys(
        ["in", "not_in"],
        _lists | _references | st.sampled_from([*LISTS, "unheard of"]).map(lambda n: {"list": n}),
    ),
    "between": st.lists(numbers, min_size=2, max_size=2)
    | st.lists(amounts.map(_money), min_size=2, max_size=2)
    | _references,
    "matches": st.sampled_from(["a", "^b", "b$", "^$"]),
    **dict.fromkeys(["is_null", "is_not_null"], st.none()),
}


def rules(operators: object = None) -> st.SearchStrategy[dict]:
    chosen = st.sampled_from(sorted(operators or _OPERANDS))  # type: ignore[call-overload]
    return chosen.flatmap(
        lambda operator: st.builds(
            rule, st.sampled_from(FIELDS), st.just(operator), _OPERANDS[operator]
        )
    )


def groups(members: st.SearchStrategy[dict] | None = None) -> st.SearchStrategy[dict]:
    one = rules() if members is None else members
    return st.recursive(_group(one), lambda below: _group(below | one), max_leaves=6)


def _group(members: st.SearchStrategy[dict]) -> st.SearchStrategy[dict]:
    return st.fixed_dictionaries(
        {
            "combinator": st.sampled_from(["and", "or"]),
            "not": st.booleans(),
            "rules": st.lists(members, min_size=1, max_size=4),
        }
    )
