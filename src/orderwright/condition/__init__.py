"""Typed, three-valued condition groups: the one language of chart guards and of policies.

A group is a tree of rules; a rule compares a field with a value. Its result is True, False or None (unknown):
a field that is missing, or of another type than the value, is unknown and never silently false or true.
"""

from __future__ import annotations

from orderwright.condition.evaluation import MISSING, Evaluation, Lookup, evaluate
from orderwright.condition.model import ConditionInvalid, Group, Reference, Rule, parse

__all__ = [
    "MISSING",
    "ConditionInvalid",
    "Evaluation",
    "Group",
    "Lookup",
    "Reference",
    "Rule",
    "evaluate",
    "parse",
]
