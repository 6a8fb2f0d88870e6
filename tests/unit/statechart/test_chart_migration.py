"""Snapshots that move from one version of their chart to another, and those that cannot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orderwright.json_text import DEEPEST
from orderwright.statechart import (
    Behaviour,
    Cancel,
    Chart,
    Event,
    Schedule,
    Snapshot,
    load,
    send,
    start,
)
from orderwright.statechart.migration import (
    MappingInvalid,
    Moved,
    Passage,
    Pending,
    read_mapping,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOTHING = Behaviour()


def version(number: int, states: dict[str, Any], **root: Any) -> Chart:
    return load(
        {"id": "m", "version": number, "initial": next(iter(states)), "states": states, **root}
    )


def began(chart: Chart, *events: str, context: dict[str, Any] | None = None) -> Snapshot:
    snapshot = start(chart, NOTHING, context=context, now=NOW).snapshot
    for event in events:
        step = send(chart, NOTHING, snapshot, Event(event), now=NOW)
        assert step.refused is None
        snapshot = step.snapshot
    return snapshot


def moved(
    before: Chart,
    after: Chart,
    snapshot: Snapshot,
    mapping: dict[str, Any] | None = None,
    *pending: Pending,
    behaviour: Behaviour = NOTHING,
) -> Any:
    read = read_mapping(mapping or {}, before, after)
    return Passage(before, after, behaviour, read).move(snapshot, pending, now=NOW)


def codes(result: Any) -> list[str]:
    return [reason.code for reason in result]


def timer(name: str, due: int, event: str = "") -> Pending:
    return Pending(
        id=name, event=Event(event or name, {"n": 1}), due_at=NOW + timedelta(seconds=due)
    )


ONE = version(1, {"a": {"on": {"GO": "b"}}, "b": {"on": {"GO": "a"}}})


# --- states ---------------------------------------------------------------------------------------


def test_what_both_versions_have_needs_no_mapping_and_goes_on_in_the_new_one():
    two = version(2, {"a": {"on": {"GO": "c"}}, "c": {}})
    result = moved(ONE, two, began(ONE))
    assert result == Moved(snapshot=began(two))
    assert send(two, NOTHING, result.snapshot, Event("GO"), now=NOW).snapshot.value == "c"


def test_a_state_becomes_what_the_mapping_says():
    two = version(2, {"a": {}, "inner": {"initial": "x", "states": {"x": {}, "y": {}}}})
    result = moved(ONE, two, began(ONE, "GO"), {"states": {"m.b": "m.inner.y"}})
    assert result.snapshot.value == {"inner": "y"}
    assert result.snapshot.configuration == ("m", "m.inner", "m.inner.y")


def test_a_state_may_become_one_of_each_region():
    regions = {
        "p": {"initial": "x", "states": {"x": {}}},
        "q": {"initial": "y", "states": {"y": {}}},
    }
    two = version(2, {"a": {}, "both": {"type": "parallel", "states": regions}})
    result = moved(ONE, two, began(ONE, "GO"), {"states": {"m.b": ["m.both.p.x", "m.both.q.y"]}})
    assert result.snapshot.value == {"both": {"p": "x", "q": "y"}}


def test_a_state_that_is_gone_and_not_mapped_is_named():
    two = version(2, {"a": {}})
    [reason] = moved(ONE, two, began(ONE, "GO"))
    assert (reason.code, reason.values) == ("state_unmapped", {"state": "m.b"})
    assert '"states"' in reason.message


@pytest.mark.parametrize(
    ("states", "target"),
    [
        ({"a": {}, "b": {"initial": "x", "states": {"x": {}}}}, "m.b"),
        ({"a": {}, "c": {"type": "parallel", "states": {"p": {}, "q": {}}}}, "m.c.p"),
        ({"a": {}, "c": {"type": "final"}}, "m.c"),
        ({"a": {}, "b": {}}, ["m.a", "m.b"]),
        ({"a": {}, "h": {"initial": "x", "states": {"x": {}, "y": {"type": "history"}}}}, "m.h.y"),
    ],
)
def test_a_configuration_that_the_new_version_cannot_have_is_told(states: Any, target: Any):
    result = moved(ONE, version(2, states), began(ONE, "GO"), {"states": {"m.b": target}})
    assert set(codes(result)) == {"configuration_illegal"}


def test_a_snapshot_of_a_third_version_is_not_moved():
    three = version(3, {"a": {}, "z": {}})
    assert codes(moved(ONE, version(2, {"a": {}}), began(three))) == ["configuration_illegal"]


def test_a_snapshot_in_a_state_that_its_version_does_not_have_is_not_moved():
    stray = began(ONE)._replace(configuration=("m", "m.nowhere"))
    [reason] = moved(ONE, version(2, {"a": {}}), stray)
    assert (reason.code, reason.values) == ("configuration_illegal", {"state": "m.nowhere"})


# --- history --------------------------------------------------------------------------------------


def remembering(number: int, *, deep: bool = False, names: str = "xy") -> Chart:
    kind = {"type": "history", **({"history": "deep"} if deep else {})}
    inner = {name: {"on": {"NEXT": names[-1]}} for name in names} | {"h": kind}
    states = {
        "in": {"initial": names[0], "states": inner, "on": {"OUT": "out"}},
        "out": {"on": {"BACK": "in.h"}},
    }
    return version(number, states)


@pytest.mark.parametrize("deep", [False, True])
def test_what_history_remembers_is_restored_in_the_new_version(deep: bool):
    before, after = remembering(1, deep=deep), remembering(2, deep=deep, names="uv")
    mapping = {"states": {"m.in.x": "m.in.u", "m.in.y": "m.in.v"}}
    result = moved(before, after, began(before, "NEXT", "OUT"), mapping)
    back = send(after, NOTHING, result.snapshot, Event("BACK"), now=NOW).snapshot
    assert back.value == {"in": "v"}


@pytest.mark.parametrize("deep", [False, True])
def test_what_history_remembers_and_nothing_restores_is_told_or_forgotten(deep: bool):
    before, after = remembering(1, deep=deep), remembering(2, deep=deep, names="uv")
    snapshot = began(before, "NEXT", "OUT")
    for states in ({}, {"m.in.y": "m.out"}, {"m.in.y": "m.in.v", "m.in.h": "m.in.u"}):
        assert codes(moved(before, after, snapshot, {"states": states})) == ["history_unmapped"]
    result = moved(before, after, snapshot, {"states": {"m.in.h": None}})
    assert result.snapshot.history == {}


# --- context --------------------------------------------------------------------------------------


def test_the_context_is_kept_patched_and_completed():
    two = version(2, {"a": {}, "b": {}}, context={"count": 0, "since": None})
    snapshot = began(ONE, context={"count": 3, "amount": 5, "x": 1})
    mapping = {
        "context": {
            "total": {"from": "context.amount"},
            "at": {"from": "now"},
            "x": {"y": [{"from": "context.x"}]},
        },
        "drop": ["amount"],
    }
    result = moved(ONE, two, snapshot, mapping)
    assert result.snapshot.context == {
        "count": 3,
        "x": {"y": [1]},
        "since": None,
        "total": 5,
        "at": NOW.isoformat(),
    }


def test_a_path_that_leads_nowhere_is_told():
    two = version(2, {"a": {}, "b": {}})
    [reason] = moved(ONE, two, began(ONE), {"context": {"total": {"from": "context.amount"}}})
    assert reason.code == "context_invalid"
    assert "context.amount" in reason.message


def test_a_patch_may_be_constant_and_must_be_text_that_can_be_stored():
    two = version(2, {"a": {}, "b": {}})
    patched = moved(ONE, two, began(ONE), {"context": {"n": 1, "l": [2, {"from": "now"}]}})
    assert patched.snapshot.context == {"n": 1, "l": [2, NOW.isoformat()]}
    assert codes(moved(ONE, two, began(ONE), {"context": {"n": "\ud800"}})) == ["context_invalid"]


def test_a_new_context_that_nests_too_deeply_is_told():
    """It would be refused when it is written, and the whole batch with it."""
    deep: object = 1
    for _ in range(DEEPEST - 1):
        deep = [deep]
    two = version(2, {"a": {}, "b": {}})
    before = began(ONE, context={"x": deep})
    assert moved(ONE, two, before, {}).snapshot.context["x"] == deep
    [reason] = moved(ONE, two, before, {"context": {"x": [{"from": "context.x"}]}})
    assert (reason.code, "x: expected at most 100 levels" in reason.message) == (
        "context_invalid",
        True,
    )


# --- timers ---------------------------------------------------------------------------------------


def test_the_timer_of_a_state_follows_it_and_keeps_its_time():
    one = version(1, {"a": {"after": {"60000": "b"}}, "b": {}})
    two = version(2, {"c": {"after": {"60000": "b"}}, "b": {}})
    old, new = "after.60000.m.a", "after.60000.m.c"
    result = moved(one, two, began(one), {"states": {"m.a": "m.c"}}, timer(old, 20))
    assert result.effects == (Cancel(old), Schedule(Event(new, {"n": 1}), 20_000, new))
    assert (
        moved(
            one,
            version(2, {"a": {"after": {"60000": "b"}}, "b": {}}),
            began(one),
            {},
            timer(old, 20),
        ).effects
        == ()
    )


def test_another_number_of_milliseconds_counts_from_when_the_state_was_entered():
    one = version(1, {"a": {"after": {"60000": "b"}}, "b": {}})
    two = version(2, {"a": {"after": {"30000": "b"}}, "b": {}})
    result = moved(one, two, began(one), {}, timer("after.60000.m.a", 20))
    assert result.effects[1].delay_ms == -10_000
    assert moved(one, two, began(one)).effects == ()


def test_a_number_of_milliseconds_beyond_any_calendar_is_for_whoever_stores_the_timer():
    one = version(1, {"a": {"after": {"60000": "b"}}, "b": {}})
    two = version(2, {"a": {"after": {"999999999999999": "b"}}, "b": {}})
    result = moved(one, two, began(one), {}, timer("after.60000.m.a", 20))
    assert result.effects[1].delay_ms == 999_999_999_999_999 - 40_000


def test_a_delay_that_the_state_did_not_have_begins_now():
    two = version(2, {"a": {"after": {"soon": "b"}}, "b": {}})
    given = Behaviour(delays={"soon": lambda scope: scope.context["ms"]})
    result = moved(ONE, two, began(ONE, context={"ms": 5}), behaviour=given)
    assert result.effects == (Schedule(Event("after.soon.m.a"), 5, "after.soon.m.a"),)
    assert codes(moved(ONE, two, began(ONE), behaviour=given)) == ["timer_underivable"]


def test_other_timers_stay_as_they_are_where_somebody_takes_their_event():
    two = version(2, {"a": {"on": {"GO": "b"}}, "b": {"on": {"REMIND": "a"}}})
    assert moved(ONE, two, began(ONE), {}, timer("r1", 20, "REMIND")).effects == ()


@pytest.mark.parametrize(("name", "event"), [("r1", "REMIND"), ("after.5.m.a", "after.5.m.a")])
def test_a_timer_that_nobody_takes_is_told_renamed_or_cancelled(name: str, event: str):
    two = version(2, {"a": {"on": {"NUDGE": "b"}}, "b": {"after": {"9": "a"}}})
    waiting = timer(name, 20, event)
    assert codes(moved(ONE, two, began(ONE), {}, waiting)) == ["timer_unknown"]
    for wrong in ("STRANGE", "after.9.m.b"):
        assert codes(moved(ONE, two, began(ONE), {"timers": {name: wrong}}, waiting)) == [
            "timer_unknown"
        ]
    assert moved(ONE, two, began(ONE), {"timers": {name: None}}, waiting).effects == (
        Cancel(name),
    )
    new = moved(ONE, two, began(ONE), {"timers": {name: "NUDGE"}}, waiting).effects[-1]
    assert new == Schedule(Event("NUDGE", {"n": 1}), 20_000, "r1" if name == "r1" else "NUDGE")


def test_two_timers_do_not_become_one():
    two = version(2, {"a": {"on": {"NUDGE": "b"}}, "b": {}})
    mapping = {"timers": {"P": "NUDGE", "Q": "NUDGE"}}
    assert codes(moved(ONE, two, began(ONE), mapping, timer("P", 1), timer("Q", 2))) == [
        "timer_clash"
    ]


def test_a_timer_never_fires_earlier_than_it_would_have():
    two = version(2, {"a": {"on": {"NUDGE": "b"}}, "b": {}})
    waiting = Pending(id="P", event=Event("P"), due_at=NOW + timedelta(microseconds=1500))
    [_, new] = moved(ONE, two, began(ONE), {"timers": {"P": "NUDGE"}}, waiting).effects
    assert new.delay_ms == 2


def test_a_timer_of_the_mapping_that_is_not_set_is_no_obstacle():
    two = version(2, {"a": {"on": {"NUDGE": "b"}}, "b": {}})
    assert moved(ONE, two, began(ONE), {"timers": {"P": "NUDGE"}}).effects == ()


def test_a_timer_that_becomes_that_of_the_state_is_not_set_twice():
    two = version(2, {"a": {"after": {"9": "b"}}, "b": {}})
    own = "after.9.m.a"
    effects = moved(ONE, two, began(ONE), {"timers": {own: own}}, timer(own, 3)).effects
    assert effects == (Schedule(Event(own, {"n": 1}), 3_000, own),)


def test_a_timer_that_has_the_name_of_a_new_one_already_goes_on():
    two = version(2, {"a": {"after": {"9": "b"}}, "b": {}})
    assert moved(ONE, two, began(ONE), {}, timer("after.9.m.a", 3)).effects == ()


# --- invocations ----------------------------------------------------------------------------------


def test_work_under_way_must_be_work_of_the_new_version():
    calling = {"a": {"invoke": {"id": "call", "src": "call"}}, "b": {}}
    one, two = version(1, calling), version(2, calling)
    assert isinstance(moved(one, two, began(one)), Moved)
    assert codes(moved(one, two, began(one), {"states": {"m.a": "m.b"}})) == ["invoke_differs"]
    assert codes(moved(ONE, two, began(ONE))) == ["invoke_differs"]


# --- mistakes of the author -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mapping", "path", "code"),
    [
        ([], "", "type"),
        ({"state": {}}, "state", "unknown_key"),
        ({"states": {"m.z": "m.a"}}, "states.m.z", "state"),
        ({"states": {"m.a": "m.z"}}, "states.m.a", "state"),
        ({"states": {"m.a": 1}}, "states.m.a", "type"),
        ({"context": {"x": {"from": "facts.y"}}}, "context", "path"),
        ({"context": {"x": {"from": "y"}}}, "context.x.from", "path"),
        ({"drop": "x"}, "drop", "type"),
        ({"drop": [1]}, "drop", "type"),
        ({"timers": {"x": 1}}, "timers.x", "type"),
    ],
)
def test_a_mapping_without_meaning_is_refused_with_its_places(mapping: Any, path: str, code: str):
    with pytest.raises(MappingInvalid) as invalid:
        read_mapping(mapping, ONE, version(2, {"a": {}, "b": {}}))
    assert (path, code) in [(one.path, one.code) for one in invalid.value.problems]


def test_a_migration_leads_to_another_version_of_the_same_chart():
    other = load({"id": "n", "version": 2, "initial": "a", "states": {"a": {}}})
    for after in (ONE, other):
        with pytest.raises(MappingInvalid):
            read_mapping({}, ONE, after)
