"""Find the policies that an event may concern, by what they ask of single facts, without asking each.

Each policy is filed under one fact that is decisive for it: another value of the same family, and it surely misses. A
fact that is missing, or of another family, decides nothing, and then all that are filed under it are asked. So what
the index leaves out are misses, never an unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from orderwright.condition import Decisive, Family, Json, Lookup, family


@dataclass(slots=True, kw_only=True)
class _Drawer:
    """The policies that ask for values of one family: by value those that are found by it, and all of them."""

    by_value: dict[Json, list[int]] = field(default_factory=dict)
    everyone: list[int] = field(default_factory=list)


class Index:
    """Places of policies by what they ask for; the order of places is the order of evaluation.

    Attributes:
        filed: for each place the fact under which its policy is filed; None where it is always asked.
    """

    __slots__ = ("_always", "_drawers", "filed")

    def __init__(self, decisives: Sequence[Decisive]) -> None:
        self.filed: list[str | None] = []
        self._always: list[int] = []
        self._drawers: dict[str, dict[Family, _Drawer]] = {}
        variety = _variety(decisives)
        for place, asked in enumerate(decisives):
            if not asked:
                self._always.append(2 * place + 1)
                self.filed.append(None)
                continue
            name = min(asked, key=lambda one: (len(asked[one][1]) / variety[one], one))
            self._file(place, name, *asked[name])

    def _file(self, place: int, name: str, of: Family, values: frozenset[Json]) -> None:
        self.filed.append(name)
        drawer = self._drawers.setdefault(name, {}).setdefault(of, _Drawer())
        drawer.everyone.append(2 * place + 1)
        for value in values:
            drawer.by_value.setdefault(value, []).append(2 * place)

    def candidates(self, lookup: Lookup) -> list[int]:
        """Return the policies that do not surely miss, in the order of their places; some may miss all the same.

        Each is twice its place, and one more unless the fact under which it is filed holds a value that it asks for.
        """
        found = self._always.copy()
        for name, drawers in self._drawers.items():
            known = family(lookup(name))
            for of, drawer in drawers.items():
                if known is not None and known[0] == of:
                    found.extend(drawer.by_value.get(known[1], ()))
                else:
                    found.extend(drawer.everyone)
        found.sort()
        return found


def _variety(decisives: Sequence[Decisive]) -> Mapping[str, int]:
    """Return how many values of each fact are asked for: the more, the fewer policies share one of them."""
    values: dict[str, set[tuple[Family, Json]]] = {}
    for asked in decisives:
        for name, (of, wanted) in asked.items():
            values.setdefault(name, set()).update((of, value) for value in wanted)
    return {name: max(len(found), 1) for name, found in values.items()}
