from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from jsonschema import FormatChecker
from parcel import BEHAVIOUR, PARCEL, START

from orderwright.runtime.edition import compare, editions
from orderwright.runtime.registry import BehaviourMissing, ChartChanged, ChartNotFound, Registry
from orderwright.runtime.soundness import ChartUnsound
from orderwright.statechart import Behaviour, ChartInvalid, Event

if TYPE_CHECKING:
    from parcel import Rows

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool

TEXT = json.dumps(PARCEL)
SECOND = json.dumps({**PARCEL, "version": 2})
KNOWN = {"parcel": {1: BEHAVIOUR, 2: BEHAVIOUR}}


async def test_publishing_the_same_text_again_changes_nothing(pool: Pool, rows: Rows):
    for _ in range(2):
        await Registry(KNOWN).publish(pool, TEXT, at=START)

    [row] = await rows("select * from orderwright.chart")
    assert (row["chart_id"], row["version"], row["definition"]) == ("parcel", 1, TEXT)


async def test_a_published_version_cannot_be_edited(pool: Pool, rows: Rows):
    registry = Registry(KNOWN)
    await registry.publish(pool, TEXT, at=START)
    edited = json.dumps({**PARCEL, "context": {"count": 1}})

    with pytest.raises(ChartChanged) as changed:
        await registry.publish(pool, edited, at=START)

    assert changed.value.code == "chart.changed"
    assert "version 2" in changed.value.message
    [row] = await rows("select definition from orderwright.chart")
    assert row["definition"] == TEXT


async def test_another_process_finds_published_charts_in_the_database(pool: Pool):
    await Registry(KNOWN).publish(pool, TEXT, at=START)
    await Registry(KNOWN).publish(pool, SECOND, at=START)
    other = Registry(lambda chart_id, _: BEHAVIOUR if chart_id == "parcel" else None)

    assert (await other.get(pool, "parcel", 1)).chart.version == 1
    assert (await Registry(KNOWN).latest(pool, "parcel")).chart.version == 2
    assert (await other.latest(pool, "parcel")).chart.version == 1
    with pytest.raises(ChartNotFound):
        await other.get(pool, "parcel", 3)
    with pytest.raises(ChartNotFound):
        await other.latest(pool, "crate")


async def test_a_version_is_foreign_to_a_process_that_lacks_a_part_of_its_behaviour(pool: Pool):
    await Registry(KNOWN).publish(pool, SECOND, at=START)

    async def is_foreign(behaviour: Behaviour | None, facts: set[str] | None = None) -> bool:
        registry = Registry(lambda *_: behaviour, facts=facts, formats=FormatChecker())
        found = await registry.is_foreign(pool, "parcel", 2)
        assert registry.foreign == (["parcel/2"] if found else [])
        assert (await registry.chart(pool, "parcel", 2)).version == 2
        return found

    assert not await is_foreign(BEHAVIOUR)
    assert not await is_foreign(BEHAVIOUR, {"weight"})
    assert await is_foreign(BEHAVIOUR, {"height"})
    assert await is_foreign(replace(BEHAVIOUR, actions={}))
    assert await is_foreign(None)


async def test_what_a_process_lacks_of_a_version_is_named_and_publishing_brings_it(pool: Pool):
    await Registry(KNOWN).publish(pool, SECOND, at=START)
    behaviours = {"parcel": {2: replace(BEHAVIOUR, actions={})}}
    registry = Registry(behaviours)
    for _ in range(2):
        with pytest.raises(BehaviourMissing) as missing:
            await registry.get(pool, "parcel", 2)
        assert "parcel v2: states" in missing.value.message
        assert "no action 'add'" in missing.value.message
        assert missing.value.values == {"chart": "parcel", "version": 2}
    assert not await registry.is_foreign(pool, "parcel", 3)  # nobody knows it

    behaviours["parcel"][2] = BEHAVIOUR
    await registry.publish(pool, SECOND, at=START)
    assert (await registry.get(pool, "parcel", 2)).chart.version == 2
    assert registry.foreign == []


async def test_a_version_that_is_not_understood_is_foreign(pool: Pool):
    await Registry(KNOWN).publish(pool, SECOND, at=START)
    newer = json.dumps({**PARCEL, "version": 2, "initial": {"of": "tomorrow"}})
    await pool.execute("update orderwright.chart set definition = $1", newer)
    registry = Registry(KNOWN)
    assert await registry.is_foreign(pool, "parcel", 2)
    with pytest.raises(BehaviourMissing):
        await registry.chart(pool, "parcel", 2)


async def test_a_chart_without_behaviour_or_meaning_is_not_published(pool: Pool, rows: Rows):
    with pytest.raises(BehaviourMissing):
        await Registry({}).publish(pool, TEXT, at=START)
    with pytest.raises(ChartInvalid):
        await Registry(KNOWN).publish(pool, "[]", at=START)
    assert await rows("select 1 from orderwright.chart") == []


async def test_an_instance_keeps_the_version_it_started_on(engine: Engine, pool: Pool, rows: Rows):
    await engine.create("parcel", "p1", actor="ann")
    engine.registry._behaviours = KNOWN
    await engine.registry.publish(pool, SECOND, at=START)
    await engine.create("parcel", "p2", actor="ann")

    found = await rows("select instance_id, chart_version from orderwright.instance order by 1")
    assert [tuple(row.values()) for row in found] == [("p1", 1), ("p2", 2)]


async def test_a_chart_with_findings_is_refused_with_each_place_and_cure(pool: Pool, rows: Rows):
    unsound = copy.deepcopy(PARCEL)
    unsound["states"]["LOST"] = {"on": {"SEAL": "SEALED"}}
    unsound["events"]["TOUCH"]["data"] = {"type": "objekt"}
    unsound["events"]["HOLD"]["data"] = {
        "properties": {"on": {"format": "moon"}, "at": {"format": "date"}}
    }
    registry = Registry(KNOWN, facts={"height"}, formats=FormatChecker())

    with pytest.raises(ChartUnsound) as refused:
        await registry.publish(pool, json.dumps(unsound), at=START)

    found = {one.path: one for one in refused.value.findings}
    assert {path: one.code for path, one in found.items()} == {
        "states.LOST": "state.unreachable",
        "events.TOUCH.data.type": "schema.invalid",
        "events.HOLD.data.properties.on.format": "schema.format",
        "events.WEIGH.facts[0]": "fact.unknown",
    }
    assert "leave the state out" in found["states.LOST"].message
    assert "height" in found["events.WEIGH.facts[0]"].message
    assert refused.value.values["findings"][0]["path"] == "states.LOST"
    assert await rows("select 1 from orderwright.chart") == []


@pytest.mark.parametrize(
    ("schema", "place", "code", "cure"),
    [
        (
            {"properties": {"n": {"$ref": "#/$defs/number"}}},
            "properties.n.$ref",
            "schema.reference",
            "'#/$defs/number'",
        ),
        ({"$ref": "#anchor"}, "$ref", "schema.reference", "'#anchor'"),
        ({"$dynamicRef": "#node"}, "$dynamicRef", "schema.reference", "'#node'"),
        ({"allOf": [{"$ref": "number.json"}]}, "allOf[0].$ref", "schema.reference", "$defs"),
        ({"$ref": "http://127.0.0.1:9/number.json"}, "$ref", "schema.reference", "$defs"),
        (
            {"properties": {"n": {"pattern": "(a"}}},
            "properties.n.pattern",
            "schema.pattern",
            "'(a'",
        ),
        ({"pattern": "(?=a)b"}, "pattern", "schema.pattern", "look-around"),
        ({"pattern": r"(a)\1"}, "pattern", "schema.pattern", "look-around"),
        ({"pattern": "(a{1000}){1000}"}, "pattern", "schema.pattern", "too large"),
        (
            {"patternProperties": {"[": {"type": "string"}}},
            "patternProperties.[",
            "schema.pattern",
            "'['",
        ),
    ],
)
async def test_a_schema_that_could_judge_no_event_is_refused_with_its_place_and_cure(
    pool: Pool, schema: dict[str, object], place: str, code: str, cure: str
):
    unsound = copy.deepcopy(PARCEL)
    unsound["events"]["HOLD"]["data"] = schema
    with pytest.raises(ChartUnsound) as refused:
        await Registry(KNOWN).publish(pool, json.dumps(unsound), at=START)
    [finding] = refused.value.findings
    assert (finding.path, finding.code) == (f"events.HOLD.data.{place}", code)
    assert cure in finding.message


async def test_a_schema_may_refer_to_its_own_parts_and_name_references_in_its_data(pool: Pool):
    sound = copy.deepcopy(PARCEL)
    sound["events"]["HOLD"]["data"] = {
        "properties": {
            "n": {"$ref": "#/$defs/number"},
            "m": {"$ref": "#count"},
            "more": {"items": {"$ref": "#"}},
            "$ref": {"type": "string"},
            "pattern": {"const": {"$ref": "number.json", "pattern": "("}},
        },
        "$defs": {"number": {"$anchor": "count", "type": "integer"}},
    }
    assert (await Registry(KNOWN).publish(pool, json.dumps(sound), at=START)).version == 1


async def test_what_was_published_before_the_checks_is_still_taken(pool: Pool):
    text = json.dumps({"id": "parcel", "version": 1, "initial": "a", "states": {"a": {}, "b": {}}})
    with pytest.raises(ChartUnsound):
        await Registry(KNOWN).publish(pool, text, at=START)
    await pool.execute(
        "insert into orderwright.chart values ('parcel', 1, 'h', $1, $2)", text, START
    )
    assert (await Registry(KNOWN).publish(pool, text, at=START)).version == 1


async def test_published_versions_are_listed_with_their_instances(engine: Engine, pool: Pool):
    await engine.create("parcel", "p1", actor="ann")
    await engine.create("parcel", "p2", actor="ann")
    await engine.send("p2", Event("SEAL"), actor="ann")
    await Registry(KNOWN).publish(pool, SECOND, at=START)

    listed = await editions(pool, "parcel")

    assert [(one.version, one.running, one.ended) for one in listed] == [(1, 1, 1), (2, 0, 0)]
    assert listed[0].published_at == START
    assert await editions(pool) == listed
    assert await editions(pool, "crate") == ()


async def test_two_published_versions_are_compared_in_words(pool: Pool):
    second = copy.deepcopy(PARCEL) | {"version": 2}
    second["states"]["OPEN"]["on"]["HOLD"] = {"target": "HELD", "actions": "add"}
    for text in (TEXT, json.dumps(second)):
        await Registry(KNOWN).publish(pool, text, at=START)
    [change] = await compare(pool, "parcel", 1, 2)
    assert change == (
        "states.parcel.OPEN.on.HOLD.actions",
        "added",
        "action",
        "the action add is new",
    )
    with pytest.raises(ChartNotFound):
        await compare(pool, "parcel", 1, 3)
