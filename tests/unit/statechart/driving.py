"""Drive a chart through events in a test, one line an event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from orderwright.statechart import (
    Behaviour,
    Chart,
    Event,
    Outcome,
    Refused,
    Scope,
    Snapshot,
    Step,
    load,
    send,
    start,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def log(name: str) -> dict:
    """Return an action of a chart that writes its name to the end of `context.log`."""
    return {"type": "log", "params": {"name": name}}


def _log(scope: Scope) -> Outcome:
    return Outcome({"log": [*scope.context.get("log", []), scope.params["name"]]})


def logging(**implementations: Mapping) -> Behaviour:
    """Return a behaviour that knows `log`, and what else is given as guards, actions and delays."""
    actions = {"log": _log, **implementations.get("actions", {})}
    return Behaviour(
        guards=implementations.get("guards", {}),
        actions=actions,
        delays=implementations.get("delays", {}),
    )


class Drive:
    """An instance under way; every step is kept in `step`."""

    def __init__(
        self,
        definition: Mapping | str,
        behaviour: Behaviour | None = None,
        *,
        context: Mapping | None = None,
        facts: Mapping | None = None,
    ) -> None:
        self.chart: Chart = load(definition)
        self.behaviour = behaviour or logging()
        self.facts = facts
        self.step: Step = start(
            self.chart, self.behaviour, context=context, facts=facts, now=NOW, trace=True
        )

    def send(self, event: str, **data: object) -> Drive:
        self.step = send(
            self.chart,
            self.behaviour,
            self.snapshot,
            Event(event, data),
            facts=self.facts,
            now=NOW,
            trace=True,
        )
        return self

    @property
    def snapshot(self) -> Snapshot:
        return self.step.snapshot

    @property
    def value(self) -> object:
        return self.snapshot.value

    @property
    def log(self) -> list:
        return self.snapshot.context.get("log", [])

    @property
    def refused(self) -> Refused:
        assert self.step.refused is not None
        return self.step.refused

    def news(self, event: str, **data: object) -> list:
        """Send an event and return what it added to the log."""
        before = len(self.log)
        self.send(event, **data)
        assert self.step.refused is None, self.step.refused
        return self.log[before:]


def logged(name: str, **node: object) -> dict:
    """Return a node that logs `+name` on entry and `-name` on exit."""
    return {"entry": log(f"+{name}"), "exit": log(f"-{name}"), **node}


def region(name: str, **on: object) -> dict:
    """Return a region of two states that logs who comes and goes."""
    states = {"1": logged(f"{name}1", on=on), "2": logged(f"{name}2")}
    return logged(name, initial="1", states=states)
