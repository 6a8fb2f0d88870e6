"""The behaviour of the payment chart.

What people do and what a provider reports is remembered as it comes, in any order and however often:

    refunds            our own, each once: amount, the lines that it is for, and what was reported before it; of one
                       that is undone nothing, and under `undone` what it was, and why it was not sent
    reportedRefunds    the provider's, each with the largest amount that was reported of it
    chargebacks        each with its amount, and whether it was reversed; of one that people have recorded what was
                       reported before it as well

What follows from them is computed anew each time, so that the order of reports is of no matter:

    refunded      = the larger of our own refunds and the reported ones: a refund of ours is reported as well, but only
                    after it was made; what was reported before is another, and is added
    charged back  = in the same way the larger of people's and the reported ones, without those that were reversed
    remaining     = captured - refunded - charged back; never negative

Before the money has arrived reports are kept and come to nothing; they count as soon as it has. `take_stock` tells
what has changed since it was told last, and posts the difference of what remains to the ledger `payments`, whose
balance of an order is therefore what remains of all its payments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from orderwright.domain.orders.payment_guard import (
    chargeback_is_new,
    chargeback_is_valid,
    is_captured,
    is_charged_back,
    is_not_captured,
    is_partly_refunded,
    is_refunded,
    is_without_order,
    lines_are_refundable,
    refund_is_new,
    refund_is_not_sent,
    refund_is_valid,
    refund_stands,
    report_fits,
    report_is_exact,
)
from orderwright.domain.orders.payment_reading import (
    Standing,
    amount_of,
    charged_back_minor,
    entry_of,
    line_minor,
    lines_minor,
    lines_of,
    refunded_minor,
    reported_chargebacks_minor,
    reported_refunds_minor,
    standing_of,
)
from orderwright.domain.reading import Json, integer, mapping, text
from orderwright.statechart import Behaviour, Emit, Outcome, Post, Scope

LEDGER: Final = "payments"
"""Rows of what remains of payments, with a balance for each order."""

# --- what the money has come to -------------------------------------------------------------------


def take_stock(scope: Scope) -> Outcome:
    """Tell and post what has changed; nothing while no money has arrived."""
    context = scope.context
    if context["isCaptured"] is not True:
        return Outcome()
    told, amount = standing_of(context), integer(context, "amountMinor")
    refunded = min(refunded_minor(context), amount)
    charged_back = min(charged_back_minor(context), amount)
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
    if now.refunded < told.refunded:
        return _undoing_told(scope, told, now)
    amount = now.refunded - told.refunded
    if amount <= 0:
        return ()
    context = scope.context
    event = {
        **_head(context),
        "refundId": _given_id(scope, "refundId", f"{context['paymentId']}/{now.refunded}"),
        "amountMinor": amount,
        "ofLinesMinor": lines_minor(scope) if _is(scope, "REFUND") else 0,
        "remainingMinor": now.remaining,
    }
    change = now.remaining - told.remaining
    return [*_posted(context, "REFUND", change), Emit("payment.refunded", event)]


def _undoing_told(scope: Scope, told: Standing, now: Standing) -> Sequence[Emit | Post]:
    context, refund = scope.context, text(scope.data, "refundId")
    undone = mapping(entry_of(mapping(context, "refunds")[refund]), "undone")
    lines = mapping(undone, "lines")
    event = {
        **_head(context),
        "refundId": refund,
        "amountMinor": told.refunded - now.refunded,
        "ofLinesMinor": sum(integer(lines, number) for number in lines),
        "remainingMinor": now.remaining,
        "reason": text(undone, "reason"),
    }
    post = _posted(context, "REFUND", now.remaining - told.remaining)
    return [*post, Emit("payment.refund_undone", event)]


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


# --- what is remembered ---------------------------------------------------------------------------


def note_failure(scope: Scope) -> Outcome:
    """Remember why an attempt failed, and tell it."""
    reason = text(scope.data, "reason")
    told = Emit("payment.failed", {**_head(scope.context), "reason": reason})
    return Outcome({"failedReason": reason}, effects=[told])


def note_refund(scope: Scope) -> Outcome:
    """Remember a refund of ours with its lines, and what had gone back before it by what was reported."""
    entry = {
        "amountMinor": amount_of(scope).minor,
        "lines": {str(line["lineNo"]): line_minor(scope, line) for line in lines_of(scope)},
        "reason": scope.data["reason"],
        "reportedMinor": reported_refunds_minor(scope.context),
    }
    known = mapping(scope.context, "refunds")
    return Outcome({"refunds": {**known, text(scope.data, "refundId"): entry}})


def undo_refund(scope: Scope) -> Outcome:
    """Let a refund of ours count for nothing, and remember what it was."""
    refund, known = text(scope.data, "refundId"), mapping(scope.context, "refunds")
    entry = entry_of(known[refund])
    undone = {key: entry[key] for key in ("amountMinor", "lines")}
    left = {**entry, "amountMinor": 0, "lines": {}}
    left["undone"] = {**undone, "reason": scope.data["reason"], "at": scope.now.isoformat()}
    return Outcome({"refunds": {**known, refund: left}})


def note_reported_refund(scope: Scope) -> Outcome:
    """Remember the most that was reported of a refund."""
    refund, known = text(scope.data, "refundId"), mapping(scope.context, "reportedRefunds")
    most = max(integer({refund: 0, **known}, refund), integer(scope.data, "amountMinor"))
    return Outcome({"reportedRefunds": {**known, refund: most}})


def note_chargeback(scope: Scope) -> Outcome:
    """Remember a chargeback that people have heard of, and what the provider had reported before."""
    entry = {
        "amountMinor": amount_of(scope).minor,
        "isReversed": False,
        "reportedMinor": reported_chargebacks_minor(scope.context),
    }
    known = mapping(scope.context, "chargebacks")
    return Outcome({"chargebacks": {**known, text(scope.data, "chargebackId"): entry}})


def note_reported_chargeback(scope: Scope) -> Outcome:
    """Remember the amount of a chargeback; one that was reversed already stays so."""
    return _chargeback(scope, amount=integer(scope.data, "amountMinor"), is_reversed=False)


def note_reversal(scope: Scope) -> Outcome:
    """Remember that a chargeback was reversed, even before it is known."""
    return _chargeback(scope, amount=0, is_reversed=True)


def _chargeback(scope: Scope, *, amount: int, is_reversed: bool) -> Outcome:
    known = mapping(scope.context, "chargebacks")
    chargeback = text(scope.data, "chargebackId")
    before = entry_of(known.get(chargeback)) or {"amountMinor": 0, "isReversed": False}
    entry = {
        "amountMinor": max(integer(before, "amountMinor"), amount),
        "isReversed": is_reversed or before["isReversed"] is True,
    }
    return Outcome({"chargebacks": {**known, chargeback: entry}})


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
            refund_stands,
            refund_is_not_sent,
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
            undo_refund,
            note_reported_refund,
            note_chargeback,
            note_reported_chargeback,
            note_reversal,
            take_stock,
        )
    },
)
