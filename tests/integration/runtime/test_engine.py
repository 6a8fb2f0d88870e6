from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from parcel import START

from orderwright.errors import InputInvalid
from orderwright.runtime.command import Actor, Cause, Send
from orderwright.runtime.instance import InstanceNotFound
from orderwright.runtime.registry import ChartNotFound
from orderwright.runtime.write import EffectUnsupported
from orderwright.statechart import Event

if TYPE_CHECKING:
    from parcel import Everything, Rows, Scales

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine

SYSTEM = Actor("inspector", "system")


async def test_create_leaves_an_instance_and_its_first_log_row(
    engine: Engine, everything: Everything, rows: Rows
):
    result = await engine.create(
        "parcel",
        "p1",
        context={"note": "für Zoë"},
        actor="ann",
        root_id="order-1",
        reason="asked for",
    )

    assert (result.version, result.refused, result.replayed) == (1, None, False)
    assert result.snapshot.context == {"count": 0, "note": "für Zoë"}
    [instance] = await rows("select * from orderwright.instance")
    assert instance["root_id"] == "order-1"
    assert (instance["version"], instance["status"], instance["state"]) == (1, "active", "OPEN")
    [row] = await rows("select * from orderwright.log")
    assert (row["event_type"], row["from_state"], row["to_state"]) == ("create", None, "OPEN")
    assert json.loads(row["event_data"]) == {"note": "für Zoë"}
    assert (row["actor_kind"], row["actor_id"], row["reason"]) == ("user", "ann", "asked for")
    assert (row["correlation_id"], row["causation_id"], row["origin"]) == ("p1/1", None, "live")
    assert row["occurred_at"] == row["recorded_at"] == START
    assert {table: len(found) for table, found in (await everything()).items()} == {
        "instance": 1, "log": 1, "outbox": 0, "timer": 0, "idempotency_key": 0, "ledger_entry": 0, "balance": 0,
    }  # fmt: skip


async def test_an_applied_event_leaves_log_outbox_ledger_and_key(
    engine: Engine, rows: Rows, clock: DrivenClock
):
    await engine.create("parcel", "p1", actor="ann", root_id="order-1")
    clock.advance(timedelta(seconds=5))
    before = START - timedelta(days=1)

    result = await engine.send(
        "p1",
        Event("ADD", {"n": 2}),
        actor="bob",
        idempotency_key="k1",
        correlation_id="order-1/1",
        causation_id="order-1/3",
        occurred_at=before,
        origin="import",
    )

    assert (result.version, result.snapshot.context["count"]) == (2, 2)
    [log] = await rows("select * from orderwright.log where version = 2")
    assert (log["from_state"], log["to_state"], log["origin"]) == ("OPEN", "OPEN", "import")
    assert (log["occurred_at"], log["recorded_at"]) == (before, clock.now())
    [event] = await rows("select * from orderwright.outbox")
    assert (event["event_id"], event["name"], event["root_id"]) == (
        "p1/2/1",
        "parcel.added",
        "order-1",
    )
    assert (event["correlation_id"], event["causation_id"]) == ("order-1/1", "p1/2")
    assert json.loads(event["payload"]) == {"n": 2, "count": 2}
    [entry] = await rows("select * from orderwright.ledger_entry")
    assert (entry["ledger"], entry["version"], entry["n"], entry["data"]) == (
        "pieces",
        2,
        1,
        '{"n":2}',
    )
    [key] = await rows("select * from orderwright.idempotency_key")
    assert (key["key"], key["version"]) == ("k1", 2)
    assert key["expires_at"] - key["created_at"] == timedelta(days=30)


async def test_an_accepted_event_that_changes_nothing_is_logged(engine: Engine, rows: Rows):
    await engine.create("parcel", "p1", actor="ann")

    result = await engine.send("p1", Event("TOUCH"), actor="ann")

    assert (result.version, result.refused) == (2, None)
    [row] = await rows("select * from orderwright.log where version = 2")
    assert row["changes"] == "{}"


@pytest.mark.parametrize(
    ("event", "actor", "code"),
    [
        (Event("RESUME"), "ann", "unhandled"),
        (Event("NONSENSE"), "ann", "event_unknown"),
        (Event("after.600000.parcel.HELD"), SYSTEM, "event_reserved"),
        (Event("done.state.parcel"), SYSTEM, "event_reserved"),
        (Event("error.invoke.call"), SYSTEM, "event_reserved"),
        (Event("INSPECT"), "ann", "event_reserved"),
        (Event("ADD"), "ann", "event_data"),
        (Event("ADD", {"n": "2"}), "ann", "event_data"),
        (Event("ADD", {"n": 1, "m": 1}), "ann", "event_data"),
        (Event("TOUCH", {"x": float("nan")}), "ann", "event_data"),
        (Event("TOUCH", {"x": "\ud800"}), "ann", "event_data"),
        (Event("TOUCH", {"x": object()}), "ann", "event_data"),
    ],
)
async def test_a_refusal_changes_no_row(
    engine: Engine, everything: Everything, event: Event, actor: Actor | str, code: str
):
    await engine.create("parcel", "p1", actor="ann")
    before = await everything()

    result = await engine.send("p1", event, actor=actor, idempotency_key="k")

    assert result.refused.code == code
    assert (result.version, result.replayed) == (1, False)
    assert await everything() == before


async def test_unfit_data_names_the_field_its_value_and_what_is_expected(engine: Engine):
    await engine.create("parcel", "p1", actor="ann")

    result = await engine.send("p1", Event("ADD", {"n": 0, "m": True}), actor="ann")

    assert [dict(reason.values) for reason in result.refused.reasons] == [
        {"field": "m", "value": True, "expected": "no such field"},
        {"field": "n", "value": 0, "expected": "at least 1"},
    ]
    assert result.refused.values["field"] == "m"


async def test_systems_and_policies_may_send_what_people_may_not(engine: Engine):
    await engine.create("parcel", "p1", actor="ann")
    for actor in (SYSTEM, Actor("p", "policy")):
        assert (await engine.send("p1", Event("INSPECT"), actor=actor)).refused is None


async def test_a_taken_id_is_refused_and_changes_nothing(engine: Engine, everything: Everything):
    await engine.create("parcel", "p1", actor="ann")
    before = await everything()

    result = await engine.create("parcel", "p1", context={"other": 1}, actor="ann")

    assert (result.refused.code, result.version) == ("instance_exists", 1)
    assert await everything() == before


async def test_unknown_instances_and_charts_are_errors(engine: Engine):
    with pytest.raises(InstanceNotFound) as gone:
        await engine.send("nobody", Event("TOUCH"), actor="ann")
    assert gone.value.code == "instance.not_found"
    with pytest.raises(InstanceNotFound):
        await engine.explain("nobody", "ann")
    assert await engine.read("nobody") is None
    with pytest.raises(ChartNotFound):
        await engine.create("crate", "c1", actor="ann")


async def test_text_that_the_database_cannot_keep_is_an_input_error(engine: Engine):
    with pytest.raises(InputInvalid):
        await engine.create("parcel", "p\x001", actor="ann")
    assert await engine.read("p\x001") is None
    for unfit in ("", "x" * 256):
        with pytest.raises(InputInvalid):
            await engine.create("parcel", unfit, actor="ann")
        with pytest.raises(InputInvalid):
            await engine.create("parcel", "p1", actor="ann", idempotency_key=unfit)
    with pytest.raises(InputInvalid):
        await engine.create("parcel", "p1", context={"x": float("inf")}, actor="ann")
    with pytest.raises(InputInvalid):
        await engine.create("parcel", "p1", actor="ann", occurred_at=START.replace(tzinfo=None))


async def test_text_with_every_odd_character_survives(engine: Engine):
    odd = "\x00 \u2028 \\u0000 \"quoted\" 'single' $1 🎉 \x7f\n"
    await engine.create("parcel", "p1", context={"note": odd, "z": 1, "a": 1.0}, actor="ann")

    instance = await engine.read("p1")

    assert instance.snapshot.context["note"] == odd
    assert list(instance.snapshot.context) == ["count", "note", "z", "a"]


async def test_an_ended_instance_is_done_and_refuses(engine: Engine):
    await engine.create("parcel", "p1", actor="ann")
    await engine.send("p1", Event("SEAL"), actor="ann")

    instance = await engine.read("p1")
    late = await engine.send("p1", Event("TOUCH"), actor="ann")

    assert (instance.status, instance.state) == ("done", "SEALED")
    assert late.refused.code == "done"


async def test_an_effect_that_cannot_be_performed_stops_the_step(
    engine: Engine, everything: Everything
):
    await engine.create("parcel", "p1", actor="ann")
    before = await everything()
    with pytest.raises(EffectUnsupported):
        await engine.send("p1", Event("CALL"), actor="ann")
    assert await everything() == before


async def test_facts_are_loaded_recorded_and_decide(engine: Engine, rows: Rows, scales: Scales):
    await engine.create("parcel", "p1", actor="ann", root_id="order-1")
    applied = await engine.send("p1", Event("WEIGH"), actor="ann")
    scales.weight = 11
    heavy = await engine.send("p1", Event("WEIGH"), actor="ann")
    scales.weight = None
    unknown = await engine.send("p1", Event("WEIGH"), actor="ann")

    assert applied.refused is None
    assert (heavy.refused.code, unknown.refused.code) == ("blocked", "guard_unknown")
    [log] = await rows("select facts from orderwright.log where version = 2")
    assert json.loads(log["facts"]) == {"weight": 1}
    at_create, at_send = scales.asked[:2]
    assert (at_create.event, at_create.snapshot, at_create.root_id) == (None, None, "order-1")
    assert (at_send.event, at_send.snapshot.value) == (Event("WEIGH"), "OPEN")
    assert at_send.lock


async def test_explain_loads_facts_without_locks(engine: Engine, scales: Scales):
    await engine.create("parcel", "p1", actor="ann")
    scales.weight = 11

    found = await engine.explain("p1", "ann")

    assert found["WEIGH"].status == "blocked"
    assert found["HOLD"].status == "allowed"
    assert not scales.asked[-1].lock


async def test_send_many_returns_results_in_order(engine: Engine):
    await engine.create("parcel", "p1", actor="ann")
    cause = Cause(actor=Actor("ann"))
    events = [Event("ADD", {"n": 1}), Event("RESUME"), Event("ADD", {"n": 2})]

    results = await engine.send_many(
        [Send(instance_id="p1", event=event, cause=cause) for event in events]
    )

    assert [result.version for result in results] == [2, 2, 3]
    assert results[1].refused.code == "unhandled"


async def test_with_its_end_an_instance_has_no_timers(engine: Engine, rows: Rows):
    for name in ("p1", "p2"):
        await engine.create("parcel", name, actor="ann")
        await engine.send(name, Event("REMIND_LATER"), actor="ann")
    await engine.send("p1", Event("SEAL"), actor="ann")
    assert await rows("select instance_id from orderwright.timer") == [{"instance_id": "p2"}]
