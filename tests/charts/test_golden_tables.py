"""Every state of every shipped chart meets every event; the outcome is compared with a table that people read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from situations import PASSED_THROUGH, SITUATIONS
from story import CHARTS, Story

from orderwright.statechart import Cancel, Emit, Post, Schedule, Step

GOLDEN = Path(__file__).parent / "golden"
_INTRODUCTION = """\
# {name}: what every event does in every state

Each state was reached from the start by real events with the sample data of `../story.py`. An event that is taken
shows the state after it and its effects: `emit` a domain event, `post` to a ledger, `X in 1d` schedule a timer. An
event that is refused shows the code and the reasons. Written by `pytest tests/charts --golden-update`; read every
change against the tables of the domain.
"""


def render(chart: str) -> str:
    sections = [_INTRODUCTION.format(name=CHARTS[chart].id.capitalize())]
    for name, story in SITUATIONS[chart].items():
        rows = [f"| {event} | {cell(story, event)} |" for event in tried(story)]
        sections.append("\n".join([f"## {name}\n", "| Event | Outcome |", "|---|---|", *rows, ""]))
    return "\n".join(sections)


def tried(story: Story) -> list[str]:
    """The declared events, and the timers of the active states."""
    nodes = [story.chart.node(name) for name in story.snapshot.configuration]
    return [*story.chart.events, *(timer.event for node in nodes for timer in node.after)]


def cell(story: Story, event: str) -> str:
    played = story.copy()
    step = played.send(event)
    if step.refused is not None:
        why = ", ".join(reason.code for reason in step.refused.reasons)
        return f"{step.refused.code} ({why})" if why else step.refused.code
    return "; ".join([played.state, *effects(step)])


def effects(step: Step) -> list[str]:
    told = []
    for effect in step.effects:
        if isinstance(effect, Emit):
            told.append(f"emit {effect.type}")
        elif isinstance(effect, Post):
            told.append(f"post {effect.ledger}")
        elif isinstance(effect, Schedule):
            told.append(f"{effect.event.type} in {span(effect.delay_ms)}")
        elif isinstance(effect, Cancel):
            told.append(f"cancel {effect.id}")
        else:
            told.append(repr(effect))
    return told


def span(milliseconds: int) -> str:
    days, rest = divmod(milliseconds, 86_400_000)
    return f"{days}d" if not rest else f"{milliseconds}ms"


@pytest.mark.parametrize("chart", CHARTS)
def test_every_state_answers_every_event_as_the_golden_table_says(chart: str, golden_update: bool):
    path, rendered = GOLDEN / f"{chart}.md", render(chart)
    if golden_update:
        path.write_text(rendered)
    assert path.read_text() == rendered


@pytest.mark.parametrize("chart", CHARTS)
def test_every_state_that_an_instance_can_rest_in_is_in_the_table(chart: str):
    kinds = ("atomic", "final")
    states = {node.key for node in CHARTS[chart].nodes if node.kind in kinds} - PASSED_THROUGH
    assert {name.split(",")[0] for name in SITUATIONS[chart]} == states
    for name, story in SITUATIONS[chart].items():
        assert story.state == name.split(",")[0]


@pytest.mark.parametrize("chart", CHARTS)
def test_no_event_with_its_declared_facts_and_data_ends_in_an_error(chart: str):
    assert not re.search(
        r"guard_unknown|guard_error|action_error|loop|snapshot_mismatch", render(chart)
    )


@pytest.mark.parametrize("chart", CHARTS)
def test_every_declared_event_is_taken_somewhere(chart: str):
    for event in CHARTS[chart].events:
        assert any(
            story.copy().send(event).refused is None for story in SITUATIONS[chart].values()
        ), event
