"""Returns as lists and records, each as far as the asking person may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from orderwright.app.permissions import Identity
from orderwright.app.rows import Standing
from orderwright.app.standing import Source, StandingList, Where


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRow:
    """A return."""

    id: str
    number: str
    order_id: str
    order_number: str
    fulfilment_id: str
    created_at: datetime
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedReturns:
    """Which returns; `states` are keys of leaf states, none of them means all.

    Attributes:
        search: what its number or that of the order holds.
    """

    states: Sequence[str] = ()
    search: str = ""
    order_id: str | None = None
    fulfilment_id: str | None = None


class ReturnList(StandingList[WantedReturns, ReturnRow]):
    """Shows returns, the newest first."""

    source = Source(
        row=ReturnRow,
        chart="return",
        columns="r.id, r.number, r.order_id, o.number as order_number, r.fulfilment_id, r.created_at",
        record="orderwright.goods_return",
        joins="join orderwright.sale_order as o on o.id = r.order_id",
    )

    def sight(self, where: Where, by: Identity) -> None:
        """Keep their own for outsiders, and everybody's for the house."""
        where.own("o.customer_id", by)

    def narrow(self, where: Where, wanted: WantedReturns) -> None:
        """Keep an order's, a fulfilment's, or what is searched."""
        where.holds("lower(r.number || ' ' || o.number)", wanted.search)
        where.equal("r.order_id", wanted.order_id)
        where.equal("r.fulfilment_id", wanted.fulfilment_id)
