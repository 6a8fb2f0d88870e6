from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from parcel import START
from structlog.testing import capture_logs
from waiting import eventually

from orderwright.runtime.alarm import Alarm
from orderwright.runtime.firing import fire_next
from orderwright.runtime.incident import (
    IncidentNotFound,
    Sighting,
    incidents,
    record,
    resolve,
    settle,
)
from orderwright.statechart import Event

if TYPE_CHECKING:
    from parcel import Everything, Scales

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool

MINUTE = timedelta(minutes=1)
TROUBLE = Sighting(
    kind="step", subject="p1/WEIGH", code="loop", cause="round and round", seen_at=START
)


async def test_a_guard_that_is_unknown_opens_an_incident_and_touches_nothing_else(
    engine: Engine, scales: Scales, everything: Everything
):
    await engine.create("parcel", "p1", actor="ann")
    scales.weight = None
    before = await everything()

    result = await engine.send("p1", Event("WEIGH"), actor="ann")
    await engine.alarm.close()

    assert result.refused.code == "guard_unknown"
    assert await everything() == before
    [found] = await incidents(engine.pool)
    assert (found.kind, found.subject, found.code) == ("step", "p1/WEIGH", "guard_unknown")
    assert (found.owner, found.status, found.count) == ("chart author", "open", 1)
    assert found.cause == result.refused.message
    assert found.details["instance"] == "p1"
    assert "send the event again" in found.retry
    assert found.first_seen_at == found.last_seen_at == START


async def test_what_the_world_refuses_is_no_incident(engine: Engine, scales: Scales):
    await engine.create("parcel", "p1", actor="ann")
    scales.weight = 11
    for event in (Event("WEIGH"), Event("RESUME"), Event("NOBODY"), Event("ADD", {"n": 0})):
        assert (await engine.send("p1", event, actor="ann")).refused is not None
    await engine.alarm.close()
    assert await incidents(engine.pool) == ()


async def test_the_same_trouble_is_counted_with_first_and_last_sight(
    engine: Engine, scales: Scales, clock: DrivenClock
):
    await engine.create("parcel", "p1", actor="ann")
    scales.weight = None
    for _ in range(3):
        await engine.send("p1", Event("WEIGH"), actor="ann")
        clock.advance(timedelta(minutes=1))
    await engine.alarm.close()
    [found] = await incidents(engine.pool)
    assert found.count == 3
    assert (found.first_seen_at, found.last_seen_at) == (START, START + timedelta(minutes=2))


async def test_an_incident_outlives_the_callers_transaction(engine: Engine, scales: Scales):
    await engine.create("parcel", "p1", actor="ann")
    scales.weight = None
    async with engine.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await engine.send("p1", Event("WEIGH"), actor="ann", connection=connection)
        await transaction.rollback()
    await engine.alarm.close()
    assert len(await incidents(engine.pool)) == 1


async def test_a_timer_that_comes_too_late_is_an_incident(engine: Engine, clock: DrivenClock):
    await engine.create("parcel", "p1", actor="ann")
    await engine.send("p1", Event("REMIND_SOON"), actor="ann")
    await engine.send("p1", Event("HOLD"), actor="ann")
    clock.advance(timedelta(seconds=31))
    assert await fire_next(engine)
    await engine.alarm.close()
    [found] = await incidents(engine.pool)
    assert (found.kind, found.subject, found.code) == ("timer_refused", "p1/REMIND", "unhandled")


async def test_a_resolved_incident_stays_and_new_trouble_opens_a_new_one(pool: Pool):
    await record(pool, [TROUBLE])
    [first] = await incidents(pool)
    closed = await resolve(pool, first.incident_id, by="ann", resolution="mended", at=START)
    assert (closed.status, closed.resolved_by, closed.resolution) == ("resolved", "ann", "mended")
    with pytest.raises(IncidentNotFound):
        await resolve(pool, first.incident_id, by="ann", resolution="again", at=START)

    await record(pool, [TROUBLE])
    [second] = await incidents(pool)
    assert second.incident_id != first.incident_id
    assert second.count == 1
    assert len(await incidents(pool, status=None)) == 2


async def test_what_has_passed_is_settled_and_what_lasts_is_not(pool: Pool):
    await record(pool, [replace(TROUBLE, subject=name) for name in ("p1", "p2")])
    await settle(pool, "step", still=[("p2", "loop")], at=START)
    assert [one.subject for one in await incidents(pool)] == ["p2"]


async def test_what_cannot_be_written_waits_until_it_can(pool: Pool, clock: DrivenClock):
    alarm = Alarm(pool, clock)
    await pool.execute("alter table orderwright.incident rename to away")
    with capture_logs() as logged:
        alarm.raise_for("step", "p1/ADD", "loop", "first", {"half": "\ud800"})

        async def has_failed() -> bool:
            return any(line["event"] == "incidents_unwritten" for line in logged)

        await eventually(has_failed)
        await pool.execute("alter table orderwright.away rename to incident")
        alarm.raise_for("step", "p1/ADD", "loop", "second", {"n": object()})
        await alarm.close()
    [found] = await incidents(pool)
    assert (found.count, found.cause) == (2, "second")
    assert "object" in found.details["n"]


async def test_an_alarm_is_raised_whatever_stands_behind_it(pool: Pool, clock: DrivenClock):
    deep: object = 1
    for _ in range(5_000):
        deep = {"a": deep}
    alarm = Alarm(pool, clock)
    alarm.raise_for("step", "p1/ADD", "guard_error", "deep", {"found": deep, "n": 10**5_000})
    await alarm.close()
    [found] = await incidents(pool)
    assert found.details == {
        "found": "{'a': {'a': {'a': {'a': {'a': {'a': {...}}}}}}}",
        "n": "<int>",
    }


async def test_closing_gives_up_what_the_database_does_not_take(pool: Pool, clock: DrivenClock):
    alarm = Alarm(pool, clock)
    await pool.execute("alter table orderwright.incident rename to away")
    with capture_logs() as logged:
        alarm.raise_for("step", "p1/ADD", "loop", "first", {})
        await alarm.close()
    assert logged[-1]["event"] == "incidents_lost"
    assert logged[-1]["subjects"] == ["p1/ADD"]


@pytest.mark.parametrize("damaged", ["{", "[1]", '{"instance": "p1"}, and more'])
async def test_an_incident_whose_details_cannot_be_read_is_listed_with_their_text(
    pool: Pool, damaged: str
):
    other = replace(
        TROUBLE, subject="p2/WEIGH", details={"instance": "p2"}, seen_at=START - MINUTE
    )
    async with pool.acquire() as connection:
        await record(connection, [TROUBLE, other])
    await pool.execute(
        "update orderwright.incident set details = $1 where subject = 'p1/WEIGH'", damaged
    )
    broken, sound = await incidents(pool)
    assert (broken.details, broken.instance_id) == ({"unreadable": damaged}, None)
    assert (sound.details, sound.instance_id) == ({"instance": "p2"}, "p2")
    closed = await resolve(pool, broken.incident_id, by="ann", resolution="seen", at=START)
    assert closed.status == "resolved"
