"""Balances are changed with the step that says why, keep their bounds, and are what their rows add up to."""

from __future__ import annotations

import asyncio
import random  # noqa: TID251 (chance is what races are about)
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from engine_room import close
from purse import build_claims
from waiting import eventually

from orderwright.runtime import ledger
from orderwright.runtime.command import Actor, Cause, Send
from orderwright.runtime.firing import fire_due
from orderwright.runtime.incident import incidents
from orderwright.runtime.job_runner import JobRunner
from orderwright.runtime.ledger import GUARD, Booking, BookingInvalid, Difference
from orderwright.runtime.pool import open_pool
from orderwright.runtime.replay import Replay
from orderwright.runtime.schedule import Schedule, put_schedule
from orderwright.runtime.simulation import Simulator, Supposition
from orderwright.runtime.slot_action import standard_actions
from orderwright.runtime.strike import strike_next
from orderwright.statechart import Event, Post

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from errand import Receiver
    from parcel import Everything, Rows

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection, Pool


@pytest.fixture
async def claims(pool: Pool, clock: DrivenClock, receiver: Receiver) -> AsyncIterator[Engine]:
    built = await build_claims(pool, clock, receiver.kind())
    yield built
    await close(built)


def spend(amount: object) -> Event:
    return Event("SPEND", {"amount": amount})


async def balance(pool: Pool, account: str = "main") -> int:
    async with pool.acquire() as connection:
        return (await ledger.balances(connection, "money", [account], lock=False))[account]


async def differences(pool: Pool) -> list[Difference]:
    return [one async for one in ledger.differences(pool)]


async def test_a_balance_is_what_its_rows_add_up_to(claims: Engine, pool: Pool, rows: Rows):
    await claims.create("claim", "c1", context={"opening": 4}, actor="ann")
    await claims.send("c1", spend(5), actor="ann")
    await claims.send("c1", spend(-2), actor="ann")
    assert await balance(pool) == 7
    booked = await rows("select account, amount from orderwright.ledger_entry order by version")
    assert [(row["account"], row["amount"]) for row in booked] == [
        ("main", 4),
        ("main", 5),
        ("main", -2),
    ]
    assert await differences(pool) == []


@pytest.mark.parametrize(
    ("amount", "message"), [(7, "would be 11, above 10"), (-5, "would be -1, below 0")]
)
async def test_a_balance_that_would_leave_its_bounds_refuses_the_step_and_changes_nothing(
    claims: Engine, everything: Everything, amount: int, message: str
):
    await claims.create("claim", "c1", context={"opening": 4}, actor="ann")
    before = await everything()

    result = await claims.send("c1", spend(amount), actor="ann", idempotency_key="k")

    assert result.refused is not None
    assert (result.refused.code, result.version) == ("balance_guard", 1)
    assert result.refused.message == f"money of main {message}"
    assert result.refused.values["balance"] == 4
    assert await everything() == before
    again = await claims.send("c1", spend(1), actor="ann", idempotency_key="k")
    assert (again.refused, again.replayed) == (None, False)


async def test_a_start_that_books_too_much_leaves_no_instance(
    claims: Engine, everything: Everything
):
    await claims.create("claim", "c0", actor="ann")
    before = await everything()
    context = {"opening": 11}
    result = await claims.create(
        "claim", "c1", context=context, actor="ann", idempotency_key="first"
    )
    assert result.refused is not None
    assert (result.refused.code, result.snapshot) == ("balance_guard", None)
    assert await everything() == before
    assert await claims.read("c1") is None


async def test_a_step_with_two_bookings_makes_both_or_none(claims: Engine, pool: Pool):
    await claims.create("claim", "c1", actor="ann")
    await claims.create("claim", "c2", context={"purse": "other", "opening": 9}, actor="ann")
    result = await claims.send("c1", Event("MOVE", {"amount": 2}), actor="ann")
    assert result.refused is not None
    assert result.refused.values["account"] == "other"
    assert (await balance(pool), await balance(pool, "other")) == (0, 9)
    result = await claims.send("c1", Event("MOVE", {"amount": 1}), actor="ann")
    assert result.refused is None
    assert (await balance(pool), await balance(pool, "other")) == (1, 10)


async def test_bookings_of_one_step_on_one_account_count_together(claims: Engine, pool: Pool):
    context = {"purse": "same", "other": "same", "opening": 6}
    await claims.create("claim", "c1", context=context, actor="ann")
    refused = (await claims.send("c1", Event("MOVE", {"amount": 3}), actor="ann")).refused
    assert refused is not None
    assert refused.message == "money of same would be 12, above 10"
    await claims.send("c1", Event("MOVE", {"amount": 2}), actor="ann")
    assert await balance(pool, "same") == 10


async def test_who_is_refused_in_a_batch_takes_with_him_what_was_computed_from_it_and_nobody_else(
    claims: Engine, pool: Pool
):
    for name in ("c1", "c2", "c3"):
        await claims.create("claim", name, context={"purse": name}, actor="ann")
    sends = [("c1", 9), ("c1", 2), ("c1", 1), ("c2", 11), ("c2", 3), ("c3", 10)]
    results = await claims.send_many(
        [
            Send(instance_id=name, event=spend(n), cause=Cause(actor=Actor("ann")))
            for name, n in sends
        ]
    )
    codes = [result.refused and result.refused.code for result in results]
    assert codes == [None, "balance_guard", None, "balance_guard", None, None]
    assert [await balance(pool, name) for name in ("c1", "c2", "c3")] == [10, 3, 10]
    for name in ("c1", "c2", "c3"):
        assert await Replay(pool).verify(name) == ()


async def test_a_hundred_claims_on_a_purse_of_ten_get_exactly_ten(
    claims: Engine, pool: Pool, clock: DrivenClock, database_url: str
):
    other_pool = await open_pool(database_url, max_size=6)
    other = await build_claims(other_pool, clock)
    names = [f"c{n:03}" for n in range(100)]
    await asyncio.gather(*(claims.create("claim", name, actor="ann") for name in names))
    results = await asyncio.gather(
        *(
            (claims, other)[number % 2].send(name, spend(1), actor="ann")
            for number, name in enumerate(names)
        )
    )
    assert sum(result.refused is None for result in results) == 10
    assert await balance(pool) == 10
    assert await differences(pool) == []
    await close(other)
    await other_pool.close()


async def test_random_bookings_from_two_processes_never_deadlock_and_always_add_up(
    claims: Engine, pool: Pool, clock: DrivenClock, database_url: str
):
    chance = random.Random(7)
    other_pool = await open_pool(database_url, max_size=6)
    other = await build_claims(other_pool, clock)
    purses = ["p1", "p2", "p3"]
    names = [f"c{n:02}" for n in range(30)]
    for name in names:
        purse, second = chance.sample(purses, 2)
        await claims.create("claim", name, context={"purse": purse, "other": second}, actor="ann")
    deadlocks = "select deadlocks from pg_stat_database where datname = current_database()"
    expected = dict.fromkeys(purses, 0)

    async def client(engine: Engine, chance: random.Random) -> None:
        for _ in range(40):
            name, amount = chance.choice(names), chance.randint(-3, 3)
            kind = chance.choice(("SPEND", "MOVE"))
            result = await engine.send(name, Event(kind, {"amount": amount}), actor="ann")
            if result.refused is None:
                context = result.snapshot.context
                expected[context["purse"]] += amount
                if kind == "MOVE":
                    expected[context["other"]] += amount

    await asyncio.gather(
        *(client(engine, random.Random(n)) for n in range(8) for engine in (claims, other))
    )
    assert {name: await balance(pool, name) for name in purses} == expected
    assert all(0 <= amount <= 10 for amount in expected.values())
    assert await differences(pool) == []
    assert await pool.fetchval(deadlocks) == 0
    await close(other)
    await other_pool.close()


async def test_a_booking_joins_the_transaction_of_its_caller(claims: Engine, pool: Pool):
    await claims.create("claim", "c1", actor="ann")
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await claims.send("c1", spend(3), actor="ann", connection=connection)
        assert (await ledger.balances(connection, "money", ["main"], lock=True)) == {"main": 3}
        await transaction.rollback()
    assert await balance(pool) == 0
    assert await differences(pool) == []


async def test_a_timer_whose_booking_goes_too_far_is_refused_and_seen(
    claims: Engine, pool: Pool, clock: DrivenClock, rows: Rows
):
    for name, opening in (("c1", 10), ("c2", 3)):
        context = {"purse": name, "opening": opening}
        await claims.create("claim", name, context=context, actor="ann")
        await claims.send(name, Event("SPEND_LATER"), actor="ann")
    clock.advance(timedelta(seconds=1))
    while await fire_due(claims):
        pass
    assert await rows("select 1 from orderwright.timer") == []
    assert [await balance(pool, name) for name in ("c1", "c2")] == [10, 4]
    await claims.alarm.close()
    async with pool.acquire() as connection:
        [seen] = await incidents(connection)
    assert (seen.kind, seen.code) == ("timer_refused", "balance_guard")


async def test_a_result_whose_booking_goes_too_far_is_taken_once_there_is_room(
    claims: Engine, receiver: Receiver, clock: DrivenClock, rows: Rows
):
    receiver.answer = 8
    await claims.create("claim", "c1", actor="ann")
    await claims.create("claim", "c2", context={"opening": 3}, actor="ann")
    await claims.send("c1", Event("ASK"), actor="ann")
    runner = JobRunner(claims)
    assert await runner.run_due() == 1
    [waiting] = await rows("select status, attempts, last_error from orderwright.job")
    assert (waiting["status"], waiting["attempts"]) == ("waiting", 1)
    assert "ResultRefused" in waiting["last_error"]
    assert "money of main would be 11, above 10" in waiting["last_error"]
    await claims.send("c2", spend(-1), actor="ann")
    clock.advance(timedelta(seconds=1))
    assert await runner.run_due() == 1
    assert (await claims.read("c1")).state == "TOLD"
    assert await balance(claims.pool) == 10
    assert len({run.key for run in receiver.calls}) == 1


async def test_a_result_whose_booking_goes_too_far_at_last_comes_back_as_an_error(
    claims: Engine, receiver: Receiver, clock: DrivenClock, rows: Rows
):
    receiver.answer = 11
    await claims.create("claim", "c1", actor="ann")
    await claims.send("c1", Event("ASK"), actor="ann")
    for _ in range(3):
        assert (await claims.read("c1")).state == "ASKING"
        await JobRunner(claims).run_due()
        clock.advance(timedelta(minutes=1))
    failed = await claims.read("c1")
    assert failed.state == "FAILED"
    assert "money of main would be 11, above 10" in failed.snapshot.context["why"]
    assert await rows("select status from orderwright.job") == [{"status": "failed"}]
    assert await balance(claims.pool) == 0


async def test_a_slot_whose_booking_goes_too_far_is_seen_and_tried_again(
    claims: Engine, clock: DrivenClock
):
    await claims.create("claim", "c1", context={"opening": 10}, actor="ann")
    payload = {"instance": "c1", "type": "SPEND", "data": {"amount": 1}}
    tick = Schedule(name="tick", cron="0 * * * *", action="event", payload=payload)
    async with claims.pool.acquire() as connection, connection.transaction():
        await put_schedule(connection, tick, at=clock.now())
    clock.advance(timedelta(hours=1))
    actions = standard_actions(claims)
    assert await strike_next(claims, actions)
    await claims.alarm.close()
    async with claims.pool.acquire() as connection:
        [seen] = await incidents(connection)
    assert (seen.kind, seen.subject) == ("slot_failed", "schedule/tick")
    assert "money of main would be 11, above 10" in seen.cause
    await claims.send("c1", spend(-1), actor="ann")
    clock.advance(timedelta(seconds=1))
    assert await strike_next(claims, actions)
    assert await balance(claims.pool) == 10
    assert (await claims.read("c1")).version == 3


async def test_a_simulation_says_what_it_would_book_and_leaves_the_bounds_to_the_balance(
    claims: Engine, pool: Pool
):
    await claims.create("claim", "c1", actor="ann")
    supposed = Supposition(events=(spend(11),), actor=Actor("ann"))
    [step] = (await Simulator(claims).simulate("c1", supposed)).steps
    assert step.refused is None
    assert step.effects[0] == Post("money", {"account": "main", "amount": 11})
    assert await balance(pool) == 0
    assert (await claims.send("c1", spend(11), actor="ann")).refused.code == GUARD


async def test_locked_balances_wait_and_unknown_accounts_can_be_locked(pool: Pool):
    async with pool.acquire() as first, first.transaction():
        found = await ledger.balances(first, "money", ["new", "other"], lock=True)
        assert found == {"new": 0, "other": 0}
        nowait = "select 1 from orderwright.balance where account = 'new' for update skip locked"
        async with pool.acquire() as second:
            assert await second.fetchval(nowait) is None


async def test_who_waits_for_an_account_that_is_being_made_has_locked_no_other(pool: Pool):
    async with pool.acquire() as connection, connection.transaction():
        await ledger.balances(connection, "money", ["old"], lock=True)
    async with pool.acquire() as first, pool.acquire() as second:
        making = first.transaction()
        await making.start()
        await ledger.balances(first, "money", ["new"], lock=True)
        async with second.transaction():
            both = asyncio.create_task(ledger.balances(second, "money", ["new", "old"], lock=True))
            await eventually(lambda: _is_waited_for(pool, first))
            free = "select 1 from orderwright.balance where account = 'old' for update skip locked"
            assert await first.fetchval(free) == 1
            await making.rollback()
            assert await both == {"new": 0, "old": 0}


async def _is_waited_for(pool: Pool, holder: Connection) -> bool:
    waiting = "select exists (select from pg_stat_activity where $1 = any(pg_blocking_pids(pid)))"
    found: bool = await pool.fetchval(waiting, holder.get_server_pid())
    return found


@pytest.mark.parametrize("amount", ["3", 1.5, True, None, 10**17])
async def test_what_is_no_whole_number_cannot_be_booked(
    claims: Engine, everything: Everything, amount: object
):
    await claims.create("claim", "c1", actor="ann")
    before = await everything()
    with pytest.raises(BookingInvalid, match="expected a whole number") as raised:
        await claims.send("c1", spend(amount), actor="ann")
    assert raised.value.values["ledger"] == "money"
    assert await everything() == before


async def test_posts_to_other_ledgers_are_rows_without_a_balance(claims: Engine, rows: Rows):
    await claims.create("claim", "c1", actor="ann")
    await claims.send("c1", Event("NOTE"), actor="ann")
    [row] = await rows("select * from orderwright.ledger_entry where ledger = 'notes'")
    assert (row["data"], row["account"], row["amount"]) == ('{"amount":"many"}', None, None)


async def test_a_balance_that_somebody_changed_by_hand_is_found(claims: Engine, pool: Pool):
    await claims.create("claim", "c1", context={"opening": 4}, actor="ann")
    await pool.execute("update orderwright.balance set amount = 5")
    assert await differences(pool) == [
        Difference(ledger="money", account="main", balance=5, rows=4)
    ]
    await pool.execute("delete from orderwright.balance")
    assert [one.balance for one in await differences(pool)] == [0]


def test_a_booking_needs_an_account():
    with pytest.raises(ValueError, match="account"):
        Booking(account="", amount=1)


@pytest.mark.parametrize("account", ["x" * 512, "a\x00b", "\ud800"])
def test_the_account_of_a_booking_fits_its_index(account: str):
    with pytest.raises(ValueError, match="account: expected"):
        Booking(account=account, amount=1)
    assert Booking(account="\U0001f4b0" * 511, amount=1).amount == 1


async def test_the_longest_account_is_booked_and_a_longer_one_stops_its_step(
    claims: Engine, pool: Pool
):
    purses = "".join(
        map(chr, range(0x1F300, 0x1F300 + 512))
    )  # four bytes each, and nothing to compress
    await claims.create("claim", "c1", actor="ann", context={"purse": purses[:511]})
    await claims.send("c1", spend(2), actor="ann")
    assert await balance(pool, purses[:511]) == 2
    with pytest.raises(BookingInvalid, match="1 to 511 characters"):
        await claims.create("claim", "c2", actor="ann", context={"purse": purses})


async def test_a_balance_without_bounds_keeps_to_what_can_be_counted(
    claims: Engine, pool: Pool, monkeypatch: pytest.MonkeyPatch
):
    def unbounded(data: Mapping[str, Any]) -> Booking:
        return Booking(account=data["account"], amount=data["amount"])

    monkeypatch.setitem(claims.ledgers, "money", unbounded)
    for name, purse in (("c1", "main"), ("c2", "main"), ("c3", "low")):
        await claims.create("claim", name, actor="ann", context={"purse": purse})
    most, least = 2**63 - 1, -(2**63)
    await pool.execute(
        "update orderwright.balance set amount = $1 where account = 'main'", most - 2
    )
    await pool.execute("update orderwright.balance set amount = $1 where account = 'low'", least)

    sent = [("c1", 3), ("c2", 2), ("c3", -1)]
    answers = await asyncio.gather(
        *(claims.send(name, spend(amount), actor="ann") for name, amount in sent)
    )

    [high, fine, low] = [one.refused for one in answers]
    assert fine is None
    assert (high.code, high.values["floor"], high.values["ceiling"]) == (GUARD, None, most)
    assert (low.code, low.values["floor"], low.values["ceiling"]) == (GUARD, least, None)
    assert [await balance(pool), await balance(pool, "low")] == [most, least]
    assert (await claims.send("c1", spend(1 - 10**17), actor="ann")).refused is None
    assert await balance(pool) == most + 1 - 10**17
