"""The facts that the order charts declare: what the world knows at the moment of a step.

Where a step follows, what a fact speaks of is locked first, so that it still holds when the step is written. All are
shared facts: each is loaded by one query, or two, for all steps of a transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from orderwright.app.permissions import Role
from orderwright.domain.orders.sale import CREDIT_TERMS
from orderwright.runtime.fact import FactLoader, FactRequest, SharedFact

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.app.live_settings import LiveSettings
    from orderwright.runtime.pool import Connection

_SELLERS: Final = frozenset({Role.BILLER, Role.SUPPORT, Role.MANAGER, Role.ADMIN, Role.SUPERADMIN})
_BUYERS: Final = frozenset({Role.CUSTOMER, Role.RESELLER, Role.ADMIN, Role.SUPERADMIN})


def fact_loaders(settings: LiveSettings) -> Mapping[str, FactLoader]:
    """Return a loader for every fact that the order charts name."""

    async def expiry(connection: Connection, asked: Sequence[FactRequest]) -> Sequence[object]:
        minutes = (await settings.current(connection)).sale_pending_expiry_minutes
        return [{"minutes": minutes} for _ in asked]

    return {
        "actor": SharedFact(load=actor),
        "credit": SharedFact(load=credit, balances=_credit_balances),
        "expiry": SharedFact(load=expiry),
        "fulfilments": SharedFact(load=fulfilments),
        "quotation": SharedFact(load=quotation),
        "sale": SharedFact(load=sale),
    }


async def actor(connection: Connection, asked: Sequence[FactRequest]) -> Sequence[object | None]:
    """Who acts, and for which side of a quotation."""
    ids = list({one.actor.id for one in asked})
    roles = {row["id"]: row["roles"] for row in await connection.fetch(_ROLES, ids)}
    return [_sides(one.actor.id, roles.get(one.actor.id)) for one in asked]


def _sides(actor_id: str, roles: Sequence[str] | None) -> object | None:
    if roles is None:
        return None
    held = {Role(role) for role in roles}
    sides = [side for side, may in (("BUYER", _BUYERS), ("SELLER", _SELLERS)) if held & may]
    return {"id": actor_id, "sides": sides}


async def credit(connection: Connection, asked: Sequence[FactRequest]) -> Sequence[object | None]:
    """The customer's limit, and the exposure without this sale, in minor units.

    A limit holds in its own currency; in any other it is 0. Exposure is what customers still owe, in the currency of
    the sale, on sales that were cleared on credit terms and have not been called off.
    """
    customers = sorted({one for one in map(_customer, asked) if one})
    if not customers:
        return [None] * len(asked)
    lock = " for update" if asked[0].lock else ""
    profiles = {row["id"]: row for row in await connection.fetch(_PROFILES + lock, customers)}
    places = [place for place, one in enumerate(asked) if _customer(one) in profiles]
    exposures = await connection.fetch(
        _EXPOSURES,
        [_customer(asked[place]) for place in places],
        [asked[place].instance_id for place in places],
        [_currency(asked[place]) for place in places],
        list(CREDIT_TERMS),
    )
    found: list[object | None] = [None] * len(asked)
    for place, row in zip(places, exposures, strict=True):
        profile = profiles[_customer(asked[place])]
        limit = profile["credit_limit_minor"] if profile["currency"] == row["currency"] else 0
        found[place] = {"limitMinor": limit, "exposureMinor": int(row["exposure"])}
    return found


def _credit_balances(asked: FactRequest) -> Sequence[str]:
    customer_id = _customer(asked)
    return () if not customer_id else (f"customer/{customer_id}",)


def _customer(asked: FactRequest) -> str | None:
    found = asked.snapshot.context.get("customerId") if asked.snapshot else None
    return None if found is None else str(found)


def _currency(asked: FactRequest) -> object | None:
    return asked.snapshot.context.get("currency") if asked.snapshot else None


async def fulfilments(connection: Connection, asked: Sequence[FactRequest]) -> Sequence[object]:
    """Every fulfilment of the sale with its state."""
    found: dict[str, list[object]] = {one.root_id: [] for one in asked}
    for row in await connection.fetch(_FULFILMENTS, list(found)):
        found[row["root_id"]].append({"id": row["instance_id"], "state": row["state"]})
    return [found[one.root_id] for one in asked]


async def quotation(connection: Connection, asked: Sequence[FactRequest]) -> Sequence[object]:
    """Which version of its quotation the order is of, and which was approved last; empty for a direct order."""
    lock = " for share of i" if asked[0].lock else ""
    orders = sorted({one.root_id for one in asked})
    rows = {row["order_id"]: row for row in await connection.fetch(_QUOTATIONS + lock, orders)}
    ids = list({row["quotation_id"] for row in rows.values()})
    versions = await connection.fetch(_NEWEST_ORDERS, ids) if ids else []
    newest = {row["quotation_id"]: row["newest"] for row in versions}
    return [_quotation(rows.get(one.root_id), newest) for one in asked]


def _quotation(row: Record | None, newest: Mapping[object, int]) -> object:
    if row is None:
        return {}
    standing = row["version"] if row["state"] == "MUTUALLY_APPROVED" else 0
    return {
        "orderVersion": row["quotation_version"],
        "approvedVersion": max(standing, newest[row["quotation_id"]]),
    }


async def sale(connection: Connection, asked: Sequence[FactRequest]) -> Sequence[object | None]:
    """Where the fulfilment's sale stands; it cannot move while the step is written."""
    lock = " for share" if asked[0].lock else ""
    ids = sorted({one.root_id for one in asked})
    rows = await connection.fetch(_SALE_STATES + lock, ids)
    states = {row["instance_id"]: row["state"] for row in rows}
    return [{"state": states[one.root_id]} if one.root_id in states else None for one in asked]


_ROLES = "select id, roles from orderwright.person where id = any($1::text[]) and is_active"
_PROFILES = """
select id, currency, credit_limit_minor from orderwright.customer where id = any($1::text[]) order by id
"""
_EXPOSURES = """
select asked.currency, (
         select coalesce(sum(greatest(
                  (c.context->>'grandTotalMinor')::numeric - (c.context->>'refundedLinesMinor')::numeric
                  - (c.context->>'capturedMinor')::numeric, 0)), 0)
         from orderwright.sale_order so
         join orderwright.instance i on i.instance_id = so.id
         cross join lateral (select (i.snapshot::jsonb)->'context' as context) c
         where so.customer_id = asked.customer_id and so.id <> asked.sale_id and so.currency = asked.currency
           and i.state not in ('CANCELLED', 'REJECTED', 'EXPIRED')
           and (c.context->>'clearance')::int > 0 and c.context->>'method' = any($4::text[])
       ) as exposure
from unnest($1::text[], $2::text[], $3::text[]) with ordinality as asked (customer_id, sale_id, currency, place)
order by asked.place
"""
_FULFILMENTS = """
select root_id, instance_id, state from orderwright.instance
where root_id = any($1::text[]) and chart_id = 'fulfilment' order by instance_id
"""
_QUOTATIONS = """
select so.id as order_id, so.quotation_id, so.quotation_version, i.state,
       ((i.snapshot::jsonb)->'context'->>'quotationVersion')::int as version
from orderwright.sale_order so join orderwright.instance i on i.instance_id = so.quotation_id
where so.id = any($1::text[]) order by i.instance_id
"""
_NEWEST_ORDERS = """
select quotation_id, max(quotation_version) as newest from orderwright.sale_order
where quotation_id = any($1::text[]) group by quotation_id
"""
_SALE_STATES = """
select instance_id, state from orderwright.instance where instance_id = any($1::text[]) order by instance_id
"""
