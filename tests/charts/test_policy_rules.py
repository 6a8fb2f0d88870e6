"""The life of a policy: versions are kept, and what comes into force takes a second person."""

from __future__ import annotations

import pytest
from story import FIRST_CHANGE, Story, policy

from orderwright.domain.approval import approval_id
from orderwright.statechart import Emit


def active() -> Story:
    return policy().tell("REQUEST_PUBLICATION", "CHANGE_APPROVED")


def codes(story: Story, event: str, **data: object) -> list[str]:
    return [reason.code for reason in story.refusal(event, **data).reasons]


def test_what_is_asked_for_names_who_asks_and_the_approval_that_follows():
    story = policy().tell("REQUEST_PUBLICATION", mode="shadow", rollout=500)
    assert story.values["pending"] == {
        "approvalId": FIRST_CHANGE,
        "kind": "PUBLISH",
        "version": 1,
        "mode": "shadow",
        "rollout": 500,
        "reason": "fraud",
        "requestedBy": "cleo",
    }


def test_saving_a_version_leaves_the_published_one_in_force():
    story = active().tell("SAVE_VERSION")
    assert (story.state, story.values["latestVersion"]) == ("ACTIVE", 2)
    assert story.values["deployment"]["version"] == 1


def test_a_policy_that_was_paused_comes_back_as_it_was_after_a_second_consent():
    story = active().tell("SAVE_VERSION", "PAUSE", "REQUEST_RESUMPTION")
    assert story.state == "PAUSED"
    story.tell("CHANGE_APPROVED", approvalId=approval_id("p1", "RESUME", 2))
    assert (story.state, story.values["deployment"]["version"]) == ("ACTIVE", 1)


def test_another_version_may_be_published_in_place_of_one_that_is_paused():
    story = active().tell("SAVE_VERSION", "PAUSE").tell("REQUEST_PUBLICATION", version=2)
    story.tell("CHANGE_APPROVED", approvalId=approval_id("p1", "PUBLISH", 2))
    assert (story.state, story.values["deployment"]["version"]) == ("ACTIVE", 2)


def test_a_policy_waits_for_the_trigger_of_the_version_that_is_asked_for():
    story = policy().tell("SAVE_VERSION", trigger="PAYOUT_REQUESTED")
    story.tell("REQUEST_PUBLICATION", "CHANGE_APPROVED")
    assert story.values["trigger"] == "ORDER_CREATED"
    assert codes(story, "SAVE_VERSION", trigger="PAYOUT_REQUESTED") == ["policy.other_trigger"]
    other = {"version": 2, "trigger": "PAYOUT_REQUESTED"}
    assert codes(story, "REQUEST_PUBLICATION", **other) == ["policy.other_trigger"]
    assert story.tell("SAVE_VERSION").values["latestVersion"] == 3


@pytest.mark.parametrize("answer", ["CHANGE_APPROVED", "CHANGE_REFUSED"])
def test_an_answer_to_what_nobody_asks_for_any_more_has_no_effect(answer: str):
    story = active().tell("SAVE_VERSION").tell("REQUEST_PUBLICATION", version=2)
    before = story.snapshot
    assert story.tell(answer).snapshot == before


def test_pausing_drops_what_waits_for_consent():
    story = active().tell("SAVE_VERSION").tell("REQUEST_PUBLICATION", version=2).tell("PAUSE")
    story.tell("CHANGE_APPROVED", approvalId=approval_id("p1", "PUBLISH", 2))
    assert (story.state, story.values["pending"]) == ("PAUSED", None)


def test_one_change_at_a_time_waits_for_its_second_person():
    story = active().tell("REQUEST_PUBLICATION")
    assert codes(story, "REQUEST_PUBLICATION") == ["policy.change_pending"]


def test_a_version_that_was_not_saved_cannot_be_asked_for():
    assert codes(policy(), "REQUEST_PUBLICATION", version=2) == ["policy.no_version"]


def test_two_who_edit_the_same_version_do_not_overwrite_each_other():
    story = policy().tell("SAVE_VERSION", basedOn=1)
    assert codes(story, "SAVE_VERSION", basedOn=1) == ["policy.edited_meanwhile"]


def test_once_asked_for_a_policy_keeps_its_trigger():
    assert (
        policy().tell("SAVE_VERSION", trigger="WALLET_ADDED").values["trigger"] == "WALLET_ADDED"
    )
    assert codes(active(), "SAVE_VERSION", trigger="WALLET_ADDED") == ["policy.other_trigger"]


def test_a_refusal_is_kept_with_its_reason_until_something_is_asked_for_again():
    story = policy().tell("REQUEST_PUBLICATION", "CHANGE_REFUSED")
    told = [one for one in story.step.effects if isinstance(one, Emit)]
    assert [one.type for one in told] == ["policy.change_refused"]
    assert story.values["refusal"]["reason"] == "too strict"
    assert story.tell("REQUEST_PUBLICATION").values["refusal"] is None
