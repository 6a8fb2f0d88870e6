"""Find a value that does all that several changes ask of one field: the proof that they can be made."""

from __future__ import annotations

import decimal
import itertools
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final, TypeGuard

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
    yield from _between([value for value in values if _is_number(value)])
    yield from _ANY


def _some(items: Sequence[Json]) -> list[Json]:
    """Take a few entries of a list, and with them the greatest of each kind: beyond it nothing is listed."""
    exact = [read(item)[1] for item in items]
    few = exact[:_MOST]
    numbers = [item for item in exact if _is_number(item)]
    amounts = [item for item in exact if isinstance(item, Money)]
    texts = [item for item in exact if isinstance(item, str)]
    few += [max(numbers)] if numbers else []
    few += [max(amounts, key=lambda amount: amount.minor)] if amounts else []
    return few + ([max(texts, key=len)] if texts else [])


def _near(value: Json) -> Iterable[Json]:
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int):
        return value + 1, value - 1
    if isinstance(value, Decimal):
        return _EXACT.add(value, Decimal(1)), _EXACT.subtract(value, Decimal(1))
    if isinstance(value, Money):
        return Money(value.minor + 1, value.currency), Money(value.minor - 1, value.currency)
    if isinstance(value, str):
        return f"{value}x", f"x{value}", value[:-1], "x", f"{value}\0"
    return (tuple(value), (*value, None)) if isinstance(value, tuple | list) else ()


def _between(numbers: Sequence[int | Decimal]) -> Iterator[Decimal]:
    """Yield what lies amid two numbers, and then what lies next to each."""
    exact = [Decimal(number) for number in numbers]
    for one, other in itertools.combinations(exact[:_MOST], 2):
        yield _EXACT.divide(_EXACT.add(one, other), Decimal(2))
    for number in exact:
        yield from (_EXACT.next_plus(number), _EXACT.next_minus(number))


def _is_number(value: Json) -> TypeGuard[int | Decimal]:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


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
