"""Typed, three-valued condition groups: the one language of chart guards and of policies.

A group is a tree of rules; a rule compares a field with a value. Its result is True, False or None (unknown):
a field that is missing, or of another type than the value, is unknown and never silently false or true.
"""

from __future__ import annotations

from orderwright.condition.casing import IGNORING_CASE, cased
from orderwright.condition.change import Change
from orderwright.condition.compiled import Check, compile  # noqa: A004 (as in re.compile)
from orderwright.condition.counterfactual import Counterfactual, Way, counterfactual
from orderwright.condition.decisive import (
    NOTHING,
    Decisive,
    Family,
    both,
    decisive,
    either,
    family,
)
from orderwright.condition.equality import key, required
from orderwright.condition.evaluation import Evaluation, Lists, Lookup, evaluate, no_lists
from orderwright.condition.kleene import join, negate
from orderwright.condition.model import (
    OPERATORS,
    Group,
    ListReference,
    Reference,
    Rule,
    fields,
    walk,
)
from orderwright.condition.parsing import Regex, parse
from orderwright.condition.printing import plain, to_json
from orderwright.condition.problem import ConditionInvalid, Problem
from orderwright.condition.remainder import remainder
from orderwright.condition.schema import Catalogue, FactField, FactType, Schema
from orderwright.condition.value import (
    MAX_DEPTH,
    MISSING,
    Case,
    Json,
    Mistyped,
    NamedList,
    Pattern,
    in_case,
    read,
)
from orderwright.condition.wording import shown

__all__ = [
    "IGNORING_CASE",
    "MAX_DEPTH",
    "MISSING",
    "NOTHING",
    "OPERATORS",
    "Case",
    "Catalogue",
    "Change",
    "Check",
    "ConditionInvalid",
    "Counterfactual",
    "Decisive",
    "Evaluation",
    "FactField",
    "FactType",
    "Family",
    "Group",
    "Json",
    "ListReference",
    "Lists",
    "Lookup",
    "Mistyped",
    "NamedList",
    "Pattern",
    "Problem",
    "Reference",
    "Regex",
    "Rule",
    "Schema",
    "Way",
    "both",
    "cased",
    "compile",
    "counterfactual",
    "decisive",
    "either",
    "evaluate",
    "family",
    "fields",
    "in_case",
    "join",
    "key",
    "negate",
    "no_lists",
    "parse",
    "plain",
    "read",
    "remainder",
    "required",
    "shown",
    "to_json",
    "walk",
]
