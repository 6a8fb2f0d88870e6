from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from orderwright.runtime.command import Actor, Cause, Send
from orderwright.runtime.reply import IdempotencyMismatch
from orderwright.statechart import Event

if TYPE_CHECKING:
    from parcel import Everything, Rows

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine


@pytest.mark.parametrize("event", [Event("ADD", {"n": 3}), Event("WEIGH")])
async def test_twenty_identical_sends_make_one_transition_and_equal_results(
    engine: Engine, rows: Rows, event: Event
):
    await engine.create("parcel", "p1", actor="ann")

    results = await asyncio.gather(
        *(engine.send("p1", event, actor="ann", idempotency_key="k") for _ in range(20))
    )

    assert {(r.version, str(r.snapshot), r.refused) for r in results} == {
        (2, str(results[0].snapshot), None)
    }
    assert sum(not result.replayed for result in results) == 1
    assert len(await rows("select 1 from orderwright.log")) == 2


async def test_twenty_identical_creates_make_one_instance(engine: Engine, rows: Rows):
    results = await asyncio.gather(
        *(engine.create("parcel", "p1", actor="ann", idempotency_key="k") for _ in range(20))
    )

    assert {(result.version, result.refused) for result in results} == {(1, None)}
    assert sum(not result.replayed for result in results) == 1
    assert len(await rows("select 1 from orderwright.instance")) == 1


async def test_a_repeated_send_returns_the_snapshot_of_its_own_version(engine: Engine):
    await engine.create("parcel", "p1", actor="ann")
    first = await engine.send("p1", Event("ADD", {"n": 3}), actor="ann", idempotency_key="k")
    await engine.send("p1", Event("ADD", {"n": 4}), actor="ann")

    again = await engine.send("p1", Event("ADD", {"n": 3}), actor="ann", idempotency_key="k")

    assert (again.version, again.snapshot, again.replayed) == (2, first.snapshot, True)


async def test_another_request_under_the_same_key_is_a_conflict(
    engine: Engine, everything: Everything
):
    await engine.create("parcel", "p1", actor="ann")
    await engine.create("parcel", "p2", actor="ann")
    await engine.send("p1", Event("ADD", {"n": 3}), actor="ann", idempotency_key="k")
    before = await everything()

    for instance_id, event in [("p1", Event("ADD", {"n": 4})), ("p2", Event("ADD", {"n": 3}))]:
        with pytest.raises(IdempotencyMismatch) as conflict:
            await engine.send(instance_id, event, actor="ann", idempotency_key="k")
        assert conflict.value.code == "idempotency.mismatch"
    assert await everything() == before


async def test_of_two_requests_under_one_key_in_one_call_the_second_is_a_conflict_whatever_it_is(
    engine: Engine,
):
    await engine.create("parcel", "p1", actor="ann")
    for key, second in {"k1": Event("ADD", {"n": 4}), "k2": Event("NO_SUCH_EVENT")}.items():
        cause = Cause(actor=Actor("ann"), idempotency_key=key)
        sends = [
            Send(instance_id="p1", event=event, cause=cause)
            for event in (Event("ADD", {"n": 3}), second)
        ]
        with pytest.raises(IdempotencyMismatch):
            await engine.send_many(sends)


async def test_racing_different_requests_under_one_key_apply_one(engine: Engine):
    for name in ("p1", "p2"):
        await engine.create("parcel", name, actor="ann")

    results = await asyncio.gather(
        *(
            engine.send(name, Event("TOUCH"), actor="ann", idempotency_key="k")
            for name in ("p1", "p2") * 5
        ),
        return_exceptions=True,
    )

    conflicts = [result for result in results if isinstance(result, IdempotencyMismatch)]
    applied = {result.instance_id for result in results if result not in conflicts}
    assert (len(conflicts), len(applied)) == (5, 1)


async def test_a_refusal_does_not_consume_the_key(engine: Engine):
    await engine.create("parcel", "p1", actor="ann")
    refused = await engine.send("p1", Event("RESUME"), actor="ann", idempotency_key="k")
    await engine.send("p1", Event("HOLD"), actor="ann")

    applied = await engine.send("p1", Event("RESUME"), actor="ann", idempotency_key="k")

    assert refused.refused is not None
    assert (applied.refused, applied.replayed, applied.version) == (None, False, 3)


async def test_a_key_is_forgotten_after_thirty_days(engine: Engine, clock: DrivenClock):
    await engine.create("parcel", "p1", actor="ann")
    await engine.send("p1", Event("TOUCH"), actor="ann", idempotency_key="k")
    clock.advance(timedelta(days=30))

    again = await engine.send("p1", Event("TOUCH"), actor="ann", idempotency_key="k")

    assert (again.version, again.replayed) == (3, False)
