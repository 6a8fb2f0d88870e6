"""The shape of a condition: groups of rules as react-querybuilder draws them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from orderwright.condition.comparison import COMPARISONS
from orderwright.condition.problem import ConditionInvalid, Problem
from orderwright.condition.value import MAX_DEPTH, Case, Json, NamedList

OPERATORS: Final = frozenset(COMPARISONS)
UNARY: Final = frozenset({"is_null", "is_not_null"})


@dataclass(frozen=True, slots=True)
class Reference:
    """A value that is read from another field when the rule is evaluated."""

    path: str


@dataclass(frozen=True, slots=True)
class ListReference:
    """The entries of a named list, looked up when the rule is evaluated; their texts in one case, if any is asked."""

    name: str
    case: Case | None = None

    def find(self, lists: Callable[[str], NamedList | None]) -> NamedList | None:
        """Return the list as it is now; None where there is none."""
        found = lists(self.name)
        return found if found is None or self.case is None else found.in_case(self.case)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`field operator value`.

    The value is a literal (text, number, boolean, null, `Money`, a tuple of these), a `Reference`, a `ListReference`,
    a `Pattern` (of `matches`), or None for an operator that takes none.
    """

    field: str
    operator: str
    value: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules and groups joined by `and` or `or`, negated as a whole when `negated`.

    Attributes:
        depth: how many groups stand in each other; 1 when there are only rules.

    Raises:
        ConditionInvalid: deeper than MAX_DEPTH, so that nobody who walks a group runs out of stack.
    """

    combinator: str
    rules: tuple[Rule | Group, ...]
    negated: bool = False
    depth: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        below = (member.depth for member in self.rules if isinstance(member, Group))
        object.__setattr__(self, "depth", 1 + max(below, default=0))
        if self.depth > MAX_DEPTH:
            raise ConditionInvalid([too_deep("")])


def too_deep(path: str) -> Problem:
    """Say that a group stands in too many others."""
    return Problem(path, "depth", f"groups nest at most {MAX_DEPTH} deep; split the condition")


def walk(group: Group) -> Iterator[Rule]:
    """Yield every rule of a group, in the order of the document."""
    for member in group.rules:
        if isinstance(member, Group):
            yield from walk(member)
        else:
            yield member


def fields(group: Group) -> frozenset[str]:
    """Return every field that a group reads, on either side of an operator."""
    read = set()
    for rule in walk(group):
        read.add(rule.field)
        if isinstance(rule.value, Reference):
            read.add(rule.value.path)
    return frozenset(read)
