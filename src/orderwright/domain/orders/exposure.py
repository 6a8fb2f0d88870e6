"""What a sale holds of its customer's credit: one number in its context, and what must be booked to keep it right.

    owed    = what is due, not captured and not written off; never negative
    wanted  = owed                      where the sale is cleared or completed
              what is held, at most owed   while it is frozen
              0                         everywhere else
    booked  = wanted - held             to the ledger `credit`, on the account of customer and currency

Because only the difference to what is held already is booked, nothing is ever booked twice, and everything that was
held comes back to the unit. A completed sale that is not paid is still owed: money that arrives afterwards settles it.
An admin override waives payment, never credit, so that a waived sale holds credit as one on terms does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.domain.orders.credit_terms import turns_on_credit
from orderwright.domain.reading import Json, integer
from orderwright.statechart import Effect, Emit, Outcome, Post, Scope, Verdict

LEDGER: Final = "credit"
_KINDS: Final = {"PAYMENT_CAPTURED": "settle", "WRITE_OFF": "write_off"}
"""What a booking is called that lets go of credit, by the event behind it; else it is a release."""


def due_minor(context: Mapping[str, Json]) -> int:
    """Return what the customer owes in all, in minor units."""
    return integer(context, "grandTotalMinor") - integer(context, "refundedLinesMinor")


def outstanding_minor(context: Mapping[str, Json]) -> int:
    """Return what is still to be captured, in minor units; never negative."""
    return max(due_minor(context) - integer(context, "capturedMinor"), 0)


def written_off_minor(context: Mapping[str, Json]) -> int:
    """Return what was given up, in minor units; sales of which nothing was do not carry the key."""
    return integer(context, "writtenOffMinor") if "writtenOffMinor" in context else 0


def owed_minor(context: Mapping[str, Json]) -> int:
    """Return what is still to be captured and not given up, in minor units; never negative."""
    return max(outstanding_minor(context) - written_off_minor(context), 0)


def concerns_credit(context: Mapping[str, Json], *, is_refunded: bool) -> bool:
    """Tell whether a step of a sale may look at its customer's credit or change what it holds.

    With `is_refunded` money goes back: what was delivered for it is owed again, on whatever terms it was sold.
    """
    return is_refunded or turns_on_credit(context) or integer(context, "creditHeldMinor") > 0


def hold_is_off(scope: Scope) -> bool:
    """The sale holds more or less of its customer's credit than it should."""
    return _wanted(scope.context) != integer(scope.context, "creditHeldMinor")


def adjust_hold(scope: Scope) -> Outcome:
    """Hold what the sale should hold."""
    return _booked(scope, _wanted(scope.context))


def release_hold(scope: Scope) -> Outcome:
    """Hold nothing any more."""
    return _booked(scope, 0)


def has_debt(scope: Scope) -> Verdict:
    """Something of the sale is delivered and neither paid nor written off."""
    message = "nothing of this order is owed any more"
    return Verdict(owed_minor(scope.context) > 0, "credit.nothing_owed", message)


def write_off(scope: Scope) -> Outcome:
    """Give up what is owed."""
    context = scope.context
    return Outcome({"writtenOffMinor": written_off_minor(context) + owed_minor(context)})


def _wanted(context: Mapping[str, Json]) -> int:
    owed = owed_minor(context)
    is_frozen = context["frozen"] is not None
    return min(owed, integer(context, "creditHeldMinor")) if is_frozen else owed


def _booked(scope: Scope, wanted: int) -> Outcome:
    context = scope.context
    amount = wanted - integer(context, "creditHeldMinor")
    if not amount:
        return Outcome()
    event = scope.event.type if scope.event else ""
    row = {
        "orderId": context["orderId"],
        "customerId": context["customerId"],
        "currency": context["currency"],
        "kind": "hold" if amount > 0 else _KINDS.get(event, "release"),
        "amountMinor": amount,
    }
    effects: list[Effect] = [Post(LEDGER, row)]
    if amount < 0:
        effects.append(Emit("credit.released", {**row, "amountMinor": -amount}))
    return Outcome({"creditHeldMinor": wanted}, effects=effects)
