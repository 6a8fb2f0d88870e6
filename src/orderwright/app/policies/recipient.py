"""Who stands behind an entity: the user or customer whose it is, as people who can be told something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from orderwright.app.policies.entity import Work

LINKS: Final[Mapping[str, str]] = {
    "Order": "/orders/{id}",
    "PayIn": "/pay-ins/{id}",
    "PayOut": "/pay-outs/{id}",
    "KYC": "/kyc/{id}",
    "User": "/users/{id}",
}
"""Where in the console each type of entity is found."""


def link_of(entity_type: str, entity_id: str) -> str:
    """Return where in the console an entity is found."""
    return LINKS.get(entity_type, "/orders/{id}").format(id=entity_id)


async def own_ids(work: Work) -> list[str]:
    """Return the ids under which the people behind an entity are known: of its user, and of its customer."""
    entity = await work.entity()
    if entity is None:
        return []
    context = entity.snapshot.context
    ids = [context.get("userId"), context.get("customerId")]
    return [str(one) for one in ids if one]


async def address_of(work: Work) -> str | None:
    """Return the address of the user behind an entity, where their own lifecycle knows one."""
    ids = await own_ids(work)
    found: str | None = await work.connection.fetchval(_ADDRESS, ids)
    return found or None


_ADDRESS: Final = """
select snapshot::jsonb -> 'context' ->> 'email' from orderwright.instance
where instance_id = any($1::text[]) and chart_id = 'user' order by instance_id limit 1
"""
