"""The ledgers with balances of the trade: how the data of their rows are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.app.credit.account import read_booking
from orderwright.domain.orders.exposure import LEDGER as CREDIT
from orderwright.domain.orders.inventory import AVAILABLE, RESERVED, SHORT
from orderwright.domain.orders.payment import LEDGER as PAYMENTS
from orderwright.domain.reading import integer, text
from orderwright.runtime.ledger import Booking, Ledgers


def payment(data: Mapping[str, object]) -> Booking:
    """Read what remains more or less of an order's payments; what has gone back is never more than what came."""
    return Booking(account=text(data, "orderId"), amount=integer(data, "amountMinor"), floor=0)


def shelf(data: Mapping[str, object]) -> Booking:
    """Read what a row adds to a SKU at a location; no shelf ever has less than nothing."""
    account = stock_account(text(data, "location"), text(data, "sku"))
    return Booking(account=account, amount=integer(data, "quantity"), floor=0)


def shortage(data: Mapping[str, object]) -> Booking:
    """Read how much more or less of a SKU is waited for; nobody waits for less than nothing."""
    return Booking(account=text(data, "sku"), amount=integer(data, "quantity"), floor=0)


def stock_account(location: str, sku: str) -> str:
    """Return the account of a SKU at a location; no location has a slash in its id, so that no two share one."""
    return f"{location}/{sku}"


LEDGERS: Final[Ledgers] = {
    PAYMENTS: payment,
    CREDIT: read_booking,
    AVAILABLE: shelf,
    RESERVED: shelf,
    SHORT: shortage,
}
"""The ledgers with balances, by name."""
