"""An event that has looked at no fact for a while is tried without a transaction, and comes out the same."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import pytest
from engine_room import Deaf, close
from straight import assert_straight
from tab import Bar, facts_of

from orderwright.runtime import carrier
from orderwright.runtime.habit import TRUSTED
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orderwright.clock import DrivenClock
    from orderwright.runtime.pool import Connection, Pool

GREET: Final = Event("GREET")
COUGH: Final = Event("COUGH")
SMALL: Final = Event("SIP", {"amount": 0})
LARGE: Final = Event("SIP", {"amount": 1})


@pytest.fixture
async def bar(pool: Pool, clock: DrivenClock) -> AsyncIterator[Bar]:
    found = Bar(pool, clock)
    await found.publish()
    found.engine.keep(Deaf())
    yield found
    await close(found.engine)


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """A list with an entry for each transaction that a lane has begun."""
    found: list[None] = []
    real = carrier._transaction

    @asynccontextmanager
    async def counted(connection: Connection) -> AsyncIterator[None]:
        found.append(None)
        async with real(connection):
            yield

    monkeypatch.setattr(carrier, "_transaction", counted)
    return found


async def accustom(bar: Bar, name: str, event: Event) -> None:
    """Let an event look at nothing until it is trusted to."""
    for _ in range(TRUSTED):
        assert (await bar.engine.send(name, event, actor="ann")).refused is None


async def test_it_needs_no_transaction(bar: Bar, pool: Pool, begun: list[None]) -> None:
    [name] = await bar.open(1)
    begun.clear()
    await accustom(bar, name, GREET)
    assert len(begun) == TRUSTED
    result = await bar.engine.send(name, GREET, actor="ann")
    assert (result.refused, result.version) == (None, TRUSTED + 2)
    assert len(begun) == TRUSTED
    assert not bar.asked
    assert await facts_of(pool, "GREET") == [{}] * (TRUSTED + 1)
    await assert_straight(pool)


async def test_one_that_looks_at_a_fact_after_all_gets_it_and_is_trusted_no_more(
    bar: Bar, pool: Pool, begun: list[None]
) -> None:
    [name] = await bar.open(1)
    await accustom(bar, name, SMALL)
    begun.clear()
    result = await bar.engine.send(name, LARGE, actor="ann")
    assert (result.refused, result.version) == (None, TRUSTED + 2)
    assert bar.asked == {"owed": 1, "weather": 1}
    assert (await facts_of(pool, "SIP"))[-1] == {"owed": 0, "weather": "sunny"}
    assert len(begun) == 1
    await bar.engine.send(name, SMALL, actor="ann")
    assert len(begun) == 2


async def test_what_stands_behind_one_that_looks_at_a_fact_waits_for_it(
    bar: Bar, pool: Pool
) -> None:
    [name] = await bar.open(1)
    await accustom(bar, name, SMALL)
    sent = [COUGH, SMALL, LARGE, COUGH, SMALL]
    results = await asyncio.gather(*(bar.engine.send(name, one, actor="ann") for one in sent))
    first = TRUSTED + 2
    assert [one.version for one in results] == list(range(first, first + len(sent)))
    rows = await pool.fetch("select event_data from orderwright.log order by version desc limit 5")
    assert [row["event_data"] for row in reversed(rows)] == [
        "{}",
        '{"amount":0}',
        '{"amount":1}',
        "{}",
        '{"amount":0}',
    ]
    await assert_straight(pool)


async def test_one_that_changes_a_balance_of_its_facts_is_never_trusted(
    bar: Bar, begun: list[None]
) -> None:
    [name] = await bar.open(1)
    pay = Event("PAY", {"amount": 1})
    await accustom(bar, name, pay)
    begun.clear()
    await bar.engine.send(name, pay, actor="ann")
    assert len(begun) == 1
    assert bar.asked["owed"] == TRUSTED + 1


async def test_what_is_not_kept_is_read_under_its_lock(bar: Bar, begun: list[None]) -> None:
    """Where it stands is not known, and so neither is at what it will look."""
    [name] = await bar.open(1)
    await accustom(bar, name, GREET)
    bar.engine.kept.forget(name)
    begun.clear()
    await bar.engine.send(name, GREET, actor="ann")
    assert len(begun) == 1


async def test_a_refusal_from_an_outdated_row_is_no_answer(
    bar: Bar, pool: Pool, clock: DrivenClock
) -> None:
    """One engine keeps a sated tab, the other has made it thirsty: what the first one refuses counts for nothing."""
    [name] = await bar.open(1)
    for _ in range(TRUSTED):
        refused = await bar.engine.send(name, Event("DRINK"), actor="ann")
        assert refused.refused is not None
    await bar.engine.send(name, COUGH, actor="ann")
    assert bar.engine.kept.row(name) is not None
    other = Bar(pool, clock)
    await other.publish()
    await other.engine.send(name, Event("THIRST"), actor="bob")
    result = await bar.engine.send(name, Event("DRINK"), actor="ann")
    assert (result.refused, result.version) == (None, 4)
    await assert_straight(pool)
    await close(other.engine)
