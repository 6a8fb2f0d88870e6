"""The SCION test framework: which files it has, which of them we can speak of, and what comes of each.

What is no test of charts is told from the files alone; the reasons are the headings of `docs/conformance.md`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from conformance.scxml import markup
from conformance.scxml.markup import STATES, Element
from conformance.scxml.session import run

SUITE: Final = Path(__file__).parent / "node_modules" / "@scion-scxml" / "test-framework"

PASSED: Final = "passed"
NO_SCRIPT: Final = "No test script"
BY_EYE: Final = "Judged by a person"
HTTP: Final = "Over HTTP"
NODE: Final = "Modules of Node"
DOM: Final = "Markup as objects"

_SKELETON: Final = frozenset({"scxml", "transition", "initial", *STATES})
_ECMASCRIPT_BEYOND_DATA: Final = {
    "_ioprocessors['basichttp']": HTTP,
    "getElementsByTagName": DOM,
    "require(": NODE,
}


def documents() -> list[Path]:
    """Return the SCXML files of the suite.

    Raises:
        FileNotFoundError: the suite has not been installed.
    """
    if not SUITE.is_dir():
        raise FileNotFoundError(
            "the suite is missing: make tests/conformance/node_modules/.installed"
        )
    return sorted(SUITE.glob("test*/**/*.scxml"))


def title(document: Path) -> str:
    """Return a file's name within the suite."""
    return str(document.relative_to(SUITE))


def script(document: Path) -> dict[str, Any] | None:
    """Return the events of a test and the states that they must lead to; None where there are none."""
    file = document.with_suffix(".json")
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


def outcome(document: Path) -> str:
    """Return "passed", why the file is no test for us, or the first difference."""
    steps = script(document)
    if steps is None:
        return NO_SCRIPT
    root = markup.parse(document.read_text(encoding="utf-8"))
    return _beyond_us(root, steps) or run(document, steps) or PASSED


def is_expressible(found: str) -> bool:
    """Tell whether an outcome is that of a test which was run."""
    return found not in {NO_SCRIPT, BY_EYE, HTTP, NODE, DOM}


def is_structural(document: Path) -> bool:
    """Tell whether a test consists of states and transitions alone, without any executable content."""
    root = markup.parse(document.read_text(encoding="utf-8"))
    is_foreign = document.parent.name == "w3c-ecma"
    return not is_foreign and {one.name for one in _everything(root)} <= _SKELETON


def _beyond_us(root: Element, steps: dict[str, Any]) -> str | None:
    for one in _everything(root):
        written = [one.text, *one.attributes.values()]
        for words, reason in _ECMASCRIPT_BEYOND_DATA.items():
            if any(words in text for text in written):
                return reason
    states = {state.get("id") for state in root.states()}
    wanted = [steps["initialConfiguration"], *(s["nextConfiguration"] for s in steps["events"])]
    return None if all(states.issuperset(some) for some in wanted) else BY_EYE


def _everything(element: Element) -> Iterator[Element]:
    yield element
    for child in element.children:
        yield from _everything(child)
