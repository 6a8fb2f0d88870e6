"""What a sale makes of its fulfilments: what has left the house, what has ended, and how.

After something was shipped a sale is not un-cleared any more, because nothing can be held back. Where the rule of
clearance fails then, or where every fulfilment ends and nothing was delivered, people have to look: the sale says so
once, by a domain event.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.domain.orders.exposure import outstanding_minor
from orderwright.domain.reading import Json, integer, mapping, rows, text
from orderwright.statechart import Emit, Outcome, Scope, Verdict

FINAL_FULFILMENTS: Final = ("COMPLETED", "REFUNDED", "CANCELLED", "FAILED")
_DELIVERED: Final = ("COMPLETED", "REFUNDED")
_OUT: Final = (*_DELIVERED, "SHIPPED", "DELIVERED", "RETURN_REQUESTED", "RETURN_RECEIVED")


def is_not_shipped(scope: Scope) -> Verdict:
    """Nothing has left the house yet, as the fulfilments stand under the order's lock."""
    if "fulfilments" not in scope.facts:
        missing: Mapping[str, Json] = {"missing": ["facts.fulfilments"]}
        return Verdict(None, "sale.shipping_unknown", "the fulfilments are not known", missing)
    states = [text(row, "state") for row in rows(scope.facts, "fulfilments")]
    is_out = scope.context["isShipped"] is True or any(state in _OUT for state in states)
    message = "a package of this order has been shipped; a return is the way back"
    return Verdict(not is_out, "sale.shipped", message, {}, ("WAREHOUSE",))


def note_fulfilments(scope: Scope) -> Outcome:
    """Remember where every fulfilment of the sale stands, as the facts tell."""
    states = {text(row, "id"): text(row, "state") for row in rows(scope.facts, "fulfilments")}
    return Outcome({"fulfilments": states})


def is_fulfilled(scope: Scope) -> bool:
    """Every fulfilment has ended and at least one was delivered."""
    states = list(mapping(scope.context, "fulfilments").values())
    ended = bool(states) and all(state in FINAL_FULFILMENTS for state in states)
    return ended and any(state in _DELIVERED for state in states)


def is_called_off(scope: Scope) -> bool:
    """Every fulfilment was cancelled."""
    states = list(mapping(scope.context, "fulfilments").values())
    return bool(states) and all(state == "CANCELLED" for state in states)


def is_undelivered(scope: Scope) -> Verdict:
    """Every fulfilment has ended, none was delivered and some failed."""
    states = list(mapping(scope.context, "fulfilments").values())
    ended = bool(states) and all(state in FINAL_FULFILMENTS for state in states)
    failed = "FAILED" in states and not any(state in _DELIVERED for state in states)
    message = "something of this order is under way, or was delivered"
    return Verdict(ended and failed, "sale.under_way", message, {}, ("WAREHOUSE",))


def is_stranded(scope: Scope) -> bool:
    """Every fulfilment has ended, none was delivered and some failed; and nobody was told yet."""
    count = len(mapping(scope.context, "fulfilments"))
    return is_undelivered(scope).ok is True and scope.context.get("strandedWith") != count


def tell_stranded(scope: Scope) -> Outcome:
    """Say that nothing was delivered; once for each number of fulfilments, as another one may be begun."""
    count = len(mapping(scope.context, "fulfilments"))
    told = Emit("sale.fulfilment_failed", {"orderId": scope.context["orderId"]})
    return Outcome({"strandedWith": count}, effects=[told])


def is_uncovered_anew(scope: Scope) -> bool:
    """More is outstanding than when people were told of it last, or than has been since."""
    return outstanding_minor(scope.context) > _told_minor(scope.context)


def is_less_uncovered(scope: Scope) -> bool:
    """Less is outstanding than when people were told of it last."""
    return outstanding_minor(scope.context) < _told_minor(scope.context)


def tell_uncovered(scope: Scope) -> Outcome:
    """Say that what was shipped is not covered any more, and by how much."""
    context = scope.context
    missing = outstanding_minor(context)
    data = {
        "orderId": context["orderId"],
        "outstandingMinor": missing,
        "currency": context["currency"],
    }
    told = Emit("sale.uncovered_after_shipping", data)
    return note_uncovered(scope)._replace(effects=[told])


def note_uncovered(scope: Scope) -> Outcome:
    """Remember how much is outstanding: money that came and goes back again is told again."""
    return Outcome({"uncoveredMinor": outstanding_minor(scope.context)})


def _told_minor(context: Mapping[str, Json]) -> int:
    return integer(context, "uncoveredMinor") if "uncoveredMinor" in context else 0
