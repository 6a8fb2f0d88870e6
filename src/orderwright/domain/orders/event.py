"""The domain events of the order lifecycles.

Amounts are minor units of the currency that stands beside them or, where none does, of the order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.domain.event import EventType
from orderwright.domain.hold import HELD, LIFTED
from orderwright.domain.reading import Json

Properties = Mapping[str, Mapping[str, Json]]

_ID: Final[Mapping[str, Json]] = {"type": "string", "minLength": 1}
_REASON: Final[Mapping[str, Json]] = {"type": "string", "minLength": 1}
_WORDS: Final[Mapping[str, Json]] = {"type": "string"}
_CURRENCY: Final[Mapping[str, Json]] = {"type": "string", "pattern": "^[A-Z]{3}$"}
_MINOR: Final[Mapping[str, Json]] = {"type": "integer", "minimum": 0}
_COUNT: Final[Mapping[str, Json]] = {"type": "integer", "minimum": 1}
_ORDER: Final[Properties] = {"orderId": _ID}
_FULFILMENT: Final[Properties] = {"fulfilmentId": _ID, "orderId": _ID}
_CAPTURE: Final[Properties] = {
    "orderId": _ID,
    "paymentId": _ID,
    "amountMinor": _COUNT,
    "currency": _CURRENCY,
    "method": {"type": ["string", "null"]},
}
_PAYMENT: Final[Properties] = {"paymentId": _ID, "orderId": _ID, "currency": _CURRENCY}
_GONE_BACK: Final[Properties] = {**_PAYMENT, "amountMinor": _MINOR, "remainingMinor": _MINOR}

_RETURN: Final[Properties] = {"returnId": _ID, **_FULFILMENT}
_LINE: Final[Properties] = {"lineNo": _COUNT, "sku": _ID, "quantity": _COUNT}
_OWNED: Final[Properties] = {"orderId": _ID, "customerId": _WORDS, "currency": _CURRENCY}
_SHELF: Final[Properties] = {"sku": _ID, "location": _ID}


def _listed(properties: Properties) -> Mapping[str, Json]:
    return {
        "type": "array",
        "items": {
            "type": "object",
            "properties": dict(properties),
            "required": list(properties),
            "additionalProperties": False,
        },
    }


EVENTS: Final = (
    EventType(
        name="quotation.mutually_approved",
        description="Buyer and seller have approved the same version of a quotation.",
        properties={"quotationId": _ID, "version": _COUNT},
    ),
    EventType(
        name="order.created",
        description="A sale order was placed.",
        properties={
            "orderId": _ID,
            "number": _WORDS,
            "channel": {"enum": ["CONSUMER", "RESELLER"]},
            "customerId": _WORDS,
            "currency": _CURRENCY,
            "grandTotalMinor": _MINOR,
        },
    ),
    EventType(
        name="payment.captured", description="Money for an order has arrived.", properties=_CAPTURE
    ),
    EventType(
        name="payment.overcaptured",
        description="A capture has brought more than was due; comes with its `payment.captured`.",
        properties={**_CAPTURE, "excessMinor": _COUNT},
    ),
    EventType(
        name="payment.late",
        description="Money has arrived for an order that had expired.",
        properties={"orderId": _ID, "paymentId": _ID},
    ),
    EventType(
        name="payment.registered",
        description="Somebody says that money for an order is on its way.",
        properties={
            **_PAYMENT,
            "channel": {"enum": ["CONSUMER", "RESELLER"]},
            "method": _WORDS,
            "amountMinor": _COUNT,
        },
    ),
    EventType(
        name="payment.confirmed",
        description="The money of a payment has arrived in full.",
        properties={**_PAYMENT, "method": _WORDS, "amountMinor": _COUNT},
    ),
    EventType(
        name="payment.failed",
        description="An attempt to pay has failed.",
        properties={**_PAYMENT, "reason": _REASON},
    ),
    EventType(
        name="payment.refunded",
        description="Money of a payment goes back; `ofLinesMinor` of it is for lines of the order.",
        properties={**_GONE_BACK, "refundId": _ID, "ofLinesMinor": _MINOR},
    ),
    EventType(
        name="payment.refund_undone",
        description="The money of a refund is not sent, for a `reason`; `ofLinesMinor` of it is due again.",
        properties={**_GONE_BACK, "refundId": _ID, "ofLinesMinor": _MINOR, "reason": _REASON},
    ),
    EventType(
        name="payment.charged_back",
        description="The customer's bank has taken money of a payment back.",
        properties=_GONE_BACK,
    ),
    EventType(
        name="payment.chargeback_reversed",
        description="Money that was charged back has come back.",
        properties=_GONE_BACK,
    ),
    EventType(
        name="payment.unmatched",
        description="A provider speaks of money that fits no payment, and `why`; without an order if none is known.",
        properties={
            "paymentId": _ID,
            "orderId": {"type": ["string", "null"]},
            "provider": {"type": ["string", "null"]},
            "eventId": _ID,
            "reference": {"type": ["string", "null"]},
            "amountMinor": _MINOR,
            "currency": _CURRENCY,
            "why": _REASON,
        },
    ),
    EventType(
        name="payment.refused",
        description="The order's lifecycle did not take what became of a payment; the payment stands all the same.",
        properties={
            **_PAYMENT,
            "event": _WORDS,
            "code": _WORDS,
            "message": _REASON,
            "amountMinor": _MINOR,
        },
    ),
    EventType(
        name="sale.undecided",
        description="The policies have not decided on an order in time; it does not clear before they have.",
        properties={**_ORDER, "number": _ID},
    ),
    EventType(
        name="sale.held",
        description="A policy holds an order back.",
        properties={**_ORDER, **HELD},
    ),
    EventType(
        name="sale.hold_lifted",
        description="What a policy has held an order back with is settled.",
        properties={**_ORDER, **LIFTED},
    ),
    EventType(
        name="sale.held_after_shipping",
        description="A policy holds back an order of which something was shipped; comes with its `sale.held`.",
        properties={**_ORDER, "holdId": _ID, "reason": _REASON},
    ),
    EventType(
        name="sale.uncovered_after_shipping",
        description="What was shipped is no longer paid, waived or within credit; nothing can be held back.",
        properties={**_ORDER, "outstandingMinor": _COUNT, "currency": _CURRENCY},
    ),
    EventType(
        name="sale.fulfilment_failed",
        description="Every fulfilment has ended and nothing was delivered.",
        properties=_ORDER,
    ),
    EventType(
        name="override.requested",
        description="Somebody asks to waive an amount (ADMIN) or to exceed the credit limit by it (CREDIT).",
        properties={
            "orderId": _ID,
            "kind": {"enum": ["ADMIN", "CREDIT"]},
            "approvalId": _ID,
            "amountMinor": _COUNT,
            "currency": _CURRENCY,
            "reason": _REASON,
        },
    ),
    EventType(
        name="sale.cleared",
        description="An order may be fulfilled; `clearance` counts how often that was decided.",
        properties={"orderId": _ID, "clearance": _COUNT},
    ),
    EventType(
        name="sale.uncleared",
        description="What cleared an order does not hold any more.",
        properties=_ORDER,
    ),
    EventType(
        name="sale.frozen",
        description="An order was stopped by a person or a policy.",
        properties={"orderId": _ID, "reason": _REASON},
    ),
    EventType(name="sale.released", description="A frozen order goes on.", properties=_ORDER),
    EventType(
        name="sale.expired",
        description="An order was not paid in time.",
        properties=_ORDER,
    ),
    EventType(
        name="sale.reopened",
        description="An expired order has another term to pay.",
        properties=_ORDER,
    ),
    EventType(
        name="sale.expiry_part_paid",
        description="The time to pay has passed, and a part is paid: the order stays, and people decide.",
        properties={
            "orderId": _ID,
            "capturedMinor": _COUNT,
            "grandTotalMinor": _MINOR,
            "currency": _CURRENCY,
        },
    ),
    EventType(
        name="sale.completed",
        description="Everything of an order has ended well.",
        properties={**_OWNED, "capturedMinor": _MINOR},
    ),
    EventType(
        name="sale.paid_later",
        description="Money has arrived, or come back from a bank, for an order that had completed.",
        properties={**_OWNED, "amountMinor": _COUNT},
    ),
    EventType(
        name="sale.paid_back",
        description="Money has gone back of an order that had completed.",
        properties={**_OWNED, "amountMinor": _COUNT},
    ),
    EventType(
        name="sale.cancelled",
        description="An order was cancelled; what was captured is to go back.",
        properties={"orderId": _ID, "capturedMinor": _MINOR},
    ),
    EventType(
        name="sale.rejected",
        description="An order was rejected by compliance; what was captured is to go back.",
        properties={"orderId": _ID, "capturedMinor": _MINOR},
    ),
    EventType(
        name="sale.refund_due",
        description="An order has ended with money of these payments; comes with `sale.cancelled` or `sale.rejected`.",
        properties={
            "orderId": _ID,
            "currency": _CURRENCY,
            "capturedMinor": _COUNT,
            "payments": {"type": "object", "additionalProperties": _COUNT},
        },
    ),
    EventType(
        name="credit.released",
        description="An order holds less of its customer's credit: paid, let go of, or written off.",
        properties={
            **_OWNED,
            "kind": {"enum": ["settle", "release", "write_off"]},
            "amountMinor": _COUNT,
        },
    ),
    EventType(
        name="credit.changed",
        description="A customer's credit profile in one currency has changed.",
        properties={
            "customerId": _ID,
            "currency": _CURRENCY,
            "tier": {"enum": ["BRONZE", "SILVER", "GOLD", "PLATINUM"]},
            "customLimitMinor": {"type": ["integer", "null"], "minimum": 0},
            "cumulativeMinor": _MINOR,
            "earnedMinor": _MINOR,
        },
    ),
    EventType(
        name="stock.received",
        description="Pieces of a SKU have arrived at a location.",
        properties={**_SHELF, "quantity": _COUNT, "reference": _REASON},
    ),
    EventType(
        name="stock.adjusted",
        description="More or, where `change` is negative, less of a SKU was counted at a location.",
        properties={**_SHELF, "change": {"type": "integer"}, "reason": _REASON},
    ),
    EventType(
        name="stock.freed",
        description="More of a SKU may be promised at a location, or more wait for it than could be served at once.",
        properties=_SHELF,
    ),
    EventType(
        name="stock.called_off",
        description="An order waits for a SKU no more: what was kept for it may be promised to others.",
        properties={"sku": _SHELF["sku"]},
    ),
    EventType(
        name="fulfilment.created",
        description="The delivery of an order begins with the reservation of stock.",
        properties=_FULFILMENT,
    ),
    EventType(
        name="fulfilment.shipped",
        description="A package has left the warehouse.",
        properties={**_FULFILMENT, "carrier": _WORDS, "tracking": _WORDS},
    ),
    EventType(
        name="fulfilment.delivered",
        description="A package has reached the customer.",
        properties=_FULFILMENT,
    ),
    EventType(
        name="fulfilment.delivery_failed",
        description="A package could not be delivered and has come back.",
        properties={**_FULFILMENT, "attempts": _COUNT},
    ),
    EventType(
        name="fulfilment.resumed",
        description="A fulfilment goes on where it was stopped.",
        properties=_FULFILMENT,
    ),
    EventType(
        name="fulfilment.split",
        description="Lines leave a fulfilment and go on in one of their own, with what is reserved for them.",
        properties={
            **_FULFILMENT,
            "lines": _listed(
                {
                    **_LINE,
                    "kind": {"enum": ["GOODS", "SERVICE"]},
                    "firstPiece": _MINOR,
                    "ofPieces": _COUNT,
                    "totalMinor": _MINOR,
                }
            ),
            "taken": _listed({**_LINE, "location": _ID}),
        },
    ),
    EventType(
        name="return.requested",
        description="The customer wants to send goods back.",
        properties={**_RETURN, "reason": _WORDS, "lines": _listed(_LINE)},
    ),
    EventType(
        name="return.received",
        description="Goods that a customer sent back have arrived.",
        properties={
            **_RETURN,
            "lines": _listed({**_LINE, "condition": {"enum": ["SELLABLE", "DAMAGED"]}}),
        },
    ),
    EventType(
        name="return.rejected",
        description="A return is not accepted.",
        properties={**_RETURN, "reason": _WORDS},
    ),
    EventType(
        name="return.refunded",
        description="A return is accepted; its worth is to go back or to be taken off what is due.",
        properties={
            **_RETURN,
            "lines": _listed({**_LINE, "amountMinor": _MINOR}),
            "amountMinor": _MINOR,
        },
    ),
    EventType(
        name="return.refund_open",
        description="Money for returned goods is to go back, and no payment is known that it could go back to.",
        properties={
            "returnId": _ID,
            "orderId": _ID,
            "amountMinor": _COUNT,
            "currency": _WORDS,
        },
    ),
    EventType(
        name="fulfilment.ended",
        description="A fulfilment has come to its end.",
        properties={
            **_FULFILMENT,
            "outcome": {"enum": ["COMPLETED", "REFUNDED", "CANCELLED", "FAILED"]},
        },
    ),
)
"""Every domain event that a chart of the order domain emits."""
