"""Tier, earned limit, effective limit and overage: the figures of the domain, and what holds for all others."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from orderwright.domain.orders.credit import (
    Profile,
    Rule,
    Tier,
    cap_minor,
    overage_minor,
    tier_from,
)
from orderwright.money import Money

CAPS = {
    Tier.BRONZE: "1000000.00",
    Tier.SILVER: "5000000.00",
    Tier.GOLD: "10000000.00",
    Tier.PLATINUM: "15000000.00",
}
RANKS = list(Tier)
amounts = st.integers(0, 10**15)
profiles = st.builds(
    Profile,
    currency=st.sampled_from(["NGN", "EUR", "JPY", "KWD"]),
    tier=st.sampled_from(Tier),
    custom_limit_minor=st.none() | amounts,
    cumulative_minor=amounts,
)


def naira(amount: str) -> int:
    return Money.parse(amount, "NGN").minor


@pytest.mark.parametrize(("tier", "cap"), CAPS.items())
def test_each_tier_has_the_cap_of_the_domain_in_every_currency(tier: Tier, cap: str):
    assert cap_minor(tier, "NGN") == naira(cap)
    assert Money(cap_minor(tier, "JPY"), "JPY").amount == cap.removesuffix(".00")
    assert Money(cap_minor(tier, "KWD"), "KWD").amount == cap + "0"


@pytest.mark.parametrize(
    ("earned", "tier"),
    [
        ("0.00", "BRONZE"),
        ("1000000.00", "BRONZE"),
        ("1000000.01", "SILVER"),
        ("5000000.00", "SILVER"),
        ("5000000.01", "GOLD"),
        ("10000000.00", "GOLD"),
        ("10000000.01", "PLATINUM"),
        ("99000000.00", "PLATINUM"),
    ],
)
def test_the_tier_from_earned_changes_one_kobo_above_each_cap(earned: str, tier: str):
    assert tier_from(naira(earned), "NGN") == tier


@pytest.mark.parametrize(
    ("tier", "custom", "sold", "rule", "limit"),
    [
        ("BRONZE", None, "0.00", "earned-capped", "0.00"),
        ("BRONZE", None, "0.99", "earned-capped", "0.00"),
        ("BRONZE", None, "1.99", "earned-capped", "0.01"),  # floor
        ("BRONZE", None, "50000000.00", "earned-capped", "500000.00"),
        ("BRONZE", None, "900000000.00", "earned-capped", "1000000.00"),
        ("GOLD", None, "900000000.00", "earned-capped", "9000000.00"),
        ("GOLD", None, "0.00", "tier-cap", "10000000.00"),
        ("GOLD", "0.00", "900000000.00", "earned-capped", "0.00"),
        ("GOLD", "0.00", "900000000.00", "tier-cap", "0.00"),
        ("BRONZE", "20000000.00", "0.00", "earned-capped", "20000000.00"),
    ],
)
def test_the_limit_is_the_custom_one_or_comes_of_tier_and_sales_by_the_rule(
    tier: str, custom: str | None, sold: str, rule: str, limit: str
):
    profile = Profile(
        currency="NGN",
        tier=Tier(tier),
        custom_limit_minor=None if custom is None else naira(custom),
        cumulative_minor=naira(sold),
    )
    assert profile.limit_minor(Rule(rule)) == naira(limit)


@pytest.mark.parametrize(
    ("limit", "exposure", "uncovered", "overage"),
    [(100, 0, 100, 0), (100, 0, 101, 1), (100, 60, 60, 20), (0, 0, 5, 5), (100, 150, 0, 50)],
)
def test_the_overage_is_what_lies_above_the_limit(
    limit: int, exposure: int, uncovered: int, overage: int
):
    found = overage_minor(limit_minor=limit, exposure_minor=exposure, uncovered_minor=uncovered)
    assert found == overage


@given(profiles)
@settings(deadline=None)
def test_without_a_custom_limit_no_rule_allows_more_than_the_tier_does(profile: Profile):
    earned = profile.limit_minor(Rule.EARNED_CAPPED)
    capped = profile.limit_minor(Rule.TIER_CAP)
    if profile.custom_limit_minor is None:
        assert 0 <= earned <= capped == profile.cap_minor
    else:
        assert earned == capped == profile.custom_limit_minor


@given(profiles, st.lists(st.tuples(amounts, amounts), min_size=1, max_size=5), st.data())
@settings(deadline=None)
def test_limit_and_tier_follow_from_what_is_kept_however_it_came_and_went(
    profile: Profile, sales: list[tuple[int, int]], data: st.DataObject
):
    kept = [paid - min(back, paid) for paid, back in sales]
    moves = [move for paid, back in sales for move in (paid, -min(back, paid))]
    straight = round_about = profile
    for amount in kept:
        straight = straight.after_sale(amount)
    for move in data.draw(st.permutations(moves)):
        round_about = round_about.after_sale(move)
    assert straight == round_about


@given(profiles, amounts, amounts, st.sampled_from(Tier))
@settings(deadline=None)
def test_a_tier_that_staff_have_given_is_raised_by_what_is_earned_after_that_and_never_undercut(
    profile: Profile, before: int, after: int, tier: Tier
):
    settled = profile.after_sale(before).with_tier(tier)
    assert settled.tier is tier
    more = settled.after_sale(after)
    assert RANKS.index(more.tier) >= RANKS.index(tier)
    assert more.after_sale(-after).after_sale(-before).tier is tier


@given(profiles, st.lists(amounts, max_size=5))
@settings(deadline=None)
def test_sales_add_up_and_never_lower_tier_or_limit(profile: Profile, sales: list[int]):
    after = profile
    for captured in sales:
        before, after = after, after.after_sale(captured)
        assert RANKS.index(after.tier) >= RANKS.index(before.tier)
        assert after.limit_minor(Rule.EARNED_CAPPED) >= before.limit_minor(Rule.EARNED_CAPPED)
    assert after.cumulative_minor == profile.cumulative_minor + sum(sales)
    assert after.custom_limit_minor == profile.custom_limit_minor
