"""What failed is tried again when somebody asks for it, and its incident closes when it has come about."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from listing import Listing
from parcel import add_to
from structlog.testing import capture_logs

from orderwright.errors import InputInvalid
from orderwright.runtime.anchor import Anchors
from orderwright.runtime.command import Actor, Cause
from orderwright.runtime.firing import fire_next
from orderwright.runtime.incident import IncidentNotFound, Sighting, find, incidents, record
from orderwright.runtime.once import is_replay
from orderwright.runtime.remedy import NoRemedy, has_remedy, remedy
from orderwright.runtime.reply import IdempotencyMismatch
from orderwright.runtime.watch import Watch
from orderwright.runtime.worker import Worker
from orderwright.statechart import Event

if TYPE_CHECKING:
    from listing import Seen
    from parcel import Rows, Scales

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool


@pytest.fixture
def watch(engine: Engine, clock: DrivenClock) -> Watch:
    return Watch(engine, Anchors(engine.pool, clock, None))


def asked(key: str | None = None) -> Cause:
    return Cause(actor=Actor("ann"), idempotency_key=key)


async def test_dead_letters_are_retried_from_their_incident_which_closes_when_they_are_handled(
    engine: Engine, watch: Watch, seen: Seen
):
    listing = Listing(attempts=1)
    worker = Worker(engine, [listing.consumer])
    for name in ("p1", "p2"):
        await engine.create("parcel", name, actor="ann")
        await add_to(engine, name)
    failing = {
        row["event_id"] for row in await engine.pool.fetch("select * from orderwright.outbox")
    }
    listing.fails_on = set(failing)
    await worker.drain()
    await watch.look()
    [found] = await incidents(engine.pool)
    assert (found.kind, found.subject, found.code) == (
        "consumer_lagging",
        "listing",
        "dead_letters",
    )
    assert has_remedy(found)

    listing.fails_on.clear()
    assert (await remedy(engine, found.incident_id, asked("k"))).status == "open"
    assert await remedy(engine, found.incident_id, asked("k")) == found
    with pytest.raises(NoRemedy):
        await remedy(engine, found.incident_id, asked())
    await worker.drain()
    assert set(await seen()) == failing
    await watch.look()
    assert await incidents(engine.pool) == ()
    closed = await find(engine.pool, found.incident_id)
    assert (closed.status, closed.resolved_by) == ("resolved", "system")
    with pytest.raises(NoRemedy):
        await remedy(engine, found.incident_id, asked())


async def test_a_failed_timer_is_fired_at_once_and_its_incident_closes(
    engine: Engine, watch: Watch, clock: DrivenClock, rows: Rows
):
    await engine.create("parcel", "p1", actor="ann")
    await engine.send("p1", Event("REMIND_SOON"), actor="ann")
    clock.advance(timedelta(seconds=31))
    await engine.pool.execute(_FAILED, clock.now() + timedelta(hours=1))
    details = {"instance_id": "p1", "timer_id": "REMIND"}
    trouble = Sighting(
        kind="timer_failed",
        subject="p1/REMIND",
        code="timer_failed",
        cause="the database was away",
        details=details,
        seen_at=clock.now(),
    )
    await record(engine.pool, [trouble])
    await watch.look()
    [found] = await incidents(engine.pool)
    assert found.instance_id == "p1"
    assert not await fire_next(engine)

    await remedy(engine, found.incident_id, asked())
    assert await fire_next(engine)
    await watch.look()
    assert await incidents(engine.pool) == ()
    assert await rows("select * from orderwright.timer") == []


async def test_a_slot_that_failed_is_tried_at_once_and_its_incident_closes(
    engine: Engine, watch: Watch, clock: DrivenClock
):
    later = clock.now() + timedelta(hours=1)
    await engine.pool.execute(_SLOT, clock.now(), later)
    trouble = Sighting(
        kind="slot_failed",
        subject="schedule/nightly",
        code="slot_failed",
        cause="no",
        seen_at=clock.now(),
    )
    await record(engine.pool, [trouble])
    await watch.look()
    [found] = await incidents(engine.pool)
    await remedy(engine, found.incident_id, asked())
    assert await engine.pool.fetchval("select retry_at from orderwright.slot") == clock.now()
    await engine.pool.execute("update orderwright.slot set status = 'done', retry_at = null")
    await watch.look()
    assert await incidents(engine.pool) == ()


async def test_what_is_for_a_person_to_mend_has_no_remedy(engine: Engine, scales: Scales):
    await engine.create("parcel", "p1", actor="ann")
    scales.weight = None
    await engine.send("p1", Event("WEIGH"), actor="ann")
    await engine.alarm.close()
    [found] = await incidents(engine.pool)
    assert not has_remedy(found)
    with pytest.raises(NoRemedy, match="send the event again"):
        await remedy(engine, found.incident_id, asked())
    with pytest.raises(IncidentNotFound):
        await remedy(engine, "nothing", asked())


async def test_a_key_stands_for_one_request_and_a_refusal_leaves_it_free(
    engine: Engine, clock: DrivenClock, pool: Pool
):
    async def trouble(subject: str) -> str:
        sighting = Sighting(
            kind="consumer_lagging",
            subject=subject,
            code="dead_letters",
            cause="no",
            seen_at=clock.now(),
        )
        await record(pool, [sighting])
        found = {one.subject: one.incident_id for one in await incidents(pool)}
        return found[subject]

    first, second = await trouble("a"), await trouble("b")
    with pytest.raises(NoRemedy):
        await remedy(engine, first, asked("k"))
    await pool.execute(_PARKED, "b", clock.now())
    await remedy(engine, second, asked("k"))
    with pytest.raises(IdempotencyMismatch):
        await remedy(engine, first, asked("k"))


async def test_who_asked_for_another_attempt_and_why_is_in_the_log(
    engine: Engine, pool: Pool, clock: DrivenClock
):
    sighting = Sighting(
        kind="slot_failed",
        subject="schedule/nightly",
        code="slot_failed",
        cause="no",
        seen_at=clock.now(),
    )
    await record(pool, [sighting])
    await pool.execute(_SLOT, clock.now(), clock.now())
    [found] = await incidents(pool)
    with capture_logs() as logged:
        cause = Cause(actor=Actor("ann"), reason="the disk is mended")
        await remedy(engine, found.incident_id, cause)
    [line] = [one for one in logged if one["event"] == "incident_retried"]
    assert (line["actor"], line["reason"]) == ("ann", "the disk is mended")


@pytest.mark.parametrize("key", ["k" * 256, "k\x00", "\ud800"])
async def test_a_key_that_no_index_holds_or_nobody_can_keep_is_refused_by_its_name(
    pool: Pool, clock: DrivenClock, key: str
):
    async with pool.acquire() as connection, connection.transaction():
        with pytest.raises(InputInvalid) as caught:
            await is_replay(connection, key, ("resolve", "i1"), at=clock.now())
        assert caught.value.values["field"] == "idempotencyKey"
        longest = "k" * 255
        assert not await is_replay(connection, longest, ("resolve", "i1"), at=clock.now())
        assert await is_replay(connection, longest, ("resolve", "i1"), at=clock.now())


_FAILED = "update orderwright.timer set attempts = 1, last_error = 'no', retry_at = $1"
_SLOT = """
insert into orderwright.slot (schedule, slot_at, status, attempts, last_error, retry_at)
values ('nightly', $1, 'armed', 1, 'no', $2)
"""
_PARKED = """
insert into orderwright.parked_root
    (consumer, root_id, event_id, attempts, last_error, parked_at, next_attempt_at, dead_at)
values ($1, 'r', 'r/1/1', 24, 'no', $2, $2, $2)
"""
