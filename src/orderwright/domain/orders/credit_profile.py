"""The behaviour of the credit chart: one instance for each customer and currency, whose log is the profile's history.

It says so (`credit.changed`) whenever what it knows has changed, and only then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.domain.orders.credit import Profile, Tier
from orderwright.domain.reading import Json, integer, text
from orderwright.errors import InputInvalid
from orderwright.money import Money
from orderwright.statechart import Behaviour, Emit, Outcome, Scope, Verdict

LARGEST_LIMIT_MINOR: Final = 10**17 - 1
"""Limits are no larger than what a balance can count."""


def profile_of(context: Mapping[str, Json]) -> Profile:
    """Read a profile out of the context of its instance."""
    has_custom = context["customLimitMinor"] is not None
    return Profile(
        currency=text(context, "currency"),
        tier=Tier(text(context, "tier")),
        custom_limit_minor=integer(context, "customLimitMinor") if has_custom else None,
        cumulative_minor=integer(context, "cumulativeMinor"),
    )


def context_of(profile: Profile) -> dict[str, Json]:
    """Return what an instance remembers of a profile."""
    return {
        "currency": profile.currency,
        "tier": profile.tier.value,
        "customLimitMinor": profile.custom_limit_minor,
        "cumulativeMinor": profile.cumulative_minor,
    }


def limit_is_valid(scope: Scope) -> Verdict:
    """The custom limit, where one is given, is an amount of the currency, from zero to what a balance can count."""
    try:
        limit = _custom_limit(scope)
    except InputInvalid as invalid:
        return Verdict(False, invalid.code, invalid.message, invalid.values)
    expected = "an amount from zero that a balance can count"
    shown = {"field": "customLimit", "value": scope.data.get("customLimit"), "expected": expected}
    fits = limit is None or 0 <= limit <= LARGEST_LIMIT_MINOR
    return Verdict(fits, "input.invalid", f"customLimit: expected {expected}", shown)


def set_profile(scope: Scope) -> Outcome:
    """Take tier and custom limit as they are given; no custom limit means that there is none any more."""
    before = profile_of(scope.context)
    after = Profile(
        currency=before.currency,
        tier=Tier(str(scope.data["tier"])),
        custom_limit_minor=_custom_limit(scope),
        cumulative_minor=before.cumulative_minor,
    )
    return _changed(scope, before, after)


def count_sale(scope: Scope) -> Outcome:
    """Count what was captured on a completed sale."""
    before = profile_of(scope.context)
    return _changed(scope, before, before.after_sale(integer(scope.data, "amountMinor")))


def _changed(scope: Scope, before: Profile, after: Profile) -> Outcome:
    if after == before:
        return Outcome()
    told = {
        "customerId": scope.context["customerId"],
        **context_of(after),
        "earnedMinor": after.earned_minor,
    }
    return Outcome(context_of(after), effects=[Emit("credit.changed", told)])


def _custom_limit(scope: Scope) -> int | None:
    given = scope.data.get("customLimit")
    if given is None:
        return None
    if not isinstance(given, str):
        raise InputInvalid("customLimit", given, "a decimal string in major units")
    return Money.parse(given, text(scope.context, "currency"), field="customLimit").minor


BEHAVIOUR: Final = Behaviour(
    guards={"limit_is_valid": limit_is_valid},
    actions={"set_profile": set_profile, "count_sale": count_sale},
)
