"""Hypothetical events: told in full, and nothing written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from relabelled import MAPPING, publish_second

from orderwright.runtime.command import Actor
from orderwright.runtime.simulation import Simulator, Supposition
from orderwright.statechart import Emit, Event

if TYPE_CHECKING:
    from parcel import Everything, Scales

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.fact import FactRequest
    from orderwright.runtime.pool import Connection

ANN = Actor("ann")


@pytest.fixture
async def simulator(engine: Engine) -> Simulator:
    """A simulator, and a parcel with a piece in it and a reminder on its way."""
    await engine.create("parcel", "p1", actor="ann")
    await engine.send("p1", Event("ADD", {"n": 2}), actor="ann")
    await engine.send("p1", Event("REMIND_SOON"), actor="ann")
    return Simulator(engine)


async def test_events_are_supposed_one_after_the_other_with_their_trace(
    simulator: Simulator, everything: Everything
):
    before = await everything()
    events = (
        Event("ADD", {"n": 3}),
        Event("HOLD"),
        Event("ADD", {"n": 1}),
        Event("after.600000.parcel.HELD"),
    )
    found = await simulator.simulate("p1", Supposition(events=events, actor=ANN))

    assert [step.refused.code if step.refused else None for step in found.steps] == [
        None,
        None,
        "unhandled",
        None,
    ]
    assert [step.snapshot.value for step in found.steps] == ["OPEN", "HELD", "HELD", "OPEN"]
    assert found.steps[0].effects[0] == Emit("parcel.added", {"n": 3, "count": 5})
    assert found.steps[1].trace[0].entered == ("parcel.HELD",)
    assert found.before.context["count"] == 2
    assert await everything() == before


async def test_what_the_engine_would_not_let_in_is_refused_here_too(simulator: Simulator):
    events = (Event("NOBODY"), Event("ADD", {"n": 0}), Event("INSPECT"))
    found = await simulator.simulate("p1", Supposition(events=events, actor=ANN))
    assert [step.refused.code for step in found.steps] == [
        "event_unknown",
        "event_data",
        "event_reserved",
    ]


async def test_facts_are_loaded_without_locks_or_supposed(simulator: Simulator, scales: Scales):
    weigh = Supposition(events=(Event("WEIGH"),), actor=ANN)
    scales.weight = 99
    scales.asked.clear()
    assert (await simulator.simulate("p1", weigh)).steps[0].refused.code == "blocked"
    assert [asked.lock for asked in scales.asked] == [False]
    light = replace(weigh, facts={"weight": 1})
    assert (await simulator.simulate("p1", light)).steps[0].refused is None
    assert len(scales.asked) == 1


async def test_each_event_is_told_to_its_facts_with_the_snapshot_that_it_would_meet(
    simulator: Simulator, scales: Scales
):
    weigh, add = Event("WEIGH"), Event("ADD", {"n": 4})
    scales.asked.clear()
    refused = Event("WEIGH", {"n": "not declared"})
    events = (weigh, add, refused, weigh)
    found = await simulator.simulate("p1", Supposition(events=events, actor=ANN))

    assert [asked.event for asked in scales.asked] == [weigh, weigh]
    assert [asked.snapshot.context["count"] for asked in scales.asked] == [2, 7]
    assert [step.snapshot.context["count"] for step in found.steps] == [3, 7, 7, 8]


async def test_a_loader_that_reads_the_data_of_the_event_answers_as_in_earnest(
    engine: Engine, simulator: Simulator, scales: Scales
):
    async def weight_of_pieces(_connection: Connection, request: FactRequest) -> object:
        return 9 * len(request.event.type) * request.snapshot.context["count"]

    scales.load_with(weight_of_pieces)
    supposed = Supposition(events=(Event("WEIGH"),), actor=ANN)
    [step] = (await simulator.simulate("p1", supposed)).steps
    sent = await engine.send("p1", Event("WEIGH"), actor="ann")
    assert step.refused is not None
    assert step.refused == sent.refused


async def test_the_past_can_be_supposed_to_go_on_otherwise(simulator: Simulator):
    past = Supposition(events=(Event("SEAL"),), actor=ANN, from_version=1)
    found = await simulator.simulate("p1", past)
    assert found.before.context["count"] == 0
    assert found.steps[0].snapshot.status == "done"


async def test_another_version_of_the_chart_can_be_supposed(
    engine: Engine, simulator: Simulator, everything: Everything
):
    await publish_second(engine)
    before = await everything()
    supposed = Supposition(events=(Event("HOLD"), Event("RESUME")), actor=ANN, chart_version=2)

    stuck = await simulator.simulate("p1", supposed)
    assert [reason.code for reason in stuck.immovable] == ["state_unmapped"]
    assert stuck.steps == ()

    found = await simulator.simulate("p1", replace(supposed, mapping=MAPPING))
    assert found.before.value == "READY"
    assert [step.snapshot.value for step in found.steps] == ["HELD", "READY"]
    assert await everything() == before
