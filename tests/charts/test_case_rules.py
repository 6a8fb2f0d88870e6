"""What the case chart promises: a term that raises the priority, an assignee, a resolution that names its subject."""

from __future__ import annotations

from datetime import timedelta

from story import NOON, at, case

from orderwright.statechart import Cancel, Emit, Schedule


def test_a_case_is_told_with_its_subject_and_gets_its_term():
    (opened, timer) = case().step.effects
    assert (opened.type, opened.data["subjectType"], opened.data["subjectId"]) == (
        "case.opened",
        "Order",
        "o1",
    )
    assert (timer.id, timer.delay_ms) == ("SLA_BREACHED", 86_400_000)


def test_a_term_that_passes_raises_the_priority_by_one_step_and_never_beyond_urgent():
    story = case(priority="HIGH").tell("TAKE").wait(days=1).tell("SLA_BREACHED")
    assert (story.values["priority"], story.values["isOverdue"]) == ("URGENT", True)
    assert story.step.effects[0].data["priority"] == "URGENT"
    assert story.step.effects[0].data["assigneeId"] == "bea"
    assert case(priority="URGENT").tell("SLA_BREACHED").values["priority"] == "URGENT"


def test_work_on_a_case_neither_ends_nor_restarts_its_term():
    story = case().tell("TAKE", "ASSIGN", "COMMENT", "CHANGE_PRIORITY")
    effects = [effect for step in story.steps[1:] for effect in step.effects]
    assert not [effect for effect in effects if isinstance(effect, Schedule | Cancel)]


def test_a_resolution_ends_the_term_and_names_the_subject_that_it_lets_go():
    story = case().tell("TAKE", "RESOLVE")
    told = {effect.type: effect.data for effect in story.step.effects if isinstance(effect, Emit)}
    assert told == {
        "case.resolved": {
            "caseId": "c1",
            "caseType": "OVERCAPTURE",
            "subjectType": "Order",
            "subjectId": "o1",
            "resolution": "SOLVED",
            "note": "the bank took it back",
        }
    }
    assert Cancel("SLA_BREACHED") in story.step.effects
    assert story.values["resolution"] == {
        "word": "SOLVED",
        "note": "the bank took it back",
        "at": at(NOON),
    }


def test_a_reopened_case_begins_anew_with_a_term_of_the_same_length():
    story = case().wait(days=1).tell("SLA_BREACHED", "TAKE", "RESOLVE").wait(days=3).tell("REOPEN")
    assert (story.state, story.values["assigneeId"], story.values["resolution"]) == (
        "OPEN",
        None,
        None,
    )
    assert (story.values["dueAt"], story.values["isOverdue"]) == (
        at(NOON + timedelta(days=5)),
        False,
    )
    (timer,) = [effect for effect in story.step.effects if isinstance(effect, Schedule)]
    assert timer.delay_ms == 86_400_000


def test_a_case_without_a_term_has_no_timer():
    story = case(slaMinutes=0, dueAt=None).tell("RESOLVE", "REOPEN")
    assert not [e for step in story.steps for e in step.effects if isinstance(e, Schedule)]


def test_who_has_a_case_cannot_take_it_again_but_somebody_else_can():
    story = case().tell("TAKE")
    (why,) = story.refusal("TAKE").reasons
    assert (why.code, why.values) == ("case.same_assignee", {"assigneeId": "bea"})
    story.facts["actor"] = {"id": "cid", "sides": []}
    assert story.tell("TAKE").values["assigneeId"] == "cid"


def test_a_case_is_not_taken_by_an_actor_who_is_no_person():
    story = case()
    del story.facts["actor"]
    assert story.refusal("TAKE").code == "guard_unknown"
