"""The behaviour of the quotation chart: versions, approvals that name a version, exact totals, validity."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from orderwright.domain.orders.terms import Terms, read_terms
from orderwright.domain.reading import (
    Json,
    integer,
    mapping,
    milliseconds_until,
    moment,
    rows,
    text,
)
from orderwright.errors import InputInvalid
from orderwright.money import Money
from orderwright.statechart import Behaviour, Outcome, Scope, Verdict


def acts_for(scope: Scope) -> Verdict:
    """The actor may speak for the side whose approval this is: a buyer cannot give the seller's."""
    fact, side = mapping(scope.facts, "actor"), str(scope.params["side"])
    if not fact:
        missing = {"missing": ["facts.actor"]}
        return Verdict(None, "actor.unknown", "the actor is not known", missing)
    sides = fact.get("sides")
    speaks = isinstance(sides, list) and side in sides
    message = f"only the {side.lower()} can give the {side.lower()}'s approval"
    return Verdict(speaks, "quotation.wrong_party", message, {"side": side}, (side.lower(),))


def is_another_person(scope: Scope) -> Verdict:
    """The other side's approval was given by somebody else: who may speak for both speaks for one of them."""
    actor = mapping(scope.facts, "actor").get("id")
    approvals = mapping(scope.context, "approvals")
    given = {mapping(approvals, side).get("by") for side in approvals} - {None}
    message = "one person gives one side's approval; somebody else has to give the other"
    return Verdict(actor not in given, "quotation.same_person", message, {"actor": actor})


def names_current_version(scope: Scope) -> Verdict:
    """The version that is named, by an approval or by a sale that expired, is the one on the table."""
    current, named = integer(scope.context, "quotationVersion"), scope.data["version"]
    message = f"version {named} is named; version {current} is on the table"
    values = {"version": named, "current": current}
    return Verdict(named == current, "quotation.version_stale", message, values)


def approve(scope: Scope) -> Outcome:
    """Remember a side's approval with the version that it names, and who gave it."""
    by = mapping(scope.facts, "actor").get("id")
    given = {"version": scope.data["version"], "at": scope.now.isoformat()}
    if by is not None:
        given["by"] = by
    approvals = {**mapping(scope.context, "approvals"), str(scope.params["side"]): given}
    return Outcome({"approvals": approvals})


def new_version(scope: Scope) -> Outcome:
    """Count the version up and forget approvals, which named an earlier one."""
    version = integer(scope.context, "quotationVersion") + 1
    return Outcome({"quotationVersion": version, "approvals": {}})


def edit_is_valid(scope: Scope) -> Verdict:
    """Lines are there, quantities positive, amounts exact in the quotation's currency."""
    try:
        _edited(scope)
    except InputInvalid as invalid:
        return Verdict(False, invalid.code, invalid.message, invalid.values)
    return Verdict(True)


def apply_edit(scope: Scope) -> Outcome:
    """Replace lines and shipping, and the total that follows."""
    return Outcome(terms_context(_edited(scope)))


def terms_context(terms: Terms) -> dict[str, Json]:
    """Return the part of a quotation's context that its terms make up."""
    return {
        "lines": [line.to_json() for line in terms.lines],
        "shippingMinor": terms.shipping_minor,
        "totalMinor": terms.total_minor,
    }


def _edited(scope: Scope) -> Terms:
    currency = text(scope.context, "currency")
    kept = Money(integer(scope.context, "shippingMinor"), currency).amount
    return read_terms(currency, rows(scope.data, "lines"), scope.data.get("shipping", kept))


def is_still_valid(scope: Scope) -> Verdict:
    """The end of validity, if there is one, has not passed, whether its timer has fired or is late."""
    ends = moment(scope.context, "validUntil")
    shown = {"validUntil": ends.isoformat() if ends else None}
    message = f"the quotation was valid until {shown['validUntil']}; extend it first"
    is_valid = ends is None or scope.now < ends
    return Verdict(is_valid, "quotation.validity_ended", message, shown, ("BILLER",))


def extend_validity(scope: Scope) -> Outcome:
    """Add days to the end of validity, counted from now when it has passed."""
    ends = moment(scope.context, "validUntil")
    start = max(ends, scope.now) if ends else scope.now
    later = start + timedelta(days=integer(scope.data, "days"))
    return Outcome({"validUntil": later.isoformat()})


def until_validity_ends(scope: Scope) -> int | None:
    """Milliseconds to the end of validity; None when there is none."""
    return milliseconds_until(moment(scope.context, "validUntil"), scope.now)


BEHAVIOUR: Final = Behaviour(
    guards={
        guard.__name__: guard
        for guard in (
            acts_for,
            is_another_person,
            names_current_version,
            edit_is_valid,
            is_still_valid,
        )
    },
    actions={
        action.__name__: action for action in (approve, new_version, apply_edit, extend_validity)
    },
    delays={"until_validity_ends": until_validity_ends},
)
