"""Find the sets of changes that make an evaluated condition come to a wanted result.

A set of changes is a claim: whatever values the changed fields take, as long as they do what the changes ask for and
all other fields stay, the condition comes to the wanted result. So a rule that reads a changed field counts for
nothing unless the set says what it must come to; Kleene's logic then tells whether the rest decides. Where it does
not, the search begins again with those fields counted as changed from the start, until nothing new comes up.

The search is bounded (`WIDTH` sets at every group, the smallest first, and `ROUNDS`), so that a wide condition may
have ways that are not found; what is found is always true.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from orderwright.condition.change import Change, are_compatible, changes, overlap
from orderwright.condition.evaluation import Evaluation
from orderwright.condition.kleene import join, negate
from orderwright.condition.model import Reference, Rule
from orderwright.condition.problem import at

WIDTH: Final = 32
ROUNDS: Final = 16

Place = tuple[int, ...]
Chosen = frozenset[int]
"""Changes by their number."""


class Search:
    """All changes to an evaluated condition's rules, numbered, and the sets of them that do."""

    def __init__(self, root: Evaluation) -> None:
        self.root = root
        self.known: list[Change] = []
        self._places: list[tuple[Place, bool]] = []
        self._offers: dict[tuple[Place, bool], tuple[int, ...]] = {}
        self._number(root, (), "")

    def _number(self, node: Evaluation, place: Place, path: str) -> None:
        for i, member in enumerate(node.members):
            self._number(member, (*place, i), at(path, f"rules[{i}]"))
        for wanted in (True, False):
            first = len(self.known)
            self.known.extend(changes(node, path, wanted=wanted))
            self._places.extend([(place, wanted)] * (len(self.known) - first))
            self._offers[place, wanted] = tuple(range(first, len(self.known)))

    def ways(self, *, wanted: bool) -> list[tuple[Change, ...]]:
        """Return sets of compatible changes that decide the condition, those with the fewest first."""
        found: set[Chosen] = set()
        waiting: list[frozenset[str]] = [frozenset()]
        for _, touched in zip(range(ROUNDS), waiting, strict=False):
            for chosen in self._sets(self.root, (), touched, wanted=wanted):
                if not are_compatible([self.known[number] for number in chosen]):
                    continue
                fields = frozenset(self.known[number].field for number in chosen)
                if self._comes_to(self.root, (), self._said(chosen), fields) is wanted:
                    found.add(chosen)
                elif fields | touched not in waiting:
                    waiting.append(fields | touched)
        least = [one for one in found if not any(other < one for other in found)]
        return [tuple(self.known[number] for number in sorted(one)) for one in _smallest(least)]

    def _sets(
        self, node: Evaluation, place: Place, touched: frozenset[str], *, wanted: bool
    ) -> list[Chosen]:
        """Return the sets of changes by which a node may come to `wanted`; rules on `touched` fields are open."""
        if node.group is None:
            if node.result is wanted and not _reads(node.rule, touched):
                return [frozenset()]
            return [frozenset({number}) for number in self._offers[place, wanted]]
        inner = wanted is not node.group.negated
        parts = [
            self._sets(member, (*place, i), touched, wanted=inner)
            for i, member in enumerate(node.members)
        ]
        if (node.group.combinator == "and") is not inner:
            return _smallest({chosen for part in parts for chosen in part})
        together: list[Chosen] = [frozenset()]
        for part in parts:
            together = _smallest({one | other for one in together for other in part})
        return together

    def _said(self, chosen: Chosen) -> dict[Place, bool]:
        """Return what each rule comes to; of two changes that contradict each other no value does both."""
        return dict(self._places[number] for number in chosen)

    def _comes_to(
        self, node: Evaluation, place: Place, said: Mapping[Place, bool], fields: frozenset[str]
    ) -> bool | None:
        """Evaluate with what changes say of rules; a rule on a changed field of which they say nothing is open."""
        if node.group is None:
            silent = None if _reads(node.rule, fields) else node.result
            return said.get(place, silent)
        members = enumerate(node.members)
        results = [self._comes_to(one, (*place, i), said, fields) for i, one in members]
        result = join(node.group.combinator, results)
        return negate(result) if node.group.negated else result


def _reads(rule: Rule | None, fields: frozenset[str]) -> bool:
    if rule is None or not fields:
        return False
    paths = [rule.field, *([rule.value.path] if isinstance(rule.value, Reference) else [])]
    return any(overlap(path, field) for path in paths for field in fields)


def _smallest(sets: Iterable[Chosen]) -> list[Chosen]:
    return sorted(sets, key=lambda chosen: (len(chosen), sorted(chosen)))[:WIDTH]
