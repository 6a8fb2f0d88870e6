"""The facts that the order charts declare: what the world knows at the moment of a step.

Where a step follows, what a fact speaks of is locked first, so that it still holds when the step is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from orderwright.app.permissions import Role
from orderwright.domain.orders.sale import CREDIT_TERMS
from orderwright.runtime.fact import FactLoader, FactRequest

if TYPE_CHECKING:
    from orderwright.runtime.pool import Connection

_SELLERS: Final = frozenset({Role.BILLER, Role.SUPPORT, Role.MANAGER, Role.ADMIN, Role.SUPERADMIN})
_BUYERS: Final = frozenset({Role.CUSTOMER, Role.RESELLER, Role.ADMIN, Role.SUPERADMIN})


def fact_loaders(*, expiry_minutes: int) -> Mapping[str, FactLoader]:
    """Return a loader for every fact that the order charts name."""

    async def expiry(_connection: Connection, _asked: FactRequest) -> object:
        return {"minutes": expiry_minutes}

    return {
        "actor": actor,
        "credit": credit,
        "expiry": expiry,
        "fulfilments": fulfilments,
        "quotation": quotation,
        "sale": sale,
    }


async def actor(connection: Connection, asked: FactRequest) -> object | None:
    """Who acts, and for which side of a quotation."""
    roles = await connection.fetchval(
        "select roles from orderwright.person where id = $1 and is_active", asked.actor.id
    )
    if roles is None:
        return None
    held = {Role(role) for role in roles}
    sides = [side for side, may in (("BUYER", _BUYERS), ("SELLER", _SELLERS)) if held & may]
    return {"id": asked.actor.id, "sides": sides}


async def credit(connection: Connection, asked: FactRequest) -> object | None:
    """The customer's limit, and the exposure without this sale, in minor units.

    A limit holds in its own currency; in any other it is 0. Exposure is what customers still owe, in the currency of
    the sale, on sales that were cleared on credit terms and have not been called off.
    """
    context = asked.snapshot.context if asked.snapshot else {}
    customer_id, currency = context.get("customerId"), context.get("currency")
    if customer_id is None:
        return None
    lock = " for update" if asked.lock else ""
    profile = await connection.fetchrow(_PROFILE + lock, customer_id)
    if profile is None:
        return None
    exposure = await connection.fetchval(
        _EXPOSURE, customer_id, asked.instance_id, list(CREDIT_TERMS), currency
    )
    limit = profile["credit_limit_minor"] if profile["currency"] == currency else 0
    return {"limitMinor": limit, "exposureMinor": int(exposure)}


async def fulfilments(connection: Connection, asked: FactRequest) -> object:
    """Every fulfilment of the sale with its state."""
    rows = await connection.fetch(_FULFILMENTS, asked.root_id)
    return [{"id": row["instance_id"], "state": row["state"]} for row in rows]


async def quotation(connection: Connection, asked: FactRequest) -> object:
    """Which version of its quotation the order is of, and which was approved last; empty for a direct order."""
    lock = " for share of i" if asked.lock else ""
    row = await connection.fetchrow(_QUOTATION + lock, asked.root_id)
    if row is None:
        return {}
    standing = row["version"] if row["state"] == "MUTUALLY_APPROVED" else 0
    newest = await connection.fetchval(_NEWEST_ORDER, row["quotation_id"])
    return {"orderVersion": row["quotation_version"], "approvedVersion": max(standing, newest)}


async def sale(connection: Connection, asked: FactRequest) -> object | None:
    """Where the fulfilment's sale stands; it cannot move while the step is written."""
    lock = " for share" if asked.lock else ""
    state = await connection.fetchval(_SALE_STATE + lock, asked.root_id)
    return None if state is None else {"state": state}


_PROFILE = "select currency, credit_limit_minor from orderwright.customer where id = $1"
_EXPOSURE = """
select coalesce(sum(greatest(
         (c.context->>'grandTotalMinor')::numeric - (c.context->>'refundedLinesMinor')::numeric
         - (c.context->>'capturedMinor')::numeric, 0)), 0)
from orderwright.sale_order so
join orderwright.instance i on i.instance_id = so.id
cross join lateral (select (i.snapshot::jsonb)->'context' as context) c
where so.customer_id = $1 and so.id <> $2 and so.currency = $4 and i.state not in ('CANCELLED', 'REJECTED', 'EXPIRED')
  and (c.context->>'clearance')::int > 0 and c.context->>'method' = any($3::text[])
"""
_FULFILMENTS = """
select instance_id, state from orderwright.instance
where root_id = $1 and chart_id = 'fulfilment' order by instance_id
"""
_QUOTATION = """
select so.quotation_id, so.quotation_version, i.state,
       ((i.snapshot::jsonb)->'context'->>'quotationVersion')::int as version
from orderwright.sale_order so join orderwright.instance i on i.instance_id = so.quotation_id
where so.id = $1
"""
_NEWEST_ORDER = "select max(quotation_version) from orderwright.sale_order where quotation_id = $1"
_SALE_STATE = "select state from orderwright.instance where instance_id = $1"
