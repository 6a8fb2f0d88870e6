"""Orders and quotations as lists and records, each as far as the asking person may see it; the newest come first."""

from __future__ import annotations

from typing import Final, TypeVar

from orderwright.app.permissions import Identity
from orderwright.app.rows import ListFilter, OrderRow, QuotationRow
from orderwright.app.standing import Source, StandingList, Where

R = TypeVar("R")

_CUSTOMER: Final = "r.customer_id, c.number as customer_number, c.name as customer_name"
_LATEST_ORDER: Final = """
(select o.id from orderwright.sale_order as o where o.quotation_id = r.id order by o.quotation_version desc limit 1)
"""
_SEARCHED: Final = "lower(r.number || ' ' || c.name || ' ' || r.id)"
# A package and a payment are found by the whole number alone, so that indexes serve.
_KNOWN_AS: Final = """
select k.order_id from orderwright.package as k where k.tracking = lower({0})
union all select p.order_id from orderwright.payment as p where lower(p.reference) = lower({0})
"""
_JOINS: Final = "join orderwright.customer as c on c.id = r.customer_id"


class _OfCustomers(StandingList[ListFilter, R]):
    def sight(self, where: Where, by: Identity) -> None:
        """Keep their own for outsiders, and everybody's for the house."""
        where.own("r.customer_id", by)

    def narrow(self, where: Where, wanted: ListFilter) -> None:
        """Keep what is wanted, its states apart."""
        where.equal("r.channel", wanted.channel)
        where.equal("r.customer_id", wanted.customer_id)
        self.search(where, wanted.search)

    def search(self, where: Where, words: str) -> None:
        """Keep what is searched."""
        where.holds(_SEARCHED, words)


class OrderList(_OfCustomers[OrderRow]):
    """Shows orders."""

    source = Source(
        row=OrderRow,
        chart="sale",
        columns=f"r.id, r.number, r.channel, {_CUSTOMER}, r.currency, r.placed_at, r.shipping_minor,"
        " r.grand_total_minor, r.quotation_id",
        record="orderwright.sale_order",
        joins=_JOINS,
        at="placed_at",
    )

    def search(self, where: Where, words: str) -> None:
        """Keep what is searched, also by what its packages and payments are known by elsewhere."""
        if wanted := words.strip().lower():
            where.add(f"(strpos({_SEARCHED}, {{0}}) > 0 or r.id in ({_KNOWN_AS}))", wanted)


class QuotationList(_OfCustomers[QuotationRow]):
    """Shows quotations, each with its latest order."""

    source = Source(
        row=QuotationRow,
        chart="quotation",
        columns=f"r.id, r.number, r.channel, {_CUSTOMER}, r.currency, r.created_at, {_LATEST_ORDER} as order_id",
        record="orderwright.quotation",
        joins=_JOINS,
    )
