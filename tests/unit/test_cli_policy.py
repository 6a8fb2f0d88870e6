"""`orderwright policy check|test`: what they find, where, and with which status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orderwright.app.policies.shipped_policies import policy_files, shipped_policies
from orderwright.app.shipped import folder
from orderwright.cli import main

POLICIES = folder("policies")
HIGH = POLICIES / "high-amount.json"


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command and returns its status and what it said."""

    def run(*words: str | Path) -> tuple[int, Any]:
        status = main(["policy", *map(str, words)])
        out = capsys.readouterr().out
        return status, json.loads(out) if "--json" in words else out

    return run


def test_the_policies_that_ship_are_right_and_do_what_their_cases_say(said: Any):
    files = policy_files(POLICIES)
    assert [file.stem for file in files] == list(shipped_policies())
    assert said("check", *files) == (0, "12 files, nothing found\n")
    for file in files:
        status, told = said("test", file, "--json")
        outcomes = [(one["expected"], one["outcome"]) for one in told["cases"]]
        assert (status, outcomes) == (0, [(one, one) for one in ("hit", "miss", "unknown")]), file


def test_every_mistake_is_told_with_its_line_and_path(said: Any, tmp_path: Path):
    wrong = tmp_path / "wrong.json"
    wrong.write_text(HIGH.read_text().replace('"amount"', '"amuont"').replace("50", '"much"'))
    status, text = said("check", wrong, HIGH)
    assert status == 1
    assert f"{wrong}:6:3: priority:" in text
    assert "graph.nodes[1].group.rules[0].field" in text
    assert "2 files, 2 found" in text
    status, told = said("check", wrong, "--json")
    assert (status, {one["line"] for one in told["problems"]}) == (1, {6, 20})


def test_a_case_that_comes_out_else_is_told_with_what_was_missing(said: Any, tmp_path: Path):
    cases = tmp_path / "cases.json"
    cases.write_text(
        json.dumps({"hit": [{"amount": {"money": "10000.01", "currency": "EUR"}}, {}]})
    )
    status, text = said("test", HIGH, "--cases", cases)
    assert status == 1
    assert text.splitlines() == [
        "right  hit: REQUIRE_APPROVAL",
        "WRONG  hit 2: came to unknown (missing: amount)",
        "2 cases, 1 wrong",
    ]


def test_a_case_with_a_mistyped_fact_is_not_known_and_says_why(said: Any, tmp_path: Path):
    cases = tmp_path / "cases.json"
    cases.write_text(json.dumps({"hit": {"amount": "12,50", "currency": "EUR"}}))
    policy = tmp_path / "policy.json"
    empty = {"field": "amount", "operator": "is_null"}
    source = json.loads(HIGH.read_text())
    source["graph"]["nodes"][1]["group"] = {"combinator": "and", "rules": [empty]}
    policy.write_text(json.dumps(source))
    status, text = said("test", policy, "--cases", cases)
    why = "mistyped: amount, no amount in EUR"
    assert (status, text.splitlines()[0]) == (1, f"WRONG  hit: came to unknown ({why})")
    _, told = said("test", policy, "--cases", cases, "--json")
    assert told["cases"][0]["mistyped"] == {"amount": "no amount in EUR"}


@pytest.mark.parametrize("text", ["[]", "{", '{"maybe": {}}', '{"lists": []}'])
def test_a_file_that_holds_no_cases_is_refused(text: str, tmp_path: Path):
    cases = tmp_path / "cases.json"
    cases.write_text(text)
    assert main(["policy", "test", str(HIGH), "--cases", str(cases)]) == 1


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    assert main(["policy", "check", str(tmp_path / "none.json")]) == 1
    lonely = tmp_path / "lonely.json"
    lonely.write_text(HIGH.read_text())
    assert main(["policy", "test", str(lonely)]) == 1
