from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orderwright.runtime.command import Actor, Cause, Create, Send
from orderwright.runtime.instance import found
from orderwright.runtime.replay import Replay
from orderwright.runtime.transition import Transition
from orderwright.runtime.write import prepare, store
from orderwright.statechart import Event, send, start

if TYPE_CHECKING:
    from parcel import Everything, Rows

    from orderwright.runtime.engine import Engine

ADD = Event("ADD", {"n": 1})


async def _prepared(engine: Engine, instance_id: str, key: str | None = None) -> Transition:
    """Compute a step on an instance as it stands."""
    now = engine.clock.now()
    instance = found(await engine.read(instance_id), instance_id)
    lifecycle = await engine.registry.get(engine.pool, "parcel", 1)
    step = send(lifecycle.chart, lifecycle.behaviour, instance.snapshot, ADD, now=now)
    cause = Cause(actor=Actor("ann"), idempotency_key=key)
    return Transition(
        command=Send(instance_id=instance_id, event=ADD, cause=cause),
        chart=lifecycle.chart,
        before=instance,
        step=step,
        facts={},
        occurred_at=now,
        recorded_at=now,
    )


async def _start(engine: Engine, instance_id: str) -> Transition:
    now = engine.clock.now()
    lifecycle = await engine.registry.get(engine.pool, "parcel", 1)
    cause = Cause(actor=Actor("ann"))
    return Transition(
        command=Create(chart_id="parcel", instance_id=instance_id, root_id="r", cause=cause),
        chart=lifecycle.chart,
        before=None,
        step=start(lifecycle.chart, lifecycle.behaviour, now=now),
        facts={},
        occurred_at=now,
        recorded_at=now,
    )


async def test_each_item_of_a_batch_is_applied_wholly_or_not_at_all(
    engine: Engine, everything: Everything
):
    for name in ("p1", "p2", "p3"):
        await engine.create("parcel", name, actor="ann")
    stale = await _prepared(engine, "p1")
    await engine.send("p1", ADD, actor="ann", idempotency_key="taken")
    batch = [
        await _prepared(engine, "p2"),
        stale,
        await _prepared(engine, "p3", key="taken"),
        await _start(engine, "p2"),
        await _start(engine, "p4"),
        await _prepared(engine, "p1"),
    ]
    before = await everything()

    outcomes = await store(engine.pool, [prepare(step) for step in batch])

    assert outcomes == [
        "applied",
        "version_conflict",
        "key_conflict",
        "exists",
        "applied",
        "applied",
    ]
    after = await everything()
    assert {name: len(after[name]) - len(before[name]) for name in after} == {
        "instance": 1,
        "log": 3,
        "outbox": 2,
        "timer": 0,
        "idempotency_key": 0,
        "ledger_entry": 2,
        "balance": 0,
    }
    for name in ("p1", "p2", "p3", "p4"):
        assert await Replay(engine.pool).verify(name) == ()


async def test_what_follows_a_stale_step_is_not_applied_though_its_version_fits(
    engine: Engine, everything: Everything
):
    """Two steps are computed in memory; meanwhile another makes one step, so that the second one's version fits."""
    await engine.create("parcel", "p1", actor="ann")
    first = prepare(await _prepared(engine, "p1"))
    second = prepare(first.transition._replace(before=first.after))
    await engine.send("p1", ADD, actor="bob")
    before = await everything()

    assert await store(engine.pool, [first, second]) == ["version_conflict", "version_conflict"]

    assert await everything() == before
    assert await Replay(engine.pool).verify("p1") == ()


@pytest.mark.parametrize("more", [(), (False,)], ids=["no bookings", "no hash before"])
async def test_releases_before_write_by_the_call_that_they_know(
    engine: Engine, rows: Rows, more: tuple[bool, ...]
):
    """They name no bookings, or not the hash of the row that they computed from: 31 or 32 values instead of 33."""
    await engine.create("parcel", "p1", actor="ann")
    step = prepare(await _prepared(engine, "p1", "k1"))
    columns = ([value] for value in step.columns[:-1])
    emitted = ([1], [1], *([value] for value in step.emits[0]), *more)
    call = ", ".join(f"${place}" for place in range(1, 32 + len(more)))

    fates = await engine.pool.fetchval(
        f"select orderwright.apply_steps({call})",
        0,
        *columns,
        *emitted,
    )

    assert fates is None
    assert await Replay(engine.pool).verify("p1") == ()
    assert [row["name"] for row in await rows("select name from orderwright.outbox")] == [
        "parcel.added"
    ]
