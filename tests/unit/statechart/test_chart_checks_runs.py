"""What a random run does is never called impossible."""

from __future__ import annotations

from drawing import BEHAVIOUR, charts, happenings
from driving import NOW
from hypothesis import HealthCheck, given, settings

from orderwright.statechart import Chart, StartRefused, Step, send, start
from orderwright.statechart.checks import check


def lived(chart: Chart, sent: list) -> list[Step]:
    """Every step of a random run that was not refused."""
    try:
        steps = [start(chart, BEHAVIOUR, now=NOW, trace=True)]
    except StartRefused:
        return []
    for event, facts in sent:
        before = steps[-1].snapshot
        steps.append(send(chart, BEHAVIOUR, before, event, facts=facts, now=NOW, trace=True))
    return [step for step in steps if step.refused is None]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(charts(), happenings)
def test_what_happens_in_a_run_is_never_called_impossible(chart: Chart, sent: list):
    reported = {(one.code, one.path) for one in check(chart)}
    microsteps = [one for step in lived(chart, sent) for one in step.trace]
    for path in {path for one in microsteps for path in one.transitions}:
        assert ("transition.shadowed", path) not in reported
        assert ("done.never", path) not in reported
    for node in {node for one in microsteps for node in one.entered}:
        place = ".".join(f"states.{key}" for key in node.split(".")[1:])
        assert ("state.unreachable", place) not in reported
    assert not microsteps or not any(
        code == "always.loop" and came_to(path, microsteps) for code, path in reported
    )


def came_to(path: str, microsteps: list) -> bool:
    """Whether a step that came to an end passed by an eventless transition that never comes to rest."""
    return any(path in one.transitions for one in microsteps)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(charts(), happenings)
def test_what_a_history_restores_is_never_called_nothing(chart: Chart, sent: list):
    idle = {one.path for one in check(chart) if one.code == "history.idle"}
    for step in lived(chart, sent):
        for node in step.snapshot.history:
            assert ".".join(f"states.{key}" for key in node.split(".")[1:]) not in idle
