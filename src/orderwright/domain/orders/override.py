"""Overrides of a sale: what is asked for, and what becomes of the answers.

    ADMIN    waives payment, never credit; what is asked is what is outstanding
    CREDIT   covers an amount above the limit; what is asked is the overage

The sale keeps one entry for each kind in `overrides`: the approval that decided last, or is to decide (`approvalId`,
`status`, and of a grant `amountMinor` and `expiresAt`), the approval that is asked now (`asked`), and how often the
kind was asked for (`number`). An answer of any other approval comes too late, and changes nothing.

Answers are taken after an expiry too: a sale that is reopened goes by what its approvals have said, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.domain.approval import approval_id
from orderwright.domain.reading import Json, mapping, text
from orderwright.money import Money
from orderwright.statechart import Emit, Event, Outcome, Scope, Verdict

_ANSWERS: Final[Mapping[str, tuple[str, str]]] = {
    "ADMIN_OVERRIDE_GRANTED": ("ADMIN", "GRANTED"),
    "CREDIT_OVERRIDE_GRANTED": ("CREDIT", "GRANTED"),
    "ADMIN_OVERRIDE_DENIED": ("ADMIN", "DENIED"),
    "CREDIT_OVERRIDE_DENIED": ("CREDIT", "DENIED"),
}
_ENDINGS: Final = {"OVERRIDE_REVOKED": "REVOKED", "OVERRIDE_EXPIRED": "EXPIRED"}


# --- asking ---------------------------------------------------------------------------------------


def override_is_not_asked(scope: Scope) -> Verdict:
    """No request of this kind waits for its decision: there is one at a time."""
    kind = str(scope.params["kind"])
    asked = _entry(scope.context, kind).get("asked")
    message = f"the {kind.lower()} override is asked for already and waits for its decision"
    values = {"kind": kind, "approvalId": asked}
    return Verdict(asked is None, "override.pending", message, values, ("MANAGER", "ADMIN"))


def asked_override(scope: Scope, amount_minor: int) -> Outcome:
    """Ask for an override of an amount in minor units of the sale's currency; a grant that stands goes on standing."""
    context, kind = scope.context, str(scope.params["kind"])
    entry, order_id = _entry(context, kind), text(context, "orderId")
    before = entry.get("number", 0)
    number = before + 1 if isinstance(before, int) else 1
    approval = approval_id(order_id, kind, number)
    asked: dict[str, Json] = {"number": number, "asked": approval}
    if entry.get("status") == "GRANTED":
        asked = {**entry, **asked}
    else:
        asked |= {"status": "PENDING", "approvalId": approval}
    requested = Emit(
        "override.requested",
        {
            "orderId": order_id,
            "kind": kind,
            "approvalId": approval,
            "amountMinor": amount_minor,
            "currency": context["currency"],
            "reason": scope.data["reason"],
        },
    )
    return Outcome(_with(context, kind, asked), effects=[requested])


def is_asked(context: Mapping[str, Json], approval: str) -> bool:
    """Tell whether a sale waits for the answer of an approval."""
    overrides = mapping(context, "overrides")
    return any(mapping(overrides, kind).get("asked") == approval for kind in overrides)


# --- answers --------------------------------------------------------------------------------------


def answer_is_own(scope: Scope) -> Verdict:
    """The answer is of the approval that the sale has asked, or that has decided last."""
    approval, (kind, _) = scope.data["approvalId"], _answer(scope.event)
    entry = _entry(scope.context, kind)
    is_own = not entry or approval in (entry.get("asked"), entry["approvalId"])
    message = "another approval decides on this override"
    return Verdict(is_own, "override.other_approval", message, {"approvalId": approval})


def save_override(scope: Scope) -> Outcome:
    """Remember what was decided; a grant that another approval has given outlives a no."""
    approval, (kind, status) = scope.data["approvalId"], _answer(scope.event)
    entry = _entry(scope.context, kind)
    asked = entry.get("asked")
    left = {"number": entry.get("number", 0), "asked": None if asked == approval else asked}
    outlives = entry.get("status") == "GRANTED" and entry.get("approvalId") != approval
    if outlives and status != "GRANTED":
        return Outcome(_with(scope.context, kind, {**entry, **left}))
    decided: dict[str, Json] = {**left, "status": status, "approvalId": approval}
    if status == "GRANTED":
        amount = Money.parse(str(scope.data["amount"]), text(scope.context, "currency"))
        decided |= {"amountMinor": amount.minor, "expiresAt": scope.data["expiresAt"]}
    return Outcome(_with(scope.context, kind, decided))


def _answer(event: Event | None) -> tuple[str, str]:
    """Return the kind of override that an event answers, and how."""
    if event is None:
        raise TypeError("an override is decided by an event")
    known = _ANSWERS.get(event.type)
    return known or (str(event.data["kind"]), _ENDINGS[event.type])


# --- what is kept ---------------------------------------------------------------------------------


def _entry(context: Mapping[str, Json], kind: str) -> Mapping[str, Json]:
    return mapping(mapping(context, "overrides"), kind)


def _with(context: Mapping[str, Json], kind: str, entry: Mapping[str, Json]) -> Mapping[str, Json]:
    return {"overrides": {**mapping(context, "overrides"), kind: entry}}
