"""Payments of the demo: today's, registered and dealt with by the commands that people use.

Earlier captures of the stories came without a payment; these are for the orders that wait for money.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.app.orders import Asked
from orderwright.app.payments import NewPayment, RefundLine
from orderwright.app.permissions import Identity, Role
from orderwright.app.seed.receipt import receipt_pdf
from orderwright.money import Money

if TYPE_CHECKING:
    from orderwright.app.payments import Payments
    from orderwright.app.receipts import Receipts
    from orderwright.domain.orders.terms import Terms
    from orderwright.runtime.attempt import Result

_ACCOUNTANT: Final = Identity(
    id="accountant", login="accountant", name="accountant", roles=frozenset({Role.ACCOUNTANT})
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paying:
    """What becomes of the money for an order.

    Attributes:
        percent: the part of the total that the payment is of.
        provider: who moves the money; without one people see to it.
        failed: why it did not come about.
        gives_back: one piece of the first line is refunded, for this reason.
        has_receipt: whoever paid has handed in what the bank gave them.
    """

    method: str
    percent: int = 100
    provider: str | None = None
    is_confirmed: bool = False
    failed: str | None = None
    gives_back: str | None = None
    has_receipt: bool = False


PAYING: Final[Mapping[str, Paying]] = {
    "money-registered": Paying(method="TRANSFER", has_receipt=True),
    "money-confirmed": Paying(method="CARD", provider="stripe", is_confirmed=True),
    "money-in-part": Paying(method="BANK", percent=40, is_confirmed=True, has_receipt=True),
    "money-refunded": Paying(
        method="CARD", provider="paystack", is_confirmed=True, gives_back="Scratched on arrival"
    ),
    "money-failed": Paying(method="CARD", provider="stripe", failed="Card declined"),
}
"""By the name of the order's story."""


class Till:
    """Takes payments for orders of the demo; what it has done before is done once."""

    def __init__(self, payments: Payments, receipts: Receipts) -> None:
        self._payments = payments
        self._receipts = receipts

    async def take(self, name: str, order_id: str, terms: Terms, paying: Paying) -> list[Result]:
        """Register a payment for an order and go on with it; return what the commands answered."""
        total = Money(terms.total_minor * paying.percent // 100, terms.currency)
        new = NewPayment(
            order_id=order_id,
            amount=total.amount,
            currency=total.currency,
            method=paying.method,
            provider=paying.provider,
            reference=f"{paying.provider or 'wire'}-{order_id[:8]}",
        )
        registered = await self._payments.register_consumer(new, _asked(name, "register"))
        if paying.has_receipt:
            await self._receipts.upload(
                registered.instance_id, _receipt(new), _asked(name, "receipt")
            )
        return [registered, *await self._go_on(name, registered.instance_id, terms, paying)]

    async def _go_on(
        self, name: str, payment_id: str, terms: Terms, paying: Paying
    ) -> list[Result]:
        done: list[Result] = []
        if paying.failed is not None:
            asked = _asked(name, "fail")
            done.append(await self._payments.fail(payment_id, paying.failed, asked))
        if paying.is_confirmed:
            done.append(await self._payments.confirm(payment_id, _asked(name, "confirm")))
        if paying.gives_back is not None:
            piece = Money(terms.lines[0].unit_price_minor, terms.currency).amount
            given = (payment_id, piece, paying.gives_back, _asked(name, "refund"))
            lines = [RefundLine(line_no=1, amount=piece)]
            done.append(await self._payments.refund(*given, lines=lines))
        return done


def _receipt(paid: NewPayment) -> bytes:
    return receipt_pdf(
        [
            f"{paid.method.title()} receipt",
            f"Reference {paid.reference}",
            f"Amount {paid.amount} {paid.currency}",
            "Demo data: no money has moved.",
        ]
    )


def _asked(name: str, act: str) -> Asked:
    return Asked(by=_ACCOUNTANT, idempotency_key=f"seed/{name}/payment/{act}")
