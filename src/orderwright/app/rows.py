"""What the read models return: plain records, amounts in minor units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orderwright.app.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRow:
    """A customer."""

    id: str
    number: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRow:
    """A product; the price is in minor units, and `in_stock` whether some of it may be promised."""

    sku: str
    name: str
    currency: str
    unit_price_minor: int
    in_stock: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a lifecycle stands: its leaf state with the words for it, and its context."""

    words: Words
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfCustomer:
    customer_id: str
    customer_number: str
    customer_name: str

    @property
    def customer(self) -> CustomerRow:
        """Whose it is."""
        return CustomerRow(
            id=self.customer_id, number=self.customer_number, name=self.customer_name
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow(_OfCustomer):
    """A sale order; amounts are in minor units."""

    id: str
    number: str
    channel: str
    currency: str
    placed_at: datetime
    shipping_minor: int
    grand_total_minor: int
    quotation_id: str | None
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfilmentRow:
    """A fulfilment."""

    id: str
    number: str
    order_id: str
    created_at: datetime
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotationRow(_OfCustomer):
    """A quotation; its terms are in the context of its standing."""

    id: str
    number: str
    channel: str
    currency: str
    created_at: datetime
    order_id: str | None
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFilter:
    """What narrows a list; `states` are the keys of leaf states."""

    search: str = ""
    states: Sequence[str] = ()
    channel: str | None = None
    customer_id: str | None = None
