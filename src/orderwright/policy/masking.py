"""Keep what is sensitive out of logs: facts, and what evaluations quote of them.

What is sensitive is so wherever it stands. A host that calls `passport` sensitive may tell it within a list, or within
what is no fact at all; so the last part of a sensitive path is a name that is masked at any depth, unless the schema
knows the field that stands there as one that is not sensitive.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from orderwright.condition import Json, Schema

MASK: Final = "***"


def masked_facts(
    facts: Mapping[str, Json], schema: Schema, names: Collection[str] = ()
) -> dict[str, Json]:
    """Return facts with every sensitive one replaced by a mask, nested or not; one that is not there stays away.

    Args:
        facts: by dotted path or nested.
        schema: which facts are sensitive.
        names: of more fields that are masked wherever they stand, unless the schema knows them.
    """
    secrets = _secrets(schema, names)
    return {key: secrets.masked(value, key) for key, value in facts.items()}


def masked_tree(
    tree: Mapping[str, Json], schema: Schema, names: Collection[str] = ()
) -> dict[str, Json]:
    """Return an evaluation's JSON in which no rule quotes a sensitive fact.

    What a rule compares with stays, for it stands in the policy; unless another, sensitive fact is compared with.
    """
    return _masked_tree(tree, _secrets(schema, names))


def has_mask(value: Json) -> bool:
    """Tell whether a fact is masked, or something within it is."""
    if isinstance(value, Mapping):
        return any(map(has_mask, value.values()))
    if isinstance(value, list | tuple):
        return any(map(has_mask, value))
    return value == MASK


@dataclass(frozen=True, slots=True)
class _Secrets:
    """What is to be masked: the facts that are sensitive, and the names that what is sensitive goes by."""

    known: Collection[str]
    paths: frozenset[str]
    names: frozenset[str]

    def has(self, path: str) -> bool:
        if path in self.known:
            return path in self.paths
        return path.rpartition(".")[2] in self.names

    def masked(self, value: Json, path: str) -> Json:
        """Return a value without what is sensitive in it; what is in a list stands where the list does."""
        if self.has(path):
            return MASK
        if isinstance(value, Mapping):
            return {str(key): self.masked(one, f"{path}.{key}") for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.masked(one, path) for one in value]
        return value

    def quoted(self, value: Json, path: str) -> Json:
        """Return what a rule quotes of a fact: nothing of one that is sensitive, or within or around one that is."""
        near = (path.startswith(f"{one}.") or one.startswith(f"{path}.") for one in self.paths)
        return MASK if any(near) else self.masked(value, path)


def _secrets(schema: Schema, names: Collection[str]) -> _Secrets:
    paths = frozenset(name for name, known in schema.items() if known.sensitive)
    last = {path.rpartition(".")[2] for path in paths}
    return _Secrets(schema.keys(), paths, frozenset({*last, *names}))


def _masked_tree(tree: Mapping[str, Json], secrets: _Secrets) -> dict[str, Json]:
    found = dict(tree)
    members = found.get("rules")
    if isinstance(members, list):
        found["rules"] = [
            _masked_tree(member, secrets) for member in members if isinstance(member, Mapping)
        ]
        return found
    value = found.get("value")
    other = value.get("fact") if isinstance(value, Mapping) else None
    if "actual" in found:
        found["actual"] = secrets.quoted(found["actual"], str(found.get("field")))
    if "expected" in found and other is not None:
        found["expected"] = secrets.quoted(found["expected"], str(other))
    return found
