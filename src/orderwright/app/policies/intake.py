"""Take what is told of an event as facts: each of its type or not at all, amounts exact.

A fact of a wrong type is no error: it is mistyped, so that policies neither know it nor take it for empty, and it is
flagged. So is a text that is too long, or that the database cannot keep; the event is counted under whom it names all
the same. Fields that are no facts of the trigger are kept for people to see, and flagged. An amount is an object with
its currency, or a decimal beside the field `currency`; a fraction that the currency does not have is no amount.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from orderwright.app.policies.key import as_key
from orderwright.condition import MAX_DEPTH, MISSING, Json, Mistyped, in_case, plain, read
from orderwright.errors import InputInvalid
from orderwright.json_text import dump, is_storable_json
from orderwright.money import Money

if TYPE_CHECKING:
    from orderwright.condition import FactField, Schema

_CURRENCY: Final = "currency"
_LONGEST: Final = 10_000
"""Characters of a text, and of a field that is no fact, as JSON; what is longer is left out."""
_FLAGGED: Final = 100
"""How many fields are named at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What was told.

    Attributes:
        facts: by dotted path; numbers and money exact.
        mistyped: the facts that were told, and not of their type.
        flagged: what is no fact of the trigger or not of its type, each with the reason; the mistyped first.
        unkept: what stands for texts that are too long or cannot be kept, by dotted path.
    """

    facts: Mapping[str, Json]
    mistyped: Mapping[str, Mistyped] = field(default_factory=dict)
    flagged: tuple[str, ...] = ()
    unkept: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> Mapping[str, Json]:
        """What says whose the event is: the facts, and what stands for those that are not kept."""
        return {**self.unkept, **self.facts} if self.unkept else self.facts

    def without(self, names: Collection[str]) -> Intake:
        """Return the intake without what was mistyped, or could not be kept, of facts that are known otherwise."""
        return replace(
            self,
            mistyped={path: one for path, one in self.mistyped.items() if path not in names},
            unkept={path: one for path, one in self.unkept.items() if path not in names},
        )

    def with_mistyped(self, path: str, one: Mistyped) -> Intake:
        """Return the intake with a fact that cannot be read."""
        flagged = (*self.flagged, _flag(path, one.reason))
        facts = {name: value for name, value in self.facts.items() if name != path}
        return replace(self, facts=facts, mistyped={**self.mistyped, path: one}, flagged=flagged)

    def with_mistyped_of(self, other: Intake, schema: Schema) -> Intake:
        """Return the intake with what was mistyped in another one, of the facts in a schema."""
        wrong = {path: one for path, one in other.mistyped.items() if path in schema}
        flagged = tuple(_flag(path, one.reason) for path, one in sorted(wrong.items()))
        return replace(self, mistyped=wrong, flagged=(*self.flagged, *flagged))


def take_in(context: Mapping[str, Json], schema: Schema) -> Intake:
    """Read a context by the schema of its trigger."""
    facts: dict[str, Json] = {}
    mistyped: dict[str, Mistyped] = {}
    strange: list[str] = []
    plain_to_see: set[str] = set()
    unkept: dict[str, str] = {}
    roots = {path.partition(".")[0] for path in schema if "." in path}
    for path, value in _spread(context, schema, roots - schema.keys(), ""):
        known = schema.get(path)
        taken, wrong = _unknown(path, value) if known is None else _taken(value, known, context)
        if taken is not None:
            facts[path] = taken[0]
        elif known is not None and known.type == "text" and isinstance(value, str):
            unkept[path] = as_key(value)
        if wrong is not None and known is not None:
            mistyped[path] = Mistyped(wrong)
        elif wrong is not None:
            strange.append(_flag(path, wrong))
        if path.partition(".")[0] in roots:
            within = dict(_within(path, value, schema))
            mistyped.update(within)
            plain_to_see.update(within if path in facts else ())
    flagged = [
        _flag(path, one.reason) for path, one in mistyped.items() if path not in plain_to_see
    ]
    return Intake(
        facts=facts,
        mistyped={path: one for path, one in mistyped.items() if path not in facts},
        flagged=tuple(sorted([*sorted(flagged), *sorted(strange)][:_FLAGGED])),
        unkept=unkept,
    )


def mistyped_of(
    flagged: Sequence[str], known: Collection[str], schema: Schema
) -> dict[str, Mistyped]:
    """Return the facts that were mistyped, from what was flagged of them then: they are kept nowhere else."""
    reasons = dict(line.rpartition(": ")[::2] for line in flagged)
    told = {path: reasons.get(_name(path)) for path in schema if path not in known}
    return {path: Mistyped(reason) for path, reason in told.items() if reason is not None}


def _flag(path: str, wrong: str) -> str:
    return f"{_name(path)}: {wrong}"


def _name(path: str) -> str:
    return ascii(path)[1:-1][:_LONGEST]


def _within(path: str, value: Json, schema: Schema) -> Iterator[tuple[str, Mistyped]]:
    """Yield the facts within what was told under a path that it has no room for, or that are not of their type."""
    for inner in schema:
        if inner.startswith(f"{path}."):
            wrong = _misfit(value, inner[len(path) + 1 :], schema[inner].type)
            if wrong is not None:
                yield inner, Mistyped(wrong)


def _misfit(value: Json, path: str, wanted: str) -> str | None:
    for part in path.split("."):
        if not isinstance(value, Mapping):
            wanted = "object"
            break
        value = value.get(part, MISSING)
    found = read(value)[0]
    return None if found in ("null", "missing", wanted) else f"{found} where {wanted} belongs"


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
    return (in_case(exact, known.case) if known.case else exact,), None


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
    return is_storable_json(text)
