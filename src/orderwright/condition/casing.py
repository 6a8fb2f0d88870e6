"""Bring what fields are compared with to the case in which their texts are written.

A fact whose case has no meaning (a mail domain, a country) is written in one case; people write what it is compared
with, and the entries of lists, in any. This is the one place where the two meet: a group as it is asked, made once of
the group as it is written. What another fact holds is compared as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from orderwright.condition.model import Group, ListReference, Rule
from orderwright.condition.parsing import Regex
from orderwright.condition.schema import Schema
from orderwright.condition.value import Case, Json, Pattern, in_case

IGNORING_CASE: Final = "(?i)"
"""What a pattern begins with that is searched for in either case."""


def cased(group: Group, schema: Schema, regex: Regex) -> Group:
    """Return a group with its literals, lists and patterns in the case of the fields that they are compared with.

    Raises:
        ValueError: a pattern is too large once case has no meaning.
    """
    members = tuple(
        cased(one, schema, regex) if isinstance(one, Group) else _rule(one, schema, regex)
        for one in group.rules
    )
    return group if members == group.rules else replace(group, rules=members)


def _rule(rule: Rule, schema: Schema, regex: Regex) -> Rule:
    known = schema.get(rule.field)
    if known is None or known.case is None:
        return rule
    return replace(rule, value=_value(rule.value, known.case, regex))


def _value(value: Json, case: Case, regex: Regex) -> Json:
    if isinstance(value, ListReference):
        return replace(value, case=case)
    if isinstance(value, Pattern):
        search = regex(f"{IGNORING_CASE}{value.text}")
        return replace(value, search=search, ignores_case=True)
    return in_case(value, case)
