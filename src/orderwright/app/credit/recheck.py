"""Looking again at the sales that a change of their customer's credit may concern, the oldest first.

Only those can be concerned that are in OVERRIDE_REVIEW, or open on credit terms or with their payment waived, or
cleared with a hold. A RECHECK that changes nothing tells nobody anything, so that there is no end of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog

from orderwright.app.credit.account import Account, exposures
from orderwright.domain.orders.sale import CREDIT_TERMS
from orderwright.errors import RuntimeFault
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.runtime.command import Cause
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection

_LATE: Final = frozenset({"unhandled", "blocked", "done"})

_logger = structlog.get_logger(__name__)


class RecheckRefused(RuntimeFault):
    """A sale that was to be looked at again refused for a reason that somebody has to look into."""

    code = "credit.recheck_refused"


class Concerned(NamedTuple):
    """A sale that a change of its customer's credit may concern."""

    sale_id: str
    account: Account


async def recheck(
    engine: Engine,
    connection: Connection,
    causes: Mapping[Account, Cause],
    *,
    with_held: Collection[Account],
) -> int:
    """Have the sales of accounts look at their credit again, in the caller's transaction; return how many did.

    Args:
        engine: runs the sales.
        connection: in a transaction that has locked no sale and no balance yet.
        causes: why, for each account.
        with_held: the accounts of which the sales that hold credit are meant as well as those that wait for it.

    Raises:
        RecheckRefused: a sale refused as none should.
    """
    sales = await _concerned(connection, {one: one in with_held for one in causes})
    for sale in sales:
        await _recheck(engine, connection, sale.sale_id, causes[sale.account])
    return len(sales)


async def _concerned(connection: Connection, accounts: Mapping[Account, bool]) -> list[Concerned]:
    """Find the sales, and lock them and their balances, each in the order of their keys."""
    rows = await connection.fetch(
        _CONCERNED,
        [one.customer_id for one in accounts],
        [one.currency for one in accounts],
        list(accounts.values()),
        list(CREDIT_TERMS),
    )
    sales = [Concerned(row["id"], Account(row["customer_id"], row["currency"])) for row in rows]
    if sales:
        await connection.execute(_LOCK, [one.sale_id for one in sales])
        await exposures(connection, {one.account for one in sales}, lock=True)
    return sales


async def _recheck(engine: Engine, connection: Connection, sale_id: str, cause: Cause) -> None:
    result = await engine.send(
        sale_id,
        Event("RECHECK"),
        actor=cause.actor,
        reason=cause.reason,
        correlation_id=cause.correlation_id,
        causation_id=cause.causation_id,
        occurred_at=cause.occurred_at,
        origin=cause.origin,
        connection=connection,
    )
    if result.refused is None:
        return
    if result.refused.code not in _LATE:
        raise RecheckRefused(f"RECHECK to {sale_id}: {result.refused.message}")
    _logger.info("recheck_late", instance_id=sale_id, code=result.refused.code)


_CONCERNED = """
select so.id, so.customer_id, so.currency
from unnest($1::text[], $2::text[], $3::bool[]) as asked (customer_id, currency, with_held)
join orderwright.sale_order so on so.customer_id = asked.customer_id and so.currency = asked.currency
join orderwright.instance i on i.instance_id = so.id
cross join lateral (select (i.snapshot::jsonb)->'context' as context) c
where case i.state
        when 'OVERRIDE_REVIEW' then true
        when 'CLEARED_FOR_FULFILMENT' then asked.with_held and (c.context->>'creditHeldMinor')::bigint > 0
        when 'AWAITING_PAYMENT_METHOD' then c.context->'overrides' ? 'ADMIN'
        when 'PAYMENT_INITIATED' then c.context->'overrides' ? 'ADMIN' or c.context->>'method' = any($4::text[])
        when 'PAYMENT_PENDING_CONFIRMATION'
          then c.context->'overrides' ? 'ADMIN' or c.context->>'method' = any($4::text[])
        when 'PAYMENT_FAILED' then c.context->'overrides' ? 'ADMIN' or c.context->>'method' = any($4::text[])
        else false end
order by so.placed_at, so.id
"""
_LOCK = """
select from orderwright.instance where instance_id = any($1::text[]) order by instance_id for update
"""
