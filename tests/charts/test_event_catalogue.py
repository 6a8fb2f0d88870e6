"""The catalogue of domain events and the shipped charts say the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from situations import SITUATIONS
from story import CHARTS
from test_golden_tables import tried

from orderwright.app.shipped import folder
from orderwright.domain.catalogue import CATALOGUE
from orderwright.statechart import Emit
from payloads import faults

SOURCES = Path(__file__).parents[2] / "src" / "orderwright" / "domain"


def test_every_event_that_a_shipped_chart_emits_is_in_the_catalogue_and_no_other():
    assert set(CATALOGUE) == by_charts() | by_behaviours()


def test_every_payload_that_a_shipped_chart_emits_is_as_the_catalogue_says():
    """In every state, by every event, and on the way to each state."""
    seen = set()
    for chart in CHARTS:
        for story in SITUATIONS[chart].values():
            tries = [story.copy() for _ in tried(story)]
            for event, played in zip(tried(story), tries, strict=True):
                played.send(event)
            for step in [step for one in (story, *tries) for step in one.steps]:
                for effect in step.effects:
                    if isinstance(effect, Emit):
                        seen.add(effect.type)
                        assert faults(effect.type, effect.data) == []
    assert seen == set(CATALOGUE)


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_schema_of_an_event_is_one_and_its_name_is_dotted_lower_case(name: str):
    event = CATALOGUE[name]
    Draft202012Validator.check_schema(event.schema)
    assert re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", event.name)
    assert event.description.endswith(".")


def test_what_is_missing_too_much_or_unknown_is_a_fault():
    assert faults("sale.frozen", {"orderId": "o1", "reason": "held"}) == []
    assert faults("sale.frozen", {"orderId": "o1"}) != []
    assert faults("sale.frozen", {"orderId": "o1", "reason": "held", "by": "ann"}) != []
    assert faults("sale.thawed", {"orderId": "o1"}) == ["sale.thawed is not in the catalogue"]


def by_charts() -> set[str]:
    definitions = [json.loads(file.read_text()) for file in folder("charts").glob("*.json")]
    return {name for definition in definitions for name in emitted(definition)}


def emitted(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("emit"), dict):
            yield node["emit"]["type"]
        if isinstance(node.get("params"), dict) and "tells" in node["params"]:
            yield node["params"]["tells"]
        for child in node.values():
            yield from emitted(child)
    elif isinstance(node, list):
        for child in node:
            yield from emitted(child)


def by_behaviours() -> set[str]:
    sources = [file.read_text(encoding="utf-8") for file in SOURCES.rglob("*.py")]
    return {name for source in sources for name in re.findall(r'\bEmit\(\s*"([^"]+)"', source)}
