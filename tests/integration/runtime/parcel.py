"""The chart of these tests: a small one with a bit of everything, and a fact to go with it."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from orderwright.statechart import Behaviour, Emit, Event, Outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.fact import FactLoader, FactRequest
    from orderwright.runtime.pool import Connection
    from orderwright.statechart import Scope

START = datetime(2026, 3, 1, 12, tzinfo=UTC)

NO_DATA = {"type": "object", "properties": {}, "additionalProperties": False}

PARCEL: dict[str, Any] = {
    "id": "parcel",
    "version": 1,
    "initial": "OPEN",
    "context": {"count": 0},
    "events": {
        "ADD": {
            "label": "Add",
            "data": {
                "type": "object",
                "properties": {"n": {"type": "integer", "minimum": 1}},
                "required": ["n"],
                "additionalProperties": False,
            },
        },
        "TOUCH": {"label": "Touch", "data": NO_DATA},
        "HOLD": {"label": "Hold", "data": NO_DATA},
        "RESUME": {"label": "Resume", "data": NO_DATA},
        "WEIGH": {"label": "Weigh", "data": NO_DATA, "facts": ["weight"]},
        "INSPECT": {"label": "Inspect", "data": NO_DATA, "by": "system"},
        "REMIND_LATER": {"label": "Remind later", "data": NO_DATA},
        "REMIND_SOON": {"label": "Remind soon", "data": NO_DATA},
        "FORGET": {"label": "Forget", "data": NO_DATA},
        "REMIND": {"label": "Remind", "data": NO_DATA, "by": "system"},
        "SEAL": {"label": "Seal", "data": NO_DATA},
        "CALL": {"label": "Call", "data": NO_DATA},
    },
    "states": {
        "OPEN": {
            "on": {
                "ADD": {
                    "actions": [
                        "add",
                        {"post": {"ledger": "pieces", "data": {"n": {"from": "event.n"}}}},
                    ]
                },
                "TOUCH": {},
                "HOLD": "HELD",
                "WEIGH": {
                    "guard": {
                        "when": {
                            "combinator": "and",
                            "rules": [{"field": "facts.weight", "operator": "<=", "value": 10}],
                        }
                    },
                    "actions": "add",
                },
                "INSPECT": {"actions": {"emit": {"type": "parcel.inspected"}}},
                "REMIND_LATER": {"actions": {"send": {"type": "REMIND", "delay": 60_000}}},
                "REMIND_SOON": {"actions": {"send": {"type": "REMIND", "delay": 30_000}}},
                "FORGET": {"actions": {"cancel": "REMIND"}},
                "REMIND": {"actions": {"emit": {"type": "parcel.reminded"}}},
                "SEAL": "SEALED",
                "CALL": "CALLING",
            }
        },
        "HELD": {"on": {"RESUME": "OPEN"}, "after": {"600000": {"target": "OPEN"}}},
        "CALLING": {"invoke": {"id": "call", "src": "call"}, "on": {"SEAL": "SEALED"}},
        "SEALED": {"type": "final"},
    },
}


def weighed_when_heavy() -> dict[str, Any]:
    """Return a parcel of which WEIGH looks at the weight only when it has more than five pieces."""
    chart: dict[str, Any] = deepcopy(PARCEL)
    weigh = chart["states"]["OPEN"]["on"]["WEIGH"]
    weigh["guard"] = {"or": [rule("context.count", "<=", 5), rule("facts.weight", "<=", 10)]}
    return chart


def rule(field: str, operator: str, value: object) -> dict[str, Any]:
    """Return a guard of a single rule."""
    return {
        "when": {
            "combinator": "and",
            "rules": [{"field": field, "operator": operator, "value": value}],
        }
    }


def add(scope: Scope) -> Outcome:
    """Count pieces, and say so."""
    n = scope.data.get("n", 1)
    count = scope.context["count"] + n
    return Outcome(
        assign={"count": count}, effects=(Emit("parcel.added", {"n": n, "count": count}),)
    )


BEHAVIOUR = Behaviour(actions={"add": add})


class Scales:
    """A fact whose value a test sets, and which remembers what it was asked."""

    def __init__(self) -> None:
        self.weight: int | None = 1
        self.asked: list[FactRequest] = []
        self._loader: FactLoader | None = None

    def load_with(self, loader: FactLoader | None) -> None:
        """Let a function answer from now on, or the value again."""
        self._loader = loader

    async def load(self, connection: Connection, request: FactRequest) -> object | None:
        """Answer, having used the connection."""
        assert connection.is_in_transaction()
        self.asked.append(request)
        return await self._loader(connection, request) if self._loader else self.weight

    async def load_all(
        self, connection: Connection, requests: Sequence[FactRequest]
    ) -> Sequence[object | None]:
        """Answer for several steps at once."""
        return [await self.load(connection, request) for request in requests]


async def add_to(
    engine: Engine, name: str, times: int = 1, *, connection: Connection | None = None
) -> None:
    """Add a piece to a parcel so many times, on a connection of the caller's if one is given; each time it says so."""
    for _ in range(times):
        await engine.send(name, Event("ADD", {"n": 1}), actor="ann", connection=connection)


Row: TypeAlias = "dict[str, Any]"
Rows: TypeAlias = "Callable[..., Awaitable[list[Row]]]"
"""What the fixture `rows` gives."""
Everything: TypeAlias = "Callable[[], Awaitable[dict[str, list[tuple[object, ...]]]]]"
"""What the fixture `everything` gives."""
