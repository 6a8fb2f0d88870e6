"""How much a customer may owe on credit terms, in one currency.

A tier caps the limit, and completed sales earn it:

    earned limit     = floor(completed sales / 100)
    effective limit  = the custom limit, if one is set
                       else min(cap of the tier, earned limit)      under the rule `earned-capped`
                       else the cap of the tier                     under the rule `tier-cap`
    tier from earned = the first tier whose cap is not below the earned limit; the highest above all caps
    overage          = what the exposure would come to, above the limit

Without a profile the limit is 0. Staff set tier and custom limit; completed sales only ever raise the tier. The caps
are the same figures in every currency. Amounts are minor units of the profile's currency.
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
class Profile:
    """What the house knows of a customer's credit in one currency.

    Attributes:
        custom_limit_minor: what staff have set instead of tier and sales; None for neither more nor less.
        cumulative_minor: what was captured on completed sales.
    """

    currency: str
    tier: Tier = Tier.BRONZE
    custom_limit_minor: int | None = None
    cumulative_minor: int = 0

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

    def after_sale(self, captured_minor: int) -> Profile:
        """Return the profile after a sale was completed: more earned, and never a lower tier."""
        more = replace(self, cumulative_minor=self.cumulative_minor + captured_minor)
        earned = tier_from(more.earned_minor, self.currency)
        return replace(more, tier=max(self.tier, earned, key=_RANKS.index))
