"""The part of a snapshot that very many instances have in common: kept once, with its JSON text.

Two tables remember heads, by what they hold and by their text. They are only memory: a head that is in neither is
made anew, and full tables are emptied.
"""

from __future__ import annotations

from collections.abc import Mapping
from sys import intern
from typing import Final, Literal, NamedTuple, TypeVar

from orderwright.json_text import Json, dump

T = TypeVar("T")

Ids = tuple[str, ...]
Status = Literal["active", "done"]

_REMEMBERED: Final = 10_000


class Head(NamedTuple):
    """Everything of a snapshot but context, history and output.

    Attributes:
        start: chart id, version, structural hash, configuration, value: what a snapshot's fields begin with.
        status: whether the chart has reached its end.
        text: the beginning of the snapshot's JSON text, up to the status.
    """

    start: tuple[str, int, str, Ids, Json]
    status: Status
    text: str


Key = tuple[str, int, str, Ids, Status]

_BY_PARTS: Final[dict[Key, Head]] = {}
_BY_TEXT: Final[dict[str, Head]] = {}


def share(key: Key, value: Json) -> Head:
    """Return the one head with these parts: chart id, version, hash, configuration, status; and value.

    Raises:
        ValueError: the value is nested too deeply.
    """
    found = _BY_PARTS.get(key)
    if found is not None and found.start[4] is value:
        return found
    chart_id, version, hash_, configuration, status = key
    ids = tuple(map(intern, configuration))
    text = dump(written(key, value))[:-1]
    made = Head((intern(chart_id), version, intern(hash_), ids, value), status, text)
    if len(_BY_TEXT) >= _REMEMBERED:  # the larger one: a key may come with several values
        _BY_PARTS.clear()
        _BY_TEXT.clear()
    _BY_PARTS[key] = _BY_TEXT[text] = made
    return made


def known(text: str) -> Head | None:
    """Return the head with this text, when it was met before."""
    return _BY_TEXT.get(text)


def written(key: Key, value: Json) -> dict[str, Json]:
    """Return the first keys of a snapshot's JSON."""
    chart_id, version, hash_, configuration, status = key
    return {
        "chart": chart_id,
        "version": version,
        "hash": hash_,
        "configuration": list(configuration),
        "value": value,
        "status": status,
    }


def read(source: Mapping[str, Json]) -> Head:
    """Return the head in a snapshot's JSON.

    Raises:
        ValueError: a key is missing or holds the wrong type; the message names it.
    """
    status = typed(source, "status", str)
    if status not in ("active", "done"):
        raise ValueError(f"snapshot.status: {status!r} is not `active` or `done`")
    key: Key = (
        typed(source, "chart", str),
        typed(source, "version", int),
        typed(source, "hash", str),
        names(typed(source, "configuration", list), "configuration"),
        "done" if status == "done" else "active",
    )
    value = source.get("value")
    found = _BY_PARTS.get(key)
    try:
        same = found is not None and _is_same(found.start[4], value)
        return found if found is not None and same else share(key, copied(value))
    except RecursionError:
        raise ValueError("snapshot.value: nested too deeply") from None


def typed(source: Mapping[str, Json], key: str, kind: type[T]) -> T:
    """Return the value of a key.

    Raises:
        ValueError: it is not of this kind.
    """
    value = source.get(key)
    if type(value) is kind:
        return value
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError(f"snapshot.{key}: expected {kind.__name__}, found {type(value).__name__}")  # noqa: TRY004 (a bad document, not a bad call)
    return value


def names(value: Json, key: str) -> Ids:
    """Return a list of node ids.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError(f"snapshot.{key}: expected a list of node ids")
    return tuple(value)


def _is_same(one: Json, other: Json) -> bool:
    """Tell whether two values have one text; to Python 1, 1.0 and true are equal, and objects in any order."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(_is_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return one == other


def copied(value: Json) -> Json:
    """Return a value that nobody else can change: heads are shared, and a document is its reader's."""
    if isinstance(value, dict):
        return {key: copied(member) for key, member in value.items()}
    return [copied(member) for member in value] if isinstance(value, list) else value
