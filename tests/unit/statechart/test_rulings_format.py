"""What the interfaces rule on the definition format: a test for each sentence, named after it."""

from __future__ import annotations

import json

import pytest
from definitions import message, problems, two
from driving import Drive, log, logging, region

from orderwright.statechart import (
    Invoke,
    Scope,
    load,
)
from orderwright.statechart.checks import check

# --- nodes and declarations ------------------------------------------------------------------------

NODE = {
    "id": "n",
    "type": "compound",
    "initial": "x",
    "states": {
        "x": {},
        "h": {"type": "history", "history": "deep", "target": "x"},
        "z": {"type": "final", "output": 1},
    },
    "on": {"E": "n"},
    "always": {"guard": "g"},
    "after": {"10": "n"},
    "entry": "a",
    "exit": ["a"],
    "invoke": {"src": "w"},
    "onDone": "n",
    "tags": ["t"],
    "meta": {"m": 1},
    "description": "d",
}


def test_a_node_has_its_keys_and_the_root_adds_version_context_and_events():
    root = {"version": 2, "context": {"k": 1}, "events": {"E": {}}}
    chart = load({"id": "c", "initial": "n", "states": {"n": NODE}, **root})
    node = chart.node("n")
    assert (node.kind, node.tags, node.meta["m"], node.description) == ("compound", ("t",), 1, "d")
    assert (chart.version, chart.context["k"], list(chart.events)) == (2, 1, ["E"])
    for key, value in root.items():
        inner = {"id": "c", "initial": "n", "states": {"n": {**NODE, key: value}}}
        assert problems(inner) == [(f"states.n.{key}", "unknown_key")]


def test_a_node_is_atomic_compound_parallel_final_or_history():
    states = {
        "atomic": {"type": "atomic"},
        "compound": {"type": "compound", "initial": "x", "states": {"x": {}}},
        "parallel": {"type": "parallel", "states": {"x": {}}},
        "final": {"type": "final"},
        "history": {"type": "history"},
    }
    chart = load({"id": "c", "initial": "atomic", "states": states})
    assert all(chart.node(f"c.{kind}").kind == kind for kind in states)
    assert problems(two(type="choice")) == [("states.a.type", "type")]


def test_context_given_to_start_is_merged_shallowly_over_that_of_the_chart():
    drive = Drive({"id": "c", "context": {"a": {"x": 1}, "b": 2}}, context={"a": {"y": 3}})
    assert drive.snapshot.context == {"a": {"y": 3}, "b": 2}


def test_the_declaration_of_events_is_optional_and_has_label_description_data_by_and_facts():
    schema = {"type": "object"}
    body = {
        "label": "Pay",
        "description": "d",
        "data": schema,
        "by": "system",
        "facts": ["credit"],
    }
    declared = load({"id": "c", "events": {"PAY": body, "BARE": {}}}).events
    pay, bare = declared["PAY"], declared["BARE"]
    assert (pay.label, pay.description, pay.data, pay.by, pay.facts) == (
        "Pay",
        "d",
        schema,
        "system",
        ("credit",),
    )
    assert (bare.label, bare.description, bare.data, bare.by, bare.facts) == (
        "BARE",
        "",
        None,
        "user",
        (),
    )


def test_the_pure_core_accepts_any_event_type_and_does_not_validate_data():
    schema = {"type": "object", "required": ["amount"]}
    definition = {
        "id": "c",
        "events": {"PAY": {"data": schema}},
        "on": {"*": {"actions": log("x")}},
    }
    drive = Drive(definition)
    assert drive.news("PAY", nothing="that the schema asks for") == ["x"]
    assert drive.news("UNDECLARED") == ["x"]


def test_load_raises_only_where_a_definition_has_no_meaning_and_findings_never_stop_it():
    dubious = two(on={"E": ["b", "b"]}, always={"guard": "nobody"}, entry="nobody")
    dubious["states"]["unreachable"] = {"always": "unreachable"}
    chart = load(dubious)
    assert {problem.path.split(".")[1] for problem in check(chart)} >= {"a", "unreachable"}


def test_version_defaults_to_one():
    assert load({"id": "c"}).version == 1


def test_a_missing_implementation_is_a_guard_error_or_an_action_error():
    for transition, code in (
        ({"guard": "nobody"}, "guard_error"),
        ({"actions": "nobody"}, "action_error"),
        ({"actions": {"type": "nobody", "params": {"x": 1}}}, "action_error"),
        ({"actions": {"send": {"type": "X", "delay": "nobody"}}}, "action_error"),
    ):
        refused = Drive({"id": "c", "on": {"E": transition}}).send("E").refused
        assert refused.code == code
        assert "'nobody'" in refused.message


def test_in_state_takes_ids_without_a_hash():
    seen = []

    def look(scope: Scope) -> bool:
        seen.append(scope.in_state("bee"))
        return scope.in_state("#bee")

    states = {"b": {"id": "bee", "on": {"E": {"guard": "look"}}}}
    drive = Drive({"id": "c", "initial": "b", "states": states}, logging(guards={"look": look}))
    assert drive.send("E").refused.code == "guard_error"
    assert seen == [True]


def test_invoke_has_id_src_input_on_done_and_on_error():
    work = {"id": "job", "src": "work", "input": {"n": 1}, "onDone": "b", "onError": "b"}
    drive = Drive(two(invoke=work))
    assert drive.step.effects == (Invoke("job", "work", {"n": 1}),)
    assert drive.send("error.invoke.job").value == "b"
    assert Drive(two(invoke=work)).send("done.invoke.job").value == "b"
    assert problems(two(invoke={**work, "onSnapshot": "b"})) == [
        ("states.a.invoke.onSnapshot", "unknown_key")
    ]


def test_after_is_milliseconds_or_a_named_delay():
    delays = logging(delays={"soon": lambda _: 7})
    effects = Drive(two(after={"10": "b", "soon": "b"}), delays).step.effects
    assert [effect.delay_ms for effect in effects] == [10, 7]


# --- keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("definition", "path"),
    [
        ({"id": "c", "foo": 1}, "foo"),
        (two(foo=1), "states.a.foo"),
        (two(version=1), "states.a.version"),
        (two(context={}), "states.a.context"),
        (two(on={"E": {"target": "b", "in": "#c.b"}}), "states.a.on.E.in"),
        (two(on={"E": [{"target": "b", "foo": 1}]}), "states.a.on.E[0].foo"),
        (two(always={"foo": 1}), "states.a.always.foo"),
        (two(after={"10": {"foo": 1}}), "states.a.after.10.foo"),
        (two(onDone={"foo": 1}), "states.a.onDone.foo"),
        (two(invoke={"src": "x", "foo": 1}), "states.a.invoke.foo"),
        (two(entry={"emit": {"type": "x", "foo": 1}}), "states.a.entry.emit.foo"),
        (two(entry=[{"send": {"type": "x", "to": 1}}]), "states.a.entry[0].send.to"),
        (two(entry={"post": {"ledger": "x", "type": "y"}}), "states.a.entry.post.type"),
        (two(exit={"type": "x", "foo": 1}), "states.a.exit.foo"),
        (two(on={"E": {"guard": {"type": "x", "foo": 1}}}), "states.a.on.E.guard.foo"),
        (two(on={"E": {"guard": {"and": ["x"], "or": ["y"]}}}), "states.a.on.E.guard.or"),
        ({"id": "c", "events": {"E": {"foo": 1}}}, "events.E.foo"),
        (
            {"id": "c", "initial": {"target": "a", "guard": "x"}, "states": {"a": {}}},
            "initial.guard",
        ),
    ],
)
def test_an_unknown_key_is_an_error_with_its_path(definition: dict, path: str):
    assert (path, "unknown_key") in problems(definition)


@pytest.mark.parametrize(
    ("definition", "hint"),
    [
        (two(on={"E": {"cond": "x"}}), "unknown key 'cond'; did you mean 'guard'?"),
        (two(on={"E": {"action": "x"}}), "did you mean 'actions'?"),
        (two(always={"targets": "b"}), "did you mean 'target'?"),
        (two(entires="x"), "did you mean 'entry'?"),
        ({"id": "c", "inital": "a"}, "did you mean 'initial'?"),
        (two(xyzzy=1), "allowed are after, always, description"),
    ],
)
def test_an_unknown_key_comes_with_a_hint_so_that_the_cond_of_v4_is_caught_with_guard(
    definition: dict, hint: str
):
    assert hint in message(definition)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"id":"c","id":"d"}', "id"),
        ('{"id":"c","initial":"x","states":{"x":{"on":{"E":{},"E":{}}}}}', "states.x.on.E"),
        ('{"id":"c","initial":"x","states":{"x":{},"x":{}}}', "states.x"),
        ('{"id":"c","on":{"E":[{},{"actions":"a","actions":"b"}]}}', "on.E[1].actions"),
    ],
)
def test_a_duplicate_key_is_an_error_with_its_path(text: str, path: str):
    assert (path, "duplicate_key") in problems(text)


# --- targets --------------------------------------------------------------------------------------


def test_a_transition_is_a_target_an_object_or_a_list_of_them():
    whole = {
        "target": "b",
        "guard": "yes",
        "actions": "act",
        "reenter": True,
        "description": "d",
        "meta": {"m": 1},
    }
    chart = load(two(on={"ONE": "b", "TWO": whole, "MANY": [{"guard": "no", "target": "a"}, "b"]}))
    on = chart.node("c.a").transitions
    target = (chart.node("c.b").index,)
    assert [one.targets for one in on["ONE"]] == [target]
    (found,) = on["TWO"]
    assert (found.targets, found.reenter, found.description, found.meta) == (
        target,
        True,
        "d",
        {"m": 1},
    )
    assert [one.targets for one in on["MANY"]] == [(chart.node("c.a").index,), target]


def test_target_may_be_a_list():
    regions = {"r": region("r"), "s": region("s")}
    states = {"a": {"on": {"E": {"target": ["#c.p.r.2", "#c.p.s.2"]}}}}
    states["p"] = {"type": "parallel", "states": regions}
    drive = Drive({"id": "c", "initial": "a", "states": states})
    assert drive.send("E").value == {"p": {"r": "2", "s": "2"}}


TREE = {
    "id": "c",
    "initial": "a",
    "states": {
        "a": {"initial": "x", "states": {"x": {}, "y": {"initial": "q", "states": {"q": {}}}}},
        "b": {"id": "bee", "initial": "x", "states": {"x": {}}},
        "p": {
            "type": "parallel",
            "states": {
                "r": {"initial": "s", "states": {"s": {}, "t": {}}},
                "u": {"initial": "v", "states": {"v": {}, "w": {}}},
            },
        },
    },
}


def aimed(where: str, target: object) -> dict:
    definition = json.loads(json.dumps(TREE))
    node = definition
    for key in where.split("."):
        node = node["states"][key] if key else node
    node["on"] = {"E": {"target": target}}
    return definition


@pytest.mark.parametrize(
    ("where", "target", "found"),
    [
        ("a", "b", ["bee"]),
        ("a", "b.x", ["c.b.x"]),
        ("a", "a", ["c.a"]),
        ("a", ".y", ["c.a.y"]),
        ("a", ".y.q", ["c.a.y.q"]),
        ("a.x", "y.q", ["c.a.y.q"]),
        ("a.x", "#bee", ["bee"]),
        ("a.x", "#bee.x", ["c.b.x"]),
        ("a.x", "#c", ["c"]),
        ("a.x", "#c.b", ["bee"]),
        ("a.x", "#c.a.y", ["c.a.y"]),
        ("a.x", "#c.p.r.t", ["c.p.r.t"]),
        ("", ".a.y", ["c.a.y"]),
        ("a", ["#c.p.r.t", "#c.p.u.w"], ["c.p.r.t", "c.p.u.w"]),
        ("a", [], []),
    ],
)
def test_a_target_is_a_sibling_a_sibling_child_an_own_child_an_id_or_a_child_of_an_id(
    where: str, target: object, found: list[str]
):
    chart = load(aimed(where, target))
    node = next(node for node in chart.nodes if node.transitions)
    (transition,) = node.transitions["E"]
    assert [chart.nodes[index].id for index in transition.targets] == found


@pytest.mark.parametrize(
    ("where", "target"),
    [
        ("a", "nowhere"), ("a", "b.nowhere"), ("a", ".nowhere"), ("a", "#nowhere"), ("a", "#bee.nowhere"),
        ("a.x", "b"), ("", "a"), ("a", ""), ("a", "."), ("a", "#"), ("a", "#bee."), ("a", "b..x"), ("a", ".y."),
        ("a", None), ("a", 5), ("a", {"x": 1}), ("a", ["b", "b"]), ("a", ["a", "b"]), ("a", ["#c.p", "#c.p.r"]),
        ("a", ["#c.p.r.s", "#c.p.r.t"]),
    ],
)  # fmt: skip
def test_a_target_that_leads_nowhere_is_an_error(where: str, target: object):
    path = ".".join(f"states.{key}" for key in where.split(".") if key)
    place = f"{path}.on.E.target" if path else "on.E.target"
    assert place in [found for found, _ in problems(aimed(where, target))]


def test_a_target_that_leads_nowhere_comes_with_the_node_that_was_meant():
    assert "did you mean '#bee'?" in message(aimed("a.x", "b"))
    assert "a child is '.a'" in message(aimed("", "a"))


def test_initial_is_a_key_or_target_and_actions_where_target_may_be_a_list_and_take_an_id():
    regions = {"r": region("r"), "s": region("s")}
    states = {"p": {"type": "parallel", "states": regions}}
    drive = Drive(
        {
            "id": "c",
            "initial": {"target": ["#c.p.r.2", "#c.p.s.2"], "actions": log("init")},
            "states": states,
        }
    )
    assert drive.value == {"p": {"r": "2", "s": "2"}}
    assert drive.log == ["init", "+r", "+r2", "+s", "+s2"]


def test_an_id_defaults_to_the_path_of_keys_from_the_chart():
    chart = load(TREE)
    assert chart.node("c.a.y.q").key == "q"
    assert chart.node("c.b.x").key == "x"  # below a node with an id of its own, too
    with pytest.raises(KeyError):
        chart.node("c.b")
