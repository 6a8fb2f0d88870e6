"""The behaviour of the pay-in chart.

What has arrived is compared with what is expected, exactly:

    received < expected     PARTIAL: what comes later adds up
    received = expected     RECEIVED: it may be verified, once the policies have decided and nothing holds it
    received > expected     MISMATCH: people reconcile it or send it back

Each transfer has a reference and a number, counts once, and waits for a decision of its own: one on an earlier
transfer holds the pay-in, and counts for nothing else; what a policy verifies goes up to its own transfer. The
comparison is made anew after every one, also where the pay-in was settled or frozen meanwhile. A payment that was
confirmed says that its money is there in full: what no transfer has brought by then is received with it, and the
pay-in verifies itself as soon as it may.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.domain.freeze import freezes_longer, not_frozen, note_freeze, until_release
from orderwright.domain.hold import (
    DECISION_TERM_MS,
    is_decided,
    is_not_held,
    is_undecided,
    lift_hold,
    place_hold,
    place_holds,
    record_decision,
)
from orderwright.domain.reading import Json, integer, mapping, milliseconds_until, moment, text
from orderwright.errors import InputInvalid
from orderwright.money import LARGEST_MINOR, Money
from orderwright.statechart import Behaviour, Emit, Outcome, Scope, Verdict

_HEAD: Final = ("payInId", "paymentId", "orderId", "customerId", "userId", "method")
_SUMS: Final = ("expectedMinor", "currency")


# --- the comparison -------------------------------------------------------------------------------


def has_money(scope: Scope) -> Verdict:
    """Something has arrived."""
    message = "no money has arrived"
    return Verdict(_received(scope) > 0, "payin.nothing_received", message)


def is_short(scope: Scope) -> bool:
    """Something has arrived, and less than is expected."""
    return 0 < _received(scope) < integer(scope.context, "expectedMinor")


def is_exact(scope: Scope) -> Verdict:
    """Exactly what is expected has arrived."""
    received, expected = _received(scope), integer(scope.context, "expectedMinor")
    values = {
        "received": _amount(scope, received),
        "expected": _amount(scope, expected),
        "currency": scope.context["currency"],
    }
    message = f"{values['received']} of {values['expected']} {values['currency']} has arrived"
    return Verdict(received == expected, "payin.amount_differs", message, values, ("ACCOUNTANT",))


def is_over(scope: Scope) -> bool:
    """More has arrived than is expected."""
    return _received(scope) > integer(scope.context, "expectedMinor")


def has_more_come(scope: Scope) -> bool:
    """Money has come since the pay-in was settled."""
    return _received(scope) != integer(scope.context, "settledMinor")


def settle(scope: Scope) -> Outcome:
    """Remember with how much the pay-in is settled, and for good where that was nothing: what comes then is late."""
    received = _received(scope)
    return Outcome({"settledMinor": received, "hasLapsed": _is_late(scope) or not received})


def _is_late(scope: Scope) -> bool:
    return scope.context.get("hasLapsed") is True


def _received(scope: Scope) -> int:
    return integer(scope.context, "receivedMinor")


def _amount(scope: Scope, minor: int) -> str:
    return Money(minor, text(scope.context, "currency")).amount


# --- what arrives ---------------------------------------------------------------------------------


def receipt_is_valid(scope: Scope) -> Verdict:
    """The amount is positive, has the scale of the currency, and leaves a sum that can be held."""
    try:
        minor = _given(scope)
    except InputInvalid as invalid:
        return Verdict(False, invalid.code, invalid.message, invalid.values)
    fits = 0 < minor <= LARGEST_MINOR - _received(scope)
    expected = "an amount above zero, and transfers in all below the largest amount"
    shown = {"field": "amount", "value": scope.data["amount"], "expected": expected}
    return Verdict(fits, "input.invalid", f"amount: expected {expected}", shown)


def receipt_is_new(scope: Scope) -> Verdict:
    """The transfer has not been recorded before: a repeated message never counts twice."""
    reference = text(scope.data, "reference")
    message = f"transfer {reference} is recorded already"
    is_new = reference not in mapping(scope.context, "receipts")
    return Verdict(is_new, "payin.already_received", message, {"reference": reference})


def record_receipt(scope: Scope) -> Outcome:
    """Add a transfer to what has arrived, and tell it."""
    return _with_receipt(scope, text(scope.data, "reference"), _given(scope))


def record_confirmation(scope: Scope) -> Outcome:
    """Remember that the payment is confirmed, and receive what no transfer has brought of it."""
    confirmed: Mapping[str, Json] = {"isConfirmed": True}
    rest = _rest(scope)
    if rest <= 0:
        return Outcome(confirmed)
    received = _with_receipt(scope, text(scope.data, "paymentId"), rest)
    return Outcome({**received.assign, **confirmed}, effects=received.effects)


def _rest(scope: Scope) -> int:
    """Return what a confirmation brings beside the transfers, once."""
    if text(scope.data, "paymentId") in mapping(scope.context, "receipts"):
        return 0
    return integer(scope.context, "expectedMinor") - _received(scope)


def is_confirmed(scope: Scope) -> Verdict:
    """The payment that the money is for is confirmed."""
    message = "nobody has verified this, and no payment is confirmed for it"
    confirmed = scope.context["isConfirmed"] is True
    return Verdict(confirmed, "payin.unconfirmed", message, {}, ("ACCOUNTANT",))


def _given(scope: Scope) -> int:
    """Return the minor units that an event brings.

    Raises:
        InputInvalid: it is not an amount of the currency.
    """
    return Money.parse(text(scope.data, "amount"), text(scope.context, "currency")).minor


def _with_receipt(scope: Scope, reference: str, minor: int) -> Outcome:
    context = scope.context
    total = _received(scope) + minor
    sender = scope.data.get("sender") or context["sender"]
    receipts = {**mapping(context, "receipts"), reference: minor}
    told = {
        **{key: context[key] for key in (*_HEAD, *_SUMS)},
        "amountMinor": minor,
        "receivedMinor": total,
        "senderName": sender,
        "transfer": len(receipts),
        "isLate": _is_late(scope),
    }
    assign = {"receivedMinor": total, "receipts": receipts, "sender": sender, "isDecided": False}
    return Outcome(assign, effects=[Emit("payin.received", told)])


# --- the times in which it is decided on, and expected --------------------------------------------


def until_overdue(scope: Scope) -> int | None:
    """Milliseconds for the policies to decide on what a confirmation brings; None where it brings nothing.

    Asked before the money is recorded: what policies decide on is that it has come.
    """
    return DECISION_TERM_MS if _rest(scope) > 0 else None


def is_of_newest(scope: Scope) -> Verdict:
    """The decision is on the newest transfer."""
    given, newest = integer(scope.data, "transfer"), len(mapping(scope.context, "receipts"))
    message = f"transfer {given} is not the newest, which is {newest}"
    return Verdict(given == newest, "payin.decision_late", message)


def is_not_superseded(scope: Scope) -> Verdict:
    """The transfer up to which it is verified, where one is named, is the newest; who names none has looked."""
    given, newest = scope.data.get("transfer"), len(mapping(scope.context, "receipts"))
    message = f"it was decided for transfer {given}, and transfer {newest} has come since"
    values: Mapping[str, Json] = {"transfer": given, "newest": newest}
    return Verdict(given in (None, newest), "payin.transfer_superseded", message, values)


def has_lapsed(scope: Scope) -> bool:
    """The time is over in which the money was expected, and none has come."""
    ends = moment(scope.context, "expiresAt")
    return ends is not None and scope.now >= ends and not _received(scope)


def until_expiry(scope: Scope) -> int | None:
    """Milliseconds to the end of that time; None where there is none."""
    return milliseconds_until(moment(scope.context, "expiresAt"), scope.now)


BEHAVIOUR: Final = Behaviour(
    guards={
        guard.__name__: guard
        for guard in (
            is_decided,
            is_undecided,
            is_of_newest,
            is_not_superseded,
            is_not_held,
            has_money,
            is_short,
            is_exact,
            is_over,
            has_more_come,
            receipt_is_valid,
            receipt_is_new,
            is_confirmed,
            has_lapsed,
            not_frozen("the pay-in is frozen", "payin.frozen"),
            freezes_longer,
        )
    },
    actions={
        action.__name__: action
        for action in (
            record_decision,
            place_hold,
            place_holds,
            lift_hold,
            record_receipt,
            record_confirmation,
            settle,
            note_freeze,
        )
    },
    delays={
        "until_expiry": until_expiry,
        "until_overdue": until_overdue,
        "until_release": until_release,
    },
)
