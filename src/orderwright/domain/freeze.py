"""Freezing: a lifecycle is stopped where it stands, for good or for a while, and goes on from there.

A freeze that is to end by itself says after how long; a timer ends it then. What is frozen already is frozen anew by
a longer freeze, so that no freeze is cut short by another; a shorter one adds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from orderwright.domain.hold import by_policy, policy_of
from orderwright.domain.reading import Json, integer, mapping, milliseconds_until, moment
from orderwright.statechart import Outcome, Scope, Verdict

_LENGTHS: Final = ("releaseAfterMs", "liftAfterMs")
"""How charts call the time after which it goes on by itself."""


def not_frozen(what: str, code: str) -> Callable[[Scope], Verdict]:
    """Return the guard of a chart that refuses what would move something frozen forward; `what` says what it is."""

    def is_not_frozen(scope: Scope) -> Verdict:
        """It is not frozen; else says why it is, and by which policy."""
        frozen = mapping(scope.context, "frozen")
        message = f"{what}{by_policy(frozen)}: {frozen.get('reason', 'no reason given')}"
        return Verdict(not frozen, code, message, dict(frozen), ("COMPLIANCE", "MANAGER"))

    return is_not_frozen


def freezes_longer(scope: Scope) -> Verdict:
    """The freeze lasts longer than the one in place."""
    now_ends = moment(mapping(scope.context, "frozen"), "until")
    longer = now_ends is not None and _lasts_beyond(scope, now_ends)  # one for good asks no data
    message = "it is frozen already, and for no shorter a time"
    values: Mapping[str, Json] = dict(mapping(scope.context, "frozen"))
    return Verdict(longer, "policy.frozen_already", message, values, ("COMPLIANCE",))


def note_freeze(scope: Scope) -> Outcome:
    """Remember why and since when it is frozen, and until when if it ends by itself."""
    ends = _until(scope)
    frozen = {
        "reason": scope.data["reason"],
        **policy_of(scope.data),
        "since": scope.now.isoformat(),
    }
    return Outcome({"frozen": {**frozen, "until": ends.isoformat()} if ends else frozen})


def until_release(scope: Scope) -> int | None:
    """Milliseconds until the freeze ends by itself; None when it does not."""
    return milliseconds_until(moment(mapping(scope.context, "frozen"), "until"), scope.now)


def _lasts_beyond(scope: Scope, end: datetime) -> bool:
    ends = _until(scope)
    return ends is None or ends > end


def _until(scope: Scope) -> datetime | None:
    key = next((key for key in _LENGTHS if scope.data.get(key) is not None), None)
    return scope.now + timedelta(milliseconds=integer(scope.data, key)) if key else None
