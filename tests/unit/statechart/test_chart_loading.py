from __future__ import annotations

import json

import pytest

from orderwright.statechart import ChartInvalid, load


def problems(definition: object) -> list[tuple[str, str]]:
    with pytest.raises(ChartInvalid) as invalid:
        load(definition)
    return [(path, code) for path, code, _ in invalid.value.problems]


def message(definition: object) -> str:
    with pytest.raises(ChartInvalid) as invalid:
        load(definition)
    return invalid.value.message


def two(**a: object) -> dict:
    """A chart of the states a and b; `a` takes the keys."""
    return {"id": "c", "initial": "a", "states": {"a": a, "b": {}}}


# --- documents ------------------------------------------------------------------------------------


def test_a_chart_is_read_from_text_or_from_an_object_alike():
    definition = two(on={"E": "b"})
    assert repr(load(definition).nodes) == repr(load(json.dumps(definition)).nodes)


def test_the_chart_keeps_the_text_that_it_was_loaded_from():
    text = ' {"id": "c"} '
    assert load(text).definition == text
    assert json.loads(load(two()).definition) == two()


def test_order_is_the_document_order_of_the_text():
    chart = load('{"id":"c","initial":"z","states":{"z":{},"a":{},"m":{}}}')
    assert [node.key for node in chart.nodes] == ["c", "z", "a", "m"]


def test_version_defaults_to_one_and_context_and_events_to_nothing():
    chart = load({"id": "c"})
    assert (chart.version, dict(chart.context), dict(chart.events)) == (1, {}, {})


@pytest.mark.parametrize("version", [0, -1, "1", 1.5, True, None])
def test_a_version_is_a_whole_number_from_one(version: object):
    assert problems({"id": "c", "version": version}) == [("version", "type")]


@pytest.mark.parametrize("text", ["", "{", "{'id': 'c'}", "nonsense"])
def test_text_that_is_no_json_is_refused_with_its_place(text: str):
    assert problems(text) == [("", "json")]
    assert "line 1" in message(text)


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_does_not_have_are_refused(constant: str):
    assert problems(f'{{"id":"c","context":{{"x":{constant}}}}}') == [("", "json")]


def test_an_object_that_is_not_json_ready_is_refused():
    assert problems({"id": "c", "context": {"x": object()}}) == [("", "json")]


@pytest.mark.parametrize("source", ["[]", '"c"', "1", "null", "true"])
def test_a_chart_is_an_object(source: str):
    assert problems(source) == [("", "type")]


def test_every_mistake_is_told_at_once():
    found = problems({"id": "c", "version": 0, "context": [], "events": 5})
    assert found == [("context", "type"), ("events", "type"), ("version", "type")]


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
def test_an_unknown_key_comes_with_a_hint(definition: dict, hint: str):
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
def test_a_target_of_every_syntax_leads_to_its_node(where: str, target: object, found: list[str]):
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


def test_an_id_belongs_to_one_node():
    definition = {"id": "c", "initial": "a", "states": {"a": {"id": "x"}, "b": {"id": "x"}}}
    assert problems(definition) == [("states.b.id", "duplicate_id")]


def test_an_id_defaults_to_the_path_of_keys_from_the_chart():
    chart = load(TREE)
    assert chart.node("c.a.y.q").key == "q"
    assert chart.node("c.b.x").key == "x"  # below a node with an id of its own, too
    with pytest.raises(KeyError):
        chart.node("c.b")


# --- nodes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("definition", "path", "code"),
    [
        ({"id": ""}, "id", "type"),
        ({"id": "c", "type": "choice"}, "type", "type"),
        ({"id": "c", "type": "atomic", "initial": "a", "states": {"a": {}}}, "type", "type"),
        ({"id": "c", "type": "compound"}, "type", "type"),
        ({"id": "c", "type": "parallel"}, "type", "type"),
        ({"id": "c", "states": {"a": {}}}, "initial", "initial"),
        ({"id": "c", "initial": "x", "states": {"a": {}}}, "initial", "target"),
        ({"id": "c", "initial": "a"}, "initial", "initial"),
        (
            {"id": "c", "type": "parallel", "initial": "a", "states": {"a": {}}},
            "initial",
            "initial",
        ),
        ({"id": "c", "initial": {"target": []}, "states": {"a": {}}}, "initial", "initial"),
        ({"id": "c", "initial": "#c", "states": {"a": {}}}, "initial", "initial"),
        ({"id": "c", "states": []}, "states", "type"),
        ({"id": "c", "initial": "a", "states": {"a": None}}, "states.a", "type"),
        ({"id": "c", "initial": "a.b", "states": {"a.b": {}}}, "states.a.b", "key"),
        ({"id": "c", "initial": "a", "states": {"a": {}, "#b": {}}}, "states.#b", "key"),
        ({"id": "c", "type": "history"}, "type", "history"),
        (two(type="history", on={}), "states.a.on", "history"),
        (two(type="history", history="wide"), "states.a.history", "history"),
        (two(history="deep", type="atomic"), "states.a.history", "history"),
        (two(target="b"), "states.a.target", "history"),
        (two(type="final", on={"E": "b"}), "states.a.on", "final"),
        (two(type="final", always="b"), "states.a.always", "final"),
        (two(type="final", states={"x": {}}), "states.a.states", "final"),
        (
            {"id": "c", "type": "parallel", "states": {"a": {"type": "final"}}},
            "states.a.type",
            "final",
        ),
        ({"id": "c", "initial": "h", "states": {"h": {"type": "history"}}}, "states", "history"),
        (
            {"id": "c", "type": "parallel", "states": {"h": {"type": "history"}}},
            "states",
            "history",
        ),
        (two(meta=[]), "states.a.meta", "type"),
        (two(tags=[1]), "states.a.tags", "type"),
        (two(on=[]), "states.a.on", "type"),
        (two(on={"E": None}), "states.a.on.E", "type"),
        (two(on={"E": {"reenter": "yes"}}), "states.a.on.E.reenter", "type"),
        (two(on={"E": {"guard": None}}), "states.a.on.E.guard", "guard"),
        (two(on={"E": {"guard": {}}}), "states.a.on.E.guard", "guard"),
        (two(on={"E": {"guard": {"and": []}}}), "states.a.on.E.guard.and", "guard"),
        (two(on={"E": {"guard": {"not": ["x"]}}}), "states.a.on.E.guard.not", "guard"),
        (two(on={"E": {"guard": {"in": "#nope"}}}), "states.a.on.E.guard", "target"),
        (two(on={"E": {"guard": {"type": ""}}}), "states.a.on.E.guard.type", "type"),
        (
            two(on={"E": {"guard": {"type": "x", "params": []}}}),
            "states.a.on.E.guard.params",
            "type",
        ),
        (two(entry={}), "states.a.entry", "action"),
        (two(entry=5), "states.a.entry", "action"),
        (two(entry=[None]), "states.a.entry[0]", "action"),
        (two(entry={"assign": 5}), "states.a.entry.assign", "type"),
        (two(entry={"assign": {"x": {"from": "foo.x"}}}), "states.a.entry.assign.x.from", "path"),
        (two(entry={"assign": {"x": {"from": "now.x"}}}), "states.a.entry.assign.x.from", "path"),
        (
            two(entry={"assign": {"x": {"from": "context..x"}}}),
            "states.a.entry.assign.x.from",
            "path",
        ),
        (two(entry={"assign": {"x": [{"from": 5}]}}), "states.a.entry.assign.x[0].from", "type"),
        (two(entry={"raise": {"data": {}}}), "states.a.entry.raise.type", "type"),
        (two(entry={"emit": {"type": "x", "data": []}}), "states.a.entry.emit.data", "type"),
        (two(entry={"post": {"data": {}}}), "states.a.entry.post.ledger", "type"),
        (two(entry={"send": {"type": "x", "delay": 1.5}}), "states.a.entry.send.delay", "delay"),
        (two(entry={"cancel": ""}), "states.a.entry.cancel", "type"),
        (two(after=[]), "states.a.after", "type"),
        (two(invoke={}), "states.a.invoke.src", "type"),
        ({"id": "c", "events": {"E": {"by": "robot"}}}, "events.E.by", "type"),
        ({"id": "c", "events": {"E": {"facts": "credit"}}}, "events.E.facts", "type"),
        ({"id": "c", "events": {"E": {"data": True}}}, "events.E.data", "type"),
    ],
)
def test_a_definition_without_meaning_is_an_error_with_its_path(
    definition: dict, path: str, code: str
):
    assert (path, code) in problems(definition)


@pytest.mark.parametrize(
    "descriptor", ["", ".", ".*", "a.", ".a", "a..b", "a*", "*.a", "a.*.b", "**", "a.**"]
)
def test_a_star_elsewhere_and_an_empty_descriptor_are_errors(descriptor: str):
    assert problems(two(on={descriptor: "b"})) == [(f"states.a.on.{descriptor}", "descriptor")]


@pytest.mark.parametrize(
    "descriptor", ["*", "a", "a.b", "a.*", "a.b.*", "done.state.c.a", "after.10.c"]
)
def test_a_descriptor_is_a_type_a_prefix_with_a_star_or_a_star(descriptor: str):
    assert descriptor in load(two(on={descriptor: "b"})).nodes[1].transitions


@pytest.mark.parametrize(
    "states",
    [
        {"x": {}, "h": {"type": "history", "target": "h"}},
        {
            "x": {},
            "h": {"type": "history", "target": "g"},
            "g": {"type": "history", "target": "h"},
        },
    ],
)
def test_a_history_default_that_leads_back_to_itself_is_an_error(states: dict):
    found = problems({"id": "c", "initial": "x", "states": states})
    assert ("states.h", "history") in found


def test_an_initial_history_without_a_default_is_an_error():
    states = {"x": {}, "h": {"type": "history"}}
    assert problems({"id": "c", "initial": "h", "states": states}) == [("states.h", "history")]


@pytest.mark.parametrize(
    "rule",
    [
        {"field": "credit.limit", "operator": ">", "value": 1},
        {"field": "facts.x", "operator": ">", "value": {"fact": "credit.limit"}},
        {"field": "now", "operator": ">", "value": 1},
    ],
)
def test_a_condition_reads_only_context_event_and_facts(rule: dict):
    guard = {"when": {"combinator": "and", "rules": [{"combinator": "or", "rules": [rule]}]}}
    assert problems(two(on={"E": {"guard": guard}})) == [("states.a.on.E.guard.when", "field")]


def test_a_mistake_in_a_condition_has_the_path_within_the_chart():
    guard = {
        "when": {
            "combinator": "and",
            "rules": [{"field": "facts.x", "operator": "matches", "value": "."}],
        }
    }
    path = "states.a.on.E.guard.when.rules[0].operator"
    assert problems(two(on={"E": {"guard": guard}})) == [(path, "operator")]


# --- declarations and hash ------------------------------------------------------------------------


def test_an_event_declaration_has_words_schema_sender_and_facts():
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


def test_the_hash_is_that_of_the_structure_alone():
    plain = load(two())
    assert load(two(on={"E": "b"}, meta={"label": "A"}, entry="x")).hash == plain.hash
    assert load({**two(), "version": 2, "context": {"x": 1}}).hash == plain.hash


@pytest.mark.parametrize(
    "other",
    [
        {"id": "d", "initial": "a", "states": {"a": {}, "b": {}}},
        {"id": "c", "initial": "a", "states": {"b": {}, "a": {}}},
        {"id": "c", "initial": "a", "states": {"a": {}, "b": {"type": "final"}}},
        {"id": "c", "initial": "a", "states": {"a": {}, "b": {"id": "x"}}},
        {"id": "c", "initial": "a", "states": {"a": {}, "b": {}, "d": {}}},
    ],
)
def test_another_structure_has_another_hash(other: dict):
    assert load(other).hash != load(two()).hash


def test_shallow_and_deep_history_differ_in_structure():
    def hashed(kind: str) -> str:
        states = {"a": {}, "h": {"type": "history", "history": kind}}
        return load({"id": "c", "initial": "a", "states": states}).hash

    assert hashed("shallow") != hashed("deep")
