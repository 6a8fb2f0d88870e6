"""What a sale makes of a time to pay that has another length than when it began.

The fact says how long the time is now, and since when it runs: since the sale began or was last reopened.
"""

from __future__ import annotations

from datetime import timedelta

from orderwright.domain.reading import integer, mapping, milliseconds_until, moment
from orderwright.statechart import Outcome, Scope, Verdict


def is_first_term(scope: Scope) -> Verdict:
    """The sale has never been cleared: one that is un-cleared later has no time to pay."""
    number = integer(scope.context, "clearance")
    message = "the order has been cleared before and does not expire any more"
    return Verdict(number == 0, "sale.cleared_before", message, {"clearance": number})


def change_term(scope: Scope) -> Outcome:
    """Let the time to pay end when it would have by the length in force, 0 minutes meaning never."""
    fact = mapping(scope.facts, "expiry")
    minutes, since = integer(fact, "minutes"), moment(fact, "since")
    if since is None:
        raise TypeError("it is not known since when the sale is to be paid")
    ends = (since + timedelta(minutes=minutes)).isoformat() if minutes else None
    return Outcome({"expiresAt": ends})


def until_new_end(scope: Scope) -> int | None:
    """Milliseconds to the end of the term; None without one, and when it is over: then the sale expires at once."""
    ends = moment(scope.context, "expiresAt")
    return None if ends is None or ends <= scope.now else milliseconds_until(ends, scope.now)
