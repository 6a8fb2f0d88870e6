"""Payments as lists and records, each as far as the asking person may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from orderwright.app.permissions import Identity
from orderwright.app.rows import Standing
from orderwright.app.standing import Source, StandingList, Where


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRow:
    """A payment; amounts are in minor units. Money of nobody has no order.

    Attributes:
        receipt_type: the media type of the receipt; None if there is none.
    """

    id: str
    order_id: str | None
    order_number: str | None
    channel: str
    method: str | None
    amount_minor: int
    currency: str
    provider: str | None
    reference: str | None
    receipt_type: str | None
    created_at: datetime
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which payments; `states` are keys of leaf states, none of them means all.

    Attributes:
        search: what the number of the order or the reference holds, or the id of a payment.
    """

    order_id: str | None = None
    states: Sequence[str] = ()
    search: str = ""


class PaymentList(StandingList[Wanted, PaymentRow]):
    """Shows payments, the newest first."""

    source = Source(
        row=PaymentRow,
        chart="payment",
        columns="r.id, r.order_id, o.number as order_number, r.channel, r.method, r.amount_minor, r.currency,"
        " r.provider, r.reference, r.receipt_type, r.created_at",
        record="orderwright.payment",
        joins="left join orderwright.sale_order as o on o.id = r.order_id",
        permission="payment.read",
    )

    def sight(self, where: Where, by: Identity) -> None:
        """Keep their own for outsiders, and everybody's for the house."""
        where.own("o.customer_id", by)

    def narrow(self, where: Where, wanted: Wanted) -> None:
        """Keep an order's, or what is searched."""
        where.equal("r.order_id", wanted.order_id)
        if search := wanted.search.strip().lower():
            where.add(f"(strpos({_SEARCHED}, {{0}}) > 0 or r.id = {{0}})", search)


_SEARCHED: Final = "lower(coalesce(o.number, '') || ' ' || coalesce(r.reference, ''))"
