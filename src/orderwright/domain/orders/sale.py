"""The behaviour of the sale chart.

One rule clears a sale, and every half of it is a guard that carries its numbers, so that "why is this not cleared"
lists each failing half with amounts and who can lift it:

    clear     = decided and not held, and captured >= due, or (payment waived or on credit terms) and within credit
    decided   = the policies' decision on the order is recorded;  held: by something that they ask for
    due       = grand total - refunds of returned lines
    exceeded  = exposure without this sale + (due - captured) > effective limit
    covered   = a valid credit override of at least the amount above the limit

An override is valid while it is granted and not past its end. A credit fact that is not known leaves the guard
unknown, which refuses the event: it is never "within the limit".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from orderwright.domain.freeze import freezes_longer, not_frozen, note_freeze, until_release
from orderwright.domain.hold import (
    hold_is_new,
    is_decided,
    is_not_held,
    is_undecided,
    lift_hold,
    place_hold,
    record_decision,
)
from orderwright.domain.orders.credit import overage_minor
from orderwright.domain.orders.credit_terms import CREDIT_TERMS
from orderwright.domain.orders.exposure import (
    adjust_hold,
    due_minor,
    has_debt,
    hold_is_off,
    outstanding_minor,
    release_hold,
    write_off,
)
from orderwright.domain.orders.override import (
    answer_is_own,
    asked_override,
    override_is_not_asked,
    save_override,
)
from orderwright.domain.orders.sale_fulfilment import (
    is_called_off,
    is_fulfilled,
    is_less_uncovered,
    is_not_shipped,
    is_stranded,
    is_uncovered_anew,
    is_undelivered,
    note_fulfilments,
    note_uncovered,
    tell_stranded,
    tell_uncovered,
)
from orderwright.domain.orders.sale_refund import (
    credit_lines,
    payment_is_known,
    record_refund,
    record_remaining,
    refund_is_new,
    refund_is_recorded,
    return_is_new,
    tell_refund_due,
    undo_refund,
)
from orderwright.domain.orders.sale_term import change_term, is_first_term, until_new_end
from orderwright.domain.reading import (
    Json,
    integer,
    mapping,
    milliseconds_until,
    moment,
    text,
)
from orderwright.errors import InputInvalid
from orderwright.money import LARGEST_MINOR, Money
from orderwright.statechart import Behaviour, Emit, Outcome, Post, Scope, Verdict

# --- amounts --------------------------------------------------------------------------------------


def _money(context: Mapping[str, Json], minor: int) -> str:
    return str(Money(minor, text(context, "currency")))


def _amount(context: Mapping[str, Json], minor: int) -> str:
    return Money(minor, text(context, "currency")).amount


# --- clearance ------------------------------------------------------------------------------------


def captured_covers_due(scope: Scope) -> Verdict:
    """Captured money covers what is due."""
    context = scope.context
    captured, due, left = (
        integer(context, "capturedMinor"),
        due_minor(context),
        outstanding_minor(context),
    )
    values = {
        "captured": _amount(context, captured),
        "due": _amount(context, due),
        "outstanding": _amount(context, left),
        "currency": text(context, "currency"),
    }
    message = f"{_money(context, left)} of {_money(context, due)} is outstanding"
    return Verdict(left == 0, "payment.outstanding", message, values, ("ACCOUNTANT", "customer"))


def payment_is_waived(scope: Scope) -> Verdict:
    """A valid admin override waives payment (never credit)."""
    valid = valid_override(scope.context, "ADMIN", scope.now) is not None
    message = "no valid admin override waives the payment"
    return Verdict(valid, "override.admin_missing", message, {}, ("MANAGER", "ADMIN"))


def is_on_credit_terms(scope: Scope) -> Verdict:
    """The payment method is one that is paid after delivery."""
    method = scope.context["method"]
    terms = " or ".join(CREDIT_TERMS)
    message = f"{method} is not a credit term ({terms})" if method else "no payment method is set"
    values = {"method": method, "credit_terms": list(CREDIT_TERMS)}
    return Verdict(
        method in CREDIT_TERMS,
        "payment.not_on_terms",
        message,
        values,
        ("BILLER",),
    )


def is_within_credit(scope: Scope) -> Verdict:
    """The customer's exposure with this sale stays within the limit, or an override covers the overage."""
    context, fact = scope.context, mapping(scope.facts, "credit")
    if not fact:
        missing: Mapping[str, Json] = {"missing": ["facts.credit"]}
        return Verdict(None, "credit.unknown", "the customer's credit is not known", missing)
    limit, exposure = integer(fact, "limitMinor"), integer(fact, "exposureMinor")
    overage = overage_minor(
        limit_minor=limit, exposure_minor=exposure, uncovered_minor=outstanding_minor(context)
    )
    override = valid_override(context, "CREDIT", scope.now)
    covered = integer(override, "amountMinor") if override else 0
    values = {
        "limit": _amount(context, limit),
        "exposure": _amount(context, exposure),
        "uncovered": _amount(context, outstanding_minor(context)),
        "overage": _amount(context, overage),
        "approved": _amount(context, covered),
        "currency": text(context, "currency"),
    }
    message = (
        f"the credit limit of {_money(context, limit)} is exceeded by {_money(context, overage)}"
    )
    return Verdict(covered >= overage, "credit.exceeded", message, values, ("MANAGER", "ADMIN"))


def valid_override(
    context: Mapping[str, Json], kind: str, now: datetime
) -> Mapping[str, Json] | None:
    """Return the override of a kind, if it is granted and not past its end."""
    override = mapping(mapping(context, "overrides"), kind)
    ends = moment(override, "expiresAt")
    granted = override.get("status") == "GRANTED"
    return override if granted and (ends is None or now < ends) else None


# --- payments -------------------------------------------------------------------------------------


def capture_is_valid(scope: Scope) -> Verdict:
    """The amount is positive, has the scale of the currency, and leaves the sum one that can be held."""
    try:
        captured = _captured(scope)
    except InputInvalid as invalid:
        return Verdict(False, invalid.code, invalid.message, invalid.values)
    total = integer(scope.context, "capturedMinor") + captured.minor
    expected = "an amount above zero, and captures in all below the largest amount"
    shown = {"field": "amount", "value": captured.amount, "expected": expected}
    fits = captured.minor > 0 and total <= LARGEST_MINOR
    return Verdict(fits, "input.invalid", f"amount: expected {expected}", shown)


def payment_is_new(scope: Scope) -> Verdict:
    """The payment has not been captured before: a repeated message never counts twice."""
    payment = str(scope.data["paymentId"])
    known = mapping(scope.context, "payments").get(payment)
    message = f"payment {payment} is captured already"
    return Verdict(known is None, "payment.already_captured", message, {"paymentId": payment})


def record_capture(scope: Scope) -> Outcome:
    """Add a capture to the total, post it to the ledger, and say so when it is too much."""
    context, captured = scope.context, _captured(scope)
    payment = str(scope.data["paymentId"])
    total = integer(context, "capturedMinor") + captured.minor
    entry = {
        "orderId": context["orderId"],
        "paymentId": payment,
        "amountMinor": captured.minor,
        "currency": captured.currency,
        "method": scope.data.get("method") or context["method"],
    }
    effects: list[Emit | Post] = [Post("captures", entry), Emit("payment.captured", entry)]
    excess = min(total - due_minor(context), captured.minor)
    if excess > 0:
        effects.append(Emit("payment.overcaptured", {**entry, "excessMinor": excess}))
    payments = {**mapping(context, "payments"), payment: captured.minor}
    assign = {"capturedMinor": total, "payments": payments, "attempt": None}
    return Outcome(assign, effects=effects)


def tell_paid_later(scope: Scope) -> Outcome:
    """Say that something was paid of a sale that had completed before."""
    context = scope.context
    told = {
        "orderId": context["orderId"],
        "customerId": context["customerId"],
        "currency": context["currency"],
        "amountMinor": _captured(scope).minor,
    }
    return Outcome(effects=[Emit("sale.paid_later", told)])


def _captured(scope: Scope) -> Money:
    amount = scope.data["amount"]
    if not isinstance(amount, str):
        raise InputInvalid("amount", amount, "a decimal string in major units")
    return Money.parse(amount, text(scope.context, "currency"))


def set_method(scope: Scope) -> Outcome:
    """Remember how the customer pays."""
    return Outcome({"method": scope.data["method"], "attempt": None})


def has_money(scope: Scope) -> bool:
    """Something is captured or authorised."""
    is_authorised = scope.context["attempt"] == "AUTHORISED"
    return is_authorised or integer(scope.context, "capturedMinor") > 0


def last_attempt_failed(scope: Scope) -> bool:
    """The last attempt to pay failed."""
    return scope.context["attempt"] == "FAILED"


def has_method(scope: Scope) -> bool:
    """A payment method is set."""
    return scope.context["method"] is not None


def is_unpaid(scope: Scope) -> bool:
    """No money has been captured: a part-paid sale never expires by itself."""
    return integer(scope.context, "capturedMinor") == 0


# --- overrides ------------------------------------------------------------------------------------


def override_is_needed(scope: Scope) -> Verdict:
    """There is something to waive, or an amount above the limit to cover."""
    amount = _to_override(scope)
    if amount is None:
        return is_within_credit(scope)
    message = "the sale is within the credit limit; there is nothing to cover"
    return Verdict(amount > 0, "override.not_needed", message, {"amountMinor": amount})


def ask_override(scope: Scope) -> Outcome:
    """Ask to waive what is outstanding, or to cover the overage."""
    amount = _to_override(scope)
    if amount is None:
        raise TypeError("the customer's credit is not known")
    return asked_override(scope, amount)


def _to_override(scope: Scope) -> int | None:
    """Return what an override would have to be of, in minor units; None while the credit is not known."""
    if scope.params["kind"] == "ADMIN":
        return outstanding_minor(scope.context)
    overage = is_within_credit(scope).values.get("overage")
    return (
        None
        if overage is None
        else Money.parse(str(overage), text(scope.context, "currency")).minor
    )


# --- ending ------------------------------------------------------------------


def note_clearance(scope: Scope) -> Outcome:
    """Number the clearance and end the term to pay: a sale that is un-cleared later does not expire by it."""
    number = integer(scope.context, "clearance") + 1
    return Outcome({"clearance": number, "clearedAt": scope.now.isoformat(), "expiresAt": None})


# --- the term to pay ------------------------------------------------------------------------------


def has_lapsed(scope: Scope) -> bool:
    """The term to pay has passed and nothing was captured."""
    return _is_over(scope) and is_unpaid(scope)


def has_lapsed_part_paid(scope: Scope) -> bool:
    """The term to pay has passed and something was captured: people decide, and no term runs any more."""
    return _is_over(scope) and not is_unpaid(scope)


def _is_over(scope: Scope) -> bool:
    ends = moment(scope.context, "expiresAt")
    return ends is not None and scope.now >= ends


def until_expiry(scope: Scope) -> int | None:
    """Milliseconds to the end of the term; None when the sale does not expire."""
    return milliseconds_until(moment(scope.context, "expiresAt"), scope.now)


def is_not_superseded(scope: Scope) -> Verdict:
    """No newer version of the order's quotation has been approved; a direct order has none."""
    if "quotation" not in scope.facts:
        missing: Mapping[str, Json] = {"missing": ["facts.quotation"]}
        return Verdict(None, "quotation.unknown", "the quotation is not known", missing)
    fact = mapping(scope.facts, "quotation")
    if not fact:
        return Verdict(True)
    own, approved = integer(fact, "orderVersion"), integer(fact, "approvedVersion")
    message = (
        f"the order is of version {own} of its quotation; version {approved} was approved since"
    )
    values = {"version": own, "approved": approved}
    return Verdict(approved <= own, "sale.superseded", message, values)


def renew_term(scope: Scope) -> Outcome:
    """Begin another term of the length in force, 0 minutes meaning none; approvals say themselves what holds on."""
    minutes = integer(mapping(scope.facts, "expiry"), "minutes")
    ends = (scope.now + timedelta(minutes=minutes)).isoformat() if minutes else None
    return Outcome({"expiresAt": ends, "method": None, "attempt": None})


BEHAVIOUR: Final = Behaviour(
    guards={
        guard.__name__: guard
        for guard in (
            is_decided,
            is_undecided,
            is_not_held,
            hold_is_new,
            captured_covers_due,
            payment_is_waived,
            is_on_credit_terms,
            is_within_credit,
            capture_is_valid,
            payment_is_new,
            payment_is_known,
            refund_is_new,
            refund_is_recorded,
            return_is_new,
            has_money,
            last_attempt_failed,
            has_method,
            is_unpaid,
            override_is_not_asked,
            override_is_needed,
            answer_is_own,
            not_frozen("the order is frozen", "sale.frozen"),
            freezes_longer,
            is_not_shipped,
            is_fulfilled,
            is_called_off,
            is_stranded,
            is_undelivered,
            is_uncovered_anew,
            is_less_uncovered,
            has_lapsed,
            has_lapsed_part_paid,
            is_not_superseded,
            is_first_term,
            hold_is_off,
            has_debt,
        )
    },
    actions={
        action.__name__: action
        for action in (
            record_decision,
            place_hold,
            lift_hold,
            record_capture,
            record_refund,
            undo_refund,
            record_remaining,
            credit_lines,
            set_method,
            ask_override,
            save_override,
            note_freeze,
            note_clearance,
            note_fulfilments,
            tell_stranded,
            tell_uncovered,
            note_uncovered,
            renew_term,
            change_term,
            adjust_hold,
            release_hold,
            tell_paid_later,
            tell_refund_due,
            write_off,
        )
    },
    delays={
        "until_expiry": until_expiry,
        "until_new_end": until_new_end,
        "until_release": until_release,
    },
)
