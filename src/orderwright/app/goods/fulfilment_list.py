"""Fulfilments as lists for the work of a warehouse, each as far as the asking person may see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from orderwright.app.permissions import Identity
from orderwright.app.rows import FulfilmentRow
from orderwright.app.standing import Source, StandingList, Where

WORK: Final[Mapping[str, tuple[str, ...]]] = {
    "ALLOCATE": ("ALLOCATING_STOCK", "BACKORDERED"),
    "PICK": ("PICK_PACK",),
    "PACK": ("PICK_PACK",),
    "SHIP": ("READY_FOR_SHIPMENT",),
    "DELIVER": ("SHIPPED",),
    "RETURNS": ("RETURN_REQUESTED", "RETURN_RECEIVED"),
}
"""The states of what waits for a kind of work; goods are picked and packed in one go, so these two are one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedFulfilments:
    """Which fulfilments; `states` are keys of leaf states, none of them means all.

    Attributes:
        search: what its number, that of the order or its tracking number holds.
        location: where its goods lie.
        sku: of what it waits for.
        oldest_first: what has waited longest is first, a backorder since its order was cleared; else the newest.
    """

    states: Sequence[str] = ()
    search: str = ""
    order_id: str | None = None
    location: str | None = None
    sku: str | None = None
    oldest_first: bool = False


class FulfilmentList(StandingList[WantedFulfilments, FulfilmentRow]):
    """Shows fulfilments."""

    source = Source(
        row=FulfilmentRow,
        chart="fulfilment",
        columns="r.id, r.number, r.order_id, r.created_at",
        record="orderwright.fulfilment",
        joins="join orderwright.sale_order as o on o.id = r.order_id",
    )

    def sight(self, where: Where, by: Identity) -> None:
        """Keep their own for outsiders, and everybody's for the house."""
        where.own("o.customer_id", by)

    def narrow(self, where: Where, wanted: WantedFulfilments) -> None:
        """Keep an order's, a location's, what waits for a SKU, or what is searched."""
        where.holds(_SEARCHED, wanted.search)
        where.equal("r.order_id", wanted.order_id)
        where.equal("(i.snapshot::jsonb)->'context'->>'location'", wanted.location)
        if wanted.sku is not None:
            where.add(f"exists ({_WAITING} and b.sku = {{}})", wanted.sku)

    def is_oldest_first(self, wanted: WantedFulfilments) -> bool:
        """Tell whether backorders are asked for by age."""
        return wanted.oldest_first

    def age(self, wanted: WantedFulfilments) -> str:
        """Return since when it waits, where that is asked for: a part that was split off keeps its place."""
        return _SINCE if wanted.oldest_first else super().age(wanted)


_SEARCHED: Final = """
lower(r.number || ' ' || o.number || ' ' || coalesce((i.snapshot::jsonb)->'context'->>'tracking', ''))
"""
_SINCE: Final = """
coalesce((select min(b.since) from orderwright.backorder as b where b.fulfilment_id = r.id), r.created_at)
"""
_WAITING: Final = "select from orderwright.backorder as b where b.fulfilment_id = r.id"
