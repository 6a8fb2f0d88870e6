"""XState v5 and we run the same random charts under the same random events, and an observer sees the same.

Where the two are known to differ the charts are drawn so that it does not show; `docs/conformance.md` lists it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from conformance.xstate_charts import Case, cases
from conformance.xstate_differences import DIFFERENCES, Difference, log, logged
from conformance.xstate_process import XState
from orderwright.statechart import (
    Behaviour,
    Cancel,
    Chart,
    Emit,
    Event,
    Outcome,
    Schedule,
    Scope,
    StartRefused,
    Step,
    load,
    send,
    start,
)
from orderwright.statechart.interchange import read_xstate, write_xstate

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOG = "log"
DOCUMENT = Path(__file__).parents[2] / "docs" / "conformance.md"


def _log(scope: Scope) -> Outcome:
    entry = {"entry": [scope.params["name"], scope.context["n"]]}
    return Outcome(effects=[Emit(LOG, entry)])


BEHAVIOUR = Behaviour(
    guards={
        "odd": lambda scope: scope.context["n"] % 2 == 1,
        "below": lambda scope: scope.context["n"] < scope.params["limit"],
    },
    actions={"log": _log, "count": lambda scope: Outcome({"n": scope.context["n"] + 1})},
)


class Run:
    """What an observer of ours sees, in the words of `xstate.mjs`, and the events that led there."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.timers: dict[str, Schedule] = {}
        self.seen: list[dict] = []
        self.events: list[dict] = []
        self.step = start(chart, BEHAVIOUR, now=NOW)
        self._observe(self.step)

    def take(self, name: str | None, number: int) -> bool:
        """Let something happen; False when there is nothing more to see."""
        if self.step.snapshot.status == "done":
            return False
        if name is None:
            return not self.timers or self._fire(list(self.timers)[number % len(self.timers)])
        return self._send(Event(name, {"v": number}), {"type": name, "v": number})

    def _fire(self, timer: str) -> bool:
        return self._send(self.timers.pop(timer).event, {"fire": _theirs(timer)})

    def _send(self, event: Event, theirs: dict) -> bool:
        step = send(self.chart, BEHAVIOUR, self.step.snapshot, event, now=NOW)
        if step.refused is not None and step.refused.code == "loop":
            return False  # XState would never come back
        assert step.refused is None or step.refused.code in ("unhandled", "blocked"), step.refused
        self.step = step
        self.events.append(theirs)
        self._observe(step)
        return True

    def _observe(self, step: Step) -> None:
        for effect in step.effects:
            if isinstance(effect, Schedule):
                self.timers[effect.id] = effect
            elif isinstance(effect, Cancel):
                self.timers.pop(effect.id, None)
        snapshot = step.snapshot
        self.seen.append(
            {
                "value": snapshot.value,
                "context": dict(snapshot.context),
                "status": snapshot.status,
                "output": snapshot.output,
                "log": [
                    effect.data["entry"] for effect in step.effects if isinstance(effect, Emit)
                ],
                "timers": sorted(
                    [_theirs(one.id), _theirs(one.event.type), one.delay_ms]
                    for one in self.timers.values()
                ),
                "error": None,
            }
        )


def _theirs(name: str) -> str:
    return f"xstate.{name}" if name.startswith("after.") else name


@pytest.fixture(scope="module")
def xstate() -> Iterator[XState]:
    process = XState()
    yield process
    process.close()


def assert_agreement(xstate: XState, case: Case) -> None:
    compare(xstate, case.definition, None, case)


def assert_agreement_on_reading(xstate: XState, case: Case) -> None:
    """What XState runs is the document as it stands; what we run is what reading made of it."""
    written = json.dumps(write_xstate(load(case.definition)).config)
    config, lossy = json.loads(written), json.loads(written)
    drop_reentry(lossy, set())
    drop_reentry(config, {note.path for note in read_xstate(lossy).notes})
    read = read_xstate(config)
    assert read.notes == ()
    compare(xstate, read.definition, config, case)


def drop_reentry(node: dict, keep: Collection[str], path: str = "") -> None:
    """Take `reenter` from the transitions of a machine, so that they mean what XState means without."""
    for key, child in node.get("states", {}).items():
        drop_reentry(child, keep, f"{path}states.{key}.")
    lists = {
        f"{part}.{key}": one for part in ("on", "after") for key, one in node.get(part, {}).items()
    }
    lists["onDone"] = node.get("onDone", [])
    places = {f"{key}[{i}]": one for key, listed in lists.items() for i, one in enumerate(listed)}
    for place, transition in {**places, "always": node.get("always", {})}.items():
        if f"{path}{place}.target" not in keep:
            transition.pop("reenter", None)


def compare(xstate: XState, definition: Mapping, config: Mapping | None, case: Case) -> None:
    chart = load(definition)
    try:
        run = Run(chart)
    except StartRefused:  # it loops
        return
    for name, number in case.events:
        if not run.take(name, number):
            break
    theirs = xstate.run(config or write_xstate(chart).config, run.events)
    ours = json.loads(json.dumps(run.seen))
    for step in [*ours, *theirs]:
        step["timers"] = sorted(step["timers"]) if step["status"] == "active" else []
    for number, (here, there) in enumerate(zip(ours, theirs, strict=True)):
        assert here == there, f"after {run.events[:number]}"


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda one: one.name)
def test_a_known_difference_is_one(xstate: XState, difference: Difference):
    chart = load(difference.definition)
    ours: object = "loop"
    if difference.ours != "loop":
        run = Run(chart)
        assert all(run.take(name, 0) for name in difference.events)
        ours = [name for name, _ in run.seen[-1]["log"]]
    else:
        with pytest.raises(StartRefused, match="loop"):
            Run(chart)
    events = [{"type": name} for name in difference.events]
    theirs = xstate.run(write_xstate(chart).config, events)[-1]["log"]
    assert (ours, [name for name, _ in theirs]) == (difference.ours, difference.theirs)


@pytest.mark.parametrize("order", ["ABCD", "DCBA", "BDAC", "AABCDX", "CDXAB", "ABXCD"])
@pytest.mark.parametrize("around", [False, True])
def test_regions_of_regions_end_alike(xstate: XState, order: str, around: bool):
    """Parallel nodes in a parallel node: chance alone hardly ever ends them all."""
    inner = {
        key: {"type": "parallel", "onDone": ended(key), "states": {n: ending(n) for n in names}}
        for key, names in {"p": "AB", "q": "CD"}.items()
    }
    outer = {"type": "parallel", "onDone": ended("o"), "states": inner}
    definition: dict = {"id": "c", "context": {"n": 0}, "output": {"from": "event.output"}}
    if around:
        definition |= {"initial": "o", "states": {"o": outer}, "on": {"X": ".o"}}
    else:
        definition |= outer
    compare(xstate, definition, None, Case(definition, [(name, 0) for name in order]))


def ended(name: str) -> dict:
    return {"actions": log(f"{name} ended")}


def ending(name: str) -> dict:
    last = logged(f"{name} last", type="final", output={"from": "context.n"})
    first = logged(f"{name} first", on={name: {"target": "last", "actions": "count"}})
    return {"initial": "first", "onDone": ended(name), "states": {"first": first, "last": last}}


def test_a_timer_whose_id_is_given_again_still_runs_in_xstate(xstate: XState):
    later = {"send": {"type": "T", "delay": 5}}
    states = {"A": {"on": {"X": {"actions": later}, "T": {"actions": log("T")}}}}
    chart = load({"id": "c", "context": {"n": 0}, "initial": "A", "states": states})
    run = Run(chart)
    assert [run.take("X", 0), run.take("X", 0), len(run.timers)] == [True, True, 1]
    both = [*run.events, {"fire": "T"}, {"fire": "T", "earlier": True}]
    seen = xstate.run(write_xstate(chart).config, both)
    assert [step["log"] for step in seen[-2:]] == [[["T", 0]], [["T", 0]]]


def test_the_documents_list_of_differences_is_the_one_that_is_tested():
    section = DOCUMENT.read_text().split("\n## XState\n")[1].split("\n## ")[0]
    names = re.findall(r"^\| ([^|]+) \|", section.split("### What differs")[1], re.MULTILINE)
    assert names[1:] == [one.name for one in DIFFERENCES]


drawn = settings(
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
same_again = settings(drawn, derandomize=True)  # what chance finds is for the soak to find


@settings(same_again, max_examples=300)
@given(case=cases)
def test_random_charts_go_the_same_way_in_xstate(xstate: XState, case: Case):
    assert_agreement(xstate, case)


@settings(same_again, max_examples=200)
@given(case=cases)
def test_random_machines_of_xstate_go_the_same_way_here(xstate: XState, case: Case):
    assert_agreement_on_reading(xstate, case)


@pytest.mark.soak
@settings(drawn, max_examples=5_000)
@given(case=cases)
def test_thousands_of_random_charts_go_the_same_way_in_xstate(xstate: XState, case: Case):
    assert_agreement(xstate, case)


@pytest.mark.soak
@settings(drawn, max_examples=5_000)
@given(case=cases)
def test_thousands_of_random_machines_of_xstate_go_the_same_way_here(xstate: XState, case: Case):
    assert_agreement_on_reading(xstate, case)
