"""Definitions that no author wrote and snapshots that no `to_text` wrote: clear errors, never a RecursionError."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import MappingProxyType

import pytest
from driving import NOW, Drive

from orderwright.statechart import Behaviour, ChartInvalid, Event, Snapshot, load, send
from orderwright.statechart.document import DEPTH
from orderwright.statechart.interchange import read_xstate

HUGE = pytest.param("9" * 5_000, id="5,000 digits")  # Python itself stops at 4,300
HUGE_NUMBER = pytest.param(10**5_000, id="5,000 digits")
RULE = '{"field":"facts.x","operator":"==","value":1}'


def nested(opening: str, core: str, closing: str, levels: int, around: str = "@") -> str:
    """Text nested so many levels deep, put where `@` stands."""
    return around.replace("@", opening * levels + core + closing * levels)


def lists(levels: int, around: str = "@") -> str:
    return nested("[", "", "]", levels, around)


def objects(levels: int, around: str = "@") -> str:
    return nested('{"a":', "1", "}", levels, around)


def states(levels: int) -> str:
    return nested('{"initial":"a","states":{"a":', "{}", "}}", levels)


def guarded(opening: str, core: str, closing: str, levels: int) -> str:
    return nested(opening, core, closing, levels, '{"id":"c","on":{"E":{"guard":@}}}')


def when(levels: int) -> str:
    around = '{"id":"c","on":{"E":{"guard":{"when":@}}}}'
    return nested('{"combinator":"and","rules":[', RULE, "]}", levels, around)


DEEP: dict[str, Callable[[int], str]] = {
    "context": lambda n: lists(n, '{"id":"c","context":{"x":@}}'),
    "meta": lambda n: objects(n, '{"id":"c","meta":@}'),
    "states": states,
    "not": lambda n: guarded('{"not":', '"g"', "}", n),
    "and": lambda n: guarded('{"and":[', '"g"', "]}", n),
    "when": when,
    "assign": lambda n: objects(n, '{"id":"c","entry":{"assign":@}}'),
    "an unknown key": lambda n: lists(n, '{"id":"c","x":@}'),
}


def found(definition: object) -> list[tuple[str, str]]:
    with pytest.raises(ChartInvalid) as invalid:
        load(definition)
    return [(path, code) for path, code, _ in invalid.value.problems]


# --- definitions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("levels", [DEPTH + 1, 500, 5_000, 200_000])
@pytest.mark.parametrize("where", DEEP)
def test_a_definition_nested_without_end_is_invalid(where: str, levels: int):
    assert {code for _, code in found(DEEP[where](levels))} == {"depth"}


@pytest.mark.parametrize("levels", [DEPTH, 500, 5_000])
def test_an_object_nested_without_end_is_invalid(levels: int):
    deep: list = []
    for _ in range(levels):
        deep = [deep]
    assert {code for _, code in found({"id": "c", "context": {"x": deep}})} == {"depth"}


def test_the_place_of_what_is_nested_too_deeply_is_told_as_far_as_it_can_be_read():
    ((path, _),) = found(DEEP["not"](DEPTH))
    assert path.startswith("on.E.guard.not.not.")
    assert len(path) < 70


def test_what_is_nested_as_deeply_as_is_allowed_runs():
    levels = DEPTH - 4
    drive = Drive(guarded('{"not":', '{"in":"#c"}', "}", levels))
    assert drive.send("E").step.refused is None
    levels = DEPTH // 2 - 1
    drive = Drive(states(levels))
    assert Snapshot.from_text(drive.snapshot.to_text()) == drive.snapshot
    assert len(drive.snapshot.configuration) == levels + 1


def test_a_definition_that_contains_itself_is_invalid():
    definition: dict = {"id": "c"}
    definition["context"] = definition
    assert found(definition) == [("", "json")]
    assert found(MappingProxyType({"id": "c", "meta": definition})) == [("", "json")]


def test_a_definition_may_be_any_mapping():
    inner = MappingProxyType({"x": 1})
    assert dict(load(MappingProxyType({"id": "c", "context": inner})).context) == {"x": 1}


@pytest.mark.parametrize(
    "value",
    [object(), {1}, b"c", {(1, 2): 3}, float("nan"), HUGE_NUMBER],
)
def test_what_is_no_json_is_invalid(value: object):
    assert found({"id": "c", "context": {"x": value}}) == [("", "json")]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", HUGE])
def test_a_number_that_json_or_python_does_not_have_is_invalid(number: str):
    assert found(f'{{"id":"c","context":{{"x":{number}}}}}') == [("", "json")]


@pytest.mark.parametrize(
    ("definition", "path"),
    [
        (r'{"id":"\ud800"}', "id"),
        (r'{"id":"c","context":{"x":["a\udfff"]}}', "context.x[0]"),
        (r'{"id":"c","meta":{"\ud83d":1}}', r"meta.\ud83d"),
        ('{"id":"\ud800"}', "id"),
    ],
)
def test_half_of_a_surrogate_pair_is_no_text(definition: str, path: str):
    assert found(definition) == [(path, "json")]


@pytest.mark.parametrize("name", ["é", "e\u0301", "\u202ec", "\U0001f600", "a\u0000b", "名"])
def test_any_text_may_be_an_id_and_is_kept_letter_by_letter(name: str):
    definition = {"id": name, "initial": name, "states": {name: {"on": {name: {}}}}}
    drive = Drive(definition)
    assert drive.snapshot.configuration == (name, f"{name}.{name}")
    assert Snapshot.from_text(drive.snapshot.to_text()) == drive.snapshot
    assert drive.send(name).step.refused is None


def test_a_byte_order_mark_is_not_json():
    assert found('\ufeff{"id":"c"}') == [("", "json")]


@pytest.mark.parametrize("delay", ["٣", "9" * 16, HUGE])
def test_a_delay_that_only_looks_like_milliseconds_is_invalid(delay: str):
    assert found({"id": "c", "after": {delay: {}}}) == [(f"after.{delay}", "delay")]


def test_a_delay_beyond_all_time_is_invalid():
    delayed = {"send": {"type": "E", "delay": 10**15}}
    assert found({"id": "c", "entry": delayed}) == [("entry.send.delay", "delay")]


# --- charts of xstate -----------------------------------------------------------------------------


@pytest.mark.parametrize("levels", [DEPTH + 1, 500, 5_000, 200_000])
@pytest.mark.parametrize("where", ["context", "states", "not"])
def test_a_machine_nested_without_end_is_invalid(where: str, levels: int):
    with pytest.raises(ChartInvalid) as invalid:
        read_xstate(DEEP[where](levels))
    assert {problem.code for problem in invalid.value.problems} == {"depth"}


def test_a_machine_given_as_an_object_nested_without_end_is_invalid():
    machine: dict = {}
    for _ in range(5_000):
        machine = {"initial": "a", "states": {"a": machine}}
    with pytest.raises(ChartInvalid, match="nested"):
        read_xstate(machine)


@pytest.mark.parametrize("number", ["NaN", "1e999", HUGE])
def test_a_machine_with_a_number_that_json_does_not_have_is_invalid(number: str):
    with pytest.raises(ChartInvalid):
        read_xstate(f'{{"id":"c","context":{{"x":{number}}}}}')


# --- snapshots ------------------------------------------------------------------------------------

STANDS = Drive({"id": "hostile"}).snapshot
KNOWN = STANDS.to_text()  # its head has been met from here on
FRESH = [KNOWN, KNOWN.replace("hostile", "never-met")]


def with_context(text: str, context: str) -> str:
    return text.replace('"context":{}', f'"context":{context}')


@pytest.mark.parametrize("text", FRESH)
@pytest.mark.parametrize("levels", [5_000, 200_000])
@pytest.mark.parametrize(
    "put",
    [
        lambda text, deep: with_context(text, f'{{"x":{deep}}}'),
        lambda text, deep: f'{text[:-1]},"output":{deep}}}',
        lambda text, deep: f'{text[:-1]},"history":{deep}}}',
        lambda text, deep: text.replace('"value":{}', f'"value":{deep}'),
        lambda text, deep: text.replace('"configuration":["hostile"]', f'"configuration":{deep}')
        .replace('"configuration":["never-met"]', f'"configuration":{deep}'),
        lambda _, deep: deep,
    ],
)  # fmt: skip
@pytest.mark.parametrize("shape", [lists, objects])
def test_a_snapshot_nested_without_end_is_a_value_error(
    text: str, levels: int, put: Callable, shape: Callable
):
    with pytest.raises(ValueError, match="nested"):
        Snapshot.from_text(put(text, shape(levels)))


def test_a_snapshot_object_nested_without_end_is_a_value_error_or_kept():
    deep: object = 1
    for _ in range(5_000):
        deep = {"a": deep}
    document = {**STANDS.to_json(), "value": deep}
    with pytest.raises(ValueError, match="nested"):
        Snapshot.from_json(document)
    kept = Snapshot.from_json({**STANDS.to_json(), "context": {"x": deep}})
    with pytest.raises(ValueError, match="nested"):
        kept.to_text()


def test_a_context_is_read_as_deep_as_it_can_be_written():
    text = with_context(KNOWN, objects(600, '{"x":@}'))
    assert Snapshot.from_text(text).to_text() == text


@pytest.mark.parametrize("text", FRESH)
@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", HUGE])
def test_a_snapshot_with_a_number_that_json_does_not_have_is_a_value_error(text: str, number: str):
    with pytest.raises(ValueError, match=r"JSON|number|digits"):
        Snapshot.from_text(with_context(text, f'{{"x":{number}}}'))


@pytest.mark.parametrize("text", ["", "{", "[]", "5", "null", '"c"', "{}", '[{"chart":"c"}]'])
def test_a_text_that_is_no_snapshot_is_a_value_error(text: str):
    with pytest.raises(ValueError, match=r"line 1|snapshot"):
        Snapshot.from_text(text)


@pytest.mark.parametrize(
    "end", ["", "x", "}}", ",}", ',"output":}', 'x"output":1}', ',"output":1', ',"history":5}']
)
@pytest.mark.parametrize("text", FRESH)
def test_a_snapshot_with_a_broken_end_is_a_value_error(text: str, end: str):
    with pytest.raises(ValueError, match=r"line 1|snapshot"):
        Snapshot.from_text(text[:-1] + end)


@pytest.mark.parametrize(
    "written",
    [
        lambda text: json.dumps(json.loads(text), indent=2),
        lambda text: text.replace('"context":', '"context": '),
        lambda text: text + "\n",
        lambda text: text[:-1] + " }",
        lambda text: text[:-1] + ',"note":"of somebody else"}',
        lambda text: text[:-1] + ',"history":{}}',
        lambda text: text[:-1] + ',"output":null}',
        lambda text: json.dumps(dict(reversed(json.loads(text).items()))),
    ],
)
@pytest.mark.parametrize("text", FRESH)
def test_a_snapshot_in_any_other_json_text_is_read(text: str, written: Callable[[str], str]):
    assert Snapshot.from_text(written(text)) == Snapshot.from_json(json.loads(text))


def test_a_later_key_counts_whether_the_head_was_met_or_not():
    known, fresh = (
        Snapshot.from_text(text[:-1] + ',"context":{"x":1},"status":"done"}') for text in FRESH
    )
    assert (known.context, known.status) == (fresh.context, fresh.status) == ({"x": 1}, "done")


@pytest.mark.parametrize("value", [float("nan"), HUGE_NUMBER])
def test_a_context_that_no_json_can_hold_is_not_written(value: object):
    with pytest.raises(ValueError, match=r"JSON|digits"):
        STANDS._replace(context={"x": value}).to_text()


def test_a_context_whose_keys_are_no_strings_is_a_value_error():
    with pytest.raises(ValueError, match=r"snapshot\.context"):
        Snapshot.from_json({**STANDS.to_json(), "context": {1: 2}})


def test_an_event_of_any_type_is_only_unhandled():
    chart = Drive({"id": "c", "on": {"a.*": {}}})
    for name in ["", ".", "*", "a" * 100_000, ".".join("b" * 1000), "\ud800", "\x00"]:
        step = send(chart.chart, Behaviour(), chart.snapshot, Event(name), now=NOW)
        assert step.refused is not None
        assert step.refused.code == "unhandled"
