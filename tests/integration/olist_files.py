"""Writes small Olist data sets: only what a test is about has to be said."""

from __future__ import annotations

from pathlib import Path

HEADERS = {
    "customers": "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state",
    "orders": "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"
    "order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date",
    "order_items": "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value",
    "order_payments": "order_id,payment_sequential,payment_type,payment_installments,payment_value",
}

BOUGHT = "2018-01-01 10:00:00"
APPROVED = "2018-01-02 10:00:00"
CARRIED = "2018-01-03 10:00:00"
DELIVERED = "2018-01-05 10:00:00"


class Files:
    """Lines by file; `write` puts them into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: dict[str, list[str]] = {name: [] for name in HEADERS}

    def order(
        self,
        order_id: str,
        status: str = "delivered",
        dates: tuple[str, str, str, str] = (BOUGHT, APPROVED, CARRIED, DELIVERED),
        *,
        items: tuple[str, ...] = ("50.00+10.00",),
        payments: tuple[str, ...] = ("credit_card 60.00",),
    ) -> None:
        """Add an order; items are "price+freight", payments "type value"."""
        self.lines["customers"].append(f"c-{order_id},u-{order_id},01234,são paulo,SP")
        self.lines["orders"].append(
            ",".join([order_id, f"c-{order_id}", status, *dates, "2018-02-01 00:00:00"])
        )
        for place, item in enumerate(items, 1):
            price, freight = item.split("+")
            self.lines["order_items"].append(
                f"{order_id},{place},p-{place},s-1,2018-01-04 00:00:00,{price},{freight}"
            )
        for place, payment in enumerate(payments, 1):
            kind, value = payment.split()
            self.lines["order_payments"].append(f"{order_id},{place},{kind},1,{value}")

    def write(self) -> Path:
        """Write the files, the newest line first, and return the folder."""
        for name, header in HEADERS.items():
            text = "\n".join([header, *reversed(self.lines[name])]) + "\n"
            (self.folder / f"olist_{name}_dataset.csv").write_text(text, encoding="utf-8")
        return self.folder
