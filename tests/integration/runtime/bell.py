"""A chart that sets many timers at once: SET takes `[id, milliseconds, n]` for each of the ids a to e."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orderwright.statechart import Behaviour, Emit, Event, Outcome, Schedule

if TYPE_CHECKING:
    from orderwright.statechart import Scope

NOTHING = {"type": "object", "properties": {}, "additionalProperties": False}
NUMBER = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}
BELL = {
    "id": "bell",
    "version": 1,
    "initial": "ON",
    "context": {"rung": [], "isBroken": False},
    "events": {
        "SET": {
            "label": "Set",
            "data": {"type": "object", "properties": {"timers": {"type": "array"}}},
        },
        "BREAK": {"label": "Break", "data": NOTHING},
        "MEND": {"label": "Mend", "data": NOTHING},
        "STOP": {"label": "Stop", "data": NOTHING},
        "RING": {"label": "Ring", "by": "system", "data": NUMBER},
        "RING_AND_CANCEL": {"label": "Ring and cancel b", "by": "system", "data": NUMBER},
        "RING_AND_SET": {"label": "Ring and set b anew", "by": "system", "data": NUMBER},
        "RING_AND_CALL": {"label": "Ring and call", "by": "system", "data": NUMBER},
        "RING_WEIGHED": {
            "label": "Ring by weight",
            "by": "system",
            "data": NUMBER,
            "facts": ["weight"],
        },
    },
    "states": {
        "ON": {
            "on": {
                "SET": {"actions": "set"},
                "BREAK": {"actions": {"assign": {"isBroken": True}}},
                "MEND": {"actions": {"assign": {"isBroken": False}}},
                "STOP": "OFF",
                "RING": {"guard": "is_whole", "actions": "ring"},
                "RING_AND_CANCEL": {"actions": ["ring", {"cancel": "b"}]},
                "RING_AND_SET": {
                    "actions": [
                        "ring",
                        {"send": {"type": "RING", "data": {"n": 9}, "delay": 60_000, "id": "b"}},
                    ]
                },
                "RING_AND_CALL": {"target": "CALLING", "actions": "ring"},
                "RING_WEIGHED": {
                    "guard": {
                        "when": {
                            "combinator": "and",
                            "rules": [{"field": "facts.weight", "operator": "<=", "value": 10}],
                        }
                    },
                    "actions": "ring",
                },
            }
        },
        "CALLING": {"invoke": {"id": "call", "src": "call", "onDone": "OFF"}},
        "OFF": {"on": {"MEND": "ON"}},
    },
}


def _set(scope: Scope) -> Outcome:
    """Set a timer for each entry; its type is the fourth item, or RING."""
    return Outcome(effects=tuple(_schedule(*timer) for timer in scope.data["timers"]))


def _schedule(name: str, delay_ms: int, n: int, event_type: str = "RING") -> Schedule:
    return Schedule(Event(event_type, {"n": n}), delay_ms, name)


def _ring(scope: Scope) -> Outcome:
    n: Any = scope.data["n"]
    return Outcome({"rung": [*scope.context["rung"], n]}, effects=(Emit("bell.rung", {"n": n}),))


def _is_whole(scope: Scope) -> bool:
    if scope.context["isBroken"]:
        raise ZeroDivisionError("the bell is broken")
    return True


RINGING = Behaviour(guards={"is_whole": _is_whole}, actions={"set": _set, "ring": _ring})


def timers(*given: tuple[Any, ...]) -> Event:
    """Return the event that sets timers."""
    return Event("SET", {"timers": [list(one) for one in given]})
