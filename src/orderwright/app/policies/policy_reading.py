"""Read a policy as this house may run it: with the triggers, the lists and the roles that there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from orderwright.app.permissions import Role
from orderwright.policy import Policy, PolicyInvalid, Problem, load
from orderwright.policy.trigger import THRESHOLD

if TYPE_CHECKING:
    from orderwright.condition import Catalogue, Json
    from orderwright.policy.trigger import Triggers
    from orderwright.runtime.pool import Connection


def read_policy(document: Json, types: Triggers, lists: Catalogue | None) -> Policy:
    """Read a policy, an object or its text; a list, trigger, fact or role that there is not is a mistake.

    Raises:
        PolicyInvalid: with every mistake and its path.
    """
    if not isinstance(document, Mapping | str):
        raise PolicyInvalid([Problem("", "type", "a policy is an object")])
    return load(document, triggers=types, catalogue=lists, roles=_ROLES)


def trigger_name(policy: Policy) -> str:
    """Return the name of what sets a policy off."""
    return policy.trigger if isinstance(policy.trigger, str) else THRESHOLD


async def catalogue(connection: Connection) -> Catalogue:
    """Return the lists that there are, each with the type of its entries."""
    return {row["name"]: row["kind"] for row in await connection.fetch(_LISTS)}


_ROLES: Final = tuple(Role)
_LISTS: Final = "select name, kind from orderwright.policy_list"
