"""What must hold for a payment to go on: amounts are exact, and never more than there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.domain.orders.payment_reading import (
    amount_of,
    entry_of,
    line_minor,
    lines_of,
    refunded_minor,
    registered,
    reported,
    standing_of,
)
from orderwright.domain.reading import Json, integer, mapping, text
from orderwright.errors import InputInvalid
from orderwright.money import Money
from orderwright.statechart import Scope, Verdict

_CASHIERS: Final = ("ACCOUNTANT", "MANAGER")


def is_without_order(scope: Scope) -> bool:
    """Nobody has registered this money for an order."""
    return scope.context["orderId"] is None


def is_captured(scope: Scope) -> Verdict:
    """The money has arrived."""
    message = "no money of this payment has arrived"
    return Verdict(
        scope.context["isCaptured"] is True, "payment.not_confirmed", message, {}, _CASHIERS
    )


def is_not_captured(scope: Scope) -> Verdict:
    """The money has not arrived: what follows it is a refund or a chargeback, never a failure."""
    message = "the payment is confirmed already"
    return Verdict(scope.context["isCaptured"] is not True, "payment.already_confirmed", message)


def report_is_exact(scope: Scope) -> Verdict:
    """The provider speaks of exactly this amount in this currency."""
    told, expected = reported(scope), registered(scope.context)
    return _mismatch(told, expected, is_right=told == expected)


def report_fits(scope: Scope) -> Verdict:
    """The provider speaks of this currency, and of no more than this amount."""
    told, expected = reported(scope), registered(scope.context)
    fits = told[1] == expected[1] and 0 < told[0] <= expected[0]
    return _mismatch(told, expected, is_right=fits)


def _mismatch(reported: tuple[int, str], expected: tuple[int, str], *, is_right: bool) -> Verdict:
    shown = {
        "reportedMinor": reported[0],
        "reportedCurrency": reported[1],
        "expectedMinor": expected[0],
        "expectedCurrency": expected[1],
    }
    message = (
        f"the provider reports {reported[0]} minor units of {reported[1]};"
        f" the payment is of {expected[0]} of {expected[1]}"
    )
    return Verdict(is_right, "payment.mismatch", message, shown, _CASHIERS)


def refund_is_valid(scope: Scope) -> Verdict:
    """The amount is exact and what its lines add up to, and is no more than what is left."""
    return _is_left(scope)


def chargeback_is_valid(scope: Scope) -> Verdict:
    """The amount is positive, has the scale of the currency, and is no more than what is left."""
    return _is_left(scope)


def refund_is_new(scope: Scope) -> Verdict:
    """The refund was not made before."""
    return _is_new(scope, "refundId", "refunds")


def refund_stands(scope: Scope) -> Verdict:
    """The refund is one of ours and was not undone before."""
    named = text(scope.data, "refundId")
    entry = entry_of(mapping(scope.context, "refunds").get(named))
    message = f"there is no refund {named}, or it is undone already"
    stands = bool(entry) and "undone" not in entry
    return Verdict(stands, "payment.no_refund", message, {"refundId": named})


def refund_is_not_sent(scope: Scope) -> Verdict:
    """The provider does not say that the money of the refund has gone back all the same."""
    context, named = scope.context, text(scope.data, "refundId")
    others = {one: entry for one, entry in mapping(context, "refunds").items() if one != named}
    left = refunded_minor({**context, "refunds": others})
    message = f"the provider says that the money of refund {named} has gone back"
    is_lower = left < integer(context, "refundedMinor")
    return Verdict(is_lower, "payment.refund_sent", message, {"refundId": named})


def chargeback_is_new(scope: Scope) -> Verdict:
    """The chargeback was not recorded before."""
    return _is_new(scope, "chargebackId", "chargebacks")


def lines_are_refundable(scope: Scope) -> Verdict:
    """Each line is one of the order, and all its refunds together are no more than its total."""
    wanted = lines_of(scope)
    if not wanted or _amounts_are_valid(scope).ok is not True:  # which another guard says
        return Verdict(True)
    if "refundable" not in scope.facts:
        missing: Mapping[str, Json] = {"missing": ["facts.refundable"]}
        return Verdict(None, "order.lines_unknown", "the order's lines are not known", missing)
    left = mapping(scope.facts, "refundable")
    for line in wanted:
        number, asked = str(line["lineNo"]), line_minor(scope, line)
        most = integer(left, number) if number in left else 0
        if asked > most:
            return _within(scope, asked, most, of=f"line {number}", line=number)
    return Verdict(True)


def is_charged_back(scope: Scope) -> bool:
    """A chargeback stands."""
    return integer(scope.context, "chargedBackMinor") > 0


def is_refunded(scope: Scope) -> bool:
    """Everything has gone back."""
    return integer(scope.context, "refundedMinor") >= integer(scope.context, "amountMinor")


def is_partly_refunded(scope: Scope) -> bool:
    """Something has gone back."""
    return integer(scope.context, "refundedMinor") > 0


def _is_new(scope: Scope, key: str, kept: str) -> Verdict:
    named = text(scope.data, key)
    is_new = named not in mapping(scope.context, kept)
    return Verdict(is_new, "payment.repeated", f"{named} is recorded already", {key: named})


def _is_left(scope: Scope) -> Verdict:
    valid = _amounts_are_valid(scope)
    if valid.ok is not True:
        return valid
    return _within(scope, amount_of(scope).minor, standing_of(scope.context).remaining)


def _within(
    scope: Scope, asked: int, most: int, *, of: str = "this payment", **named: Json
) -> Verdict:
    currency = text(scope.context, "currency")
    wanted, left = Money(asked, currency), Money(max(most, 0), currency)
    values = {"asked": wanted.amount, "left": left.amount, "currency": currency, **named}
    message = f"{wanted} is more than the {left} that is left of {of}"
    return Verdict(asked <= most, "payment.exceeds_captured", message, values, _CASHIERS)


def _amounts_are_valid(scope: Scope) -> Verdict:
    lines = lines_of(scope)
    try:
        amount = amount_of(scope).minor
        parts = [line_minor(scope, line) for line in lines]
    except InputInvalid as invalid:
        return Verdict(False, invalid.code, invalid.message, invalid.values)
    adds_up = not lines or sum(parts) == amount
    numbers = [line["lineNo"] for line in lines]
    is_right = amount > 0 and all(part > 0 for part in parts) and adds_up
    expected = "an amount above zero that its lines, each named once, add up to"
    shown = {"field": "amount", "value": scope.data["amount"], "expected": expected}
    message = f"amount: expected {expected}"
    return Verdict(is_right and len(set(numbers)) == len(numbers), "input.invalid", message, shown)
