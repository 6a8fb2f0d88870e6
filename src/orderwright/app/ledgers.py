"""The ledgers with balances of the trade: how the data of their rows are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.app.credit.account import read_booking
from orderwright.domain.orders.exposure import LEDGER as CREDIT
from orderwright.domain.orders.payment import LEDGER as PAYMENTS
from orderwright.domain.reading import integer, text
from orderwright.runtime.ledger import Booking, Ledgers


def payment(data: Mapping[str, object]) -> Booking:
    """Read what remains more or less of an order's payments; what has gone back is never more than what came."""
    return Booking(account=text(data, "orderId"), amount=integer(data, "amountMinor"), floor=0)


LEDGERS: Final[Ledgers] = {PAYMENTS: payment, CREDIT: read_booking}
"""The ledgers with balances, by name."""
