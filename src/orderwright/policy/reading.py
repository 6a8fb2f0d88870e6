"""Look facts up by dotted path."""

from __future__ import annotations

from collections.abc import Mapping

from orderwright.condition import MISSING, Json, Lookup, read


def reading(facts: Mapping[str, Json]) -> Lookup:
    """Return a lookup of facts: a key that is the whole path, else the way through nested objects.

    What was found is read once (money as `Money`, no float) and kept: facts must not change while a lookup is in use.
    """
    return _Found(facts).__getitem__


class _Found(dict[str, Json]):
    """What paths have led to; a path that is asked for the first time is followed."""

    __slots__ = ("facts",)

    def __init__(self, facts: Mapping[str, Json]) -> None:
        super().__init__()
        self.facts = facts

    def __missing__(self, path: str) -> Json:
        found = self[path] = read(_follow(self.facts, path))[1]
        return found


def _follow(facts: Mapping[str, Json], path: str) -> Json:
    whole = facts.get(path, MISSING)
    if whole is not MISSING:
        return whole
    found: Json = facts
    for part in path.split("."):
        if not isinstance(found, Mapping):
            return MISSING
        found = found.get(part, MISSING)
    return found
