"""The behaviour of the fulfilment chart: shipping needs a cleared sale, delivery attempts are limited."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from orderwright.domain.reading import integer, mapping, milliseconds_until, moment
from orderwright.statechart import Behaviour, Outcome, Scope, Verdict

CLEARED: Final = "CLEARED_FOR_FULFILMENT"


def sale_is_cleared(scope: Scope) -> Verdict:
    """The sale is cleared at this moment; the fact is read under the order's lock."""
    fact = mapping(scope.facts, "sale")
    if not fact:
        return Verdict(None, "sale.unknown", "the sale is not known", {"missing": ["facts.sale"]})
    state = fact["state"]
    message = f"the sale is not cleared for fulfilment; it is {fact.get('label', state)}"
    values = {"state": state}
    return Verdict(
        state == CLEARED, "sale.not_cleared", message, values, ("ACCOUNTANT", "MANAGER")
    )


def has_attempts_left(scope: Scope) -> bool:
    """Another delivery may be tried after this one failed."""
    made = integer(scope.context, "deliveryAttempts") + 1
    return made < integer(scope.context, "deliveryAttemptLimit")


def count_attempt(scope: Scope) -> Outcome:
    """Count a failed delivery."""
    return Outcome({"deliveryAttempts": integer(scope.context, "deliveryAttempts") + 1})


def return_window(scope: Scope) -> int | None:
    """Milliseconds to the end of the return window, counted from the delivery, however often it is re-entered."""
    delivered = moment(scope.context, "deliveredAt") or scope.now
    ends = delivered + timedelta(days=integer(scope.context, "returnWindowDays"))
    return milliseconds_until(ends, scope.now)


BEHAVIOUR: Final = Behaviour(
    guards={"sale_is_cleared": sale_is_cleared, "has_attempts_left": has_attempts_left},
    actions={"count_attempt": count_attempt},
    delays={"return_window": return_window},
)
