"""The behaviour of the document request chart: papers of several types, asked for in rounds.

    round       begins with the request, and again whenever what was handed in will not do; its term begins anew
    reminders   as many as are asked for, at equal intervals within the term
    complete    when each type has a file, the round is submitted; what comes after the term is taken all the same

The files lie elsewhere; the context names those of the round.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from orderwright.domain.event import EventType
from orderwright.domain.reading import Json, integer, milliseconds_until, moment, rows, text
from orderwright.statechart import Behaviour, Outcome, Scope, Verdict

MOST: Final = 20
"""Files of a round."""


def is_asked_for(scope: Scope) -> Verdict:
    """The type of the file is one that is asked for."""
    types, named = _types(scope), text(scope.data, "type")
    message = f"{named} is not asked for; {', '.join(types)} is"
    return Verdict(named in types, "documents.not_asked", message, {"types": types})


def is_new(scope: Scope) -> Verdict:
    """The file is not there already."""
    known = [row["documentId"] for row in rows(scope.context, "documents")]
    message = "this file is there already"
    return Verdict(scope.data["documentId"] not in known, "documents.known", message)


def has_room(scope: Scope) -> Verdict:
    """There are not too many files."""
    message = f"a request takes {MOST} files"
    return Verdict(len(rows(scope.context, "documents")) < MOST, "documents.too_many", message)


def every_type_is_there(scope: Scope) -> Verdict:
    """Each type that is asked for has a file."""
    there = {row["type"] for row in rows(scope.context, "documents")}
    missing = [name for name in _types(scope) if name not in there]
    message = f"still missing: {', '.join(missing)}"
    return Verdict(not missing, "documents.missing", message, {"missing": missing})


def begin_round(scope: Scope) -> Outcome:
    """Ask, or ask again, with a term from now and no files."""
    ends = scope.now + timedelta(days=integer(scope.context, "dueDays"))
    return Outcome(
        {
            "round": integer(scope.context, "round") + 1,
            "begunAt": scope.now.isoformat(),
            "dueAt": ends.isoformat(),
            "reminded": 0,
            "documents": [],
        }
    )


def note_document(scope: Scope) -> Outcome:
    """Name a file that was handed in."""
    file = {**scope.data, "at": scope.now.isoformat()}
    return Outcome({"documents": [*rows(scope.context, "documents"), file]})


def count_reminder(scope: Scope) -> Outcome:
    """Note that there was a reminder."""
    return Outcome({"reminded": integer(scope.context, "reminded") + 1})


def until_due(scope: Scope) -> int | None:
    """Milliseconds to the end of the term."""
    return milliseconds_until(moment(scope.context, "dueAt"), scope.now)


def until_reminder(scope: Scope) -> int | None:
    """Milliseconds to the next reminder; None when there is none left."""
    done, most = integer(scope.context, "reminded"), integer(scope.context, "reminders")
    begun = moment(scope.context, "begunAt")
    if begun is None or done >= most:
        return None
    step = timedelta(days=integer(scope.context, "dueDays")) / (most + 1)
    return milliseconds_until(begun + step * (done + 1), scope.now)


def _types(scope: Scope) -> list[str]:
    listed = scope.context["types"]
    if not isinstance(listed, list):
        raise TypeError(f"types is {listed!r}, not a list")
    return [str(name) for name in listed]


BEHAVIOUR: Final = Behaviour(
    guards={
        guard.__name__: guard for guard in (is_asked_for, is_new, has_room, every_type_is_there)
    },
    actions={action.__name__: action for action in (begin_round, note_document, count_reminder)},
    delays={delay.__name__: delay for delay in (until_due, until_reminder)},
)

_ID: Final[Mapping[str, Json]] = {"type": "string", "minLength": 1}
_WORDS: Final[Mapping[str, Json]] = {"type": "string"}
_MOMENT: Final[Mapping[str, Json]] = {"type": "string", "format": "date-time"}
_TYPES: Final[Mapping[str, Json]] = {"type": "array", "items": {"type": "string"}}
_SUBJECT: Final = {"requestId": _ID, "entityType": _ID, "entityId": _ID}
_ASKED: Final = {
    **_SUBJECT,
    "types": _TYPES,
    "message": _WORDS,
    "dueAt": _MOMENT,
    "round": {"type": "integer", "minimum": 1},
}

EVENTS: Final = (
    EventType(
        name="documents.requested",
        description="Somebody is asked for documents, or asked again: `round` counts.",
        properties=_ASKED,
    ),
    EventType(
        name="documents.reminded",
        description="It is time to remind of documents that were asked for.",
        properties=_ASKED,
    ),
    EventType(
        name="documents.submitted",
        description="Every document that was asked for is there, to be looked at.",
        properties={**_SUBJECT, "types": _TYPES, "round": {"type": "integer", "minimum": 1}},
    ),
    EventType(
        name="documents.accepted",
        description="The documents are what was asked for; what waited for them goes on.",
        properties=_SUBJECT,
    ),
    EventType(
        name="documents.rejected",
        description="The documents will not do; they are asked for again.",
        properties={**_SUBJECT, "reason": _WORDS},
    ),
    EventType(
        name="documents.overdue",
        description="Documents were not handed in in time.",
        properties={**_SUBJECT, "types": _TYPES, "dueAt": _MOMENT},
    ),
    EventType(
        name="documents.cancelled",
        description="Documents are not needed any more.",
        properties={**_SUBJECT, "reason": _WORDS},
    ),
)
"""Every domain event that the document request chart emits."""
