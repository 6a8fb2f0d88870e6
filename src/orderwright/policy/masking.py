"""Keep what is sensitive out of logs: facts, and what evaluations quote of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
        names: of fields that are masked wherever they stand, unless the schema knows them.
    """
    sensitive = _sensitive(schema)
    masked = {key: _masked(value, key, sensitive) for key, value in facts.items()}
    if not names:
        return masked
    return {
        key: value if key in schema else _unnamed(value, key, names)
        for key, value in masked.items()
    }


def _unnamed(value: Json, path: str, names: Collection[str]) -> Json:
    """Return a field that is no fact without what is sensitive by its name."""
    if path.rpartition(".")[2] in names:
        return MASK
    if isinstance(value, Mapping):
        return {str(key): _unnamed(one, str(key), names) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_unnamed(one, "", names) for one in value]
    return value


def masked_tree(tree: Mapping[str, Json], schema: Schema) -> dict[str, Json]:
    """Return an evaluation's JSON in which no rule quotes a sensitive fact.

    What a rule compares with stays, for it stands in the policy; unless another, sensitive fact is compared with.
    """
    return _masked_tree(tree, _sensitive(schema))


def _masked_tree(tree: Mapping[str, Json], sensitive: frozenset[str]) -> dict[str, Json]:
    found = dict(tree)
    members = found.get("rules")
    if isinstance(members, list):
        found["rules"] = [
            _masked_tree(member, sensitive) for member in members if isinstance(member, Mapping)
        ]
        return found
    value = found.get("value")
    other = value.get("fact") if isinstance(value, Mapping) else None
    if "actual" in found and _covers(sensitive, str(found.get("field"))):
        found["actual"] = MASK
    if "expected" in found and other is not None and _covers(sensitive, str(other)):
        found["expected"] = MASK
    return found


def _sensitive(schema: Schema) -> frozenset[str]:
    return frozenset(name for name, known in schema.items() if known.sensitive)


def _covers(sensitive: frozenset[str], path: str) -> bool:
    """Tell whether a path is sensitive, lies within something that is, or holds something that is."""
    return any(
        path == name or path.startswith(f"{name}.") or name.startswith(f"{path}.")
        for name in sensitive
    )


def _masked(value: Json, path: str, sensitive: frozenset[str]) -> Json:
    if path in sensitive:
        return MASK
    if not isinstance(value, Mapping):
        return value
    return {str(key): _masked(one, f"{path}.{key}", sensitive) for key, one in value.items()}
