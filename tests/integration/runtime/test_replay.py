from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from parcel import START

from orderwright.errors import InputInvalid
from orderwright.runtime import replay as replaying
from orderwright.runtime.instance import InstanceNotFound
from orderwright.runtime.replay import Replay, Tally, VersionNotFound
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool


def changed(changes: str) -> str:
    """Say that the last row changed something else."""
    return f"update orderwright.log set changes = '{changes}' where version = 5"


REORDER = """
update orderwright.log set version = 99 where version = 5;
update orderwright.log set version = 5 where version = 4;
update orderwright.log set version = 4 where version = 99;
"""


@pytest.fixture
async def replay(engine: Engine, clock: DrivenClock):
    """The proof, and an instance with a past: p1 at version 5."""
    await engine.create("parcel", "p1", context={"note": "x"}, actor="ann")
    for event in (Event("ADD", {"n": 2}), Event("HOLD"), Event("RESUME"), Event("WEIGH")):
        clock.advance(timedelta(minutes=1))
        assert (await engine.send("p1", event, actor="ann", reason="why")).refused is None
    return Replay(engine.pool)


async def test_what_the_engine_wrote_verifies(replay: Replay):
    assert await replay.verify("p1") == ()


async def test_every_earlier_state_can_be_read_back(replay: Replay):
    counts = [(await replay.state_at("p1", version)).context["count"] for version in range(1, 6)]
    values = [(await replay.state_at("p1", version)).value for version in range(1, 6)]
    assert counts == [0, 2, 2, 2, 3]
    assert values == ["OPEN", "OPEN", "HELD", "OPEN", "OPEN"]


async def test_a_version_that_there_is_not_is_an_error_and_not_the_last_one(replay: Replay):
    for version in (0, 6):
        with pytest.raises(VersionNotFound):
            await replay.state_at("p1", version)


async def test_an_unknown_instance_is_an_error(replay: Replay):
    with pytest.raises(InstanceNotFound):
        await replay.verify("p2")


async def test_how_far_an_instance_has_come_is_told_of_one_that_cannot_be_read(
    replay: Replay, pool: Pool
):
    await pool.execute("update orderwright.instance set snapshot = 'x'")
    assert await replay.reached("p1") == 5
    for unknown in ("p2", "p\0"):
        with pytest.raises(InstanceNotFound):
            await replay.reached(unknown)


@pytest.mark.parametrize(
    ("edit", "codes"),
    [
        ("update orderwright.log set reason = 'other' where version = 2", {"hash_differs"}),
        ("update orderwright.log set actor_id = 'bob' where version = 5", {"hash_differs"}),
        (
            "update orderwright.log set to_state = 'OPEN' where version = 3",
            {"hash_differs", "state_gap"},
        ),
        (
            "delete from orderwright.log where version = 5",
            {"log_length", "tail_differs", "fold_differs"},
        ),
        ("delete from orderwright.log where version = 3", {"version_gap", "hash_differs"}),
        (
            "update orderwright.instance set snapshot = replace(snapshot, '\"count\":3', '\"count\":4')",
            {"fold_differs"},
        ),
        ("update orderwright.instance set state = 'HELD'", {"state_differs"}),
        ("update orderwright.instance set status = 'done'", {"row_differs"}),
        ("update orderwright.instance set chart_version = 9", {"row_differs"}),
        (
            "update orderwright.instance set created_at = created_at - interval '1 day'",
            {"row_differs"},
        ),
        (
            "update orderwright.instance set updated_at = updated_at + interval '1 second'",
            {"row_differs"},
        ),
        ("update orderwright.instance set created_at = '-infinity'", {"row_differs"}),
        ("update orderwright.instance set updated_at = '12000-01-01'", {"row_differs"}),
        ("delete from orderwright.log", {"log_length", "tail_differs", "fold_fails"}),
        (REORDER, {"hash_differs", "state_gap", "row_differs"}),
        (
            "update orderwright.log set changes = 'x' where version = 2",
            {"hash_differs", "fold_fails"},
        ),
        ("update orderwright.instance set snapshot = '{}'", {"fold_differs"}),
        (changed("7"), {"hash_differs", "fold_fails"}),
        (changed("null"), {"hash_differs", "fold_fails"}),
        (changed('{"context":"x"}'), {"hash_differs", "fold_fails"}),
        (changed('{"context":{"drop":7}}'), {"hash_differs", "fold_fails"}),
        (changed('{"context":{"set":{"count":1e999}}}'), {"hash_differs", "fold_fails"}),
        (changed('{"configuration":7}'), {"hash_differs", "fold_fails"}),
        (changed('{"output":' + "[" * 99_999), {"hash_differs", "fold_fails"}),
    ],
)
async def test_tampering_shows(replay: Replay, pool: Pool, edit: str, codes: set[str]):
    await pool.execute(edit)
    assert {found.code for found in await replay.verify("p1")} == codes
    assert {found.code async for found in replay.verify_all()} == codes


async def test_all_instances_are_verified_range_by_range(
    engine: Engine, replay: Replay, pool: Pool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(replaying, "_RANGE", 3)
    monkeypatch.setattr(replaying, "_FETCH", 2)
    for number in range(10):
        await engine.create("parcel", f"q{number}", actor="ann")
        await engine.send(f"q{number}", Event("HOLD"), actor="ann")
    tally = Tally()
    assert [found async for found in replay.verify_all(tally)] == []
    assert (tally.total, tally.instances, tally.rows, tally.findings) == (11, 11, 25, 0)

    await pool.execute("update orderwright.log set reason = 'x' where instance_id = 'q4'")
    await pool.execute("delete from orderwright.instance where instance_id in ('p1', 'q2', 'q9')")
    await pool.execute("delete from orderwright.log where instance_id = 'q6'")
    tally = Tally()
    found = {(one.instance_id, one.code) async for one in replay.verify_all(tally)}
    assert found == {
        ("p1", "instance_missing"),
        ("q2", "instance_missing"),
        ("q4", "hash_differs"),
        ("q6", "log_length"),
        ("q6", "tail_differs"),
        ("q6", "fold_fails"),
        ("q9", "instance_missing"),
    }
    assert tally.findings == len(found)


async def test_verifying_beside_live_traffic_finds_nothing(engine: Engine, replay: Replay):
    async def traffic() -> None:
        for _ in range(40):
            await engine.send("p1", Event("ADD", {"n": 1}), actor="bob")

    async def verify() -> None:
        for _ in range(5):
            assert [found async for found in replay.verify_all()] == []

    await asyncio.gather(traffic(), verify())


async def test_the_version_at_a_time_is_the_last_that_had_occurred(
    engine: Engine, clock: DrivenClock
):
    for event in (None, Event("HOLD"), Event("RESUME")):
        if event is None:
            await engine.create("parcel", "p1", actor="ann")
        else:
            await engine.send("p1", event, actor="ann")
        clock.advance(timedelta(hours=1))
    replay = Replay(engine.pool)
    hours = [0, 0.5, 1, 1.5, 2, 9]
    found = [await replay.version_at("p1", START + timedelta(hours=hour)) for hour in hours]
    assert found == [1, 1, 2, 2, 3, 3]
    for name, hour in (("p1", -1), ("p2", 1)):
        with pytest.raises(VersionNotFound):
            await replay.version_at(name, START + timedelta(hours=hour))


async def test_what_is_recorded_late_changes_no_earlier_time(engine: Engine, clock: DrivenClock):
    """What a consumer does because of an event occurred with it, and may stand behind what came in between."""
    await engine.create("parcel", "p1", actor="ann")
    clock.advance(timedelta(hours=1))
    await engine.send("p1", Event("HOLD"), actor="ann")
    clock.advance(timedelta(hours=1))
    await engine.send("p1", Event("RESUME"), actor="relay", occurred_at=START)
    await engine.send("p1", Event("HOLD"), actor="ann")

    replay = Replay(engine.pool)
    found = [await replay.version_at("p1", START + timedelta(hours=hour)) for hour in (0, 1, 2)]
    assert found == [1, 3, 4]


@pytest.mark.parametrize(
    ("column", "time"),
    [
        ("occurred_at", "infinity"),
        ("occurred_at", "-infinity"),
        ("occurred_at", "12000-01-01"),
        ("recorded_at", "0044-03-15 BC"),
    ],
)
async def test_a_time_that_cannot_be_read_is_a_finding_and_keeps_no_other_from_being_found(
    engine: Engine, replay: Replay, pool: Pool, column: str, time: str
):
    await engine.create("parcel", "p2", actor="ann")
    await pool.execute(f"update orderwright.log set {column} = '{time}' where version = 3")
    await pool.execute("update orderwright.log set reason = 'x' where instance_id = 'p2'")
    whole = {(one.instance_id, one.version, one.code) async for one in replay.verify_all()}
    assert whole == {
        ("p1", 3, "time_unreadable"),
        ("p1", 3, "hash_differs"),
        ("p2", 1, "hash_differs"),
    }
    alone = {(one.version, one.code) for one in await replay.verify("p1")}
    assert alone == {(3, "time_unreadable"), (3, "hash_differs")}
    assert (await replay.state_at("p1", 5)).context["count"] == 3


@pytest.mark.parametrize(
    "at",
    [
        datetime.min.replace(tzinfo=UTC),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
        datetime(1899, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(1900, 1, 1, tzinfo=timezone(timedelta(minutes=1))),
        datetime(3000, 1, 1, tzinfo=UTC),
        datetime.max.replace(tzinfo=timezone(-timedelta(hours=12))),
    ],
)
async def test_what_occurred_at_a_time_that_cannot_be_is_not_taken(
    engine: Engine, replay: Replay, at: datetime
):
    with pytest.raises(InputInvalid) as sent:
        await engine.send("p1", Event("HOLD"), actor="ann", occurred_at=at)
    with pytest.raises(InputInvalid) as created:
        await engine.create("parcel", "p2", actor="ann", occurred_at=at)
    for refused in (sent, created):
        assert refused.value.values == {
            "field": "occurredAt",
            "value": at.isoformat(),
            "expected": "a time in the years 1900 to 2999 of UTC",
        }
    assert [one async for one in replay.verify_all()] == []


@pytest.mark.parametrize(
    "at",
    [
        datetime(1900, 1, 1, tzinfo=UTC),
        datetime(2999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
async def test_what_occurred_long_ago_or_will_is_taken_and_verifies(
    engine: Engine, replay: Replay, at: datetime
):
    await engine.create("parcel", "p2", actor="ann", occurred_at=at)
    assert await replay.version_at("p2", at) == 1
    assert [one async for one in replay.verify_all()] == []
