"""What sets policies off, and which facts each of these events brings.

A threshold is a trigger with words of its own: it fires once, when the sum or the number of an entity's events within
a window crosses a line upwards. Whoever keeps the sums asks `Threshold.is_crossed` with the one before and the one
after the event, which is included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from orderwright.condition import FactField, Json, Schema, plain
from orderwright.errors import InputInvalid
from orderwright.money import Money

THRESHOLD: Final = "AMOUNT_THRESHOLD"
AGGREGATES: Final = ("count", "sum")
KEY_FACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "country": ("country", "user.country"),
    "user": ("userId",),
    "wallet": ("walletAddress", "address"),
}
"""The facts that say whose an event is, by the keys by which events are counted; the first that is there counts."""
KEYS: Final = tuple(KEY_FACTS)
WINDOWS: Final = ("1h", "24h", "7d", "30d")


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerType:
    """An event that policies may wait for.

    Attributes:
        name: upper case, or the dotted name of a domain event.
        facts: what it brings, by dotted path.
        label: its name for people.
        is_counted: whether its events are kept to be counted and added up.
    """

    name: str
    facts: Mapping[str, FactField] = field(default_factory=dict)
    label: str = ""
    is_counted: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """By what its events can be counted: they are kept, and a fact says whose they are."""
        if not self.is_counted:
            return ()
        return tuple(
            key for key, facts in KEY_FACTS.items() if not self.facts.keys().isdisjoint(facts)
        )

    @property
    def has_amount(self) -> bool:
        """Whether its events bring an amount that can be added up."""
        amount = self.facts.get("amount")
        return amount is not None and amount.type == "money"

    def extended(self, facts: Mapping[str, FactField]) -> TriggerType:
        """Return the trigger with more facts, which a host registers.

        Raises:
            InputInvalid: a fact of this name is there already.
        """
        known = sorted(facts.keys() & self.facts.keys())
        if known:
            raise InputInvalid("facts", known[0], f"a fact that {self.name} does not have yet")
        return replace(self, facts={**self.facts, **facts})

    def flagged(self, context: Mapping[str, Json]) -> tuple[str, ...]:
        """Return the keys of a context that are no facts of this trigger; they are kept all the same."""
        roots = {path.partition(".")[0] for path in self.facts}
        return tuple(sorted(key for key in context if key not in self.facts and key not in roots))


Triggers = Mapping[str, TriggerType]
"""The triggers that there are, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A line that a sum or a count crosses.

    Attributes:
        aggregate: what is made of the events.
        of: the trigger whose events are counted.
        key: whose events.
        window: for how long back, from the time of the event.
        threshold: the line: an amount for a sum, a number for a count.
    """

    aggregate: Literal["count", "sum"]
    of: str
    key: str
    window: str
    threshold: Money | int

    @property
    def figure(self) -> str:
        """The fact that says what an event has brought it to."""
        return "total" if self.aggregate == "sum" else "count"

    def is_crossed(self, before: Json, after: Json) -> bool | None:
        """Tell whether an event crossed the line upwards; None where a figure or its currency is not the line's."""
        was, now = self._units(before), self._units(after)
        if was is None or now is None:
            return None
        return was < self._line <= now

    @property
    def _line(self) -> int:
        return self.threshold.minor if isinstance(self.threshold, Money) else self.threshold

    def _units(self, value: Json) -> int | None:
        line = self.threshold
        if isinstance(line, Money):
            same = isinstance(value, Money) and value.currency == line.currency
            return value.minor if same and isinstance(value, Money) else None
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def to_json(self) -> dict[str, Json]:
        """Return the threshold in the form of the document."""
        return {
            "type": THRESHOLD,
            "aggregate": self.aggregate,
            "of": self.of,
            "key": self.key,
            "window": self.window,
            "threshold": plain(self.threshold),
        }


Trigger = str | Threshold


def facts_of(trigger: Trigger, triggers: Triggers) -> Schema | None:
    """Return the facts that a trigger brings, a threshold those of AMOUNT_THRESHOLD; None where it is unknown."""
    name = trigger if isinstance(trigger, str) else THRESHOLD
    known = triggers.get(name)
    return None if known is None else known.facts
