"""The facts that the order charts declare: what the world knows at the moment of a step.

Where a step follows, what a fact speaks of is locked first, so that it still holds when the step is written. All are
shared facts: each is loaded by one query, or two, for all steps of a transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from orderwright.app.credit.fact import credit_fact
from orderwright.app.goods.stock_fact import stock_fact
from orderwright.app.permissions import Role
from orderwright.app.refundable import refundable_minor
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
        begun = await _begun(connection, asked)
        return [{"minutes": minutes, "since": begun.get(one.root_id)} for one in asked]

    return {
        "actor": SharedFact(load=actor, is_free=True),
        "credit": credit_fact(settings),
        "expiry": SharedFact(load=expiry, is_free=True),
        "fulfilments": SharedFact(load=fulfilments, is_free=True),
        "quotation": SharedFact(load=quotation),
        "refundable": SharedFact(load=refundable, balances=_order_lines),
        "sale": SharedFact(load=sale),
        "stock": stock_fact(),
    }


async def _begun(connection: Connection, asked: Sequence[FactRequest]) -> Mapping[str, str]:
    """Since when each order is to be paid: since it was placed or last reopened."""
    rows = await connection.fetch(_BEGUN, list({one.root_id for one in asked}))
    return {row["id"]: row["since"].isoformat() for row in rows}


async def actor(connection: Connection, asked: Sequence[FactRequest]) -> Sequence[object | None]:
    """Who acts, with which roles, and for which side of a quotation."""
    ids = list({one.actor.id for one in asked})
    roles = {row["id"]: row["roles"] for row in await connection.fetch(_ROLES, ids)}
    return [_sides(one.actor.id, roles.get(one.actor.id)) for one in asked]


def _sides(actor_id: str, roles: Sequence[str] | None) -> object | None:
    if roles is None:
        return None
    held = {Role(role) for role in roles}
    sides = [side for side, may in (("BUYER", _BUYERS), ("SELLER", _SELLERS)) if held & may]
    return {"id": actor_id, "roles": sorted(held), "sides": sides}


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


async def refundable(connection: Connection, asked: Sequence[FactRequest]) -> Sequence[object]:
    """What may still be refunded of each line of the order, in minor units, by the number of the line.

    The order's row is locked: two payments of one order may refund the same line at once.
    """
    orders = {one.root_id for one in asked}
    found = await refundable_minor(connection, orders, lock=asked[0].lock)
    return [found[one.root_id] for one in asked]


def _order_lines(asked: FactRequest) -> Sequence[str]:
    return (f"order/{asked.root_id}/lines",)


async def sale(connection: Connection, asked: Sequence[FactRequest]) -> Sequence[object | None]:
    """Where the fulfilment's sale stands, and after how many steps; it cannot move while the step is written.

    The log keeps facts, so it shows between which two steps of the sale the fulfilment's was (ADR 38).
    """
    lock = " for share" if asked[0].lock else ""
    ids = sorted({one.root_id for one in asked})
    rows = await connection.fetch(_SALE_STATES + lock, ids)
    found = {
        row["instance_id"]: {"state": row["state"], "version": row["version"]} for row in rows
    }
    return [found.get(one.root_id) for one in asked]


_BEGUN = """
select so.id, coalesce(again.since, so.placed_at) as since
from orderwright.sale_order as so
cross join lateral (
    select max(occurred_at) as since from orderwright.log
    where instance_id = so.id and event_type = 'REOPEN') as again
where so.id = any($1::text[])
"""
_ROLES = "select id, roles from orderwright.person where id = any($1::text[]) and is_active"
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
select instance_id, state, version from orderwright.instance
where instance_id = any($1::text[]) order by instance_id
"""
