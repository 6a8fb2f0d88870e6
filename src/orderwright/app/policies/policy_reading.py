"""Read a policy as this house may run it: with the triggers, the lists and the roles that there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from orderwright.app.permissions import Role
from orderwright.condition import ListReference, fields, walk
from orderwright.json_text import load as load_text
from orderwright.policy import Policy, PolicyInvalid, Problem, load
from orderwright.policy.template import facts_of
from orderwright.policy.trigger import THRESHOLD

if TYPE_CHECKING:
    from orderwright.condition import Catalogue, Json
    from orderwright.policy.trigger import Triggers
    from orderwright.runtime.pool import Connection

ROLES: Final = tuple(Role)
"""Whom actions may name."""
_TEMPLATES: Final = ("reason", "message", "template")
"""The keys of configs that may name facts."""


def read_policy(document: Json, types: Triggers, lists: Catalogue | None) -> Policy:
    """Read a policy, an object or its text; a list, trigger, fact or role that there is not is a mistake.

    Raises:
        PolicyInvalid: with every mistake and its path.
    """
    if not isinstance(document, Mapping | str):
        raise PolicyInvalid([Problem("", "type", "a policy is an object")])
    return load(document, triggers=types, catalogue=lists, roles=ROLES)


def trigger_name(policy: Policy) -> str:
    """Return the name of what sets a policy off."""
    return policy.trigger if isinstance(policy.trigger, str) else THRESHOLD


def facts_read(policy: Policy) -> frozenset[str]:
    """Return the facts that a policy reads, in conditions and in texts."""
    return frozenset[str]().union(
        *(fields(node.group) for node in policy.conditions),
        *(_named(node.config) for node in policy.actions),
    )


def _named(config: Mapping[str, Json]) -> Iterator[str]:
    texts = (config.get(key) for key in _TEMPLATES)
    return (name for text in texts if isinstance(text, str) for name in facts_of(text))


def lists_read(policy: Policy) -> frozenset[str]:
    """Return the lists that a policy reads."""
    rules = (rule for node in policy.conditions for rule in walk(node.group))
    return frozenset(rule.value.name for rule in rules if isinstance(rule.value, ListReference))


async def trigger_of(connection: Connection, policy_id: str, version: int) -> str | None:
    """Return the name of what sets a version of a policy off; None where there is no such version."""
    document = await connection.fetchval(_DOCUMENT, policy_id, version)
    if document is None:
        return None
    trigger = load_text(document)["trigger"]
    return trigger if isinstance(trigger, str) else THRESHOLD


async def catalogue(connection: Connection) -> Catalogue:
    """Return the lists that there are, each with the type of its entries."""
    return {row["name"]: row["kind"] for row in await connection.fetch(_LISTS)}


_DOCUMENT: Final = (
    "select document from orderwright.policy_version where policy_id = $1 and version = $2"
)
_LISTS: Final = "select name, kind from orderwright.policy_list"
