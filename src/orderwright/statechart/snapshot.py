"""What passes in and out of a step: events and snapshots, and how a snapshot becomes JSON and comes back.

Hosts hold very many snapshots, and write and read one for each event. What many of them have in common is therefore
shared (`head`), so that only the context is written and read every time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from sys import intern
from types import MappingProxyType
from typing import Final, NamedTuple

from orderwright.json_text import Json, dump, load, scan
from orderwright.statechart import head
from orderwright.statechart.head import Head, Ids, Status

NO_HISTORY: Final[Mapping[str, Ids]] = MappingProxyType({})
_CONTEXT: Final = ',"context":{'  # no string can hold it: its quotes would be escaped
_BRACE: Final = len(_CONTEXT) - 1
_WORD: Final = 12  # letters at most, as in CARD, EUR, CONSUMER
_HISTORY: Final = ',"history":'
_OUTPUT: Final = ',"output":'
_REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: a type and JSON-ready data."""

    type: str
    data: Mapping[str, Json] = field(default_factory=dict)


class Snapshot(NamedTuple):
    """Where an instance stands; plain data that survives JSON unchanged.

    Attributes:
        chart_id: the chart's id.
        version: the chart's version.
        hash: the chart's structural hash; a snapshot fits only that structure.
        configuration: ids of every active state node, ancestors and root included, in document order.
        value: the same in XState's shape, for readers.
        context: the instance's data, JSON-ready.
        history: for each history node that was recorded, the ids that it restores.
        status: "active", or "done" when the chart has reached its end.
        output: what the chart's end yields.
    """

    chart_id: str
    version: int
    hash: str
    configuration: Ids
    value: Json
    context: Mapping[str, Json]
    history: Mapping[str, Ids] = NO_HISTORY
    status: Status = "active"
    output: Json = None

    def to_json(self) -> dict[str, Json]:
        """Return a JSON-ready object; `history` and `output` stand in it only where there is any."""
        found = head.written(_key(self), head.copied(self.value))
        found["context"] = dict(self.context)
        return {**found, **_tail(self)} if self.history or self.output is not None else found

    @classmethod
    def from_json(cls, source: Mapping[str, Json]) -> Snapshot:
        """Read what `to_json` wrote.

        Raises:
            ValueError: a key is missing or holds the wrong type, and the message names it; or it is nested too deeply.
        """
        return _assembled(head.read(source), head.typed(source, "context", dict), source)

    def to_text(self) -> str:
        """Return the JSON text of `to_json`, compact.

        Raises:
            ValueError: NaN or an infinity is in the context, or it is nested too deeply.
            TypeError: something in the context is not JSON.
        """
        chart_id, version, hash_, configuration, value, context, history, status, output = self
        begun = head.share((chart_id, version, hash_, configuration, status), value).text
        written = dump(context if type(context) is dict else dict(context))
        if not history and output is None:
            return f'{begun},"context":{written}}}'
        if output is None:
            return f'{begun},"context":{written},{_history_text(tuple(history.items()))}'
        return f'{begun},"context":{written},{dump(_tail(self))[1:]}'

    @classmethod
    def from_text(cls, text: str, *, lasting: bool = True) -> Snapshot:
        """Read what `to_text` wrote, or any other JSON text of a snapshot.

        One that is `lasting` shares its keys and short words with all others, so that many of them take little
        memory. Whoever is done with it at once need not wait for that.

        Raises:
            ValueError: not JSON; a key is missing or holds the wrong type, and the message names it; or it is nested
                too deeply.
        """
        cut = text.find(_CONTEXT)
        met = head.known(text[:cut])
        if met is None:
            return cls.from_json(_object(text))
        context, end = scan(text, cut + _BRACE)
        assert type(context) is dict, "it begins with a brace"
        rest = text[end:]
        held = _shared(context) if lasting else context
        if rest == "}":
            return _made(cls, (*met.start, held, NO_HISTORY, met.status, None))
        if rest.startswith(_HISTORY) and _OUTPUT not in rest:
            return _made(cls, (*met.start, held, _history_in(rest), met.status, None))
        if rest.startswith((_HISTORY, _OUTPUT)):
            return _assembled(met, context, load("{" + rest[1:]))
        return cls.from_json(_object(text))


_made = tuple.__new__
"""Makes a named tuple without a call in between: snapshots are made for every event."""


def _object(text: str) -> dict[str, Json]:
    found: Json = load(text)
    if isinstance(found, dict):
        return found
    raise ValueError(f"snapshot: expected an object, found {type(found).__name__}")


def _key(snapshot: Snapshot) -> head.Key:
    return (*snapshot[:4], snapshot.status)


def _tail(snapshot: Snapshot) -> dict[str, Json]:
    tail: dict[str, Json] = {}
    if snapshot.history:
        tail["history"] = {node: list(ids) for node, ids in snapshot.history.items()}
    if snapshot.output is not None:
        tail["output"] = snapshot.output
    return tail


def _assembled(found: Head, context: dict[str, Json], source: Mapping[str, Json]) -> Snapshot:
    tail = (_shared(context), _history_of(source), found.status, source.get("output"))
    return _made(Snapshot, found.start + tail)


@lru_cache(maxsize=_REMEMBERED)
def _history_in(rest: str) -> Mapping[str, Ids]:
    """Read what a text ends with that has a history and no output: very many end alike."""
    return _history_of(load("{" + rest[1:]))


def _history_of(source: Mapping[str, Json]) -> Mapping[str, Ids]:
    if source.get("history") is None:
        return NO_HISTORY
    recorded = head.typed(source, "history", dict)
    return _history(
        tuple((node, head.names(ids, f"history.{node}")) for node, ids in recorded.items())
    )


@lru_cache(maxsize=_REMEMBERED)
def _history(history: tuple[tuple[str, Ids], ...]) -> Mapping[str, Ids]:
    """Return the one history with these entries."""
    return MappingProxyType(dict(history))


@lru_cache(maxsize=_REMEMBERED)
def _history_text(history: tuple[tuple[str, Ids], ...]) -> str:
    """Write the end of a snapshot that has a history and no output."""
    return dump({"history": {node: list(ids) for node, ids in history}})[1:]


def _shared(context: dict[str, Json]) -> dict[str, Json]:
    """Return the context with its keys, and the short words in it, as the strings that all others use.

    Ids are not shared, nor are the keys of objects in the context, which often are ids.

    Raises:
        ValueError: a key is no string, as those of Python's own objects may be.
    """
    try:
        keys = _interned(tuple(context))
    except TypeError:
        raise ValueError("snapshot.context: the keys of objects are strings") from None
    values = [
        intern(value) if type(value) is str and len(value) <= _WORD and value.isalpha() else value
        for value in context.values()
    ]
    return dict(zip(keys, values, strict=True))


@lru_cache(maxsize=_REMEMBERED)
def _interned(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys of a context as the strings that all others use; a chart has few sets of keys."""
    return tuple(map(intern, keys))
