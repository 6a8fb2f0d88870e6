"""The behaviour of the chart of KYC sessions: know your customer.

    approved    documents are there, the policies have decided and nothing holds it
    rejected    for good, or until the user is given another try

A session is to be done by a time, where it has one; an approval holds until a time, where that is said. Both are the
same timer. Each submission of documents is told with the number of submissions so far, which policies count, and waits
for a decision of its own: one on an earlier submission holds the session, and counts for nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.domain.hold import (
    is_decided,
    is_not_held,
    is_undecided,
    lift_hold,
    place_hold,
    place_holds,
    record_decision,
)
from orderwright.domain.reading import Json, integer, milliseconds_until, moment, rows
from orderwright.statechart import Behaviour, Outcome, Scope, Verdict

# --- documents ------------------------------------------------------------------------------------


def has_documents(scope: Scope) -> Verdict:
    """Documents were submitted since they were asked for last."""
    message = "no documents have been submitted"
    given = bool(rows(scope.context, "documents"))
    return Verdict(given, "kyc.no_documents", message, {}, ("customer",))


def is_of_newest(scope: Scope) -> Verdict:
    """The decision is on the newest submission."""
    given, newest = integer(scope.data, "submission"), integer(scope.context, "submissions")
    message = f"submission {given} is not the newest, which is {newest}"
    return Verdict(given == newest, "kyc.decision_late", message)


def is_not_superseded(scope: Scope) -> Verdict:
    """The submission that is approved, where one is named, is the newest; who names none has looked at that."""
    given, newest = scope.data.get("submission"), integer(scope.context, "submissions")
    message = f"it was decided for submission {given}, and submission {newest} has come since"
    values: Mapping[str, Json] = {"submission": given, "newest": newest}
    return Verdict(given in (None, newest), "kyc.submission_superseded", message, values)


def note_documents(scope: Scope) -> Outcome:
    """Keep what was submitted, count the submissions, and wait for the decision on this one."""
    context, data = scope.context, scope.data
    shown = {key: data.get(key) or context[key] for key in ("country", "documentType", "provider")}
    document = {**shown, "reference": data.get("reference"), "at": scope.now.isoformat()}
    return Outcome(
        {
            **shown,
            "documents": [*rows(context, "documents"), document],
            "submissions": integer(context, "submissions") + 1,
            "isDecided": False,
        }
    )


def note_required(scope: Scope) -> Outcome:
    """Remember which documents are asked for; those that are there do not do."""
    asked = {"required": scope.data["types"], "message": scope.data.get("message")}
    return Outcome({**asked, "documents": []})


# --- the answer -----------------------------------------------------------------------------------


def note_rejection(scope: Scope) -> Outcome:
    """Remember why, and whether it is for good."""
    is_final = scope.data.get("final") is True
    return Outcome({"closedReason": scope.data["reason"], "isFinal": is_final})


def is_not_final(scope: Scope) -> Verdict:
    """The user may try again."""
    message = "the session was rejected for good"
    return Verdict(scope.context["isFinal"] is False, "kyc.rejected_for_good", message)


def ends_for_good(scope: Scope) -> Verdict:
    """The rejection is for good."""
    message = "the session is rejected already"
    return Verdict(scope.data.get("final") is True, "kyc.already_rejected", message)


def begin_again(scope: Scope) -> Outcome:
    """Let the user begin anew, without documents."""
    fresh: Mapping[str, Json] = {"documents": [], "required": [], "message": None}
    return Outcome({**fresh, "expiresAt": scope.data.get("expiresAt"), "closedReason": None})


# --- how long it holds ----------------------------------------------------------------------------


def validity_is_ahead(scope: Scope) -> Verdict:
    """The time until which it holds or is to be done, where one is named, is in the future."""
    given = next((key for key in ("validUntil", "expiresAt") if scope.data.get(key)), None)
    ends = moment(scope.data, given) if given else None
    message = f"{given}: expected a time in the future"
    values: Mapping[str, Json] = {"field": given, "value": scope.data.get(given or "")}
    return Verdict(ends is None or ends > scope.now, "input.invalid", message, values)


def note_validity(scope: Scope) -> Outcome:
    """Remember until when the approval holds; for good where nothing is said."""
    return Outcome({"expiresAt": scope.data.get("validUntil")})


def until_expiry(scope: Scope) -> int | None:
    """Milliseconds to the end of that time; None where there is none."""
    return milliseconds_until(moment(scope.context, "expiresAt"), scope.now)


BEHAVIOUR: Final = Behaviour(
    guards={
        guard.__name__: guard
        for guard in (
            is_decided,
            is_undecided,
            is_not_held,
            has_documents,
            is_of_newest,
            is_not_superseded,
            is_not_final,
            ends_for_good,
            validity_is_ahead,
        )
    },
    actions={
        action.__name__: action
        for action in (
            record_decision,
            place_hold,
            place_holds,
            lift_hold,
            note_documents,
            note_required,
            note_rejection,
            begin_again,
            note_validity,
        )
    },
    delays={"until_expiry": until_expiry},
)
