"""The behaviour of the pay-out chart.

    leaves REQUESTED    approved, and decided, and not held: whichever comes last
    approved            by as many people as the amount takes, who are others than who asked; or by a policy, where
                        the amount takes one person only, and nothing has stopped the pay-out

The consent of people is an approval of its own, whose answer is told by PAYOUT_APPROVED and PAYOUT_DENIED. Money that
is under way cannot be stopped here: what a policy holds then is told, and people look into it.
"""

from __future__ import annotations

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
from orderwright.domain.reading import integer, mapping
from orderwright.statechart import Behaviour, Outcome, Scope, Verdict

is_not_frozen: Final = not_frozen("the pay-out is frozen", "payout.frozen")

# --- consent --------------------------------------------------------------------------------------


def is_approved(scope: Scope) -> Verdict:
    """Enough people, or a policy, have consented."""
    needed = integer(scope.context, "approvers")
    message = f"takes the consent of {needed} other {'person' if needed == 1 else 'people'}"
    given = scope.context["approval"] is not None
    return Verdict(given, "payout.unapproved", message, {"approvers": needed}, ("TREASURY",))


def is_not_approved(scope: Scope) -> Verdict:
    """Nobody has consented yet."""
    message = "the pay-out is approved already"
    return Verdict(scope.context["approval"] is None, "payout.already_approved", message)


def consent_is_enough(scope: Scope) -> Verdict:
    """People have consented, or a policy has to an amount that takes one person."""
    needed = integer(scope.context, "approvers")
    enough = scope.data.get("approvalId") is not None or needed <= 1
    message = f"an amount like this takes {needed} people; no policy stands in for them"
    return Verdict(enough, "payout.takes_people", message, {"approvers": needed}, ("TREASURY",))


def consent_is_free(scope: Scope) -> Verdict:
    """People have consented, or a policy has to what is decided, and neither frozen nor held.

    People may consent to what is stopped, for they see that it is; it then goes on when it is let go.
    """
    if scope.data.get("approvalId") is not None:
        return Verdict(True)
    found = [check(scope) for check in (is_not_frozen, is_decided, is_not_held)]
    return next((verdict for verdict in found if not verdict.ok), Verdict(True))


def denial_is_own(scope: Scope) -> Verdict:
    """The answer is of the approval that has consented, where one has."""
    consent = mapping(scope.context, "approval")
    own = not consent or consent.get("approvalId") == scope.data["approvalId"]
    return Verdict(own, "payout.other_approval", "another consent decides on this pay-out")


def note_consent(scope: Scope) -> Outcome:
    """Remember who has consented."""
    consent = {
        "approvalId": scope.data.get("approvalId"),
        "policy": scope.data.get("policy"),
        "at": scope.now.isoformat(),
    }
    return Outcome({"approval": consent})


# --- on its way -----------------------------------------------------------------------------------


def is_not_under_way(scope: Scope) -> Verdict:
    """The money has not begun to leave."""
    on_its_way = scope.in_state("payout.ACTIVE.UNDER_WAY")
    message = "the money is under way and cannot be held back"
    return Verdict(not on_its_way, "payout.under_way", message, {}, ("TREASURY",))


def note_transaction(scope: Scope) -> Outcome:
    """Remember the transaction that carries the money."""
    sent = scope.context["transactions"]
    if not isinstance(sent, list):
        raise TypeError(f"transactions is {sent!r}, not a list")
    return Outcome({"transactions": [*sent, scope.data["tx"]]})


BEHAVIOUR: Final = Behaviour(
    guards={
        guard.__name__: guard
        for guard in (
            is_decided,
            is_undecided,
            is_not_held,
            hold_is_new,
            is_approved,
            is_not_approved,
            consent_is_enough,
            consent_is_free,
            denial_is_own,
            is_not_under_way,
            is_not_frozen,
            freezes_longer,
        )
    },
    actions={
        action.__name__: action
        for action in (
            record_decision,
            place_hold,
            lift_hold,
            note_consent,
            note_transaction,
            note_freeze,
        )
    },
    delays={"until_release": until_release},
)
