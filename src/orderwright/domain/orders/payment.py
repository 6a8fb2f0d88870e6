"""The behaviour of the payment chart.

What people do and what a provider reports is remembered as it comes, in any order and however often:

    refunds            our own, each once: amount, and the lines that it is for
    reportedRefunds    the provider's, each with the largest amount that was reported of it
    chargebacks        each with its amount, and whether it was reversed

What follows from them is computed anew each time, so that the order of reports is of no matter:

    refunded      = the larger of our own refunds and the reported ones: a refund of ours is reported as well
    charged back  = chargebacks that were not reversed
    remaining     = captured - refunded - charged back; never negative

Before the money has arrived reports are kept and come to nothing; they count as soon as it has. `take_stock` tells
what has changed since it was told last, and posts the difference of what remains to the ledger `payments`, whose
balance of an order is therefore what remains of all its payments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from orderwright.domain.reading import Json, integer, mapping, rows, text
from orderwright.errors import InputInvalid
from orderwright.money import Money
from orderwright.statechart import Behaviour, Emit, Outcome, Post, Scope, Verdict

LEDGER: Final = "payments"
"""Rows of what remains of payments, with a balance for each order."""

_CASHIERS: Final = ("ACCOUNTANT", "MANAGER")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the money of a payment is, in minor units."""

    captured: int = 0
    refunded: int = 0
    charged_back: int = 0

    @property
    def remaining(self) -> int:
        """What is still with us."""
        return max(self.captured - self.refunded - self.charged_back, 0)


def standing_of(context: Mapping[str, Json]) -> Standing:
    """Return where the money of a payment is, as it was told last."""
    return Standing(
        captured=integer(context, "amountMinor") if context["isCaptured"] is True else 0,
        refunded=integer(context, "refundedMinor"),
        charged_back=integer(context, "chargedBackMinor"),
    )


# --- what the money has come to -------------------------------------------------------------------


def take_stock(scope: Scope) -> Outcome:
    """Tell and post what has changed; nothing while no money has arrived."""
    context = scope.context
    if context["isCaptured"] is not True:
        return Outcome()
    told, amount = standing_of(context), integer(context, "amountMinor")
    refunded = min(_refunded(context), amount)
    charged_back = min(_charged_back(context), amount)
    after_refund = Standing(captured=amount, refunded=refunded, charged_back=told.charged_back)
    now = Standing(captured=amount, refunded=refunded, charged_back=charged_back)
    effects = [
        *_refund_told(scope, told, after_refund),
        *_chargeback_told(scope, after_refund, now),
    ]
    return Outcome({"refundedMinor": refunded, "chargedBackMinor": charged_back}, effects=effects)


def note_capture(scope: Scope) -> Outcome:
    """Remember that the money has arrived, tell it and post it."""
    context = scope.context
    captured = {**_head(context), "method": context["method"]}
    captured["amountMinor"] = amount = integer(context, "amountMinor")
    post = _posted(context, "CAPTURE", amount)
    assign = {"isCaptured": True, "failedReason": None}
    return Outcome(assign, effects=[*post, Emit("payment.confirmed", captured)])


def _refund_told(scope: Scope, told: Standing, now: Standing) -> Sequence[Emit | Post]:
    lines = _lines_minor(scope) if _is(scope, "REFUND") else 0
    amount = now.refunded - told.refunded
    if amount <= 0 and not lines:
        return ()
    context = scope.context
    event = {
        **_head(context),
        "refundId": _given_id(scope, "refundId", f"{context['paymentId']}/{now.refunded}"),
        "amountMinor": max(amount, 0),
        "ofLinesMinor": lines,
        "remainingMinor": now.remaining,
    }
    change = now.remaining - told.remaining
    return [*_posted(context, "REFUND", change), Emit("payment.refunded", event)]


def _chargeback_told(scope: Scope, told: Standing, now: Standing) -> Sequence[Emit | Post]:
    context, amount = scope.context, now.charged_back - told.charged_back
    event = {**_head(context), "amountMinor": abs(amount), "remainingMinor": now.remaining}
    post = _posted(context, "CHARGEBACK", now.remaining - told.remaining)
    if amount > 0:
        return [*post, Emit("payment.charged_back", event)]
    return [*post, Emit("payment.chargeback_reversed", event)] if amount < 0 else ()


def _head(context: Mapping[str, Json]) -> dict[str, Json]:
    return {key: context[key] for key in ("paymentId", "orderId", "currency")}


def _posted(context: Mapping[str, Json], kind: str, change: int) -> list[Post]:
    entry = {**_head(context), "kind": kind, "amountMinor": change}
    return [Post(LEDGER, entry)] if change else []


def _refunded(context: Mapping[str, Json]) -> int:
    own = sum(integer(_entry(one), "amountMinor") for one in mapping(context, "refunds").values())
    reported = mapping(context, "reportedRefunds")
    return max(own, sum(integer(reported, key) for key in reported))


def _charged_back(context: Mapping[str, Json]) -> int:
    standing = [_entry(one) for one in mapping(context, "chargebacks").values()]
    return sum(integer(one, "amountMinor") for one in standing if one["isReversed"] is not True)


def _entry(value: Json) -> Mapping[str, Json]:
    return mapping({"entry": value}, "entry")


# --- what is remembered ---------------------------------------------------------------------------


def note_failure(scope: Scope) -> Outcome:
    """Remember why an attempt failed, and tell it."""
    reason = text(scope.data, "reason")
    told = Emit("payment.failed", {**_head(scope.context), "reason": reason})
    return Outcome({"failedReason": reason}, effects=[told])


def note_refund(scope: Scope) -> Outcome:
    """Remember a refund of ours with its lines."""
    lines = {str(line["lineNo"]): _line_minor(scope, line) for line in _lines(scope)}
    entry = {"amountMinor": _amount(scope).minor, "lines": lines, "reason": scope.data["reason"]}
    known = mapping(scope.context, "refunds")
    return Outcome({"refunds": {**known, text(scope.data, "refundId"): entry}})


def note_reported_refund(scope: Scope) -> Outcome:
    """Remember the most that was reported of a refund."""
    refund, known = text(scope.data, "refundId"), mapping(scope.context, "reportedRefunds")
    most = max(integer({refund: 0, **known}, refund), integer(scope.data, "amountMinor"))
    return Outcome({"reportedRefunds": {**known, refund: most}})


def note_chargeback(scope: Scope) -> Outcome:
    """Remember the amount of a chargeback; one that was reversed already stays so."""
    amount = (
        integer(scope.data, "amountMinor") if "amountMinor" in scope.data else _amount(scope).minor
    )
    return _chargeback(scope, amount=amount, is_reversed=False)


def note_reversal(scope: Scope) -> Outcome:
    """Remember that a chargeback was reversed, even before it is known."""
    return _chargeback(scope, amount=0, is_reversed=True)


def _chargeback(scope: Scope, *, amount: int, is_reversed: bool) -> Outcome:
    known = mapping(scope.context, "chargebacks")
    chargeback = text(scope.data, "chargebackId")
    before = _entry(known.get(chargeback)) or {"amountMinor": 0, "isReversed": False}
    entry = {
        "amountMinor": max(integer(before, "amountMinor"), amount),
        "isReversed": is_reversed or before["isReversed"] is True,
    }
    return Outcome({"chargebacks": {**known, chargeback: entry}})


# --- guards ---------------------------------------------------------------------------------------


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
    reported, expected = _reported(scope), _registered(scope.context)
    return _mismatch(reported, expected, is_right=reported == expected)


def report_fits(scope: Scope) -> Verdict:
    """The provider speaks of this currency, and of no more than this amount."""
    reported, expected = _reported(scope), _registered(scope.context)
    fits = reported[1] == expected[1] and 0 < reported[0] <= expected[0]
    return _mismatch(reported, expected, is_right=fits)


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
    """The amount is exact and what its lines add up to; with all before it no more than was captured."""
    valid = _amounts_are_valid(scope)
    if valid.ok is not True:
        return valid
    context = scope.context
    own = sum(integer(_entry(one), "amountMinor") for one in mapping(context, "refunds").values())
    left = integer(context, "amountMinor") - own - integer(context, "chargedBackMinor")
    return _within(scope, _amount(scope).minor, left)


def chargeback_is_valid(scope: Scope) -> Verdict:
    """The amount is positive, has the scale of the currency, and is no more than what is left."""
    valid = _amounts_are_valid(scope)
    if valid.ok is not True:
        return valid
    return _within(scope, _amount(scope).minor, standing_of(scope.context).remaining)


def refund_is_new(scope: Scope) -> Verdict:
    """The refund was not made before."""
    return _is_new(scope, "refundId", "refunds")


def chargeback_is_new(scope: Scope) -> Verdict:
    """The chargeback was not recorded before."""
    return _is_new(scope, "chargebackId", "chargebacks")


def lines_are_refundable(scope: Scope) -> Verdict:
    """Each line is one of the order, and all its refunds together are no more than its total."""
    wanted = _lines(scope)
    if not wanted or _amounts_are_valid(scope).ok is not True:  # which another guard says
        return Verdict(True)
    if "refundable" not in scope.facts:
        missing: Mapping[str, Json] = {"missing": ["facts.refundable"]}
        return Verdict(None, "order.lines_unknown", "the order's lines are not known", missing)
    left = mapping(scope.facts, "refundable")
    for line in wanted:
        number, asked = str(line["lineNo"]), _line_minor(scope, line)
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


def _within(
    scope: Scope, asked: int, most: int, *, of: str = "this payment", **named: Json
) -> Verdict:
    currency = text(scope.context, "currency")
    wanted, left = Money(asked, currency), Money(max(most, 0), currency)
    values = {"asked": wanted.amount, "left": left.amount, "currency": currency, **named}
    message = f"{wanted} is more than the {left} that is left of {of}"
    return Verdict(asked <= most, "payment.exceeds_captured", message, values, _CASHIERS)


def _amounts_are_valid(scope: Scope) -> Verdict:
    lines = _lines(scope)
    try:
        amount = _amount(scope).minor
        parts = [_line_minor(scope, line) for line in lines]
    except InputInvalid as invalid:
        return Verdict(False, invalid.code, invalid.message, invalid.values)
    adds_up = not lines or sum(parts) == amount
    numbers = [line["lineNo"] for line in lines]
    is_right = amount > 0 and all(part > 0 for part in parts) and adds_up
    expected = "an amount above zero that its lines, each named once, add up to"
    shown = {"field": "amount", "value": scope.data["amount"], "expected": expected}
    message = f"amount: expected {expected}"
    return Verdict(is_right and len(set(numbers)) == len(numbers), "input.invalid", message, shown)


# --- reading --------------------------------------------------------------------------------------


def _registered(context: Mapping[str, Json]) -> tuple[int, str]:
    return integer(context, "amountMinor"), text(context, "currency")


def _reported(scope: Scope) -> tuple[int, str]:
    return integer(scope.data, "amountMinor"), text(scope.data, "currency")


def _amount(scope: Scope) -> Money:
    return _money(scope, scope.data)


def _line_minor(scope: Scope, line: Mapping[str, Json]) -> int:
    return _money(scope, line).minor


def _lines_minor(scope: Scope) -> int:
    return sum(_line_minor(scope, line) for line in _lines(scope))


def _lines(scope: Scope) -> list[Mapping[str, Json]]:
    return rows(scope.data, "lines") if "lines" in scope.data else []


def _money(scope: Scope, source: Mapping[str, Json]) -> Money:
    amount = source["amount"]
    if not isinstance(amount, str):
        raise InputInvalid("amount", amount, "a decimal string in major units")
    return Money.parse(amount, text(scope.context, "currency"))


def _is(scope: Scope, event: str) -> bool:
    return scope.event is not None and scope.event.type == event


def _given_id(scope: Scope, key: str, otherwise: str) -> str:
    return text(scope.data, key) if _is(scope, "REFUND") else otherwise


BEHAVIOUR: Final = Behaviour(
    guards={
        guard.__name__: guard
        for guard in (
            is_without_order,
            is_captured,
            is_not_captured,
            report_is_exact,
            report_fits,
            refund_is_valid,
            refund_is_new,
            lines_are_refundable,
            chargeback_is_valid,
            chargeback_is_new,
            is_charged_back,
            is_refunded,
            is_partly_refunded,
        )
    },
    actions={
        action.__name__: action
        for action in (
            note_capture,
            note_failure,
            note_refund,
            note_reported_refund,
            note_chargeback,
            note_reversal,
            take_stock,
        )
    },
)
