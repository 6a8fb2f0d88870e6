"""What conditions compare: JSON values read by strict kind, with numbers and money exact.

A value belongs to one kind, and two values compare only within it: there is no coercion. A float is the decimal that
its shortest text shows (0.1 is one tenth), so that a literal means what its author wrote. Money is an object with a
currency and one of `amount` or `money` (major units) or `minor` (an integer of minor units), or a `Money`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import NoneType
from typing import Final, Literal

from orderwright.errors import InputInvalid
from orderwright.money import LARGEST_MINOR, Money, exponent

Json = object
"""A JSON value as Python reads it; narrowed wherever it is looked into."""

Kind = Literal[
    "boolean", "number", "text", "money", "list", "object", "null", "missing", "mistyped", "other"
]
"""`missing` is a path that leads nowhere, `mistyped` what cannot be read by its type, `other` what is not JSON (NaN
too); none of them compares with anything."""

Case = Literal["lower", "upper"]
"""The letters in which the texts of a field are written, where their case has no meaning."""

MAX_DEPTH: Final = 50
"""How deep groups and values may nest; far above what a person draws, far below Python's own limit."""


class _Missing:
    """The value of a path that leads nowhere; distinct from null."""

    def __repr__(self) -> str:
        return "missing"


MISSING: Final = _Missing()


@dataclass(frozen=True, slots=True)
class Mistyped:
    """The value of a field that holds something, and nothing of its type: neither a value nor the lack of one.

    Attributes:
        reason: what was found and what belongs there, without the value itself: `text where money belongs`.
    """

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedList:
    """The entries of a list at one moment, ready to be asked for membership.

    Attributes:
        name: what rules call it.
        items: its entries, JSON values.
        texts: the entries that are text, for a look-up that does not grow with the list.
        others: the entries that are not.
    """

    name: str
    items: tuple[Json, ...]
    texts: frozenset[str] = field(init=False, repr=False, compare=False)
    others: tuple[Json, ...] = field(init=False, repr=False, compare=False)
    _cased: dict[Case, NamedList] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        texts = frozenset(item for item in self.items if isinstance(item, str))
        object.__setattr__(self, "texts", texts)
        others = tuple(item for item in self.items if not isinstance(item, str))
        object.__setattr__(self, "others", others)

    @classmethod
    def of(cls, name: str, items: Iterable[Json]) -> NamedList:
        """Make a list of entries; their order has no meaning."""
        return cls(name=name, items=tuple(items))

    def in_case(self, case: Case) -> NamedList:
        """Return the list with its texts in one case; it is made once."""
        if case not in self._cased:
            self._cased[case] = NamedList.of(self.name, (in_case(one, case) for one in self.items))
        return self._cased[case]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A regular expression and how to search for it; two patterns are equal when their texts are.

    Attributes:
        text: the expression, as written.
        search: tells whether it occurs in a text.
        ignores_case: whether it is searched for in either case.
    """

    text: str
    search: Callable[[str], bool] = field(compare=False, repr=False)
    ignores_case: bool = False


def in_case(value: Json, case: Case) -> Json:
    """Return a text in one case, and a list with its texts so; what else there is stays as it is."""
    if isinstance(value, str):
        return value.lower() if case == "lower" else value.upper()
    if isinstance(value, list | tuple):
        return tuple(in_case(one, case) if isinstance(one, str) else one for one in value)
    return value


def kind(value: Json) -> Kind:
    """Name the strict kind of a value."""
    return read(value)[0]


def read(value: Json) -> tuple[Kind, Json]:
    """Return the kind of a value with its exact form: no float, money as `Money`, else the value itself."""
    known = _KINDS.get(type(value))
    if known is not None:
        return known, value
    if isinstance(value, float | Decimal):
        return _number(value)
    if isinstance(value, Mapping):
        amount = _money(value)
        return ("object", value) if amount is None else ("money", amount)
    if isinstance(value, str | int):  # members of enumerations
        return ("text" if isinstance(value, str) else "number"), value
    is_list = isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview)
    return ("list" if is_list else "other"), value


_KINDS: Final[Mapping[type, Kind]] = {
    bool: "boolean",
    int: "number",
    str: "text",
    NoneType: "null",
    list: "list",
    tuple: "list",
    Money: "money",
    _Missing: "missing",
    Mistyped: "mistyped",
}


def _number(value: float | Decimal) -> tuple[Kind, Json]:
    finite = value.is_finite() if isinstance(value, Decimal) else math.isfinite(value)
    if not finite:
        return "other", value
    return "number", Decimal(repr(value)) if isinstance(value, float) else value


def _money(source: Mapping[str, Json]) -> Money | None:
    """Read an object as money; None when it is another object, or an amount that its currency cannot have."""
    currency = source.get("currency")
    if len(source) != 2 or not isinstance(currency, str):  # noqa: PLR2004 (the amount and the currency)
        return None
    try:
        if "minor" in source:
            return _minor(source["minor"], currency)
        amount = source.get("amount", source.get("money"))
        if isinstance(amount, float):
            amount = _number(amount)[1]
        return Money.parse(amount, currency) if isinstance(amount, str | int | Decimal) else None
    except InputInvalid:
        return None


def _minor(minor: Json, currency: str) -> Money | None:
    exponent(currency)  # raises where there is no such currency
    fits = type(minor) is int and abs(minor) <= LARGEST_MINOR
    return Money(minor, currency) if fits and isinstance(minor, int) else None
