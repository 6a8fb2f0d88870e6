"""Payments as the command line shows them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from orderwright.domain.orders.payment_reading import standing_of
from orderwright.money import Money

if TYPE_CHECKING:
    from orderwright.app.payment_list import PaymentRow
    from orderwright.app.workflow import Happened


def line_of(row: PaymentRow) -> str:
    """Return a payment in one line."""
    money, facts = standing_of(row.standing.context), [row.id, row.standing.words.label]
    facts.append(str(Money(row.amount_minor, row.currency)))
    if money.captured and money.remaining != money.captured:
        facts.append(f"{Money(money.remaining, row.currency)} remaining")
    facts.append(f"for order {row.order_number}" if row.order_number else "for no order")
    if row.method:
        facts.append(f"by {row.method}")
    if row.reference:
        facts.append(f"{row.provider or 'reference'} {row.reference}")
    return "  ".join(facts)


def told(row: PaymentRow) -> dict[str, object]:
    """Return a payment as JSON; amounts are decimals in major units."""
    context, currency = row.standing.context, row.currency
    money = standing_of(context)
    return {
        "id": row.id,
        "order_id": row.order_id,
        "order_number": row.order_number,
        "channel": row.channel,
        "method": row.method,
        "state": row.standing.words.state,
        "amount": Money(row.amount_minor, currency).amount,
        "currency": currency,
        "refunded": Money(money.refunded, currency).amount,
        "charged_back": Money(money.charged_back, currency).amount,
        "remaining": Money(money.remaining, currency).amount,
        "refunds": _refunds(row),
        "failed_reason": context["failedReason"],
        "provider": row.provider,
        "reference": row.reference,
        "receipt_type": row.receipt_type,
        "created_at": row.created_at.isoformat(),
    }


def _refunds(row: PaymentRow) -> list[dict[str, object]]:
    return [
        {
            "id": refund_id,
            "amount": Money(refund["amountMinor"], row.currency).amount,
            "reason": refund["reason"],
            "lines": {
                number: Money(minor, row.currency).amount
                for number, minor in (refund["lines"] or {}).items()
            },
        }
        for refund_id, refund in row.standing.context["refunds"].items()
    ]


def step_of(one: Happened) -> str:
    """Return what happened in one line."""
    at = one.row.occurred_at.isoformat(timespec="seconds")
    said = json.dumps(dict(one.data)) if one.row.version > 1 and one.data else ""
    return f"{at}  {one.label}  by {one.actor_name}  {said}".rstrip()
