"""The reader that stands between the suite and the core hides nothing, and the runner can tell a wrong state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.scion import SUITE, documents, script
from conformance.scxml.descriptor import GUARD
from conformance.scxml.machine import milliseconds
from conformance.scxml.reader import Document, read
from conformance.scxml.script import Interpreter, ScriptError
from conformance.scxml.session import Session, World, run
from orderwright.statechart import Event


def scxml(body: str, **attributes: str) -> Document:
    written = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    text = f'<scxml xmlns="http://www.w3.org/2005/07/scxml" {written}>{body}</scxml>'
    return read(text, Path(), session="main")


def begun(document: Document) -> Session:
    session = Session(World(), document)
    session.start()
    return session


def descriptors(document: Document, state: str) -> list[str]:
    return list(document.chart.node(state).transitions)


# --- descriptors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (["a", "b"], ["a.*", "b.*"]),
        (["a.b", "a"], ["a.b.*", "a.*"]),
        (["a b", "*"], ["a.*", "b.*", "*"]),
        (["a", "a"], ["a.*"]),
        (["a", "a.b"], ["*"]),
        (["*", "a"], ["*"]),
        ([".*", "a.*"], ["*"]),
        (["a", "ab"], ["a.*", "ab.*"]),
    ],
)
def test_transitions_are_folded_only_where_the_order_of_the_document_is_not_ours(
    events: list[str], expected: list[str]
):
    body = "".join(f'<transition event="{one}"/>' for one in events)
    assert descriptors(scxml(f'<state id="s">{body}</state>'), "s") == expected


def test_two_tests_of_the_suite_need_the_folding():
    played = [document for document in documents() if script(document) is not None]
    folded = {document.name for document in played if has_folded(document)}
    assert folded == {"star0.scxml", "test388.txml.scxml"}


def has_folded(document: Path) -> bool:
    chart = read(document.read_text(encoding="utf-8"), document.parent, session="main").chart
    return GUARD in chart.definition


def test_a_folded_transition_still_answers_to_its_own_events_only():
    document = scxml(
        '<state id="s"><transition event="a" cond="false" target="t"/>'
        '<transition event="a.b" target="u"/></state><state id="t"/><state id="u"/>'
    )
    session = begun(document)
    session.take(Event("a.c"))
    assert session.leaves() == {"s"}
    session.take(Event("a.b.c"))
    assert session.leaves() == {"u"}


# --- data -----------------------------------------------------------------------------------------


def test_the_interpreter_keeps_functions_and_nothing_else():
    interpreter = Interpreter({})
    interpreter.define("var seen = 1; function twice(x) { return 2 * x; }")
    left = interpreter.after("loose = twice(21); gone = undefined", {}, None, ())
    assert left == {"loose": [42], "gone": []}
    for name in ("loose", "gone", "seen"):
        with pytest.raises(ScriptError):
            interpreter.value(name, {}, None, ())
    assert interpreter.value("twice(loose)", {"loose": [4]}, None, ()) == [8]


def test_variables_live_in_the_context_and_pass_through_json():
    document = scxml(
        '<datamodel><data id="x" expr="1"/><data id="y"/></datamodel>'
        '<state id="s"><transition event="t"><assign location="x" expr="x + 1"/></transition></state>'
    )
    session = begun(document)
    session.take(Event("t"))
    assert json.loads(session.stored)["context"]["data"] == {"x": [2], "y": []}
    session.stored = session.stored.replace('"x": [2]', '"x": [40]')
    session.take(Event("t"))
    assert session.snapshot.context["data"] == {"x": [41], "y": []}


def test_an_error_ends_its_block_and_is_an_event():
    document = scxml(
        '<datamodel><data id="x" expr="0"/></datamodel><state id="s"><onentry>'
        '<assign location="x" expr="1"/><assign location="nowhere" expr="1"/>'
        '<assign location="x" expr="2"/></onentry>'
        '<transition event="error.execution" cond="x === 1" target="t"/></state><state id="t"/>'
    )
    assert begun(document).leaves() == {"t"}


# --- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [("1s", 1000), (".5s", 500), ("10ms", 10), ("1.5s", 1500), ("2m", 120_000), ("soon", None)],
)
def test_a_delay_is_a_duration_of_css(written: str, expected: int | None):
    assert milliseconds(written) == expected


def test_what_falls_due_happens_in_the_order_of_time():
    document = scxml(
        '<state id="s"><onentry><send event="late" delay="2s"/><send event="soon" delay="1s"/>'
        '</onentry><transition event="soon" target="t"/><transition event="late" target="u"/>'
        '</state><state id="t"><transition event="late" target="v"/></state>'
        '<state id="u"/><state id="v"/>'
    )
    session = begun(document)
    session.world.advance(999)
    assert session.leaves() == {"s"}
    session.world.advance(1)
    assert session.leaves() == {"t"}
    session.world.advance(1000)
    assert session.leaves() == {"v"}


# --- verdicts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "after", "expected"),
    [
        (["a"], ["b"], ""),
        (["b"], ["b"], "after the start in a, not in b"),
        (["a"], ["a"], "after t in b, not in a"),
        (["a"], ["a", "b"], "after t in b, not in a, b"),
    ],
)
def test_a_wrong_state_is_told(start: list[str], after: list[str], expected: str):
    document = SUITE / "test" / "basic" / "basic1.scxml"
    events: Any = [{"event": {"name": "t"}, "nextConfiguration": after}]
    assert run(document, {"initialConfiguration": start, "events": events}) == expected


def test_a_refusal_that_is_no_lack_of_an_answer_is_told(tmp_path: Path):
    document = tmp_path / "loop.scxml"
    document.write_text(
        '<scxml xmlns="http://www.w3.org/2005/07/scxml"><state id="a"><transition event="t" target="b"/>'
        '</state><state id="b"><transition target="b"/></state></scxml>',
        encoding="utf-8",
    )
    events: Any = [{"event": {"name": "t"}, "nextConfiguration": ["b"]}]
    told = run(document, {"initialConfiguration": ["a"], "events": events})
    assert told.startswith("loop: ")
