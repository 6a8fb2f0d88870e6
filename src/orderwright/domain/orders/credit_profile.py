"""The behaviour of the credit chart: one instance for each customer and currency, whose log is the profile's history.

It says so (`credit.changed`) whenever what it knows has changed, and only then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from orderwright.domain.orders.credit import GivenTier, Profile, Tier
from orderwright.domain.reading import Json, integer, mapping, text
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
        given=_given(mapping(context, "given")),
    )


def context_of(profile: Profile) -> dict[str, Json]:
    """Return what an instance remembers of a profile."""
    given = profile.given
    kept = given and {"tier": given.tier.value, "cumulativeMinor": given.cumulative_minor}
    return {**_shown(profile), "given": kept}


def _shown(profile: Profile) -> dict[str, Json]:
    return {
        "currency": profile.currency,
        "tier": profile.tier.value,
        "customLimitMinor": profile.custom_limit_minor,
        "cumulativeMinor": profile.cumulative_minor,
    }


def _given(kept: Mapping[str, Json]) -> GivenTier | None:
    """Read the tier that staff have given; profiles of before do not carry it."""
    if not kept:
        return None
    return GivenTier(
        tier=Tier(text(kept, "tier")), cumulative_minor=integer(kept, "cumulativeMinor")
    )


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
    given = before.with_tier(Tier(str(scope.data["tier"])))
    return _changed(scope, before, replace(given, custom_limit_minor=_custom_limit(scope)))


def sale_was_counted(scope: Scope) -> Verdict:
    """No more goes back than completed sales have come to."""
    amount, total = integer(scope.data, "amountMinor"), profile_of(scope.context).cumulative_minor
    message = "more has gone back than completed sales have come to"
    values = {"amountMinor": amount, "cumulativeMinor": total}
    return Verdict(amount <= total, "credit.not_counted", message, values)


def count_sale(scope: Scope) -> Outcome:
    """Count what was captured on a completed sale."""
    before = profile_of(scope.context)
    return _changed(scope, before, before.after_sale(integer(scope.data, "amountMinor")))


def discount_sale(scope: Scope) -> Outcome:
    """Count what has gone back of a completed sale no more."""
    before = profile_of(scope.context)
    return _changed(scope, before, before.after_sale(-integer(scope.data, "amountMinor")))


def _changed(scope: Scope, before: Profile, after: Profile) -> Outcome:
    shown = _shown(after)
    if shown == _shown(before):
        return Outcome(context_of(after))
    customer = scope.context["customerId"]
    told = {"customerId": customer, **shown, "earnedMinor": after.earned_minor}
    return Outcome(context_of(after), effects=[Emit("credit.changed", told)])


def _custom_limit(scope: Scope) -> int | None:
    given = scope.data.get("customLimit")
    if given is None:
        return None
    if not isinstance(given, str):
        raise InputInvalid("customLimit", given, "a decimal string in major units")
    return Money.parse(given, text(scope.context, "currency"), field="customLimit").minor


BEHAVIOUR: Final = Behaviour(
    guards={"limit_is_valid": limit_is_valid, "sale_was_counted": sale_was_counted},
    actions={
        "set_profile": set_profile,
        "count_sale": count_sale,
        "discount_sale": discount_sale,
    },
)
