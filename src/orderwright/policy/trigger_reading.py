"""Read what sets a policy off: a trigger by its name, or a threshold with its words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from orderwright.condition import Json
from orderwright.errors import InputInvalid
from orderwright.money import Money
from orderwright.policy.problem import Problems
from orderwright.policy.trigger import (
    AGGREGATES,
    KEYS,
    THRESHOLD,
    WINDOWS,
    Threshold,
    Trigger,
    Triggers,
)

_KEYS: Final = ("type", "aggregate", "of", "key", "window", "threshold")
_MOST: Final = (1, 1_000_000_000)
_KINDS: Final[Mapping[str, Literal["count", "sum"]]] = {"count": "count", "sum": "sum"}


def read_trigger(source: Json, triggers: Triggers | None, problems: Problems) -> Trigger:
    """Return the trigger of a policy; what is wrong with it goes to `problems`."""
    if isinstance(source, Mapping):
        return _threshold(source, triggers, problems)
    name = problems.text(source, "trigger", "a trigger")
    if name == THRESHOLD:
        message = f"a threshold is an object with {', '.join(_KEYS)}"
        problems.add("trigger", "type", message)
        return ""
    if name and triggers is not None:
        problems.choice(name, "trigger", "the trigger", triggers)
    return name


def _threshold(
    source: Mapping[str, Json], triggers: Triggers | None, problems: Problems
) -> Threshold:
    problems.only(source, "trigger", _KEYS)
    problems.choice(source.get("type"), "trigger.type", "the trigger", (THRESHOLD,))
    place = "trigger.aggregate"
    kind = problems.choice(source.get("aggregate"), place, "the aggregate", AGGREGATES)
    of = problems.text(source.get("of"), "trigger.of", "the trigger whose events are counted")
    key = problems.choice(source.get("key"), "trigger.key", "the key", KEYS)
    if of and triggers is not None:
        _check(of, kind, key, triggers, problems)
    return Threshold(
        aggregate=_KINDS.get(kind, "count"),
        of=of,
        key=key,
        window=problems.choice(source.get("window"), "trigger.window", "the window", WINDOWS),
        threshold=_line(source.get("threshold"), kind, problems),
    )


def _check(of: str, kind: str, key: str, triggers: Triggers, problems: Problems) -> None:
    """Note what could never be crossed: events that nobody counts, or that do not say how much or whose."""
    counted = {name: one for name, one in triggers.items() if one.is_counted}
    known = counted.get(of)
    if known is None:
        message = f"events of {of!r} are not counted; there are {_listed(counted)}"
        problems.add("trigger.of", "value", message)
        return
    if kind == "sum" and not known.has_amount:
        summed = [name for name, one in counted.items() if one.has_amount]
        message = f"events of {of} bring no amount: count them, or add up {_listed(summed)}"
        problems.add("trigger.aggregate", "value", message)
    if key and key not in known.keys:
        message = f"events of {of} do not name a {key}; there are {_listed(known.keys)}"
        problems.add("trigger.key", "value", message)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)) or "none"


def _line(source: Json, kind: str, problems: Problems) -> Money | int:
    if kind != "sum":
        return problems.whole(source, "trigger.threshold", "the threshold", _MOST)
    amount = problems.mapping(source, "trigger.threshold", "the threshold of a sum")
    money, currency = amount.get("money"), amount.get("currency")
    if set(amount) == {"money", "currency"} and isinstance(money, str | int):
        try:
            line = Money.parse(money, str(currency), field="money")
        except InputInvalid as invalid:
            problems.add("trigger.threshold", "money", str(invalid))
            return 0
        if line.minor <= 0:
            problems.add("trigger.threshold", "money", "a sum crosses an amount above zero alone")
        return line
    problems.add("trigger.threshold", "money", 'it is {"money": "10.00", "currency": "EUR"}')
    return 0
