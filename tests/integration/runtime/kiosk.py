"""A chart with everything an instance may have, in two versions; each run of the state machine has one of its own."""

from __future__ import annotations

from typing import Any, Final

from parcel import NO_DATA, add, rule
from relabelled import renamed

from orderwright.statechart import Behaviour

NUMBER = {
    "type": "object",
    "properties": {"n": {"type": "integer", "minimum": 1}},
    "required": ["n"],
    "additionalProperties": False,
}
BY_PEOPLE: Final = (
    "TOUCH",
    "HOLD",
    "RESUME",
    "REMIND_SOON",
    "REMIND_LATER",
    "FORGET",
    "CALL",
    "LEAVE",
    "SEAL",
)
FULL: Final = 10
"""How many pieces fit; the last addition may go beyond."""
UNASKED: Final = 4
"""How many pieces there may be while nobody asks whether the kiosk is open."""
SOON_MS, LATER_MS, HELD_MS = 30_000, 60_000, 600_000
KIOSK = Behaviour(actions={"add": add})
MAPPING: Final[dict[str, Any]] = {"context": {"pieces": {"from": "context.count"}}}


def kiosk(chart_id: str, version: int) -> dict[str, Any]:
    """Return the chart; in the second version OPEN is called READY and REMIND is called NUDGE."""
    chart = _first(chart_id)
    if version == 1:
        return chart
    context = {**chart["context"], "grade": "B"}
    return {**renamed(chart), "version": 2, "context": context}


def asking(chart: dict[str, Any]) -> dict[str, Any]:
    """Return a kiosk that asks whether it is open, from a number of pieces on."""
    for name in ("ADD", "SEAL"):
        chart["events"][name]["facts"] = ["isOpen"]
    for state in chart["states"].values():
        if "ADD" in state.get("on", {}):
            adding = state["on"]["ADD"]
            is_open = {
                "or": [rule("context.count", "<", UNASKED), rule("facts.isOpen", "==", True)]
            }
            adding["guard"] = {"and": [adding["guard"], is_open]}
    return chart


def mapping(chart_id: str) -> dict[str, Any]:
    """Return the way from the first version to the second."""
    states = {f"{chart_id}.OPEN": f"{chart_id}.READY"}
    return {**MAPPING, "states": states, "timers": {"REMIND": "NUDGE"}}


def _first(chart_id: str) -> dict[str, Any]:
    return {
        "id": chart_id,
        "version": 1,
        "initial": "OPEN",
        "context": {"count": 0, "said": None},
        "events": {
            "ADD": {"label": "Add", "data": NUMBER},
            "REMIND": {"label": "Remind", "data": NO_DATA, "by": "system"},
            **{name: {"label": name.capitalize(), "data": NO_DATA} for name in BY_PEOPLE},
        },
        "states": {
            "OPEN": {
                "on": {
                    "ADD": {
                        "guard": rule("context.count", "<", FULL),
                        "actions": [
                            "add",
                            {"post": {"ledger": "pieces", "data": {"n": {"from": "event.n"}}}},
                        ],
                    },
                    "TOUCH": {},
                    "HOLD": "HELD",
                    "REMIND_SOON": {"actions": {"send": {"type": "REMIND", "delay": SOON_MS}}},
                    "REMIND_LATER": {"actions": {"send": {"type": "REMIND", "delay": LATER_MS}}},
                    "FORGET": {"actions": {"cancel": "REMIND"}},
                    "REMIND": {"actions": {"emit": {"type": "kiosk.reminded"}}},
                    "CALL": "CALLING",
                    "SEAL": {"target": "SEALED", "actions": {"emit": {"type": "kiosk.sealed"}}},
                }
            },
            "HELD": {
                "on": {"RESUME": "OPEN"},
                "after": {
                    str(HELD_MS): {
                        "target": "OPEN",
                        "actions": {"emit": {"type": "kiosk.released"}},
                    }
                },
            },
            "CALLING": {
                "invoke": {
                    "id": "call",
                    "src": "call",
                    "onDone": {
                        "target": "OPEN",
                        "actions": [
                            {"assign": {"said": {"from": "event.output"}}},
                            {"emit": {"type": "kiosk.answered"}},
                        ],
                    },
                    "onError": {"target": "OPEN", "actions": {"assign": {"said": "nothing"}}},
                },
                "on": {"LEAVE": "OPEN"},
            },
            "SEALED": {"type": "final"},
        },
    }
