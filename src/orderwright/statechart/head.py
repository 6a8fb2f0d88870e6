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
    """Everything of a snapshot but context, history and output."""

    chart_id: str
    version: int
    hash: str
    configuration: Ids
    value: Json
    status: Status
    text: str
    """The beginning of the snapshot's JSON text, up to the last of these."""

    def to_json(self) -> dict[str, Json]:
        """Return the first keys of a snapshot's JSON."""
        return _written(*self[:6])


_BY_PARTS: Final[dict[tuple[str, int, str, Ids, Status], Head]] = {}
_BY_TEXT: Final[dict[str, Head]] = {}


def share(
    chart_id: str, version: int, hash_: str, configuration: Ids, value: Json, status: Status
) -> Head:
    """Return the one head with these parts."""
    key = (chart_id, version, hash_, configuration, status)
    found = _BY_PARTS.get(key)
    if found is not None and (found.value is value or found.value == value):
        return found
    ids = tuple(map(intern, configuration))
    text = dump(_written(*key[:4], value, status))[:-1]
    made = Head(intern(chart_id), version, intern(hash_), ids, value, status, text)
    if len(_BY_PARTS) >= _REMEMBERED:
        _BY_PARTS.clear()
        _BY_TEXT.clear()
    _BY_PARTS[key] = _BY_TEXT[text] = made
    return made


def known(text: str) -> Head | None:
    """Return the head with this text, when it was met before."""
    return _BY_TEXT.get(text)


def read(source: Mapping[str, Json]) -> Head:
    """Return the head in a snapshot's JSON.

    Raises:
        ValueError: a key is missing or holds the wrong type; the message names it.
    """
    status = typed(source, "status", str)
    if status not in ("active", "done"):
        raise ValueError(f"snapshot.status: {status!r} is not `active` or `done`")
    return share(
        typed(source, "chart", str),
        typed(source, "version", int),
        typed(source, "hash", str),
        names(typed(source, "configuration", list), "configuration"),
        source.get("value"),
        "done" if status == "done" else "active",
    )


def typed(source: Mapping[str, Json], key: str, kind: type[T]) -> T:
    """Return the value of a key.

    Raises:
        ValueError: it is not of this kind.
    """
    value = source.get(key)
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


def _written(
    chart_id: str, version: int, hash_: str, configuration: Ids, value: Json, status: Status
) -> dict[str, Json]:
    return {
        "chart": chart_id,
        "version": version,
        "hash": hash_,
        "configuration": list(configuration),
        "value": value,
        "status": status,
    }
