"""What a sale makes of money that goes back, and of money that a bank had taken and gives back.

Each event says what remains of the payment, so that what is captured is always the sum of what remains of payments.
Once the sale has completed, each change is told: what was captured by then has earned credit.
"""

from __future__ import annotations

from orderwright.domain.reading import integer, mapping, text
from orderwright.errors import InputInvalid
from orderwright.money import Money
from orderwright.statechart import Emit, Outcome, Post, Scope, Verdict


def payment_is_known(scope: Scope) -> Verdict:
    """The payment was captured here: what goes back is a part of that."""
    payment = text(scope.data, "paymentId")
    is_known = payment in mapping(scope.context, "payments")
    message = f"payment {payment} was not captured for this order"
    return Verdict(is_known, "payment.not_captured", message, {"paymentId": payment})


def refund_is_new(scope: Scope) -> Verdict:
    """The refund has not been recorded before."""
    refund = text(scope.data, "refundId")
    is_new = refund not in mapping(scope.context, "refunds")
    message = f"refund {refund} is recorded already"
    return Verdict(is_new, "payment.already_refunded", message, {"refundId": refund})


def record_refund(scope: Scope) -> Outcome:
    """Record what remains of a payment after a refund, and take refunds of lines off what is due."""
    context, of_lines = scope.context, _minor(scope, "ofLines")
    refunds = {**mapping(context, "refunds"), text(scope.data, "refundId"): of_lines}
    recorded = record_remaining(scope)
    due = {"refundedLinesMinor": integer(context, "refundedLinesMinor") + of_lines}
    return recorded._replace(assign={**recorded.assign, **due, "refunds": refunds})


def return_is_new(scope: Scope) -> Verdict:
    """The return has not been credited before."""
    returned = text(scope.data, "returnId")
    is_new = returned not in mapping(scope.context, "credited")
    message = f"return {returned} is credited already"
    return Verdict(is_new, "return.already_credited", message, {"returnId": returned})


def credit_lines(scope: Scope) -> Outcome:
    """Take what came back, and was not paid, off what is due."""
    context, amount = scope.context, _minor(scope, "amount")
    credited = {**mapping(context, "credited"), text(scope.data, "returnId"): amount}
    due = integer(context, "refundedLinesMinor") + amount
    return Outcome({"refundedLinesMinor": due, "credited": credited})


def record_remaining(scope: Scope) -> Outcome:
    """Record what remains of a payment, and post the difference to the ledger."""
    context, payment = scope.context, text(scope.data, "paymentId")
    payments, remaining = mapping(context, "payments"), _minor(scope, "remaining")
    change = remaining - integer(payments, payment)
    entry = {
        "orderId": context["orderId"],
        "paymentId": payment,
        "amountMinor": change,
        "currency": context["currency"],
        "method": context["method"],
    }
    total = integer(context, "capturedMinor") + change
    assign = {"capturedMinor": total, "payments": {**payments, payment: remaining}}
    return Outcome(
        assign, effects=[Post("captures", entry), *_told(scope, change)] if change else []
    )


def _told(scope: Scope, change: int) -> list[Emit]:
    """Say of a sale that has completed that more of its money is here, or less."""
    if not scope.in_state("sale.COMPLETED"):
        return []
    owned = {key: scope.context[key] for key in ("orderId", "customerId", "currency")}
    if change > 0:
        return [Emit("sale.paid_later", {**owned, "amountMinor": change})]
    return [Emit("sale.paid_back", {**owned, "amountMinor": -change})]


def _minor(scope: Scope, field: str) -> int:
    amount = scope.data[field]
    if not isinstance(amount, str):
        raise InputInvalid(field, amount, "a decimal string in major units")
    return Money.parse(amount, text(scope.context, "currency"), field=field).minor
