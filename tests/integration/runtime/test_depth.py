"""What nests without end, or has keys that are not text: refused where it comes in, so that nobody stumbles later."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from engine_room import build_engine, close
from errand import Receiver
from job_rows import job
from listing import Listing
from parcel import NO_DATA, START

from orderwright.errors import InputInvalid
from orderwright.json_text import DEEPEST, dump
from orderwright.runtime.command import Actor, Cause, Send
from orderwright.runtime.cron import ScheduleInvalid
from orderwright.runtime.fact import FactUnfit
from orderwright.runtime.firing import fire_due
from orderwright.runtime.incident import incidents
from orderwright.runtime.job_queue import JobQueue
from orderwright.runtime.job_runner import JobRunner
from orderwright.runtime.replay import Replay
from orderwright.runtime.reply import IdempotencyMismatch
from orderwright.runtime.schedule import Schedule, put_schedule, schedules
from orderwright.runtime.worker import Worker
from orderwright.runtime.write import StepUnfit
from orderwright.statechart import Behaviour, Event, Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from listing import Seen
    from parcel import Rows, Scales

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool
    from orderwright.statechart import Scope

MINUTE = timedelta(minutes=1)
ANYTHING = {"type": "object"}


def _from(path: str) -> dict[str, str]:
    return {"from": path}


WELL: dict[str, Any] = {
    "id": "well",
    "version": 1,
    "initial": "OPEN",
    "context": {"tree": 1},
    "events": {
        **{name: {"label": name.capitalize(), "data": ANYTHING} for name in ("TELL", "KEEP")},
        **{
            name: {"label": name.capitalize(), "data": NO_DATA}
            for name in ("DIG", "REMIND", "SAY", "POST", "ASK", "COUNT", "CALL", "END")
        },
        "WEIGH": {"label": "Weigh", "data": NO_DATA, "facts": ["weight"]},
        "RING": {"label": "Ring", "data": ANYTHING, "by": "system"},
    },
    "states": {
        "OPEN": {
            "on": {
                "TELL": {
                    "actions": [
                        {"emit": {"type": "well.told", "data": {"tree": _from("event.tree")}}},
                        {"send": {"type": "RING", "delay": 60_000}},
                    ]
                },
                "KEEP": {"actions": {"assign": {"tree": _from("event.tree")}}},
                "DIG": {"actions": {"assign": {"tree": {"a": _from("context.tree")}}}},
                "REMIND": {
                    "actions": {
                        "send": {
                            "type": "RING",
                            "delay": 60_000,
                            "data": {"tree": {"a": _from("context.tree")}},
                        }
                    }
                },
                "SAY": {
                    "actions": {
                        "emit": {
                            "type": "well.said",
                            "data": {"tree": {"a": _from("context.tree")}},
                        }
                    }
                },
                "POST": {
                    "actions": {
                        "post": {
                            "ledger": "depths",
                            "data": {"tree": {"a": _from("context.tree")}},
                        }
                    }
                },
                "ASK": "ASKING",
                "COUNT": {"actions": "count"},
                "WEIGH": {"actions": {"assign": {"tree": _from("facts.weight")}}},
                "CALL": "CALLING",
                "END": "ENDED",
                "RING": {"actions": {"emit": {"type": "well.rung"}}},
            },
        },
        "ASKING": {
            "invoke": {
                "id": "ask",
                "src": "call",
                "input": {"tree": {"a": _from("context.tree")}},
            },
            "on": {"END": "ENDED"},
        },
        "CALLING": {
            "invoke": {
                "id": "call",
                "src": "call",
                "onDone": {
                    "target": "OPEN",
                    "actions": {"assign": {"tree": _from("event.output")}},
                },
            }
        },
        "ENDED": {"type": "final"},
    },
    "output": {"tree": {"a": _from("context.tree")}},
}


def _count(_: Scope) -> Outcome:
    return Outcome(assign={"by": {1: 2}})


@pytest.fixture
async def engine(
    pool: Pool, clock: DrivenClock, receiver: Receiver, scales: Scales
) -> AsyncIterator[Engine]:
    built = await build_engine(
        pool,
        clock,
        {"weight": scales.load},
        chart=WELL,
        behaviour=Behaviour(actions={"count": _count}),
        kinds={"call": receiver.kind()},
    )
    await built.create("well", "w1", actor="ann")
    yield built
    assert await Replay(pool).verify("w1") == ()
    await close(built)


def tree(levels: int) -> Any:
    """An object with one field, so many levels deep in all."""
    value: object = 1
    for _ in range(levels - 1):
        value = {"a": value}
    return {"tree": value}


async def _told(engine: Engine, data: Any) -> Any:
    return await engine.send("w1", Event("TELL", data), actor="ann")


# --- what comes in --------------------------------------------------------------------------------


async def _further_in(calls: int, work: Callable[[], Awaitable[int]]) -> int:
    """Work so many calls further in, as it happens behind other people's wrappers."""
    return await (_further_in(calls - 1, work) if calls else work())


@pytest.mark.parametrize(
    "levels", [900, 979]
)  # the former could be written here, and be read no further in
async def test_an_event_that_readers_could_not_read_is_refused_and_consumers_and_timers_go_on(
    engine: Engine, clock: DrivenClock, seen: Seen, rows: Rows, levels: int
):
    await engine.create("well", "w2", actor="ann")
    before = await engine.send("w2", Event("TELL", {"tree": 0}), actor="ann")
    deep = await _told(engine, tree(levels))
    after = await _told(engine, {"tree": [1, 2]})

    clock.advance(MINUTE)
    worker = Worker(engine, [Listing().consumer])
    assert await _further_in(100, worker.drain) == 6  # the timers among them
    assert sorted(await seen()) == ["w1/2/1", "w1/3/1", "w2/2/1", "w2/3/1"]
    assert (before.refused, after.refused) == (None, None)
    assert deep.refused.code == "event_data"
    assert deep.refused.values["field"] == "tree"
    assert str(DEEPEST) in deep.refused.message
    assert await rows("select 1 from orderwright.timer") == []


@pytest.mark.parametrize("type_", ["TELL", "KEEP"])
async def test_an_event_that_nests_as_deep_as_the_limit_is_taken_and_read_back(
    engine: Engine, seen: Seen, type_: str
):
    taken = await engine.send("w1", Event(type_, tree(DEEPEST)), actor="ann")
    refused = await engine.send("w1", Event(type_, tree(DEEPEST + 1)), actor="ann")
    assert taken.refused is None
    assert refused.refused is not None
    assert refused.refused.code == "event_data"
    await Worker(engine, [Listing().consumer]).drain()
    assert len(await seen()) == (type_ == "TELL")


@pytest.mark.parametrize("type_", ["TELL", "KEEP"])
@pytest.mark.parametrize("data", [{"tree": 1, 2: 3}, {2: 3}, {"tree": {None: 1}}])
@pytest.mark.parametrize("key", [None, "k1"])
async def test_keys_that_are_not_text_are_refused(
    engine: Engine, type_: str, data: Any, key: str | None
):
    result = await engine.send("w1", Event(type_, data), actor="ann", idempotency_key=key)
    assert result.refused is not None
    assert result.refused.code == "event_data"
    assert "keys that are text" in result.refused.message


@pytest.mark.parametrize("data", [tree(5_000), {"tree": 1, 2: 3}])
async def test_what_cannot_be_written_was_never_asked_under_a_key(engine: Engine, data: Any):
    await engine.send("w1", Event("TELL", {"tree": 1}), actor="ann", idempotency_key="k1")
    other = engine.send("w1", Event("DIG"), actor="ann")
    again = engine.send("w1", Event("TELL", data), actor="ann", idempotency_key="k1")
    with pytest.raises(IdempotencyMismatch):
        await again
    assert (await other).refused is None


async def test_a_start_with_what_nests_too_deeply_is_refused(engine: Engine):
    with pytest.raises(InputInvalid, match=r"^context\.tree: .* at most 100 levels"):
        await engine.create("well", "w2", context=tree(5_000), actor="ann")
    assert await engine.read("w2") is None
    made = await engine.create("well", "w3", context=tree(DEEPEST), actor="ann")
    read = await engine.read("w3")
    assert read is not None
    assert read.snapshot == made.snapshot


async def test_a_fact_that_nests_too_deeply_stops_its_step_and_no_other(
    engine: Engine, scales: Scales
):
    await engine.create("well", "w2", actor="ann")
    for weight, field in ((tree(DEEPEST), "weight.tree"), ({"by": {1: 2}}, "weight.by")):
        scales.weight = weight
        weighed = engine.send("w1", Event("WEIGH"), actor="ann")
        other = engine.send("w2", Event("TELL", {"tree": 1}), actor="ann")
        failed, went_on = await asyncio.gather(weighed, other, return_exceptions=True)
        assert isinstance(failed, FactUnfit)
        assert failed.values["field"] == field
        assert not isinstance(went_on, BaseException)
        assert went_on.refused is None
    scales.weight = tree(DEEPEST - 1)
    assert (await engine.send("w1", Event("WEIGH"), actor="ann")).refused is None


async def test_a_payload_that_nests_too_deeply_is_no_job(engine: Engine, rows: Rows):
    queue = JobQueue(engine)
    with pytest.raises(InputInvalid, match=r"^payload\.tree: .* at most 100 levels"):
        await queue.enqueue("call", tree(DEEPEST + 1), key="k1", root_id="r1")
    with pytest.raises(InputInvalid, match=r"^payload: .* keys that are text, not int"):
        await queue.enqueue("call", {1: 2}, key="k1", root_id="r1")
    assert await rows("select 1 from orderwright.job") == []
    await queue.enqueue("call", tree(DEEPEST), key="k1", root_id="r1")
    assert await JobRunner(engine).run_due() == 1
    assert (await job(rows, "k1"))["status"] == "done"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            tree(DEEPEST),
            "ValueError: result.tree: expected at most 99 levels of objects and lists",
        ),
        (tree(979), "ValueError: result.tree: expected at most 99 levels of objects and lists"),
        ({"by": {1: 2}}, "ValueError: result.by: expected keys that are text, not int"),
    ],
    ids=["one too deep", "very deep", "numbers for keys"],
)
async def test_a_result_that_cannot_be_kept_is_a_failed_attempt(
    engine: Engine, receiver: Receiver, rows: Rows, answer: object, error: str
):
    receiver.answer = answer
    await engine.send("w1", Event("CALL"), actor="ann")
    assert await JobRunner(engine).run_due() == 1
    [row] = await rows("select status, last_error from orderwright.job")
    assert row == {"status": "waiting", "last_error": error}


async def test_a_result_that_nests_as_deep_as_the_limit_comes_back(
    engine: Engine, receiver: Receiver
):
    receiver.answer = tree(DEEPEST - 1)
    await engine.send("w1", Event("CALL"), actor="ann")
    assert await JobRunner(engine).run_due() == 1
    instance = await engine.read("w1")
    assert instance is not None
    assert instance.state == "OPEN"
    assert instance.snapshot.context["tree"] == receiver.answer


async def test_a_schedule_is_not_stored_with_a_payload_that_nests_too_deeply(pool: Pool):
    deep = Schedule(name="s", cron="* * * * *", action="a", payload=tree(DEEPEST + 1))
    whole = Schedule(name="s", cron="* * * * *", action="a", payload=tree(DEEPEST))
    async with pool.acquire() as connection, connection.transaction():
        with pytest.raises(
            ScheduleInvalid, match=r"^payload\.tree of a schedule: expected at most 100 levels"
        ):
            await put_schedule(connection, deep, at=START)
        assert await put_schedule(connection, whole, at=START)
        assert await schedules(connection) == [whole]


# --- what steps make ------------------------------------------------------------------------------


async def _fill(engine: Engine) -> None:
    """Let the context nest as deep as it may."""
    assert (await engine.send("w1", Event("KEEP", tree(DEEPEST)), actor="ann")).refused is None


async def test_a_context_grows_as_deep_as_the_limit_and_the_step_beyond_is_not_taken(
    engine: Engine,
):
    dig = Send(instance_id="w1", event=Event("DIG"), cause=Cause(actor=Actor("ann")))
    taken = await engine.send_many([dig] * (DEEPEST - 1))
    assert all(one.refused is None for one in taken)
    with pytest.raises(StepUnfit, match=r"context\.tree: expected at most 100 levels") as caught:
        await engine.send("w1", Event("DIG"), actor="ann")
    assert caught.value.values["field"] == "context.tree"
    instance = await engine.read("w1")
    assert instance is not None
    assert (instance.version, instance.snapshot.context) == (DEEPEST, tree(DEEPEST))
    assert (await _told(engine, {"tree": 1})).refused is None


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ("SAY", "well.said.tree"),
        ("REMIND", "RING.tree"),
        ("POST", "depths.tree"),
        ("ASK", "ask.tree"),
        ("END", "output.tree"),
    ],
)
async def test_an_effect_that_nests_too_deeply_is_not_stored(
    engine: Engine, rows: Rows, event: str, field: str
):
    await _fill(engine)
    with pytest.raises(StepUnfit, match="at most 100 levels") as caught:
        await engine.send("w1", Event(event), actor="ann")
    assert caught.value.values["field"] == field
    assert await rows("select version from orderwright.instance") == [{"version": 2}]


async def test_an_action_that_writes_keys_that_are_not_text_is_found_out(engine: Engine):
    with pytest.raises(StepUnfit, match=r"context\.by: expected keys that are text, not int"):
        await engine.send("w1", Event("COUNT"), actor="ann")


async def test_a_timer_whose_step_nests_too_deeply_is_kept_and_told(
    engine: Engine, clock: DrivenClock, pool: Pool, rows: Rows
):
    """Its neighbour fires."""
    await engine.create("well", "w2", actor="ann")
    for name in ("w1", "w2"):
        await engine.send(name, Event("TELL", {"tree": 0}), actor="ann")
    change = "update orderwright.timer set event_type = 'DIG' where instance_id = 'w1'"
    await _fill(engine)
    await pool.execute(change)
    clock.advance(MINUTE)
    assert await fire_due(engine) == 2
    [left] = await rows("select instance_id, last_error from orderwright.timer")
    assert left["instance_id"] == "w1"
    assert left["last_error"].startswith("StepUnfit: ")
    async with pool.acquire() as connection:
        [found] = await incidents(connection)
    assert (found.kind, found.instance_id) == ("timer_failed", "w1")


# --- what was stored before -----------------------------------------------------------------------


async def test_an_event_that_was_stored_deeper_before_there_was_a_limit_is_still_handed_over(
    engine: Engine, pool: Pool, clock: DrivenClock, seen: Seen
):
    await _told(engine, {"tree": 0})
    deeper = dump(tree(3 * DEEPEST))
    await pool.execute("update orderwright.outbox set payload = $1", deeper)
    await pool.execute("update orderwright.timer set event_data = $1", deeper)
    clock.advance(MINUTE)
    assert await Worker(engine, [Listing().consumer]).drain() == 3
    assert await seen() == ["w1/2/1", "w1/3/1"]


async def test_an_instance_that_was_stored_deeper_goes_on_where_it_does_not_touch_that(
    engine: Engine, pool: Pool
):
    text = (await pool.fetchval("select snapshot from orderwright.instance")).replace(
        '"tree":1', dump(tree(3 * DEEPEST))[1:-1]
    )
    await pool.execute("update orderwright.instance set snapshot = $1", text)
    told = await _told(engine, {"tree": 0})
    instance = await engine.read("w1")
    assert told.refused is None
    assert instance is not None
    assert instance.snapshot.context == tree(3 * DEEPEST)
    with pytest.raises(StepUnfit):
        await engine.send("w1", Event("DIG"), actor="ann")
    await pool.execute(
        "update orderwright.instance set snapshot = $1",
        text.replace(dump(tree(3 * DEEPEST))[1:-1], '"tree":1'),
    )  # as its log has it
