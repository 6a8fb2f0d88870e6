"""Facts are loaded for steps that look at them, and steps about one balance share a transaction."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import TYPE_CHECKING, Final

import pytest
from engine_room import close
from jsonschema import FormatChecker
from parcel import NO_DATA, START

from orderwright.runtime.engine import Engine
from orderwright.runtime.fact import FactRequest, SharedFact
from orderwright.runtime.ledger import Booking, balance_name, balances
from orderwright.runtime.registry import Registry
from orderwright.runtime.wakeup import Announcer
from orderwright.statechart import Behaviour, Event, Outcome, Post, Scope

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from orderwright.clock import DrivenClock
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
            }
        },
    },
}


def take(scope: Scope) -> Outcome:
    row = {"account": scope.context["account"], "amount": scope.data["amount"]}
    return Outcome(effects=[Post("money", row)])


GUARDS: Final = {
    "is_thirsty": lambda scope: scope.context["isThirsty"],
    "is_sunny": lambda scope: scope.facts["weather"] == "sunny",
    "is_within_limit": lambda scope: scope.facts["owed"] + scope.data.get("amount", 1) <= LIMIT,
    "knows_what_is_owed": lambda scope: "owed" in scope.facts,
}


class Bar:
    """An engine, and how often it asked for each fact."""

    def __init__(self, pool: Pool, clock: DrivenClock) -> None:
        self.asked: Counter[str] = Counter()
        self.registry = Registry({"tab": {1: Behaviour(guards=GUARDS, actions={"take": take})}})
        self.engine = Engine(
            pool,
            self.registry,
            clock,
            facts={
                "owed": SharedFact(load=self._owed, balances=_account, moved=_moved),
                "weather": SharedFact(load=self._weather, is_free=True),
            },
            formats=FormatChecker(),
            wakeup=Announcer(pool),
            ledgers={"money": _read},
        )

    async def _owed(
        self, connection: Connection, asked: Sequence[FactRequest]
    ) -> Sequence[object]:
        self.asked["owed"] += 1
        found = await balances(connection, "money", ["bar"], lock=asked[0].lock)
        return [found["bar"] for _ in asked]

    async def _weather(self, _: Connection, asked: Sequence[FactRequest]) -> Sequence[object]:
        self.asked["weather"] += 1
        return ["sunny" for _ in asked]

    async def open(self, count: int) -> list[str]:
        names = [f"t{n:02}" for n in range(count)]
        for name in names:
            await self.engine.create("tab", name, actor="ann")
        return names

    async def together(self, events: Mapping[str, Event]) -> dict[str, Result]:
        """Send each tab an event, all at once."""
        sending = (self.engine.send(name, event, actor="ann") for name, event in events.items())
        return dict(zip(events, await asyncio.gather(*sending), strict=True))


def _account(_: FactRequest) -> Sequence[str]:
    return (balance_name("money", "bar"),)


def _moved(value: object, _: str, change: int) -> object:
    assert isinstance(value, int)
    return value + change


def _read(data: Mapping[str, object]) -> Booking:
    account, amount = data["account"], data["amount"]
    assert isinstance(account, str)
    assert isinstance(amount, int)
    return Booking(account=account, amount=amount, floor=0, ceiling=LIMIT)


@pytest.fixture
async def bar(pool: Pool, clock: DrivenClock) -> AsyncIterator[Bar]:
    found = Bar(pool, clock)
    async with pool.acquire() as connection:
        await found.registry.publish(connection, json.dumps(TAB), at=START)
    yield found
    await close(found.engine)


async def facts_of(pool: Pool, event_type: str) -> list[object]:
    """Return the facts of the log rows of an event, in the order in which they were written."""
    rows = await pool.fetch(
        "select facts from orderwright.log where event_type = $1 order by instance_id", event_type
    )
    return [json.loads(row["facts"]) for row in rows]


async def test_a_step_that_looks_at_no_fact_loads_none(bar: Bar, pool: Pool) -> None:
    [name] = await bar.open(1)
    result = await bar.engine.send(name, Event("GREET"), actor="ann")
    assert result.refused is None
    assert not bar.asked
    assert await facts_of(pool, "GREET") == [{}]


async def test_a_refusal_that_looks_at_no_fact_loads_none(bar: Bar) -> None:
    [name] = await bar.open(1)
    result = await bar.engine.send(name, Event("DRINK"), actor="ann")
    assert result.refused is not None
    assert result.refused.code == "blocked"
    assert not bar.asked


async def test_a_step_that_looks_at_what_locks_nothing_loads_that_alone(
    bar: Bar, pool: Pool
) -> None:
    [name] = await bar.open(1)
    result = await bar.engine.send(name, Event("LOOK_OUT"), actor="ann")
    assert result.refused is None
    assert bar.asked == {"weather": 1}
    assert await facts_of(pool, "LOOK_OUT") == [{"weather": "sunny"}]


async def test_a_step_that_changes_a_balance_of_its_facts_locks_it_with_them(bar: Bar) -> None:
    [name] = await bar.open(1)
    result = await bar.engine.send(name, Event("PAY", {"amount": 1}), actor="ann")
    assert result.refused is None
    assert bar.asked == {"owed": 1, "weather": 1}


async def test_a_start_that_looks_at_a_fact_gets_all_that_the_chart_declares(
    bar: Bar, pool: Pool
) -> None:
    result = await bar.engine.create("tab", "t", context={"isThirsty": True}, actor="ann")
    assert result.refused is None
    assert bar.asked == {"owed": 1, "weather": 1}
    assert await facts_of(pool, "create") == [{"owed": 0, "weather": "sunny"}]


async def test_steps_about_one_balance_share_transactions_and_each_sees_those_before_it(
    bar: Bar, pool: Pool
) -> None:
    names = await bar.open(40)
    found = await bar.together(dict.fromkeys(names, TAKE))
    passed = [name for name, result in found.items() if result.refused is None]
    assert len(passed) == LIMIT
    assert {result.refused.code for result in found.values() if result.refused} == {"blocked"}
    assert sorted(facts["owed"] for facts in await facts_of(pool, "TAKE")) == list(range(LIMIT))
    assert bar.asked["owed"] <= 4, "one for each transaction"
    assert await pool.fetchval("select amount from orderwright.balance") == LIMIT


@pytest.mark.parametrize(("before", "amount"), [(0, LIMIT + 1), (LIMIT, -LIMIT - 1)])
async def test_when_a_step_is_not_written_nobody_has_decided_by_it(
    bar: Bar, pool: Pool, before: int, amount: int
) -> None:
    """The first of the batch books what the ledger refuses, too much or too little: it never was."""
    names = await bar.open(6)
    if before:
        await bar.engine.send(names[5], Event("TAKE", {"amount": before}), actor="ann")
    bad = {names[0]: Event("FORCE", {"amount": amount})}
    found = await bar.together(bad | dict.fromkeys(names[1:4], TAKE))
    refused = {name: result.refused.code for name, result in found.items() if result.refused}
    others = dict.fromkeys(names[1:4], "blocked") if before else {}
    assert refused == {names[0]: "balance_guard", **others}
    assert await pool.fetchval("select amount from orderwright.balance") == (before or 3)
