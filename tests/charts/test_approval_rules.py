"""Four eyes, one vote a person, quorum by amount, and how long an answer holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st
from story import DECIDERS, NOON, TWO, TWO_WITH_ADMIN, Story, approval, at

from orderwright.app.approvals import bands_of
from orderwright.app.permissions import Role, and_above
from orderwright.app.settings import Settings
from orderwright.domain.approval import Band, LeastRole, Quorum, approval_id, quorum_for
from orderwright.statechart import Emit, Reason

ONE = {**TWO, "approvers": 1}
SENIORS = ("ADMIN", "SUPERADMIN")


def missing(story: Story) -> Reason:
    [waiting] = story.explain()["always"].waiting
    [reason] = waiting.reasons
    return reason


def emitted(story: Story) -> Emit:
    [effect] = [e for e in story.step.effects if isinstance(e, Emit)]
    return effect


def test_who_asks_cannot_vote_and_is_told_who_can():
    story = approval().by("clara", "SUPERADMIN")
    for event in ("APPROVE", "DENY"):
        [reason] = story.refusal(event).reasons
        assert (reason.code, reason.unblockers) == ("approval.own_request", DECIDERS)


@pytest.mark.parametrize("vote", ["APPROVE", "DENY"])
def test_who_took_part_in_what_is_asked_about_cannot_vote_and_others_can(vote: str):
    story = approval(ONE, excluded=["ada", "max"])
    [reason] = story.refusal(vote).reasons
    assert (reason.code, reason.unblockers) == ("approval.own_request", DECIDERS)
    assert reason.values == {"requestedBy": "clara", "excluded": ["ada", "max"]}
    [reason] = story.by("clara", "ADMIN").refusal(vote).reasons
    assert reason.values == {"requestedBy": "clara"}
    assert story.by("moe", "MANAGER").tell(vote).state in {"APPROVED", "DENIED"}


@pytest.mark.parametrize("vote", ["APPROVE", "DENY"])
def test_nobody_decides_after_the_time_to_decide_though_the_timer_is_late(vote: str):
    story = approval().tell("APPROVE").by("moe", "MANAGER").wait(days=7)
    [reason] = story.refusal(vote).reasons
    assert (reason.code, reason.unblockers) == ("approval.too_late", ("clara",))
    assert story.tell("APPROVAL_EXPIRED").state == "EXPIRED"


def test_a_vote_at_the_last_moment_counts():
    story = approval().tell("APPROVE").by("moe", "MANAGER").wait(days=6, hours=23, minutes=59)
    assert story.tell("APPROVE").state == "APPROVED"


def test_one_person_has_one_vote_for_or_against():
    story = approval().tell("APPROVE")
    for event in ("APPROVE", "DENY"):
        assert [r.code for r in story.refusal(event).reasons] == ["approval.voted_already"]


def test_a_vote_without_a_role_that_decides_is_refused_with_the_roles_that_do():
    [reason] = approval().by("ben", "BILLER").refusal("APPROVE").reasons
    assert (reason.code, reason.unblockers) == ("approval.role_missing", DECIDERS)
    assert reason.values == {"roles": list(DECIDERS), "held": ["BILLER"]}


@pytest.mark.parametrize("event", ["APPROVE", "DENY", "WITHDRAW"])
def test_a_vote_of_somebody_who_is_not_known_is_refused(event: str):
    story = approval()
    story.facts.clear()
    assert story.refusal(event).code == "guard_unknown"


def test_two_managers_are_not_enough_where_an_admin_is_needed():
    story = approval(TWO_WITH_ADMIN).tell("APPROVE").by("mia", "MANAGER").tell("APPROVE")
    assert story.state == "PENDING"
    reason = missing(story)
    assert (reason.values["missing"], reason.unblockers) == (1, ("ADMIN", "SUPERADMIN"))
    assert story.by("ada", "ADMIN").tell("APPROVE").state == "APPROVED"


def test_what_is_missing_is_told_with_numbers_and_who_can_give_it():
    reason = missing(approval().tell("APPROVE"))
    assert (reason.code, reason.unblockers) == ("approval.votes_missing", DECIDERS)
    assert reason.message == "1 of 2 votes are given, by MANAGER or ADMIN or SUPERADMIN"
    assert (reason.values["approved"], reason.values["missing"]) == (1, 1)


def test_one_vote_against_decides_even_after_one_in_favour():
    story = approval().tell("APPROVE").by("mia", "MANAGER").tell("DENY")
    assert (story.state, emitted(story).data["reason"]) == ("DENIED", "too risky")


def test_the_least_amount_that_an_approver_consents_to_is_approved():
    story = approval().tell("APPROVE", amount="50.00").by("mia", "MANAGER").tell("APPROVE")
    assert (story.state, emitted(story).data["amountMinor"]) == ("APPROVED", 5000)


@pytest.mark.parametrize("amount", ["69.99", "70.01", "0.00"])
def test_what_is_asked_whole_takes_no_consent_to_another_amount(amount: str):
    story = approval(ONE, isWhole=True)
    [reason] = story.refusal("APPROVE", amount=amount).reasons
    assert (reason.code, reason.values["value"]) == ("input.invalid", amount)
    assert reason.values["expected"] == "70.00 EUR or nothing: all of it is asked for, or none"
    assert story.tell("APPROVE", amount="70.00").state == "APPROVED"


@pytest.mark.parametrize("amount", ["70.01", "0.00", "-1.00", "1.001", "much"])
def test_an_amount_of_nothing_or_of_more_than_is_asked_is_no_consent(amount: str):
    refused = approval().refusal("APPROVE", amount=amount)
    assert refused.code == "blocked"
    assert [r.values["field"] for r in refused.reasons] == ["amount"]


def test_a_request_expires_in_its_term_and_an_approval_gets_a_term_of_its_own():
    story = approval(ONE, validityDays=3)
    assert story.values["expiresAt"] == at(NOON + timedelta(days=3))
    story.wait(days=2).tell("APPROVE")
    assert emitted(story).data["expiresAt"] == at(NOON + timedelta(days=5))


def test_only_who_asked_can_withdraw():
    [reason] = approval().refusal("WITHDRAW").reasons
    assert (reason.code, reason.unblockers) == ("approval.not_requester", ("clara",))


@given(
    st.integers(1, 4),
    st.booleans(),
    st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(DECIDERS)), max_size=12),
)
def test_it_is_approved_exactly_when_enough_distinct_people_have_voted(
    approvers: int, with_admin: bool, turns: list[tuple[str, str]]
):
    quorum = {**(TWO_WITH_ADMIN if with_admin else TWO), "approvers": approvers}
    story, counted = approval(quorum), {}

    def enough() -> bool:
        senior = not with_admin or bool({"ADMIN", "SUPERADMIN"} & set(counted.values()))
        return len(counted) >= approvers and senior

    for person, role in turns:
        taken = story.by(person, role).send("APPROVE").refused is None
        assert taken is (not enough() and person not in counted)
        if taken:
            counted[person] = role
        assert (story.state == "APPROVED") is enough()


def test_the_quorum_is_that_of_the_first_band_that_an_amount_falls_into():
    small, large = Quorum(approvers=1, roles=["A"]), Quorum(approvers=2, roles=["A"])
    bands = [
        Band(up_to_minor=100_000, quorum=small),
        Band(up_to_minor=None, quorum=large),
    ]
    assert [quorum_for(bands, minor) for minor in (1, 100_000, 100_001)] == [small, small, large]
    with pytest.raises(ValueError, match="no band"):
        quorum_for(bands[:1], 100_001)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, [(1, ()), (1, ()), (2, ()), (2, ()), (2, SENIORS)]),
        (
            {
                "approval_low_band_approvers": 3,
                "approval_middle_band_approvers": 4,
                "approval_high_band_approvers": 5,
            },
            [(3, ()), (3, ()), (4, ()), (4, ()), (5, SENIORS)],
        ),
        (
            {
                "approval_low_band_role": LeastRole.SUPERADMIN,
                "approval_middle_band_role": LeastRole.ADMIN,
                "approval_high_band_role": LeastRole.MANAGER,
            },
            [(1, SENIORS[1:]), (1, SENIORS[1:]), (2, SENIORS), (2, SENIORS), (2, ())],
        ),
        ({"approval_low_band_up_to": 100_000}, [*[(1, ())] * 4, (2, SENIORS)]),
        ({"approval_low_band_up_to": 100_001}, [(1, ())] * 5),
        ({"approval_low_band_up_to": 0}, [*[(2, ())] * 4, (2, SENIORS)]),
        (
            {"approval_low_band_up_to": 0, "approval_middle_band_up_to": 0},
            [(2, SENIORS)] * 5,
        ),
    ],
)
@pytest.mark.parametrize("deciders", [and_above(Role.MANAGER), ("TREASURY", *SENIORS)])
def test_the_settings_of_the_bands_say_how_many_decide_and_of_which_role(
    changed: dict[str, Any], expected: list[tuple[int, tuple[str, ...]]], deciders: Sequence[Role]
):
    bands = bands_of(Settings(**changed), "EUR", deciders)
    amounts = (1, 1_000_00, 1_000_01, 100_000_00, 100_000_01)
    assert [quorum_for(bands, minor) for minor in amounts] == [
        Quorum(approvers=approvers, roles=deciders, including=including)
        for approvers, including in expected
    ]


def test_who_is_asked_for_in_a_band_of_one_comes_after_a_manager_who_was_first():
    [low, *_] = bands_of(Settings(approval_low_band_role=LeastRole.ADMIN), "EUR")
    story = approval(low.quorum.to_json()).by("mia", "MANAGER").tell("APPROVE")
    assert (story.state, missing(story).unblockers) == ("PENDING", ("ADMIN", "SUPERADMIN"))
    assert story.by("ada", "ADMIN").tell("APPROVE").state == "APPROVED"


def test_the_id_of_an_approval_follows_from_what_it_is_about():
    ids = {approval_id("o1", kind, n) for kind in ("ADMIN", "CREDIT") for n in (1, 2)}
    assert len(ids) == 4
    assert approval_id("o1", "ADMIN", 1) in ids


def test_the_time_to_decide_may_be_shorter_than_a_day_and_the_consent_then_holds_as_ever():
    story = approval({**TWO, "approvers": 1}, termMinutes=90)
    assert story.values["expiresAt"] == at(NOON + timedelta(minutes=90))
    story.wait(minutes=80).tell("APPROVE")
    assert story.values["expiresAt"] == at(NOON + timedelta(minutes=80, days=7))


def test_what_is_not_about_an_amount_takes_a_vote_and_no_amount():
    story = approval({**TWO, "approvers": 1}, amountMinor=0, currency="")
    assert [one.code for one in story.refusal("APPROVE", amount="1.00").reasons] == [
        "input.invalid"
    ]
    assert story.tell("APPROVE").state == "APPROVED"
