"""What is done outside of the database: jobs and invocations."""

from __future__ import annotations

from crashing.house import Hopeless, House, Trouble
from crashing.path import Path, events, nothing

from orderwright.runtime.command import Actor, Cause
from orderwright.runtime.identity import derived_id
from orderwright.runtime.retrying import Retry, retry
from orderwright.statechart import Event


async def _a_job(house: House) -> None:
    await house.jobs.enqueue("call", {}, key=house.name, root_id=house.name)


async def _enqueue_and_run(house: House) -> None:
    await _a_job(house)
    await house.runner().run_due()


async def _run_in_trouble(house: House) -> None:
    house.trouble = Trouble
    await house.runner().run_due()


async def _run_hopelessly(house: House) -> None:
    house.trouble = Hopeless
    await house.runner().run_due()


async def _a_letter(house: House) -> None:
    await _a_job(house)
    await _run_hopelessly(house)
    house.trouble = None


async def _retry(house: House) -> None:
    cause = Cause(actor=Actor("ann"), idempotency_key=house.name)
    await retry(house.engine, Retry(letter_id=derived_id(f"job:{house.name}"), cause=cause))
    await house.runner().run_due()


async def _was_retried(house: House) -> None:
    await was_run(house)
    query = """
    select what from orderwright.job_history join orderwright.job using (job_id)
    where key = $1 and what <> 'lost' order by id
    """
    assert await house.rows(query, house.name) == [("failed",), ("retried",)]


async def was_run(house: House) -> None:
    query = "select status, result from orderwright.job where key = $1"
    assert await house.rows(query, house.name) == [("done", '"yes"')]
    assert set(house.effects()) == {house.name}


async def _has_died(house: House) -> None:
    query = "select status from orderwright.job where key = $1"
    assert await house.rows(query, house.name) == [("dead",)]
    assert house.effects() == []


async def _an_errand(house: House) -> None:
    await house.engine.create("errand", house.name, actor="ann")


async def _call(house: House) -> None:
    await house.engine.send(house.name, Event("CALL"), actor="ann", idempotency_key=house.name)
    await house.runner().run_due()


async def _call_hopelessly(house: House) -> None:
    house.trouble = Hopeless
    await _call(house)


async def _was_answered(house: House) -> None:
    assert await events(house, house.name) == ["create", "CALL", "done.invoke.call"]
    query = "select key, status from orderwright.job where instance_id = $1"
    [(key, status)] = await house.rows(query, house.name)
    assert (set(house.effects()), status) == ({key}, "done")


async def _was_given_up(house: House) -> None:
    assert await events(house, house.name) == ["create", "CALL", "error.invoke.call"]
    query = "select status from orderwright.job where instance_id = $1"
    assert await house.rows(query, house.name) == [("failed",)]


PATHS: dict[str, Path] = {
    "run a job": Path(arrange=nothing, walk=_enqueue_and_run, prove=was_run),
    "fail a job": Path(arrange=_a_job, walk=_run_in_trouble, prove=was_run),
    "retry a letter": Path(arrange=_a_letter, walk=_retry, prove=_was_retried),
    "bury a job": Path(arrange=_a_job, walk=_run_hopelessly, prove=_has_died),
    "invoke": Path(arrange=_an_errand, walk=_call, prove=_was_answered),
    "invoke in vain": Path(arrange=_an_errand, walk=_call_hopelessly, prove=_was_given_up),
}
