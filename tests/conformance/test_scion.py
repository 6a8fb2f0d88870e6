"""Every document of the SCION test framework is passed, or stands in `docs/conformance.md` with the reason."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from conformance.scion import (
    PASSED,
    SUITE,
    documents,
    is_expressible,
    is_structural,
    outcome,
    script,
    title,
)
from conformance.scxml.session import run

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"
NOT_PASSED = "Not passed"
DOCUMENTS = documents()

found = cache(outcome)


def listed() -> dict[str, str]:
    """What the page says of each document that it names: the difference, else the heading that it stands under."""
    page = PAGE.read_text(encoding="utf-8").partition("\n## SCXML\n")[2].partition("\n## ")[0]
    said = {}
    for part in page.split("\n### ")[1:]:
        heading = part.partition("\n")[0]
        for name, words in re.findall(
            r"^\| `(test[^`]+\.scxml)` \| ([^|]+) \|", part, re.MULTILINE
        ):
            assert name not in said, f"{name} stands on the page twice"
            said[name] = words if heading == NOT_PASSED else heading
    return said


@pytest.mark.parametrize("document", DOCUMENTS, ids=title)
def test_what_comes_of_a_document_is_what_the_page_says(document: Path):
    assert found(document) == listed().get(title(document), PASSED)


def test_the_page_names_documents_of_the_suite_only():
    assert listed().keys() <= {title(document) for document in DOCUMENTS}


def test_the_page_counts_right():
    page = PAGE.read_text(encoding="utf-8")
    outcomes = [found(document) for document in DOCUMENTS]
    played = [one for one in outcomes if is_expressible(one)]
    assert len(outcomes) == 336
    assert counted(page, "Passed") == outcomes.count(PASSED)
    assert counted(page, "Not passed") == len(played) - outcomes.count(PASSED)
    assert counted(page, "No test of charts that could be played") == 336 - len(played)
    assert counted(page, "In all") == 336


def test_all_tests_of_states_and_transitions_alone_are_passed():
    structural = [document for document in DOCUMENTS if is_structural(document)]
    assert len(structural) == 77
    assert [title(one) for one in structural if found(one) != PASSED] == []


def test_of_the_others_at_least_ninety_five_in_a_hundred_are_passed():
    others = [found(document) for document in DOCUMENTS if not is_structural(document)]
    played = [one for one in others if is_expressible(one)]
    assert len(played) > 200
    assert played.count(PASSED) / len(played) >= 0.95


@pytest.mark.parametrize("name", ["test10", "test10b"])
def test_a_region_that_targets_itself_leaves_its_parallel_state_as_the_algorithm_of_the_w3c_says(
    name: str,
):
    document = SUITE / "test" / "more-parallel" / f"{name}.scxml"
    steps = script(document)
    assert steps is not None
    assert run(document, steps["legacySemantics"]) == ""


def counted(page: str, what: str) -> int:
    [number] = re.findall(rf"^\| {what} \| (\d+) \|$", page, re.MULTILINE)
    return int(number)
