"""Papers in rounds: types, reminders, terms, and files that are there once."""

from __future__ import annotations

from datetime import timedelta

from acting_story import document_request
from story import NOON, Story, at

from orderwright.domain.documents import MOST
from orderwright.statechart import Schedule


def due(story: Story) -> dict[str, timedelta]:
    """When each timer that the last step has set goes off, from now."""
    return {
        effect.id: timedelta(milliseconds=effect.delay_ms)
        for effect in story.step.effects
        if isinstance(effect, Schedule)
    }


def test_a_request_is_submitted_when_every_type_has_a_file_and_not_before():
    story = document_request().tell("DOCUMENT_RECEIVED", documentId="d1")
    assert story.state == "REQUESTED"
    [missing] = [reason.values for reason in story.explain()["always"].waiting[0].reasons]
    assert missing == {"missing": ["bill"]}
    story.tell("DOCUMENT_RECEIVED", documentId="d2", type="bill")
    assert story.state == "SUBMITTED"
    assert story.emitted()[-1] == "documents.submitted"


def test_reminders_come_at_equal_intervals_before_the_term_ends():
    story = document_request()
    assert due(story) == {"TERM_ENDED": timedelta(days=6), "REMINDER_DUE": timedelta(days=2)}
    story.wait(days=2).tell("REMINDER_DUE")
    assert due(story) == {"REMINDER_DUE": timedelta(days=2)}
    story.wait(days=2).tell("REMINDER_DUE")
    assert due(story) == {}
    assert story.emitted().count("documents.reminded") == 2


def test_what_is_rejected_is_asked_for_again_with_the_reason_and_a_new_term():
    story = document_request(types=["passport"]).wait(days=5).tell("DOCUMENT_RECEIVED", "REJECT")
    assert story.state == "REQUESTED"
    assert story.values["message"] == "it is blurred"
    assert (story.values["round"], story.values["documents"]) == (2, [])
    assert story.values["dueAt"] == at(NOON + timedelta(days=11))
    assert story.emitted()[-2:] == ["documents.rejected", "documents.requested"]


def test_documents_that_come_late_are_taken_all_the_same():
    story = document_request(types=["passport"]).wait(days=6).tell("TERM_ENDED")
    assert story.state == "OVERDUE"
    assert story.tell("DOCUMENT_RECEIVED").state == "SUBMITTED"


def test_a_file_is_there_once_is_of_a_type_that_is_asked_for_and_there_are_not_too_many():
    story = document_request().tell("DOCUMENT_RECEIVED")
    codes = [reason.code for reason in story.refusal("DOCUMENT_RECEIVED").reasons]
    assert codes == ["documents.known"]
    refused = story.refusal("DOCUMENT_RECEIVED", documentId="d2", type="selfie")
    assert [reason.code for reason in refused.reasons] == ["documents.not_asked"]
    for number in range(MOST - 1):
        story.tell("DOCUMENT_RECEIVED", documentId=f"more-{number}")
    refused = story.refusal("DOCUMENT_RECEIVED", documentId="last", type="bill")
    assert [reason.code for reason in refused.reasons] == ["documents.too_many"]
