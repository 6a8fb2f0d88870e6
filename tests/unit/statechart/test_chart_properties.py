"""Random charts under random events: what no definition and no order of events may break."""

from __future__ import annotations

import json
from copy import deepcopy
from itertools import pairwise

from driving import NOW
from hypothesis import HealthCheck, given, settings, strategies as st

from orderwright.statechart import (
    Behaviour,
    Chart,
    Event,
    Outcome,
    Reason,
    Snapshot,
    StartRefused,
    Step,
    Verdict,
    explain,
    load,
    send,
    start,
)

EVENTS = ["A", "B", "C.x", "C"]
DESCRIPTORS = ["A", "B", "C", "C.*", "C.x", "*"]
BEHAVIOUR = Behaviour(
    guards={
        "odd": lambda s: s.context["n"] % 2 == 1,
        "fact": lambda s: s.facts["flag"] if "flag" in s.facts else Verdict(None, values={"missing": ["facts.flag"]}),
        "data": lambda s: s.data["n"] > 0,
    },
    actions={
        "count": lambda s: Outcome({"n": s.context["n"] + 1}),
        "fails": lambda _: 1 // 0 and None,
    },
    delays={"soon": lambda s: s.context["n"] or None},
)  # fmt: skip

guards = st.recursive(
    st.sampled_from(["odd", "fact", "data"]),
    lambda inner: st.one_of(
        st.builds(lambda one: {"not": one}, inner),
        st.builds(lambda all_of: {"and": all_of}, st.lists(inner, min_size=1, max_size=2)),
        st.builds(lambda any_of: {"or": any_of}, st.lists(inner, min_size=1, max_size=2)),
    ),
    max_leaves=3,
)
actions = st.lists(
    st.one_of(
        st.just("count"),
        st.just("count"),
        st.just({"emit": {"type": "e", "data": {"n": {"from": "context.n"}}}}),
        st.just({"raise": {"type": "B"}}),
        st.just({"assign": {"m": {"from": "event.n"}}}),
        st.just({"send": {"type": "A", "delay": "soon"}}),
        st.just("fails"),
    ),
    max_size=2,
)


@st.composite
def shapes(draw: st.DrawFn, depth: int = 3, kind: str | None = None) -> dict:
    """The tree of a chart, with keys that are their places."""
    kind = kind or draw(st.sampled_from(["atomic", "compound", "parallel", "atomic", "final"]))
    if depth == 0 or kind in ("atomic", "final"):
        return {"type": "final"} if kind == "final" else {}
    kinds = ["compound", "atomic", "parallel"] + (["final"] if kind == "compound" else [])
    count = draw(st.integers(1, 3))
    states = {
        f"s{i}": draw(shapes(depth - 1, draw(st.sampled_from(kinds)) if depth > 1 else "atomic"))
        for i in range(count)
    }
    if draw(st.booleans()):
        states["h"] = {"type": "history", "history": draw(st.sampled_from(["shallow", "deep"]))}
    if kind == "parallel":
        return {"type": "parallel", "states": states}
    return {"initial": f"s{draw(st.integers(0, count - 1))}", "states": states}


def _places(node: dict, place: str) -> list[str]:
    inner = node.get("states", {})
    return [
        place,
        *(found for key, one in inner.items() for found in _places(one, f"{place}.{key}")),
    ]


def _transition(draw: st.DrawFn, places: list[str]) -> dict:
    drawn = {"actions": draw(actions), "reenter": draw(st.booleans())}
    if draw(st.integers(0, 3)):
        drawn["target"] = "#" + draw(st.sampled_from(places))
    if draw(st.booleans()):
        drawn["guard"] = draw(guards)
    return drawn


def _dress(node: dict, draw: st.DrawFn, places: list[str]) -> None:
    for child in node.get("states", {}).values():
        _dress(child, draw, places)
    if node.get("type") == "history":
        return
    node["entry"], node["exit"] = draw(actions), draw(actions)
    if node.get("type") == "final":
        return
    for descriptor in draw(st.lists(st.sampled_from(DESCRIPTORS), max_size=3, unique=True)):
        node.setdefault("on", {})[descriptor] = _transition(draw, places)
    if draw(st.integers(0, 5)) == 0:
        node["always"] = {**_transition(draw, places), "guard": draw(guards)}
    if draw(st.integers(0, 4)) == 0:
        node["after"] = {"soon": _transition(draw, places)}


@st.composite
def charts(draw: st.DrawFn) -> Chart:
    """A loaded chart: a random tree, with random transitions, actions and timers."""
    root = {"id": "c", **draw(shapes(3, draw(st.sampled_from(["compound", "parallel"]))))}
    places = _places(root, "c")

    _dress(root, draw, places)
    root["context"] = {"n": 0, "m": 0}
    root["events"] = {event: {} for event in EVENTS}
    return load(root)


events = st.lists(
    st.builds(
        Event,
        st.sampled_from(EVENTS),
        st.fixed_dictionaries({}, optional={"n": st.integers(-1, 1)}),
    ),
    max_size=8,
)
facts = st.fixed_dictionaries({}, optional={"flag": st.booleans()})
moderate = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def run(chart: Chart, sent: list[Event], known: dict, *, trace: bool = True) -> list[Step]:
    try:
        steps = [start(chart, BEHAVIOUR, facts=known, now=NOW, trace=trace)]
    except StartRefused:
        return []
    for event in sent:
        steps.append(sent_once(chart, steps[-1].snapshot, event, known, trace=trace))
    return steps


def sent_once(
    chart: Chart, snapshot: Snapshot, event: Event, known: dict, *, trace: bool = False
) -> Step:
    return send(chart, BEHAVIOUR, snapshot, event, facts=known, now=NOW, trace=trace)


def assert_legal(chart: Chart, snapshot: Snapshot) -> None:
    """One child of each active compound, all of each active parallel, no node without its parent."""
    active = [chart.node(name) for name in snapshot.configuration]
    indexes = [node.index for node in active]
    assert indexes == sorted(set(indexes))
    assert indexes[0] == 0
    for node in active:
        children = [chart.nodes[i] for i in node.children if chart.nodes[i].kind != "history"]
        inside = sum(child.index in indexes for child in children)
        expected = {"compound": 1, "parallel": len(children)}.get(node.kind, 0)
        assert inside == expected
        assert node.kind != "history"
        assert node.parent is None or node.parent in indexes


@moderate
@given(charts(), events, facts)
def test_any_sequence_of_events_keeps_a_legal_configuration(
    chart: Chart, sent: list[Event], known: dict
):
    for step in run(chart, sent, known):
        assert_legal(chart, step.snapshot)
        for node, restored in step.snapshot.history.items():
            assert chart.node(node).kind == "history"
            assert all(name in chart.ids for name in restored)


@moderate
@given(charts(), events, facts)
def test_the_same_inputs_give_the_same_steps_whatever_the_chart_remembers(
    chart: Chart, sent: list[Event], known: dict
):
    cold = load(chart.definition)
    steps = run(chart, sent, known)
    assert run(cold, sent, known) == steps
    assert run(chart, sent, known) == steps  # which remembers all of it by now
    for before, event, step in zip(steps, sent, steps[1:], strict=False):
        fresh = load(chart.definition)  # restores the configuration, and remembers nothing
        assert sent_once(fresh, before.snapshot, event, known, trace=True) == step


@moderate
@given(charts(), events, facts)
def test_a_refusal_is_whole(chart: Chart, sent: list[Event], known: dict):
    for before, step in pairwise(run(chart, sent, known)):
        if step.refused is not None:
            assert step.snapshot is before.snapshot
            assert step.effects == ()
            assert not step.changed
        elif not step.changed:
            assert step.snapshot == before.snapshot


@moderate
@given(charts(), events, facts)
def test_inputs_are_never_mutated(chart: Chart, sent: list[Event], known: dict):
    context = {"n": 1, "deep": {"list": [1, {"n": 2}]}}
    given_in = (context, sent, known, dict(chart.context))
    copies = deepcopy(given_in)
    try:
        snapshot = start(chart, BEHAVIOUR, context=context, facts=known, now=NOW).snapshot
    except StartRefused:
        snapshot = None
    for event in sent if snapshot is not None else ():
        before = deepcopy(snapshot._replace(history=dict(snapshot.history)))
        explain(chart, BEHAVIOUR, snapshot, events=[event], facts=known, now=NOW)
        explain(chart, BEHAVIOUR, snapshot, facts=known, now=NOW)
        step = sent_once(chart, snapshot, event, known)
        assert snapshot == before
        snapshot = step.snapshot
    assert (context, sent, known, dict(chart.context)) == copies
    assert chart == load(chart.definition)


@moderate
@given(charts(), events, facts)
def test_a_snapshot_through_json_or_text_is_the_same_and_goes_on_the_same(
    chart: Chart, sent: list[Event], known: dict
):
    for step, event in zip(run(chart, sent, known), sent, strict=False):
        snapshot = step.snapshot
        text = snapshot.to_text()
        one = sent_once(chart, snapshot, event, known)
        for through in (
            Snapshot.from_json(json.loads(json.dumps(snapshot.to_json()))),
            Snapshot.from_text(text),
            Snapshot.from_text(json.dumps(snapshot.to_json(), indent=1)),
        ):
            assert through == snapshot
            assert through.to_json() == snapshot.to_json()
            assert through.to_text() == text
            assert sent_once(chart, through, event, known) == one


@moderate
@given(charts(), events, facts)
def test_a_trace_changes_nothing_but_itself(chart: Chart, sent: list[Event], known: dict):
    traced = run(chart, sent, known, trace=True)
    assert [step._replace(trace=()) for step in traced] == run(chart, sent, known, trace=False)
    for before, step in pairwise(traced):
        left = set(before.snapshot.configuration)
        for microstep in step.trace:
            left = (left - set(microstep.exited)) | set(microstep.entered)
        if step.refused is None:
            assert left == set(step.snapshot.configuration)


@moderate
@given(charts(), events, facts)
def test_explain_with_given_events_agrees_with_send_in_status_and_reasons(
    chart: Chart, sent: list[Event], known: dict
):
    for step in run(chart, sent, known):
        for event in sent:
            refused = sent_once(chart, step.snapshot, event, known).refused
            explained = explain(
                chart, BEHAVIOUR, step.snapshot, events=[event], facts=known, now=NOW
            )
            found = explained[event.type]
            if refused is None:
                assert (found.status, found.reasons) == ("allowed", ())
            else:
                own = Reason(refused.code, refused.message, refused.values)
                assert (found.status, found.reasons) == ("blocked", refused.reasons or (own,))


@moderate
@given(charts(), events, facts)
def test_what_explain_allows_or_blocks_without_data_no_data_changes(
    chart: Chart, sent: list[Event], known: dict
):
    for step in run(chart, sent, known):
        found = explain(chart, BEHAVIOUR, step.snapshot, facts=known, now=NOW)
        for event in EVENTS:
            for number in (-1, 0, 1):
                asked = Event(event, {"n": number})
                refused = send(
                    chart, BEHAVIOUR, step.snapshot, asked, facts=known, now=NOW
                ).refused
                if found[event].status != "depends":
                    assert (found[event].status == "allowed") is (refused is None)
