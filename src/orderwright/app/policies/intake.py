"""Take what is told of an event as facts: each of its type or not at all, amounts exact.

A fact of a wrong type is no error: it is left out, so that policies do not know it, and flagged. So is a text that
is too long, or that the database cannot keep; the event is counted under whom it names all the same. Fields that are
no facts of the trigger are kept for people to see, and flagged. An amount is an object with its currency, or a decimal
beside the field `currency`; a fraction that the currency does not have is no amount.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from orderwright.app.policies.key import as_key
from orderwright.condition import MAX_DEPTH, Json, plain, read
from orderwright.errors import InputInvalid
from orderwright.json_text import dump, is_storable
from orderwright.money import Money

if TYPE_CHECKING:
    from orderwright.condition import FactField, Schema

_CURRENCY: Final = "currency"
_LONGEST: Final = 10_000
"""Characters of a text, and of a field that is no fact, as JSON; what is longer is left out."""
_NUL: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""A NUL as JSON writes it: text that PostgreSQL cannot take out again."""
_FLAGGED: Final = 100
"""How many fields are named at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What was told.

    Attributes:
        facts: by dotted path; numbers and money exact.
        flagged: what is no fact of the trigger or not of its type, each with the reason.
        unkept: what stands for texts that are too long or cannot be kept, by dotted path.
    """

    facts: Mapping[str, Json]
    flagged: tuple[str, ...] = ()
    unkept: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> Mapping[str, Json]:
        """What says whose the event is: the facts, and what stands for those that are not kept."""
        return {**self.unkept, **self.facts} if self.unkept else self.facts


def take_in(context: Mapping[str, Json], schema: Schema) -> Intake:
    """Read a context by the schema of its trigger."""
    facts: dict[str, Json] = {}
    flagged: list[str] = []
    unkept: dict[str, str] = {}
    groups = {path.partition(".")[0] for path in schema if "." in path} - schema.keys()
    for path, value in _spread(context, schema, groups, ""):
        known = schema.get(path)
        taken, wrong = _unknown(path, value) if known is None else _taken(value, known, context)
        if wrong is not None:
            flagged.append(f"{ascii(path)[1:-1][:_LONGEST]}: {wrong}")
        if taken is not None:
            facts[path] = taken[0]
        elif known is not None and known.type == "text" and isinstance(value, str):
            unkept[path] = as_key(value)
    return Intake(facts=facts, flagged=tuple(sorted(flagged)[:_FLAGGED]), unkept=unkept)


def _spread(
    source: Mapping[str, Json], schema: Schema, groups: set[str], prefix: str
) -> Iterator[tuple[str, Json]]:
    """Yield fields by dotted path; objects that group facts are looked into."""
    for key, value in source.items():
        path = f"{prefix}{key}"
        is_group = path.partition(".")[0] in groups and path.count(".") < MAX_DEPTH
        if isinstance(value, Mapping) and is_group and path not in schema:
            yield from _spread(value, schema, groups, f"{path}.")
        else:
            yield path, value


_Taken = tuple[tuple[Json] | None, str | None]
"""The value in a tuple, or None where it is left out; and what is wrong."""


def _taken(value: Json, known: FactField, context: Mapping[str, Json]) -> _Taken:
    found, exact = read(value)
    if found == "null":
        return (None,), None
    if known.type == "money" and found in ("number", "text"):
        return _joined(exact, context.get(_CURRENCY))
    if found != known.type:
        return None, f"{found} where {known.type} belongs"
    if isinstance(exact, str) and len(exact) > _LONGEST:
        return None, f"text of more than {_LONGEST} characters"
    if not _is_storable(exact):
        return None, "text that cannot be kept"
    return (exact,), None


def _joined(amount: Json, currency: Json) -> _Taken:
    """Join an amount with the currency beside it."""
    if not isinstance(currency, str):
        return None, "an amount without a currency"
    try:
        if isinstance(amount, str | int | Decimal):
            return (Money.parse(amount, currency),), None
    except (InputInvalid, ValueError):  # the latter of a number of thousands of digits
        pass
    return None, f"no amount in {ascii(currency[:3])[1:-1]}"


def _unknown(path: str, value: Json) -> _Taken:
    """Take a field that is no fact, as JSON can say it."""
    form = plain(value)
    if not _is_storable({path: form}) or len(dump(form)) + len(path) > _LONGEST:
        return None, "no fact of this trigger, and it cannot be kept"
    return (form,), "no fact of this trigger"


def _is_storable(value: Json) -> bool:
    try:
        text = dump(plain(value))
    except (TypeError, ValueError):
        return False
    return is_storable(text) and _NUL.search(text) is None
