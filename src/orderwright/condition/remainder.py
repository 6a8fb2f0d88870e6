"""What is left to ask of a condition once a field is known to hold one of the values that it is asked for."""

from __future__ import annotations

from dataclasses import replace

from orderwright.condition.decisive import Family, decisive
from orderwright.condition.model import Group, Rule
from orderwright.condition.value import Json


def remainder(group: Group, field: str) -> Group:
    """Return a group without the rules that are True for every value of a field that `decisive` asks for.

    For facts whose field holds one of those values, it comes to what the whole group comes to. Nothing is left out of
    groups that are negated or joined by `or`, and at least one rule stays.
    """
    asked = decisive(group).get(field)
    if asked is None or group.negated or group.combinator != "and":
        return group
    of, values = asked
    left = tuple(rule for rule in group.rules if not _is_met(rule, field, of, values))
    return replace(group, rules=left) if left else group


def _is_met(rule: Rule | Group, field: str, of: Family, values: frozenset[Json]) -> bool:
    """Tell whether a rule is True for each of some values of its field."""
    if isinstance(rule, Group) or rule.field != field:
        return False
    met = decisive(Group(combinator="and", rules=(rule,))).get(field)
    return met is not None and met[0] == of and values <= met[1]
