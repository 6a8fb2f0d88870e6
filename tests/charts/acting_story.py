"""Stories of what actions of policies begin: requests for documents, and actions for a host to do."""

from __future__ import annotations

from typing import Final

from story import CHARTS, Story

DOCUMENT_DATA: Final = {
    "DOCUMENT_RECEIVED": {
        "documentId": "d-new",
        "type": "passport",
        "mediaType": "application/pdf",
        "bytes": 1000,
    },
    "ACCEPT": {"note": "well readable"},
    "REJECT": {"reason": "it is blurred"},
    "CANCEL": {"reason": "the order was cancelled"},
    "NOBODY_TOLD": {"caseId": "c1"},
}


def document_request(**context: object) -> Story:
    """A passport and a bill, asked for within six days, with two reminders."""
    given = {
        "requestId": "r1",
        "entityType": "Order",
        "entityId": "o1",
        "policy": "Large first order",
        "types": ["passport", "bill"],
        "message": "Please show us who you are.",
        "dueDays": 6,
        "reminders": 2,
        **context,
    }
    return Story(CHARTS["document_request"], DOCUMENT_DATA, {}, given).begin()


def document_requests() -> dict[str, Story]:
    """Every state of a request."""
    half = document_request().tell("DOCUMENT_RECEIVED", documentId="d1", type="bill")
    whole = half.copy().tell("DOCUMENT_RECEIVED")
    return {
        "REQUESTED": document_request(),
        "REQUESTED, one of two is there": half,
        "REQUESTED, of one type, again": document_request(types=["passport"]).tell(
            "DOCUMENT_RECEIVED", "REJECT"
        ),
        "OVERDUE": document_request().wait(days=6).tell("TERM_ENDED"),
        "SUBMITTED": whole,
        "SUBMITTED, late": half.copy().wait(days=6).tell("TERM_ENDED", "DOCUMENT_RECEIVED"),
        "ACCEPTED": whole.copy().tell("ACCEPT"),
        "CANCELLED": document_request().tell("CANCEL"),
    }


def host_actions() -> dict[str, Story]:
    """The one state of an action for a host."""
    given = {
        "actionId": "a1",
        "executionId": "x1",
        "trigger": "ORDER_CREATED",
        "action": "FREEZE_ORDER",
        "config": {"reason": "large first order"},
        "entityType": "Order",
        "entityId": "o1",
        "policyId": "p1",
        "policy": "Large first order",
        "version": 1,
        "followsFrom": None,
    }
    return {"REQUESTED": Story(CHARTS["host_action"], {}, {}, given).begin()}
