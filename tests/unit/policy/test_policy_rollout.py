"""A policy that is brought in by degrees decides on a share of entities, always the same ones."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st
from policies import deployed, money, rule, simple

from orderwright.policy import BUCKETS, Result, bucket, decide, rolled_out, run

ENTITIES = [f"order-{number}" for number in range(2_000)]


def judged(rollout: int) -> Result:
    policy = deployed(simple(rule("amount", ">", {"money": "1.00", "currency": "EUR"})))
    return run(replace(policy, rollout=rollout), {"amount": money("5.00")})


def test_a_bucket_is_the_hash_of_policy_and_entity():
    digest = hashlib.sha256(b"high-amount/o1").hexdigest()
    assert bucket("high-amount", "o1") == int(digest, 16) % 10_000


def test_a_policy_for_all_decides_on_every_entity_and_one_for_none_on_no_entity():
    for_all, for_none = judged(BUCKETS), judged(0)
    assert not any(rolled_out(for_all, one).is_shadow for one in ENTITIES)
    assert all(rolled_out(for_none, one).is_shadow for one in ENTITIES)


def test_beyond_its_share_a_policy_comes_to_the_same_and_has_no_say():
    found = rolled_out(judged(0), "o1")
    assert (found.outcome, found.actions) == ("hit", judged(0).actions)
    assert decide([found]).actions == ()
    assert len(decide([rolled_out(judged(BUCKETS), "o1")]).actions) == 1


@pytest.mark.parametrize("share", [100, 1_000, 5_000])
def test_the_share_of_entities_is_about_what_was_asked_for(share: int):
    found = judged(share)
    within = sum(not rolled_out(found, one).is_shadow for one in ENTITIES)
    assert abs(within / len(ENTITIES) - share / BUCKETS) < 0.04


@given(entity=st.text(), small=st.integers(0, BUCKETS), more=st.integers(0, BUCKETS))
def test_a_share_that_grows_keeps_the_entities_that_it_had(entity: str, small: int, more: int):
    small, more = sorted((small, more))
    if not rolled_out(judged(small), entity).is_shadow:
        assert not rolled_out(judged(more), entity).is_shadow
