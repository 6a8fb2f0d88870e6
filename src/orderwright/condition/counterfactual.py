"""What would have to be different for a condition to come out otherwise: "would pass if amount <= 10,000.00 EUR"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from orderwright.condition.change import Change, without_implied
from orderwright.condition.evaluation import Evaluation
from orderwright.condition.printing import plain
from orderwright.condition.schema import Schema
from orderwright.condition.solving import Search
from orderwright.condition.value import MISSING, Json
from orderwright.condition.witness import witness
from orderwright.condition.wording import say


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Changes that together are enough; each is needed.

    Attributes:
        changes: what fields would have to be.
        words: the same in words.
        example: a value for each field that does what is asked; a pattern has none.
    """

    changes: tuple[Change, ...]
    words: str
    example: Mapping[str, Json] = field(default_factory=dict)

    def to_json(self) -> dict[str, Json]:
        """Return the way as JSON-ready data."""
        return {
            "changes": [change.to_json() for change in self.changes],
            "words": self.words,
            "example": {name: plain(value) for name, value in self.example.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterfactual:
    """How a node of an evaluation would come to another result.

    Attributes:
        wanted: the result that is asked for.
        ways: alternatives, the smallest first; none where no single facts would do it, or none was found.
        words: the first way in a sentence, or that there is none.
    """

    wanted: bool
    ways: tuple[Way, ...]
    words: str

    def to_json(self) -> dict[str, Json]:
        """Return it as JSON-ready data."""
        ways = [way.to_json() for way in self.ways]
        return {"wanted": self.wanted, "ways": ways, "words": self.words}


def counterfactual(
    evaluation: Evaluation, *, wanted: bool | None = None, schema: Schema | None = None
) -> Counterfactual:
    """Say what would change the result of a rule or a group.

    Every way is true in general: whatever values the fields take that do what its changes ask for, the node comes to
    `wanted`, as long as the other fields stay as they are.

    Args:
        evaluation: a node, as `evaluate` returns it; paths of changes begin at it.
        wanted: the result asked for; by default False of what is True, and True of what is False or unknown.
        schema: the labels of fields, for the words.
    """
    aim = evaluation.result is not True if wanted is None else wanted
    ways = _least(_way(changes, schema or {}) for changes in Search(evaluation).ways(wanted=aim))
    verb = "pass" if aim else "not pass"
    if not ways:
        return Counterfactual(wanted=aim, ways=(), words=f"nothing simple would make it {verb}")
    words = f"would {verb} if {ways[0].words}" if ways[0].changes else f"does {verb} as it is"
    return Counterfactual(wanted=aim, ways=ways, words=words)


def _way(changes: tuple[Change, ...], schema: Schema) -> Way | None:
    """Make a way of changes that can be made together; None where no value does all that they ask of a field."""
    example: dict[str, Json] = {}
    for name in dict.fromkeys(change.field for change in changes):
        asked = [change for change in changes if change.field == name]
        value = witness(asked)
        if value is not MISSING:
            example[name] = value
        elif len(asked) > 1 or asked[0].operator != "matches":
            return None
    least = without_implied(changes)
    labels = {name: known.label for name, known in schema.items() if known.label}
    said = [say(change, labels) for change in least]
    return Way(changes=least, words=" and ".join(said), example=example)


def _least(found: Iterable[Way | None]) -> tuple[Way, ...]:
    """Put the smallest ways first, and leave out each that says all of another one and more."""
    kept: list[Way] = []
    for way in sorted((way for way in found if way is not None), key=_size):
        if not any(_said(other) <= _said(way) for other in kept):
            kept.append(way)
    return tuple(kept)


def _said(way: Way) -> frozenset[str]:
    """Return what a way asks for; two rules may ask for the same."""
    return frozenset(say(change, {}) for change in way.changes)


def _size(way: Way) -> tuple[int, int]:
    return len({change.field for change in way.changes}), len(way.changes)
