"""An Olist order with everything that the files say about it, and the ids that it has here."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

_IDS: Final = uuid.UUID("7e1b3f0a-42e1-5d38-a4f5-0b8f4a9d7b60")


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who bought; `unique_id` stays the same over a person's orders."""

    unique_id: str
    city: str
    state: str

    @property
    def id(self) -> str:
        """The id of the customer here."""
        return str(uuid.uuid5(_IDS, f"customer/{self.unique_id}"))


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the items file; amounts in minor units."""

    product_id: str
    price_minor: int
    freight_minor: int


@dataclass(frozen=True, slots=True)
class Payment:
    """One row of the payments file; the value in minor units."""

    sequential: int
    type: str
    value_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OlistOrder:
    """An order with everything that the files say about it; `bad_rows` are those that could not be read."""

    order_id: str
    status: str
    purchased_at: datetime
    approved_at: datetime | None
    carrier_at: datetime | None
    delivered_at: datetime | None
    customer: Customer
    items: tuple[Item, ...]
    payments: tuple[Payment, ...]
    bad_rows: int = 0


def sale_id_of(order_id: str) -> str:
    """Return the id that an Olist order has here."""
    return str(uuid.uuid5(_IDS, f"order/{order_id}"))


def product_name(product_id: str) -> str:
    """Return what a product is called here; the data set has no names."""
    return f"Product {product_id[:8]}"
