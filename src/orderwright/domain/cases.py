"""The behaviour of the case chart: who has it in work, how urgent it is, and by when it is to be resolved.

A case is about a subject, which it names by type and id and of which it knows nothing else: whoever blocks something
on a case listens for `case.resolved`, which carries subject and resolution, and releases it. Comments are rows of the
transition log and nowhere else. Letting the term pass raises the priority by one step, once a term.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from orderwright.domain.event import EventType
from orderwright.domain.reading import Json, integer, mapping, milliseconds_until, moment, text
from orderwright.statechart import Behaviour, Outcome, Scope, Verdict

PRIORITIES: Final = ("LOW", "NORMAL", "HIGH", "URGENT")
"""From the least to the most urgent."""


def due_at(opened_at: datetime, sla_minutes: int) -> str | None:
    """Return by when a case is to be resolved, as its context holds it; None for 0 minutes, which is no term."""
    return (opened_at + timedelta(minutes=sla_minutes)).isoformat() if sla_minutes else None


def is_new_assignee(scope: Scope) -> Verdict:
    """The person who is named does not have the case already."""
    return _has_not(scope, str(scope.data["assigneeId"]))


def is_not_the_actors(scope: Scope) -> Verdict:
    """The actor is a person who does not have the case already."""
    actor = mapping(scope.facts, "actor")
    if not actor:
        missing: dict[str, Json] = {"missing": ["facts.actor"]}
        return Verdict(None, "actor.unknown", "the actor is not known", missing)
    return _has_not(scope, text(actor, "id"))


def _has_not(scope: Scope, person_id: str) -> Verdict:
    values = {"assigneeId": person_id}
    message = "this person has the case already"
    return Verdict(scope.context["assigneeId"] != person_id, "case.same_assignee", message, values)


def assign_to_actor(scope: Scope) -> Outcome:
    """Give the case to who acts."""
    return Outcome({"assigneeId": text(mapping(scope.facts, "actor"), "id")})


def raise_priority(scope: Scope) -> Outcome:
    """Note that the term has passed, and make the case one step more urgent if it can be."""
    place = PRIORITIES.index(text(scope.context, "priority"))
    higher = PRIORITIES[min(place + 1, len(PRIORITIES) - 1)]
    return Outcome({"priority": higher, "isOverdue": True})


def note_resolution(scope: Scope) -> Outcome:
    """Keep the word and the note that close the case; who said it stands in the log."""
    said = {"word": scope.data["resolution"], "note": scope.data["note"]}
    return Outcome({"resolution": {**said, "at": scope.now.isoformat()}})


def renew_term(scope: Scope) -> Outcome:
    """Begin another term of the same length, with nobody at work and no resolution."""
    ends = due_at(scope.now, integer(scope.context, "slaMinutes"))
    return Outcome({"dueAt": ends, "isOverdue": False, "assigneeId": None, "resolution": None})


def until_due(scope: Scope) -> int | None:
    """Milliseconds to the end of the term; None when there is none."""
    return milliseconds_until(moment(scope.context, "dueAt"), scope.now)


BEHAVIOUR: Final = Behaviour(
    guards={guard.__name__: guard for guard in (is_new_assignee, is_not_the_actors)},
    actions={
        action.__name__: action
        for action in (assign_to_actor, raise_priority, note_resolution, renew_term)
    },
    delays={"until_due": until_due},
)

_ID: Final = {"type": "string", "minLength": 1}
_WORDS: Final = {"type": "string"}
_PRIORITY: Final = {"enum": list(PRIORITIES)}
_SUBJECT: Final = {"subjectType": _ID, "subjectId": _ID}

EVENTS: Final = (
    EventType(
        name="case.opened",
        description="Something came up that people of a role have to look into.",
        properties={
            "caseId": _ID,
            "number": _WORDS,
            "caseType": _ID,
            "title": _WORDS,
            **_SUBJECT,
            "role": _ID,
            "priority": _PRIORITY,
        },
    ),
    EventType(
        name="case.assigned",
        description="Somebody has a case in work.",
        properties={"caseId": _ID, "assigneeId": _ID},
    ),
    EventType(
        name="case.overdue",
        description="The time to resolve a case has passed; its priority is raised.",
        properties={
            "caseId": _ID,
            "number": _WORDS,
            "title": _WORDS,
            "role": _ID,
            "priority": _PRIORITY,
            "assigneeId": {"type": ["string", "null"]},
        },
    ),
    EventType(
        name="case.resolved",
        description="A case is closed; whoever blocked its subject because of it lets it go on.",
        properties={
            "caseId": _ID,
            "caseType": _ID,
            **_SUBJECT,
            "resolution": {
                "enum": ["SOLVED", "ACCEPTED", "DECLINED", "DUPLICATE", "NO_ACTION"],
            },
            "note": _WORDS,
        },
    ),
    EventType(
        name="case.reopened",
        description="A case that was closed is looked into again.",
        properties={"caseId": _ID, **_SUBJECT, "reason": _WORDS},
    ),
)
"""Every domain event that the case chart emits."""
