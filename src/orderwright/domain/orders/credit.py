"""How much a customer may owe on credit terms, in one currency.

A tier caps the limit, and completed sales earn it:

    earned limit     = floor(completed sales / 100)
    effective limit  = the custom limit, if one is set
                       else min(cap of the tier, earned limit)      under the rule `earned-capped`
                       else the cap of the tier                     under the rule `tier-cap`
    tier from earned = the first tier whose cap is not below the earned limit; the highest above all caps
    overage          = what the exposure would come to, above the limit

    tier             = the one that staff have given, or the tier from earned where it has risen above that since

What a completed sale counts is what was captured of it and has not gone back, so that the figures follow from where
the money is, and not from the order in which it came, went and the sale completed. Without a profile the limit is 0.
The caps are the same figures in every currency. Amounts are minor units of the profile's currency.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from orderwright.money import exponent


class Tier(StrEnum):
    """How far a customer is trusted, from the least to the most."""

    BRONZE = "BRONZE"
    SILVER = "SILVER"
    GOLD = "GOLD"
    PLATINUM = "PLATINUM"


class Rule(StrEnum):
    """How the limit comes of tier and earned limit where no custom limit is set."""

    EARNED_CAPPED = "earned-capped"
    TIER_CAP = "tier-cap"


_CAPS: Final = {
    Tier.BRONZE: 1_000_000,
    Tier.SILVER: 5_000_000,
    Tier.GOLD: 10_000_000,
    Tier.PLATINUM: 15_000_000,
}
"""The most that a tier may owe, in major units."""
_RANKS: Final = tuple(Tier)
_SALES_PER_UNIT: Final = 100
"""How much must be sold for one unit of earned limit."""


def cap_minor(tier: Tier, currency: str) -> int:
    """Return the most that a tier may owe.

    Raises:
        InputInvalid: there is no such currency.
    """
    return _CAPS[tier] * int(10 ** exponent(currency))


def tier_from(earned_minor: int, currency: str) -> Tier:
    """Return the tier that an earned limit comes to.

    Raises:
        InputInvalid: there is no such currency.
    """
    reached = (tier for tier in _RANKS if earned_minor <= cap_minor(tier, currency))
    return next(reached, Tier.PLATINUM)


def overage_minor(*, limit_minor: int, exposure_minor: int, uncovered_minor: int) -> int:
    """Return by how much a sale would take the customer above the limit.

    Args:
        limit_minor: the effective limit.
        exposure_minor: what the customer owes without this sale.
        uncovered_minor: what of this sale is due and not captured.
    """
    return max(exposure_minor + uncovered_minor - limit_minor, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenTier:
    """A tier as staff have given it, and what completed sales had come to at that time."""

    tier: Tier
    cumulative_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the house knows of a customer's credit in one currency.

    Attributes:
        tier: the one in force.
        custom_limit_minor: what staff have set instead of tier and sales; None for neither more nor less.
        cumulative_minor: what is captured on completed sales and has not gone back.
        given: the tier that sales raise; None where it is the one in force.
    """

    currency: str
    tier: Tier = Tier.BRONZE
    custom_limit_minor: int | None = None
    cumulative_minor: int = 0
    given: GivenTier | None = None

    @property
    def earned_minor(self) -> int:
        """The limit that completed sales have earned."""
        return self.cumulative_minor // _SALES_PER_UNIT

    @property
    def cap_minor(self) -> int:
        """The most that the tier may owe."""
        return cap_minor(self.tier, self.currency)

    def limit_minor(self, rule: Rule) -> int:
        """Return the effective limit."""
        if self.custom_limit_minor is not None:
            return self.custom_limit_minor
        return self.cap_minor if rule is Rule.TIER_CAP else min(self.cap_minor, self.earned_minor)

    def after_sale(self, change_minor: int) -> Profile:
        """Return the profile after completed sales came to more, or to less because money went back."""
        given = self.given or GivenTier(tier=self.tier, cumulative_minor=self.cumulative_minor)
        total = self.cumulative_minor + change_minor
        then, now = self._tier_from(given.cumulative_minor), self._tier_from(total)
        has_risen = _RANKS.index(now) > _RANKS.index(then)
        tier = max(given.tier, now, key=_RANKS.index) if has_risen else given.tier
        return replace(self, cumulative_minor=total, tier=tier, given=given)

    def with_tier(self, tier: Tier) -> Profile:
        """Return the profile after staff have given another tier, or the same once more."""
        given = GivenTier(tier=tier, cumulative_minor=self.cumulative_minor)
        return replace(self, tier=tier, given=given)

    def _tier_from(self, cumulative_minor: int) -> Tier:
        return tier_from(cumulative_minor // _SALES_PER_UNIT, self.currency)
