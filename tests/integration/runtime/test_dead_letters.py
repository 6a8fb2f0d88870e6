from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from engine_room import close
from errand import Receiver, build_errands
from structlog.testing import capture_logs
from waiting import eventually

from orderwright.errors import InputInvalid
from orderwright.runtime import dead_letter, parking
from orderwright.runtime.command import Actor, Cause
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.dead_letter import DeadLetterNotFound
from orderwright.runtime.job_queue import JobQueue
from orderwright.runtime.job_runner import JobRunner
from orderwright.runtime.reply import IdempotencyMismatch
from orderwright.runtime.retrying import NotDead, Retried, Retry, retry
from orderwright.runtime.worker import Worker
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection, Pool


@pytest.fixture
async def engine(pool: Pool, clock: DrivenClock, receiver: Receiver) -> AsyncIterator[Engine]:
    built = await build_errands(pool, clock, [receiver.kind(), receiver.kind("fax")])
    yield built
    await close(built)


def by(key: str | None = None, reason: str | None = None) -> Cause:
    return Cause(actor=Actor("ann"), idempotency_key=key, reason=reason)


async def kill(engine: Engine, receiver: Receiver, *keys: str, kind: str = "call") -> list[str]:
    """Make dead letters, one after the other in time; return their ids."""
    ids = []
    for key in keys:
        receiver.failures.append(InputInvalid("to", "nobody", "somebody"))
        ids.append(await JobQueue(engine).enqueue(kind, {"to": "nobody"}, key=key, root_id="r1"))
        assert await JobRunner(engine).run_due() == 1
        engine.clock.advance(timedelta(seconds=1))
    receiver.calls.clear()
    return ids


async def test_dead_letters_are_listed_the_latest_first_with_error_payload_and_history(
    engine: Engine, receiver: Receiver, pool: Pool
):
    old, new = await kill(engine, receiver, "k1", "k2")
    [fax] = await kill(engine, receiver, "k3", kind="fax")
    listed = await dead_letter.listed(pool)
    assert [letter.id for letter in listed] == [fax, new, old]
    assert await dead_letter.count(pool) == 3
    assert await dead_letter.count(pool, name="fax") == 1
    assert [letter.id for letter in await dead_letter.listed(pool, name="fax")] == [fax]
    first = listed[0]
    assert (first.payload, first.key, first.attempts) == ({"to": "nobody"}, "k3", 1)
    assert first.last_error.startswith("InputInvalid: to:")
    [happened] = first.history
    assert (happened.what, happened.fence, happened.detail) == ("failed", 1, first.last_error)
    page = await dead_letter.listed(pool, after=(first.died_at, first.id), most=1)
    assert [letter.id for letter in page] == [new]


async def test_a_dead_letter_is_mended_and_retried_under_its_own_key(
    engine: Engine, receiver: Receiver, pool: Pool
):
    [job_id] = await kill(engine, receiver, "k1")
    done = await retry(
        engine, Retry(letter_id=job_id, cause=by(reason="typo"), payload='{"to":"ben"}')
    )
    assert (done.letter.status, done.letter.payload, done.replayed) == (
        "waiting",
        {"to": "ben"},
        False,
    )
    retried = done.letter.history[-1]
    assert (retried.what, retried.actor_id, retried.detail) == ("retried", "ann", "typo")
    assert retried.payload == {"to": "nobody"}
    await JobRunner(engine).run_due()
    assert [(run.key, run.payload, run.attempt) for run in receiver.calls] == [
        ("k1", {"to": "ben"}, 1)
    ]
    assert await dead_letter.listed(pool) == []


async def test_many_dead_letters_are_retried_and_each_effect_happens_once(
    engine: Engine, receiver: Receiver
):
    keys = [f"k{n}" for n in range(40)]
    for job_id in await kill(engine, receiver, *keys):
        await retry(engine, Retry(letter_id=job_id, cause=by()))
    runner = JobRunner(engine)
    while await runner.run_due():
        pass
    assert sorted(run.key for run in receiver.calls) == sorted(keys)
    assert sorted(receiver.effects) == sorted(keys)


async def test_only_what_is_dead_can_be_retried(engine: Engine, receiver: Receiver):
    [job_id] = await kill(engine, receiver, "k1")
    await retry(engine, Retry(letter_id=job_id, cause=by()))
    with pytest.raises(NotDead):
        await retry(engine, Retry(letter_id=job_id, cause=by("late")))
    with pytest.raises(DeadLetterNotFound):
        await retry(engine, Retry(letter_id="nothing", cause=by()))
    with pytest.raises(DeadLetterNotFound):
        await retry(engine, Retry(letter_id="nothing", cause=by("late")))
    await JobRunner(engine).run_due()
    with pytest.raises(NotDead):
        await retry(engine, Retry(letter_id=job_id, cause=by()))


async def test_a_repeated_retry_is_answered_and_not_done_again(
    engine: Engine, receiver: Receiver, pool: Pool
):
    [job_id, other] = await kill(engine, receiver, "k1", "k2")
    first = await retry(engine, Retry(letter_id=job_id, cause=by("once")))
    await JobRunner(engine).run_due()
    again = await retry(engine, Retry(letter_id=job_id, cause=by("once")))
    assert (first.replayed, again.replayed, again.letter.status) == (False, True, "done")
    for wrong, payload in ((other, None), (job_id, "1")):
        with pytest.raises(IdempotencyMismatch):
            await retry(engine, Retry(letter_id=wrong, cause=by("once"), payload=payload))
    assert await dead_letter.count(pool) == 1


async def test_a_refused_retry_does_not_use_up_its_key(engine: Engine, receiver: Receiver):
    job_id = await JobQueue(engine).enqueue("call", None, key="k1", root_id="r1")
    with pytest.raises(NotDead):
        await retry(engine, Retry(letter_id=job_id, cause=by("mine")))
    receiver.failures = [InputInvalid("to", "nobody", "somebody")]
    await JobRunner(engine).run_due()
    assert not (await retry(engine, Retry(letter_id=job_id, cause=by("mine")))).replayed


async def test_a_retried_invocation_brings_its_result(
    engine: Engine, receiver: Receiver, pool: Pool
):
    receiver.failures = [InputInvalid("to", "nobody", "somebody")]
    await engine.create("errand", "e1", actor="ann")
    await engine.send("e1", Event("SILENT"), actor="ann")
    await JobRunner(engine).run_due()
    [letter] = await dead_letter.listed(pool)
    assert (letter.source, letter.instance_id) == ("job", "e1")
    await retry(engine, Retry(letter_id=letter.id, cause=by()))
    await JobRunner(engine).run_due()
    assert (await dead_letter.find(pool, letter.id)).status == "done"


async def _poisoned(engine: Engine) -> tuple[Consumer, list[ValueError]]:
    """Tell of an errand, and return who gives up on that at once, for as long as there is an error in the list."""
    await engine.create("errand", "e1", actor="ann")
    await engine.send("e1", Event("TELL"), actor="ann")
    broken = [ValueError("poison")]

    async def handle(_: Connection, _event: DomainEvent) -> None:
        if broken:
            raise broken[0]

    consumer = Consumer(name="seen", events=None, handle=handle, attempts=1)
    return consumer, broken


async def test_a_parked_root_that_is_given_up_is_a_dead_letter_too(
    engine: Engine, receiver: Receiver, pool: Pool
):
    consumer, broken = await _poisoned(engine)
    [job_id] = await kill(engine, receiver, "k1")
    await Worker(engine, [consumer]).drain()
    letters = await dead_letter.listed(pool)
    assert [(letter.source, letter.name) for letter in letters] == [
        ("consumer", "seen"),
        ("job", "call"),
    ]
    parked = letters[0]
    assert (parked.id, parked.key, parked.payload) == ("seen/e1", "e1/2/1", {"word": "hello"})
    page = await dead_letter.listed(pool, after=(parked.died_at, parked.id))
    assert [letter.id for letter in page] == [job_id]
    with pytest.raises(InputInvalid):
        await retry(engine, Retry(letter_id=parked.id, cause=by(), payload="{}"))

    broken.clear()
    assert (await retry(engine, Retry(letter_id=parked.id, cause=by()))).letter.status == "waiting"
    with pytest.raises(NotDead):
        await retry(engine, Retry(letter_id=parked.id, cause=by()))
    await Worker(engine, [consumer]).drain()
    with pytest.raises(DeadLetterNotFound):
        await retry(engine, Retry(letter_id=parked.id, cause=by()))
    assert await dead_letter.count(pool) == 1


@pytest.fixture
async def parked(engine: Engine) -> Consumer:
    """Who has given up on the root of an errand, and would handle its event now."""
    consumer, broken = await _poisoned(engine)
    await Worker(engine, [consumer]).drain()
    broken.clear()
    return consumer


async def test_a_repeated_retry_is_answered_when_the_event_is_handled_and_its_root_is_free(
    engine: Engine, pool: Pool, parked: Consumer
):
    asked = Retry(letter_id="seen/e1", cause=by("once"))
    first = await retry(engine, asked)
    await Worker(engine, [parked]).drain()
    assert await parking.list_parked(pool) == []
    again = await retry(engine, asked)
    assert (first.replayed, first.letter.status) == (False, "waiting")
    assert (again.replayed, again.letter.status, again.letter.died_at) == (True, "done", None)
    for name in ("id", "source", "name", "key", "payload", "root_id", "instance_id"):
        assert getattr(again.letter, name) == getattr(first.letter, name)
    await pool.execute("delete from orderwright.outbox")
    with pytest.raises(DeadLetterNotFound):
        await retry(engine, asked)


@pytest.mark.usefixtures("parked")
async def test_of_several_who_retry_a_parked_root_at_once_one_does_and_the_others_are_told(
    engine: Engine, pool: Pool
):
    asked = Retry(letter_id="seen/e1", cause=by())
    async with (
        pool.acquire() as connection,
        asyncio.TaskGroup() as group,
        connection.transaction(),
    ):
        await connection.execute("lock table orderwright.parked_root in exclusive mode")
        retries = [group.create_task(_outcome(retry(engine, asked))) for _ in range(3)]
        await eventually(lambda: _wait(connection, 3))
    assert sorted(task.result() for task in retries) == ["NotDead", "NotDead", "Retried"]


@pytest.mark.usefixtures("parked")
async def test_who_retried_a_parked_root_and_why_is_in_the_log(engine: Engine):
    with capture_logs() as logged:
        await retry(engine, Retry(letter_id="seen/e1", cause=by(reason="mended")))
    [line] = [one for one in logged if one["event"] == "retried"]
    assert (line["letter"], line["actor"], line["reason"]) == ("seen/e1", "ann", "mended")


async def _outcome(retrying: Awaitable[Retried]) -> str:
    try:
        return type(await retrying).__name__
    except NotDead as error:
        return type(error).__name__


async def _wait(connection: Connection, most: int) -> bool:
    """Tell whether so many wait for the parked roots."""
    count = """
        select count(*) from pg_locks where not granted and relation = 'orderwright.parked_root'::regclass
        and database = (select oid from pg_database where datname = current_database())
    """
    return await connection.fetchval(count) == most
