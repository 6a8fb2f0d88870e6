"""What must hold of the books of a house, whatever was done to it, and in whatever order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderwright.json_text import load
from orderwright.runtime.ledger import differences

if TYPE_CHECKING:
    from asyncpg import Record
    from money_crowd import Memory

    from orderwright import Orderwright

HOLDING = ("CLEARED_FOR_FULFILMENT", "COMPLETED")


async def assert_credit_agrees(app: Orderwright) -> None:
    """By customer and currency: balance == sum of the ledger == what the sales hold == what they must hold."""
    assert [one async for one in differences(app.pool)] == []
    sales = [
        (row["state"], load(row["snapshot"])["context"]) for row in await app.pool.fetch(_SALES)
    ]
    held: dict[str, int] = {}
    for state, context in sales:
        must, holds = _must_hold(state, context)
        assert must(holds), (state, context)
        account = f"{context['customerId']}/{context['currency']}"
        held[account] = held.get(account, 0) + holds
    rows, balances = await app.pool.fetch(_ROWS), await app.pool.fetch(_BALANCES)
    summed, kept = _non_zero(rows), _non_zero(balances)
    assert kept == summed == {account: minor for account, minor in held.items() if minor}


async def assert_money_agrees(app: Orderwright, memory: Memory) -> None:
    """By payment, order and sale: the ledgers hold what the clients expect, and were never below zero.

    Refunds whose pay-outs were not sent, for nobody has consented in time, count for nothing.
    """
    unsent = await app.pool.fetch(_UNSENT)
    paid, paid_of = memory.paid.copy(), memory.paid_of.copy()
    for row in unsent:
        paid[row["payment_id"]] += row["minor"]
        paid_of[row["root_id"]] += row["minor"]
    payments = await app.pool.fetch(_SUMS, "payments", "instance_id")
    assert _non_zero(payments) == {one: minor for one, minor in paid.items() if minor}
    assert _non_zero(await app.pool.fetch(_KEPT, "payments")) == {
        order: minor for order, minor in paid_of.items() if minor
    }
    assert await app.pool.fetchval(_LOWEST, ["payments", "captures"]) >= 0
    untaken = {row["root_id"] for row in await app.pool.fetch(_UNTAKEN)}
    captured = {row["account"]: row["minor"] for row in await app.pool.fetch(_CAPTURED)}
    for row in await app.pool.fetch(_SALES):
        order, context = row["instance_id"], load(row["snapshot"])["context"]
        assert context["capturedMinor"] == captured.get(order, 0)
        assert context["capturedMinor"] == sum(context["payments"].values())
        if order not in untaken:
            expected = paid_of[order] + memory.captured_of[order]
            assert context["capturedMinor"] == expected, (row["state"], context)


async def assert_each_clearance_is_told_once(app: Orderwright) -> None:
    """A sale says that it is cleared as often as it was, without a gap, and in turn with un-clearing."""
    for row in await app.pool.fetch(_CLEARANCES):
        names, numbers = row["names"], [number for number in row["numbers"] if number is not None]
        assert numbers == list(range(1, int(row["clearance"]) + 1))
        assert names == ["sale.cleared", "sale.uncleared"] * (len(names) // 2) + (
            ["sale.cleared"] if len(names) % 2 else []
        )
        if row["state"] in HOLDING:
            assert names[-1] == "sale.cleared"


async def assert_nothing_is_left(app: Orderwright) -> None:
    """Logs fold to what there is and their chains hold; no incident, no dead letter, no parked order."""
    assert [one async for one in app.replay.verify_all()] == []
    troubles = await app.pool.fetch("select kind, subject, cause from orderwright.incident")
    assert not troubles, [tuple(row.values()) for row in troubles]
    parked = await app.pool.fetch("select * from orderwright.parked_root")
    assert not parked, [tuple(row.values()) for row in parked]
    assert (
        await app.pool.fetchval("select count(*) from orderwright.job where status = 'dead'") == 0
    )


def _must_hold(state: str, context: dict) -> tuple:  # type: ignore[type-arg]
    """Return a test of what a sale may hold of its customer's credit, and what it does hold."""
    due = context["grandTotalMinor"] - context["refundedLinesMinor"]
    owed = max(max(due - context["capturedMinor"], 0) - context.get("writtenOffMinor", 0), 0)
    holds = context["creditHeldMinor"]
    if state in HOLDING:
        return owed.__eq__, holds
    return (range(owed + 1).__contains__ if state == "FROZEN" else (0).__eq__), holds


def _non_zero(rows: list[Record]) -> dict[str, int]:
    return {row["account"]: int(row["minor"]) for row in rows if row["minor"]}


_SALES = "select instance_id, state, snapshot from orderwright.instance where chart_id = 'sale'"
_ROWS = """
select account, sum(amount) as minor from orderwright.ledger_entry where ledger = 'credit' group by 1
"""
_BALANCES = "select account, amount as minor from orderwright.balance where ledger = 'credit'"
_KEPT = "select account, amount as minor from orderwright.balance where ledger = $1"
_SUMS = """
select case $2 when 'instance_id' then instance_id end as account, sum(amount) as minor
from orderwright.ledger_entry where ledger = $1 group by 1
"""
_UNSENT = """
select snapshot::jsonb->'context'->>'paymentId' as payment_id, root_id,
  (snapshot::jsonb->'context'->>'amountMinor')::bigint as minor
from orderwright.instance where chart_id = 'payout' and state in ('CANCELLED', 'REJECTED')
  and snapshot::jsonb->'context'->>'refundId' is not null
"""
_CAPTURED = """
select instance_id as account, sum((data::jsonb->>'amountMinor')::bigint)::bigint as minor
from orderwright.ledger_entry where ledger = 'captures' group by 1
"""
_LOWEST = """
select coalesce(min(sum_so_far), 0)::bigint from (
  select sum((data::jsonb->>'amountMinor')::bigint) over (
    partition by ledger, instance_id order by version, n) as sum_so_far
  from orderwright.ledger_entry where ledger = any($1)) as running
"""
_UNTAKEN = """
select distinct o.root_id from orderwright.outbox o
where o.name = 'payment.refused' or (o.name in ('payment.refunded', 'payment.refund_undone') and o.root_id in (
  select instance_id from orderwright.instance where chart_id = 'sale' and state in ('CANCELLED', 'REJECTED')))
"""
"""The orders that did not take what became of a payment: a case, or after their end a refund that all wait for."""
_CLEARANCES = """
select i.state, (i.snapshot::jsonb->'context'->>'clearance')::int as clearance,
  coalesce(array_agg(o.name order by o.version, o.id) filter (where o.name is not null), '{}') as names,
  coalesce(array_agg((o.payload::jsonb->>'clearance')::int order by o.version, o.id)
    filter (where o.name = 'sale.cleared'), '{}') as numbers
from orderwright.instance i left join orderwright.outbox o
  on o.instance_id = i.instance_id and o.name in ('sale.cleared', 'sale.uncleared')
where i.chart_id = 'sale' group by i.instance_id, 1, 2
"""
