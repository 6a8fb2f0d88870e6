"""Tabs at a bar: a chart whose events declare facts about one balance, and look at them or not."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import TYPE_CHECKING, Final

from jsonschema import FormatChecker
from parcel import NO_DATA, START

from orderwright.runtime.engine import Engine
from orderwright.runtime.fact import FactRequest, SharedFact
from orderwright.runtime.ledger import Booking, balance_name, balances
from orderwright.runtime.observation import Observer
from orderwright.runtime.registry import Registry
from orderwright.runtime.wakeup import Announcer
from orderwright.statechart import Behaviour, Event, Outcome, Post, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orderwright.clock import DrivenClock
    from orderwright.runtime.observation import Note
    from orderwright.runtime.pool import Connection, Pool
    from orderwright.runtime.ticket import Result

LIMIT: Final = 10
AMOUNT: Final = {
    "type": "object",
    "properties": {"amount": {"type": "integer"}},
    "required": ["amount"],
    "additionalProperties": False,
}
TAKE: Final = Event("TAKE", {"amount": 1})
FACTS: Final = ["owed", "weather"]
TAB: Final = {
    "id": "tab",
    "context": {"account": "bar", "isThirsty": False},
    "initial": "DECIDING",
    "events": {
        "TAKE": {"label": "Take", "data": AMOUNT, "facts": FACTS},
        "FORCE": {"label": "Force", "data": AMOUNT, "facts": FACTS},
        "PAY": {"label": "Pay", "data": AMOUNT, "facts": FACTS},
        "GREET": {"label": "Greet", "data": NO_DATA, "facts": FACTS},
        "LOOK_OUT": {"label": "Look out", "data": NO_DATA, "facts": FACTS},
        "DRINK": {"label": "Drink", "data": NO_DATA, "facts": FACTS},
        "SIP": {"label": "Sip", "data": AMOUNT, "facts": FACTS},
        "COUGH": {"label": "Cough", "data": NO_DATA},
        "THIRST": {"label": "Thirst", "data": NO_DATA},
    },
    "states": {
        "DECIDING": {
            "always": [
                {"guard": {"and": ["is_thirsty", "is_within_limit"]}, "target": "OPEN"},
                {"guard": {"not": "is_thirsty"}, "target": "OPEN"},
            ]
        },
        "OPEN": {
            "on": {
                "TAKE": {"guard": "is_within_limit", "actions": "take"},
                "FORCE": {"guard": "knows_what_is_owed", "actions": "take"},
                "PAY": {"actions": "take"},
                "GREET": {"actions": {"emit": {"type": "greeted"}}},
                "LOOK_OUT": {"guard": "is_sunny", "actions": {"emit": {"type": "seen"}}},
                "DRINK": {"guard": "is_thirsty"},
                "SIP": {"guard": {"or": ["is_small", "is_within_limit"]}},
                "COUGH": {},
                "THIRST": {"actions": {"assign": {"isThirsty": True}}},
            }
        },
    },
}


def take(scope: Scope) -> Outcome:
    row = {"account": scope.context["account"], "amount": scope.data["amount"]}
    return Outcome(effects=[Post("money", row)])


GUARDS: Final = {
    "is_small": lambda scope: scope.data["amount"] < 1,
    "is_thirsty": lambda scope: scope.context["isThirsty"],
    "is_sunny": lambda scope: scope.facts["weather"] == "sunny",
    "is_within_limit": lambda scope: scope.facts["owed"] + scope.data.get("amount", 1) <= LIMIT,
    "knows_what_is_owed": lambda scope: "owed" in scope.facts,
}


class Bar:
    """An engine whose charts are tabs, and how often it asked for each fact."""

    def __init__(self, pool: Pool, clock: DrivenClock, *, till: str | None = None) -> None:
        """Make one; a till is by what other name the fact knows its balance."""
        self.asked: Counter[str] = Counter()
        self._listeners: list[Callable[[Note], None]] = []
        account = balance_name("money", "bar")
        self.registry = Registry({"tab": {1: Behaviour(guards=GUARDS, actions={"take": take})}})
        self.engine = Engine(
            pool,
            self.registry,
            clock,
            facts={
                "owed": SharedFact(
                    load=self._owed,
                    balances=lambda _: (till or account,),
                    covers=lambda held, booked: held == (till or account) and booked == account,
                    moved=_moved,
                ),
                "weather": SharedFact(load=self._weather, is_free=True),
            },
            formats=FormatChecker(),
            wakeup=Announcer(pool),
            ledgers={"money": _read},
            observer=Observer(self._hear),
        )

    def listen(self, listener: Callable[[Note], None]) -> None:
        """Tell somebody what the engine tells, from now on."""
        self._listeners.append(listener)

    def _hear(self, note: Note) -> None:
        for listener in self._listeners:
            listener(note)

    async def _owed(
        self, connection: Connection, asked: Sequence[FactRequest]
    ) -> Sequence[object]:
        self.asked["owed"] += 1
        found = await balances(connection, "money", ["bar"], lock=asked[0].lock)
        return [found["bar"] for _ in asked]

    async def _weather(self, _: Connection, asked: Sequence[FactRequest]) -> Sequence[object]:
        self.asked["weather"] += 1
        return ["sunny" for _ in asked]

    async def publish(self) -> None:
        """Publish the chart."""
        async with self.engine.pool.acquire() as connection:
            await self.registry.publish(connection, json.dumps(TAB), at=START)

    async def open(self, count: int) -> list[str]:
        names = [f"t{n:02}" for n in range(count)]
        for name in names:
            await self.engine.create("tab", name, actor="ann")
        return names

    async def together(self, events: Mapping[str, Event]) -> dict[str, Result]:
        """Send each tab an event, all at once."""
        sending = (self.engine.send(name, event, actor="ann") for name, event in events.items())
        return dict(zip(events, await asyncio.gather(*sending), strict=True))


def _moved(value: object, _: str, change: int) -> object:
    assert isinstance(value, int)
    return value + change


def _read(data: Mapping[str, object]) -> Booking:
    account, amount = data["account"], data["amount"]
    assert isinstance(account, str)
    assert isinstance(amount, int)
    return Booking(account=account, amount=amount, floor=0, ceiling=LIMIT)


async def facts_of(pool: Pool, event_type: str) -> list[object]:
    """Return the facts of the log rows of an event, in the order in which they were written."""
    rows = await pool.fetch(
        "select facts from orderwright.log where event_type = $1 order by instance_id", event_type
    )
    return [json.loads(row["facts"]) for row in rows]
