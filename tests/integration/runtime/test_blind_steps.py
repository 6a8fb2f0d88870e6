"""An event that has looked at no fact for a while is tried without a transaction, and comes out the same."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import pytest
from engine_room import Deaf, build_engine, close
from parcel import weighed_when_heavy
from straight import assert_straight
from tab import Bar, facts_of

from orderwright.runtime import carrier
from orderwright.runtime.habit import TRUSTED
from orderwright.runtime.observation import Diverted
from orderwright.runtime.ticket import Detour
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from parcel import Scales

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


async def test_one_behind_another_that_is_put_off_is_not_overtaken(bar: Bar) -> None:
    """However many wait for an instance, one try in vain is enough to see that its habit is over."""
    [name] = await bar.open(1)
    await accustom(bar, name, SMALL)
    detours: Counter[Detour] = Counter()
    bar.listen(lambda note: detours.update([note.detour] if isinstance(note, Diverted) else []))
    results = await asyncio.gather(*(bar.engine.send(name, LARGE, actor="ann") for _ in range(64)))
    assert [one.refused for one in results] == [None] * 64
    assert detours[Detour.NEEDS_TRANSACTION] == 1
    assert detours[Detour.OVERTAKEN] == 0
    assert detours.total() <= 64


async def test_one_whose_instance_is_held_holds_up_no_other_for_long(
    bar: Bar, pool: Pool, begun: list[None]
) -> None:
    """The batch gives up, and is tried again where held instances are passed over."""
    names = await bar.open(16)
    for name in names:
        await accustom(bar, name, GREET)
    begun.clear()
    detours: Counter[Detour] = Counter()
    bar.listen(lambda note: detours.update([note.detour] if isinstance(note, Diverted) else []))
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "select 1 from orderwright.instance where instance_id = $1 for share", names[0]
        )
        sending = {
            name: asyncio.ensure_future(bar.engine.send(name, GREET, actor="ann"))
            for name in names
        }
        held = sending.pop(names[0])
        results = await asyncio.gather(*sending.values())
        assert not held.done()
    assert [one.refused for one in (*results, await held)] == [None] * 16
    assert detours[Detour.LOCKED] <= 16 + 1
    assert 0 < len(begun) < 16
    await assert_straight(pool)


async def test_a_balance_that_a_fact_covers_by_another_name_is_one_of_its(
    pool: Pool, clock: DrivenClock
) -> None:
    found = Bar(pool, clock, till="till/bar")
    await found.publish()
    found.engine.keep(Deaf())
    [name] = await found.open(1)
    pay = Event("PAY", {"amount": 1})
    await accustom(found, name, pay)
    await found.engine.send(name, pay, actor="ann")
    assert found.asked["owed"] == TRUSTED + 1
    await close(found.engine)


async def test_one_whose_facts_are_loaded_for_it_alone_is_never_trusted(
    pool: Pool, clock: DrivenClock, scales: Scales
) -> None:
    """Its loader may lock what it likes, and it may mean to be locked."""
    engine = await build_engine(pool, clock, {"weight": scales.load}, chart=weighed_when_heavy())
    engine.keep(Deaf())
    await engine.create("parcel", "p1", actor="ann")
    scales.asked.clear()
    for count in range(1, TRUSTED + 3):
        await engine.send("p1", Event("WEIGH"), actor="ann")
        assert len(scales.asked) == count
    await close(engine)


async def test_what_the_door_refuses_has_looked_at_nothing_and_says_nothing(
    bar: Bar, begun: list[None]
) -> None:
    name, other = await bar.open(2)
    wrong = Event("SIP", {"amount": "much"})
    for _ in range(TRUSTED + 1):
        result, _ = await asyncio.gather(
            bar.engine.send(name, wrong, actor="ann"), bar.engine.send(other, GREET, actor="ann")
        )
        assert result.refused is not None
        assert result.refused.code == "event_data"
    begun.clear()
    await bar.engine.send(name, SMALL, actor="ann")
    assert len(begun) == 1
