"""What a sale makes of money that goes back, and of money that a bank had taken and gives back.

Each event says what remains of the payment, so that what is captured is always the sum of what remains of payments.
Once the sale has completed, each change is told: what was captured by then has earned credit.
"""

from __future__ import annotations

from collections.abc import Mapping

from orderwright.domain.reading import Json, integer, mapping, rows, text
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


def refund_is_recorded(scope: Scope) -> Verdict:
    """The refund was recorded, and has not been undone since."""
    refund = text(scope.data, "refundId")
    stands = refund in mapping(scope.context, "refunds") and refund not in _undone(scope)
    message = f"refund {refund} is not recorded, or is undone already"
    return Verdict(stands, "payment.no_refund", message, {"refundId": refund})


def undo_refund(scope: Scope) -> Outcome:
    """Record what remains of a payment after all, and make the lines of the refund due again."""
    context, refund = scope.context, text(scope.data, "refundId")
    refunds, recorded = mapping(context, "refunds"), record_remaining(scope)
    due = integer(context, "refundedLinesMinor") - integer(refunds, refund)
    undone = {"refunds": {**refunds, refund: 0}, "undone": [*_undone(scope), refund]}
    assign = {**recorded.assign, **undone, "refundedLinesMinor": due}
    return recorded._replace(assign=assign)


def _undone(scope: Scope) -> list[Json]:
    """Return the refunds that were undone; sales of which none was do not carry the key."""
    undone = scope.context.get("undone", [])
    if not isinstance(undone, list):
        raise TypeError(f"undone is {undone!r}, not a list")
    return undone


def return_is_new(scope: Scope) -> Verdict:
    """The return has not been credited before."""
    returned = text(scope.data, "returnId")
    is_new = returned not in mapping(scope.context, "credited")
    message = f"return {returned} is credited already"
    return Verdict(is_new, "return.already_credited", message, {"returnId": returned})


def credit_lines(scope: Scope) -> Outcome:
    """Take what came back, and was not paid, off what is due; what is credited of a line is not refunded any more."""
    context, amount = scope.context, _minor(scope, "amount")
    credited = {**mapping(context, "credited"), text(scope.data, "returnId"): amount}
    due = integer(context, "refundedLinesMinor") + amount
    lines = dict(mapping(context, "creditedLines"))
    for line in rows(scope.data, "lines") if "lines" in scope.data else ():
        number, part = str(line["lineNo"]), _minor_of(scope, line, "amount")
        lines[number] = part + (integer(lines, number) if number in lines else 0)
    return Outcome({"refundedLinesMinor": due, "credited": credited, "creditedLines": lines})


def tell_refund_due(scope: Scope) -> Outcome:
    """Say of a sale that ends which captured money is to go back, by payment; nothing where there is none."""
    context, payments = scope.context, mapping(scope.context, "payments")
    kept = {one: integer(payments, one) for one in payments}
    if integer(context, "capturedMinor") <= 0:
        return Outcome()
    owed = {key: context[key] for key in ("orderId", "currency", "capturedMinor")}
    left = {"payments": {one: minor for one, minor in kept.items() if minor}}
    return Outcome(effects=[Emit("sale.refund_due", {**owed, **left})])


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
    return _minor_of(scope, scope.data, field)


def _minor_of(scope: Scope, source: Mapping[str, Json], field: str) -> int:
    amount = source[field]
    if not isinstance(amount, str):
        raise InputInvalid(field, amount, "a decimal string in major units")
    return Money.parse(amount, text(scope.context, "currency"), field=field).minor
