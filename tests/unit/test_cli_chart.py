"""The command `orderwright chart`, as people and programs call it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from orderwright.app import shipped
from orderwright.cli import main
from orderwright.cli.chart.place import Places
from orderwright.statechart import load

CHARTS = shipped.folder("charts")
SALE = str(CHARTS / "sale.v1.json")
QUOTATION = str(CHARTS / "quotation.v1.json")
DOOR = {
    "id": "door",
    "context": {"opened": 0},
    "initial": "SHUT",
    "states": {
        "SHUT": {
            "on": {
                "OPEN": {"target": "OPENED", "guard": {"and": ["is_free", "is_lit"]}},
                "LOCK": {"target": "LOCKED", "actions": ["note", {"type": "count"}]},
            }
        },
        "OPENED": {"on": {"SHUT": "SHUT"}, "after": {"soon": "SHUT"}},
        "LOCKED": {"type": "final"},
    },
}

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*words: str) -> tuple[int, str, str]:
        status = main(["chart", *words])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


@pytest.fixture
def door(tmp_path: Path) -> str:
    return written(tmp_path, DOOR)


def written(folder: Path, definition: object, name: str = "door.json") -> str:
    file = folder / name
    file.write_text(
        definition if isinstance(definition, str) else json.dumps(definition, indent=1)
    )
    return str(file)


# --- check ----------------------------------------------------------------------------------------


def test_clean_charts_pass_several_at_once(call: Call):
    assert call("check", SALE, QUOTATION) == (0, "2 files, nothing found\n", "")


def test_a_finding_is_told_with_its_line_and_column_and_what_would_be_right(
    call: Call, tmp_path: Path
):
    file = written(
        tmp_path, '{"initial": "a",\n "states": {"a": {"on": {"X": "b"}},\n   "b": {}}}'
    )
    status, out, _ = call("check", file)
    assert status == 1
    assert out == (
        f"{file}:3:4: states.b: 'chart.b' takes no event and is not final;"
        ' say `"type": "final"`, or give it a transition [state.dead_end]\n'
        "1 file, 1 found\n"
    )


def test_mistakes_and_findings_of_several_files_come_as_json(call: Call, tmp_path: Path):
    wrong = written(tmp_path, {"on": {"X": {"cond": "g"}}}, "wrong.json")
    idle = written(tmp_path, {"initial": "a", "states": {"a": {}}}, "idle.json")
    status, out, _ = call("check", wrong, idle, "--json")
    found = json.loads(out)["problems"]
    assert status == 1
    assert [(one["file"], one["path"], one["code"]) for one in found] == [
        (wrong, "on.X.cond", "unknown_key"),
        (idle, "states.a", "state.dead_end"),
    ]
    assert (found[0]["line"], found[0]["column"]) == (4, 4)
    assert "'guard'" in found[0]["message"]


def test_text_that_is_no_json_is_told_with_its_line(call: Call, tmp_path: Path):
    file = written(tmp_path, '{"id": "x",\n "states": }')
    status, out, _ = call("check", file)
    assert status == 1
    assert f"{file}:2:12: chart: not JSON at line 2 column 12" in out


def test_names_of_a_shipped_chart_are_looked_up_in_its_behaviour(call: Call, tmp_path: Path):
    file = written(tmp_path, Path(QUOTATION).read_text().replace('"apply_edit"', '"aply_edit"'))
    status, out, _ = call("check", file)
    assert status == 1
    assert "did you mean 'apply_edit'? [action.missing]" in out


def test_a_file_that_cannot_be_read_is_refused(call: Call, tmp_path: Path):
    status, _, err = call("check", str(tmp_path / "none.json"))
    assert (status, "input.invalid" in err, "No such file" in err) == (1, True, True)


def test_no_file_is_wrong_usage():
    with pytest.raises(SystemExit) as stopped:
        main(["chart", "check"])
    assert stopped.value.code == 2


def test_every_path_of_a_text_has_its_place():
    text = '{"a": [1, {"b.c": "x\\"]"}, -2.5e3],\n  "d": {"e": null, "f": []}}'
    places = Places(text)
    assert [
        str(places.of(path)) for path in ("", "a", "a[1]", "a[1].b.c", "a[2]", "d", "d.f")
    ] == [
        "1:1",
        "1:2",
        "1:11",
        "1:12",
        "1:28",
        "2:3",
        "2:20",
    ]
    assert places.of("d.f.gone[3].x") == places.of("d.f")
    assert places.of("a[9]") == places.of("a")


# --- draw -----------------------------------------------------------------------------------------


def test_a_chart_is_drawn_as_mermaid_and_as_a_graph(call: Call, door: str):
    status, out, _ = call("draw", door)
    assert (status, out.splitlines()[0]) == (0, "stateDiagram-v2")
    assert json.loads(call("draw", door, "--json")[1]) == {"mermaid": out.rstrip("\n")}
    _, text, _ = call("draw", door, "--format", "graph")
    assert [node["id"] for node in json.loads(text)["nodes"]] == [
        "door",
        "door.SHUT",
        "door.OPENED",
        "door.LOCKED",
    ]
    _, document, _ = call("draw", door, "--format", "graph", "--json")
    assert json.loads(document) == json.loads(text)


def test_a_chart_that_has_no_meaning_is_refused(call: Call, tmp_path: Path):
    status, _, err = call("draw", written(tmp_path, {"on": 5}))
    assert (status, "chart.invalid" in err) == (1, True)


# --- explain --------------------------------------------------------------------------------------


def test_guards_without_an_implementation_leave_an_event_open(call: Call, door: str):
    status, out, _ = call("explain", door, "--state", "SHUT", "--event", "OPEN", "--event", "LOCK")
    assert status == 0
    assert out.splitlines() == [
        "SHUT",
        "OPEN: depends",
        "  is_free is not implemented here",
        "  is_lit is not implemented here",
        "LOCK: allowed",
    ]


def test_a_shipped_chart_is_explained_by_its_behaviour(call: Call):
    context = json.dumps(
        {"currency": "EUR", "grandTotalMinor": 10000, "frozen": {"reason": "odd"}}
    )
    facts = json.dumps({"credit": {"limitMinor": 0, "exposureMinor": 0}, "fulfilments": []})
    words = ["--state", "FROZEN", "--context", context, "--facts", facts]
    status, out, _ = call("explain", SALE, *words, "--json")
    found = json.loads(out)
    assert status == 0
    assert (found["RELEASE"]["status"], found["RECHECK"]["status"]) == ("allowed", "blocked")
    assert found["RECHECK"]["reasons"][0]["code"] == "sale.frozen"
    _, out, _ = call("explain", SALE, *words, "--event", "RECHECK")
    lifted = "  the order is frozen: odd (can be lifted by COMPLIANCE, MANAGER)"
    assert out.splitlines() == ["FROZEN", "RECHECK: blocked", lifted]


def test_an_event_may_be_given_with_data(call: Call):
    data = '{"version": 2}'
    facts = '{"actor": {"sides": ["BUYER"]}}'
    words = ["explain", QUOTATION, "--state", "IN_REVIEW", "--facts", facts, "--event"]
    assert "BUYER_APPROVES: depends" in call(*words, "BUYER_APPROVES")[1]
    assert "version 2 is named; version 1 is on" in call(*words, f"BUYER_APPROVES={data}")[1]


def test_a_snapshot_is_explained(call: Call, door: str, tmp_path: Path):
    _, out, _ = call("explore", door, "--json")
    configuration = json.loads(out)["configurations"][1]["configuration"]
    snapshot = {
        "chart": "door",
        "version": 1,
        "hash": load(Path(door).read_text()).hash,
        "configuration": configuration,
        "value": "OPENED",
        "context": {},
        "status": "active",
        "history": {},
        "output": None,
    }
    file = written(tmp_path, snapshot, "snapshot.json")
    status, out, _ = call("explain", door, "--snapshot", file, "--event", "SHUT")
    assert (status, out.splitlines()) == (0, ["OPENED", "SHUT: allowed"])
    status, _, err = call("explain", door, "--snapshot", door)
    assert (status, "input.invalid" in err) == (1, True)
    file = written(tmp_path, {**snapshot, "configuration": ["door", "door.NOPE"]}, "other.json")
    status, _, err = call("explain", door, "--snapshot", file)
    assert (status, "door.NOPE: the chart has no such state node" in err) == (1, True)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--state", "NOWHERE"], "the id or the key of a state"),
        (["--state", "SHUT,LOCKED"], "rest in together"),
        (["--state", "SHUT", "--facts", "[]"], "a JSON object"),
        (["--state", "SHUT", "--context", "{"], "JSON ("),
        (["--state", "SHUT", "--event", "OPEN={"], "JSON ("),
    ],
)
def test_what_cannot_be_explained_is_refused(call: Call, door: str, words: list[str], why: str):
    status, _, err = call("explain", door, *words)
    assert (status, "input.invalid" in err, why in err) == (1, True, True)


# --- explore --------------------------------------------------------------------------------------


def test_configurations_come_with_the_shortest_way(call: Call, door: str):
    status, out, _ = call("explore", door, "--never", "OPENED,LOCKED", "--always", "!LOCKED,door")
    assert status == 1
    assert out.splitlines() == [
        "SHUT: start",
        "OPENED: start, OPEN [is_free, is_lit]",
        "LOCKED: start, LOCK",
        "3 configurations, 3 with history",
        "never OPENED,LOCKED: holds",
        "always !LOCKED,door: does not hold after start, LOCK",
    ]
    assert call("explore", door, "--never", "OPENED,LOCKED", "--steady")[0] == 0


def test_what_is_never_taken_and_what_fails_is_told(call: Call, tmp_path: Path):
    chart = {
        "initial": "a",
        "states": {
            "a": {"on": {"GO": "b"}},
            "b": {"always": "c"},
            "c": {"always": "b"},
            "d": {"on": {"GO": "a"}},
        },
    }
    file = written(tmp_path, chart)
    status, out, _ = call("explore", file)
    assert status == 1
    assert "never taken: states.d.on.GO" in out
    assert "fails (loop): GO: no end after" in out
    found = json.loads(call("explore", file, "--json")[1])
    assert found["uncovered"] == [
        "states.a.on.GO",
        "states.b.always",
        "states.c.always",
        "states.d.on.GO",
    ]
    assert found["failures"][0]["move"] == {"event": "GO"}


def test_what_the_limit_cuts_off_is_not_decided(call: Call):
    status, out, _ = call("explore", SALE, "--limit", "2", "--never", "REJECTED")
    assert status == 1
    assert "there are more (--limit)" in out
    assert "never REJECTED: not decided within the limit" in out


def test_a_state_that_is_not_there_is_refused(call: Call, door: str):
    status, _, err = call("explore", door, "--never", "SHUT,OPEN")
    assert (status, "--never: 'OPEN'" in err) == (1, True)
