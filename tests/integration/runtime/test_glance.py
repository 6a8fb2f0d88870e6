"""Facts are loaded for steps that look at them, and steps about one balance share a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engine_room import close
from tab import LIMIT, TAKE, Bar, facts_of

from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orderwright.clock import DrivenClock
    from orderwright.runtime.pool import Pool


@pytest.fixture
async def bar(pool: Pool, clock: DrivenClock) -> AsyncIterator[Bar]:
    found = Bar(pool, clock)
    await found.publish()
    yield found
    await close(found.engine)


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
