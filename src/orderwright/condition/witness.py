"""Find a value that does all that several changes ask of one field: the proof that they can be made."""

from __future__ import annotations

import decimal
import itertools
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

from orderwright.condition.change import Change, entries
from orderwright.condition.value import MISSING, Json, read
from orderwright.money import Money

_MOST: Final = 24  # entries of a list that are tried; those beyond seldom help
_ANY: Final[tuple[Json, ...]] = (None, "", 0, True, ())


def witness(asked: Sequence[Change]) -> Json:
    """Return a value that every one of some changes to a field admits; MISSING where none was found."""
    fitting = (
        value for value in _candidates(asked) if all(change.admits(value) for change in asked)
    )
    return next(fitting, MISSING)


def _candidates(asked: Sequence[Change]) -> Iterator[Json]:
    values = [value for change in asked for value in _some(entries(change.value))]
    yield from (change.value for change in asked)
    yield from values
    for value in values:
        yield from _near(value)
    yield from _texts(asked, values)
    yield tuple(change.value for change in asked if change.operator == "contains")
    for one, other in itertools.combinations(values[:_MOST], 2):
        yield from _amid(one, other)
    yield from _ANY


def _some(items: Sequence[Json]) -> list[Json]:
    """Take a few entries of a list, and with them the greatest of each kind: beyond it nothing is listed."""
    exact = [read(item)[1] for item in items]
    few = exact[:_MOST]
    numbers = [item for item in exact if isinstance(item, int | Decimal)]
    amounts = [item for item in exact if isinstance(item, Money)]
    texts = [item for item in exact if isinstance(item, str)]
    few += [max(numbers)] if numbers else []
    few += [max(amounts, key=lambda amount: amount.minor)] if amounts else []
    return few + ([max(texts, key=len)] if texts else [])


def _near(value: Json) -> Iterable[Json]:
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int):
        return value + 1, value - 1, *_around(Decimal(value))
    if isinstance(value, Decimal):
        return _around(value)
    if isinstance(value, Money):
        return Money(value.minor + 1, value.currency), Money(value.minor - 1, value.currency)
    if isinstance(value, str):
        return f"{value}x", f"x{value}", value[:-1], "x", f"{value}\0"
    return (tuple(value), (*value, None)) if isinstance(value, tuple | list) else ()


def _around(value: Decimal) -> Iterable[Decimal]:
    one = Decimal(1)
    return (
        _EXACT.add(value, one),
        _EXACT.subtract(value, one),
        _EXACT.next_plus(value),
        _EXACT.next_minus(value),
    )


_EXACT: Final = decimal.Context(
    prec=60, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN, traps=[]
)  # what it cannot hold comes out rounded, infinite or not a number: no witness then, never an error


def _texts(asked: Sequence[Change], values: Sequence[Json]) -> Iterator[str]:
    """Put together what a text has to begin with, contain and end with."""
    parts = {
        operator: [
            change.value
            for change in asked
            if change.operator == operator and isinstance(change.value, str) and change.holds
        ]
        for operator in ("starts_with", "contains", "ends_with")
    }
    longest = ["".join(sorted(parts[key], key=len)[-1:]) for key in ("starts_with", "ends_with")]
    within = "".join(parts["contains"])
    yield longest[0] + within + longest[1]
    yield f"{longest[0]}x{within}x{longest[1]}"
    yield from (f"{longest[0]}{text}{longest[1]}" for text in values if isinstance(text, str))


def _amid(one: Json, other: Json) -> Iterator[Json]:
    """Yield a value between two of a kind."""
    if isinstance(one, Money) and isinstance(other, Money):
        yield Money((one.minor + other.minor) // 2, one.currency)
    elif isinstance(one, int | Decimal) and isinstance(other, int | Decimal):
        total = _EXACT.add(Decimal(one), Decimal(other))
        yield _EXACT.divide(total, Decimal(2))
