"""Cron slots: each is done once, on whichever host, and what was missed goes by the schedule's policy."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from engine_room import close
from jsonschema import FormatChecker
from parcel import START
from waiting import eventually

from orderwright.clock import DrivenClock
from orderwright.runtime.clockwork import Clockwork
from orderwright.runtime.cron import ScheduleInvalid
from orderwright.runtime.engine import Engine
from orderwright.runtime.incident import incidents
from orderwright.runtime.job import JobKind
from orderwright.runtime.schedule import Schedule, put_schedule, remove_schedule, schedules
from orderwright.runtime.slot_action import standard_actions
from orderwright.runtime.strike import strike_next
from orderwright.runtime.wakeup import Announcer
from orderwright.runtime.worker import Worker

if TYPE_CHECKING:
    from parcel import Rows

    from orderwright.runtime.pool import Connection, Pool
    from orderwright.runtime.slots import Slot
    from orderwright.runtime.strike import SlotActions

HOUR = timedelta(hours=1)
HOURLY = Schedule(name="tick", cron="0 * * * *", action="note")
SLOTS = "select slot_at, status from orderwright.slot where status <> 'armed' order by slot_at"


class Notebook:
    """An action that writes down what it is asked for, and fails or takes several turns when told to."""

    def __init__(self) -> None:
        self.slots: list[datetime] = []
        self.failures = 0
        self.turns = 1
        self.marks: list[str | None] = []

    @property
    def actions(self) -> SlotActions:
        return {"note": self.note}

    @property
    def hours(self) -> list[int]:
        return [int((slot - START) / HOUR) for slot in self.slots]

    async def note(self, connection: Connection, slot: Slot) -> str | None:
        assert connection.is_in_transaction()
        if self.failures:
            self.failures -= 1
            await connection.execute("select 1 / 0")
        self.marks.append(slot.mark)
        if len(self.marks) < self.turns:
            return str(len(self.marks))
        self.slots.append(slot.slot_at)
        return None


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


async def put(engine: Engine, schedule: Schedule) -> bool:
    async with engine.pool.acquire() as connection, connection.transaction():
        return await put_schedule(connection, schedule, at=engine.clock.now())


async def strike_all(engine: Engine, actions: SlotActions) -> int:
    struck = 0
    while await strike_next(engine, actions):
        struck += 1
    return struck


async def test_a_slot_is_done_when_it_is_due_and_not_before(
    engine: Engine, clock: DrivenClock, notebook: Notebook
):
    assert await put(engine, HOURLY)
    clock.advance(HOUR - timedelta(microseconds=1))
    assert not await strike_next(engine, notebook.actions)
    clock.advance(timedelta(microseconds=1))
    assert await strike_all(engine, notebook.actions) == 1
    assert notebook.hours == [1]
    clock.advance(HOUR)
    assert await strike_all(engine, notebook.actions) == 1
    assert notebook.hours == [1, 2]


@pytest.mark.parametrize(
    ("missed", "late", "expected"),
    [
        ("all", timedelta(minutes=30), [1, 2, 3, 4, 5]),
        ("latest", timedelta(minutes=30), [5]),
        ("none", timedelta(minutes=30), []),
        ("none", timedelta(seconds=30), [5]),
    ],
)
async def test_what_was_missed_goes_by_the_policy(  # noqa: PLR0913 (a table)
    engine: Engine,
    clock: DrivenClock,
    rows: Rows,
    notebook: Notebook,
    missed: str,
    late: timedelta,
    expected: list[int],
):
    await put(engine, replace(HOURLY, missed=missed))
    clock.advance(5 * HOUR + late)

    await strike_all(engine, notebook.actions)

    assert notebook.hours == expected
    done = [row["slot_at"] for row in await rows(SLOTS) if row["status"] == "done"]
    assert done == notebook.slots
    clock.set(START + 6 * HOUR)
    await strike_all(engine, notebook.actions)
    assert notebook.hours == [*expected, 6]


async def test_years_of_missed_minutes_are_passed_at_once(
    engine: Engine, clock: DrivenClock, notebook: Notebook
):
    await put(engine, replace(HOURLY, cron="* * * * *"))
    clock.advance(timedelta(days=5 * 365))
    assert await strike_all(engine, notebook.actions) == 1
    assert notebook.slots == [clock.now()]


async def test_three_hosts_do_each_slot_once(
    engine: Engine, clock: DrivenClock, notebook: Notebook, rows: Rows
):
    await put(engine, replace(HOURLY, missed="all"))
    clock.advance(100 * HOUR)

    await asyncio.gather(*(strike_all(engine, notebook.actions) for _ in range(3)))
    await strike_all(
        engine, notebook.actions
    )  # a host stops when another has the schedule in hand

    assert notebook.hours == list(range(1, 101))
    assert len(await rows(SLOTS)) == 100


async def test_a_host_whose_clock_lags_or_leads_repeats_no_slot(
    engine: Engine, pool: Pool, clock: DrivenClock, notebook: Notebook
):
    await put(engine, HOURLY)
    other = DrivenClock(START)
    lagging = Engine(
        pool,
        engine.registry,
        other,
        facts={},
        formats=FormatChecker(),
        wakeup=Announcer(pool),
    )
    for hour in range(1, 4):
        clock.set(START + hour * HOUR + timedelta(seconds=5))
        other.set(clock.now() - timedelta(seconds=9))
        await strike_all(engine, notebook.actions)
        await strike_all(lagging, notebook.actions)
        other.set(clock.now())
        await strike_all(lagging, notebook.actions)
    assert notebook.hours == [1, 2, 3]
    await close(lagging)


async def test_a_changed_schedule_takes_effect_at_once_and_repeats_no_slot(
    engine: Engine, clock: DrivenClock, notebook: Notebook
):
    await put(engine, HOURLY)
    clock.advance(HOUR)
    await strike_all(engine, notebook.actions)

    assert await put(engine, replace(HOURLY, cron="*/15 * * * *"))
    clock.advance(HOUR / 4)
    assert await strike_all(engine, notebook.actions) == 1

    clock.set(START + HOUR)  # a host behind the time changes it back
    assert await put(engine, HOURLY)
    clock.advance(HOUR / 4)
    assert await strike_all(engine, notebook.actions) == 0
    clock.set(START + 2 * HOUR)
    assert await strike_all(engine, notebook.actions) == 1
    assert notebook.slots == [START + HOUR, START + 1.25 * HOUR, START + 2 * HOUR]


async def test_the_same_schedule_put_again_keeps_the_slot_that_is_late(
    engine: Engine, clock: DrivenClock, notebook: Notebook
):
    await put(engine, HOURLY)
    clock.advance(1.5 * HOUR)
    assert not await put(engine, HOURLY)
    await strike_all(engine, notebook.actions)
    assert notebook.hours == [1]


async def test_a_changed_schedule_does_the_slot_that_is_due_or_under_way_and_then_goes_by_its_own_times(
    engine: Engine, clock: DrivenClock, notebook: Notebook
):
    await put(engine, HOURLY)
    notebook.turns = 2
    clock.advance(1.1 * HOUR)
    assert await strike_next(engine, notebook.actions)
    assert await put(engine, replace(HOURLY, cron="30 0 * * *"))
    assert await put(engine, replace(HOURLY, cron="0 5 * * *"))
    await strike_all(engine, notebook.actions)
    assert notebook.marks == [None, "1"]
    assert notebook.hours == [1]
    clock.advance(24 * HOUR)
    await strike_all(engine, notebook.actions)
    assert notebook.hours == [1, 17]


async def test_a_removed_schedule_does_nothing_any_more(
    engine: Engine, clock: DrivenClock, notebook: Notebook, rows: Rows
):
    await put(engine, HOURLY)
    async with engine.pool.acquire() as connection, connection.transaction():
        assert await remove_schedule(connection, "tick")
        assert not await remove_schedule(connection, "tick")
        assert await schedules(connection) == []
    clock.advance(HOUR)
    assert await strike_all(engine, notebook.actions) == 0
    assert await rows("select 1 from orderwright.slot") == []


async def test_a_slot_that_fails_is_tried_again_later_and_leaves_nothing_behind(
    engine: Engine, clock: DrivenClock, notebook: Notebook, pool: Pool
):
    await put(engine, replace(HOURLY, missed="all"))
    notebook.failures = 2
    clock.advance(2 * HOUR)
    assert await strike_all(engine, notebook.actions) == 1
    clock.advance(timedelta(seconds=1))
    assert await strike_all(engine, notebook.actions) == 1
    assert notebook.hours == []
    clock.advance(timedelta(seconds=2))
    assert await strike_all(engine, notebook.actions) == 2
    assert notebook.hours == [1, 2]

    await engine.alarm.close()
    async with pool.acquire() as connection:
        [incident] = await incidents(connection)
    assert (incident.kind, incident.subject) == ("slot_failed", "schedule/tick")


async def test_a_slot_fails_too_whose_writes_only_the_commit_would_refuse(
    engine: Engine, clock: DrivenClock, notebook: Notebook, pool: Pool
):
    await pool.execute("create table known (hour timestamptz primary key)")
    await pool.execute(
        "create table noted (hour timestamptz references known deferrable initially deferred)"
    )

    async def note(connection: Connection, slot: Slot) -> str | None:
        await connection.execute("insert into noted values ($1)", slot.slot_at)
        return await notebook.note(connection, slot)

    await put(engine, HOURLY)
    clock.advance(HOUR)
    assert await strike_next(engine, {"note": note})
    assert await pool.fetch("select 1 from noted") == []
    await pool.execute("insert into known values ($1)", START + HOUR)
    assert not await strike_next(engine, {"note": note}), "it waits for its pause to end"
    clock.advance(timedelta(seconds=1))
    assert await strike_all(engine, {"note": note}) == 1
    assert [row["hour"] for row in await pool.fetch("select hour from noted")] == [START + HOUR]

    await engine.alarm.close()
    async with pool.acquire() as connection:
        [incident] = await incidents(connection)
    assert (incident.kind, incident.subject) == ("slot_failed", "schedule/tick")


async def test_work_of_several_turns_goes_on_where_it_stood(
    engine: Engine, clock: DrivenClock, notebook: Notebook
):
    await put(engine, HOURLY)
    notebook.turns = 3
    clock.advance(HOUR)
    assert await strike_next(engine, notebook.actions)
    clock.advance(5 * HOUR)  # the host was away: what was begun is finished first
    assert await strike_all(engine, notebook.actions) == 3
    assert notebook.marks[:3] == [None, "1", "2"]
    assert notebook.hours == [1, 6]


async def test_a_host_leaves_alone_what_it_does_not_know(
    engine: Engine, clock: DrivenClock, notebook: Notebook
):
    await put(engine, replace(HOURLY, name="new", action="of a later release"))
    await put(engine, HOURLY)
    clock.advance(HOUR)
    assert await strike_all(engine, notebook.actions) == 1


async def test_a_slot_may_send_an_event(engine: Engine, clock: DrivenClock, rows: Rows):
    await engine.create("parcel", "p1", actor="ann")
    payload = {"instance": "p1", "type": "INSPECT"}
    await put(engine, replace(HOURLY, action="event", payload=payload))
    clock.advance(HOUR)
    assert await strike_all(engine, standard_actions(engine)) == 1
    [log] = await rows("select * from orderwright.log where version = 2")
    assert (log["event_type"], log["actor_kind"], log["actor_id"]) == (
        "INSPECT",
        "system",
        "schedule",
    )
    assert log["causation_id"] == "schedule/tick/2026-03-01T13:00:00+00:00"


async def test_a_slot_may_put_a_job_down(
    engine: Engine, clock: DrivenClock, rows: Rows, monkeypatch: pytest.MonkeyPatch
):
    async def mail(_: object) -> None:
        """Do nothing: no test runs it."""

    monkeypatch.setattr(engine, "kinds", {"mail": JobKind(name="mail", handle=mail)})
    payload = {"kind": "mail", "payload": {"to": "ann"}}
    await put(engine, replace(HOURLY, action="job", payload=payload))
    clock.advance(HOUR)
    assert await strike_all(engine, standard_actions(engine)) == 1
    assert await rows("select kind, key, root_id from orderwright.job") == [
        {"kind": "mail", "key": "schedule/tick/2026-03-01T13:00:00+00:00", "root_id": "tick"}
    ]


async def test_a_schedule_whose_slots_would_have_too_long_a_key_for_a_job_is_not_stored(
    engine: Engine, clock: DrivenClock, rows: Rows, monkeypatch: pytest.MonkeyPatch
):
    async def mail(_: object) -> None:
        """Do nothing: no test runs it."""

    monkeypatch.setattr(engine, "kinds", {"mail": JobKind(name="mail", handle=mail)})
    longest = replace(HOURLY, name="s" * 220, action="job", payload={"kind": "mail"})
    with pytest.raises(
        ScheduleInvalid, match=r"^name of a schedule: expected 1 to 220 characters"
    ):
        await put(engine, replace(longest, name="s" * 221))
    assert await put(engine, replace(longest, name="s" * 255, action="note"))

    assert await put(engine, longest)
    clock.advance(HOUR)
    assert await strike_all(engine, standard_actions(engine)) == 1
    [job] = await rows("select key from orderwright.job")
    assert len(job["key"]) == 255


async def test_a_running_worker_stores_its_schedules_and_strikes_their_slots(
    engine: Engine, clock: DrivenClock, notebook: Notebook, rows: Rows
):
    async def hourly(_: object) -> Schedule:
        return HOURLY

    clockwork = Clockwork(engine, actions=notebook.actions, schedules=[hourly], poll_seconds=0.01)
    running = asyncio.create_task(Worker(engine, [], clockwork=clockwork).run())

    async def is_stored() -> bool:
        return len(await rows("select 1 from orderwright.slot")) == 1

    async def has_struck() -> bool:
        return notebook.hours == [1]

    await eventually(is_stored)
    clock.advance(HOUR)
    await eventually(has_struck)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_draining_strikes_slots_that_are_due_until_then(
    engine: Engine, clock: DrivenClock, notebook: Notebook
):
    await put(engine, replace(HOURLY, missed="all"))
    clock.advance(5 * HOUR)
    worker = Worker(engine, [], clockwork=Clockwork(engine, actions=notebook.actions))
    assert await worker.drain(until=START + 2 * HOUR) == 2
    assert await worker.drain() == 3
    assert notebook.hours == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"cron": "hourly"},
        {"zone": "Mars/Olympus"},
        {"missed": "some"},
        {"action": "x" * 300},
        {"payload": {"at": datetime(2026, 1, 1, tzinfo=UTC)}},
    ],
)
def test_a_schedule_without_meaning_is_refused(wrong: dict[str, object]):
    with pytest.raises(ScheduleInvalid):
        replace(HOURLY, **wrong)


@pytest.mark.parametrize(
    ("column", "damaged"),
    [
        ("payload", "{"),
        ("payload", "7"),
        ("cron", "now and then"),
        ("zone", "Nowhere"),
        ("missed", "?"),
    ],
)
async def test_a_schedule_that_cannot_be_read_is_put_off_and_the_others_strike(
    engine: Engine, clock: DrivenClock, notebook: Notebook, pool: Pool, column: str, damaged: str
):
    await put(engine, replace(HOURLY, name="a", missed="all"))
    await put(engine, replace(HOURLY, name="b", missed="all"))
    sound = await pool.fetchval(f"select {column} from orderwright.schedule where name = 'a'")
    write = f"update orderwright.schedule set {column} = $1 where name = 'a'"
    await pool.execute(write, damaged)
    clock.advance(2 * HOUR)

    assert await strike_all(engine, notebook.actions) == 3

    assert notebook.hours == [1, 2]
    [kept] = await pool.fetch("select * from orderwright.slot where retry_at is not null")
    assert (kept["schedule"], kept["slot_at"], kept["attempts"]) == ("a", START + HOUR, 1)
    assert kept["last_error"]
    await engine.alarm.close()
    [found] = await incidents(pool)
    assert (found.kind, found.subject) == ("slot_failed", "schedule/a")
    assert found.cause == kept["last_error"]
    assert found.details == {"schedule": "a", "slot_at": kept["slot_at"].isoformat()}

    await pool.execute(write, sound)
    clock.advance(timedelta(seconds=1))
    assert await strike_all(engine, notebook.actions) == 2
    assert notebook.hours == [1, 2, 1, 2]
