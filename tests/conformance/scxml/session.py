"""Runs read documents as a host would: effects are performed on a driven clock, snapshots lie in JSON in between."""

from __future__ import annotations

import heapq
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from conformance.scxml.machine import PROCESSOR
from conformance.scxml.reader import Document, read
from orderwright.statechart import (
    Cancel,
    Effect,
    Emit,
    Event,
    Invoke,
    Post,
    Schedule,
    Snapshot,
    Step,
    StopInvoke,
    send,
    start,
)

EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)
HARMLESS: Final = frozenset({"unhandled", "blocked"})
"""Refusals of an event that SCXML would drop in silence."""


class Broken(Exception):
    """The core refused what SCXML would have taken."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way; without a delay it is as good as arrived."""

    event: Event
    sender: Session
    to: Session
    delay: int = 0
    id: str = ""


@dataclass(slots=True)
class World:
    """The clock, what is due when, and who is running."""

    now: int = 0
    _due: list[tuple[int, int, Delivery]] = field(default_factory=list)
    _order: itertools.count[int] = field(default_factory=itertools.count)

    def later(self, delivery: Delivery) -> None:
        """Deliver an event when its time has come."""
        heapq.heappush(self._due, (self.now + delivery.delay, next(self._order), delivery))

    def forget(self, is_forgotten: Callable[[Delivery], bool]) -> None:
        """Drop events that have not been delivered."""
        self._due = [one for one in self._due if not is_forgotten(one[2])]
        heapq.heapify(self._due)

    def advance(self, milliseconds: int) -> None:
        """Let time pass, and everything happen that falls due on the way."""
        end = self.now + milliseconds
        while self._due and self._due[0][0] <= end:
            self.now, _, delivery = heapq.heappop(self._due)
            delivery.to.take(delivery.event)
        self.now = end


class Session:
    """One run of one document; `parent` is the session that invoked it."""

    def __init__(
        self,
        world: World,
        document: Document,
        *,
        parent: Session | None = None,
        invocation: str = "",
    ) -> None:
        self.world = world
        self.document = document
        self.parent = parent
        self.invocation = invocation
        self.children: dict[str, Session] = {}
        self.forwarding: set[str] = set()
        self.stored = ""

    def start(self, given: dict[str, Any] | None = None) -> None:
        """Enter the chart."""
        context = {"given": given or {}}
        chart, behaviour = self.document.chart, self.document.behaviour
        self._keep(start(chart, behaviour, context=context, now=self._now()))

    @property
    def snapshot(self) -> Snapshot:
        """The state, as it comes out of JSON."""
        return Snapshot.from_json(json.loads(self.stored))

    def leaves(self) -> set[str]:
        """Return the ids of the active atomic states."""
        chart, snapshot = self.document.chart, self.snapshot
        return {one for one in snapshot.configuration if not chart.node(one).children}

    def take(self, event: Event) -> None:
        """Process an external event; what nothing answers to is dropped."""
        if self.snapshot.status == "done":
            return
        sender = str(event.data.get("invokeid", ""))
        if f"finalize.{sender}" in self._descriptors():
            self._step(Event(f"finalize.{sender}", event.data))
        for child in sorted(self.forwarding & self.children.keys()):
            self.world.later(Delivery(event, self, self.children[child]))
        self._step(event)

    def stop(self) -> None:
        """Forget what is under way from and to the session and those that it invoked."""
        self.world.forget(lambda one: self in (one.sender, one.to))
        for child in self.children.values():
            child.stop()

    def _step(self, event: Event) -> None:
        chart, behaviour = self.document.chart, self.document.behaviour
        step = send(chart, behaviour, self.snapshot, event, now=self._now())
        if step.refused is None:
            self._keep(step)
        elif step.refused.code not in HARMLESS:
            raise Broken(f"{step.refused.code}: {step.refused.message}")

    def _descriptors(self) -> set[str]:
        chart = self.document.chart
        return {
            name for one in self.snapshot.configuration for name in chart.node(one).transitions
        }

    def _now(self) -> datetime:
        return EPOCH + timedelta(milliseconds=self.world.now)

    def _keep(self, step: Step) -> None:
        self.stored = json.dumps(step.snapshot.to_json())
        for effect in step.effects:
            self._perform(effect)
        if step.snapshot.status == "done":
            self._end(step.snapshot.output)

    def _end(self, output: Any) -> None:
        """What a session still wants to send later dies with it; its parent hears of the end."""
        self.world.forget(lambda one: one.sender is self and one.delay > 0)
        if self.parent is not None:
            data = {} if output is None else {"data": output}
            self._tell_parent(
                Event(f"done.invoke.{self.invocation}", {"type": "external", **data})
            )

    # --- effects ---

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Schedule(event, delay, name):
                self._cancel(name)
                self.world.later(Delivery(event, self, self, delay, name))
            case Cancel(name):
                self._cancel(name)
            case Emit(_, message):
                self._deliver(dict(message))
            case Invoke(name, _, given):
                self._invoke(name, given)
            case StopInvoke(name):
                self._stop_child(name)
            case Post():
                raise AssertionError("what is read from SCXML posts nothing")

    def _cancel(self, name: str) -> None:
        self.world.forget(lambda one: one.sender is self and one.id == name)

    def _deliver(self, message: dict[str, Any]) -> None:
        event, delay = Event(message["event"], message["data"]), message["delay"]
        if message["to"] == "#_parent":
            self._tell_parent(event, delay, message["id"])
        elif (child := self.children.get(message["to"].removeprefix("#_"))) is not None:
            self.world.later(Delivery(event, self, child, delay, message["id"]))

    def _tell_parent(self, event: Event, delay: int = 0, name: str = "") -> None:
        assert self.parent is not None
        told = Event(event.type, {**event.data, "invokeid": self.invocation})
        self.world.later(Delivery(told, self, self.parent, delay, name))

    def _invoke(self, name: str, given: Any) -> None:
        if given is None:
            return
        document = read(
            given["document"],
            self.document.machine.folder,
            session=f"{self.document.machine.session}.{name}",
            is_child=True,
        )
        child = Session(self.world, document, parent=self, invocation=name)
        self.children[name] = child
        if given["autoforward"]:
            self.forwarding.add(name)
        child.start(given["given"])

    def _stop_child(self, name: str) -> None:
        child = self.children.pop(name, None)
        if child is not None and child.snapshot.status != "done":
            child.stop()


def run(document: Path, script: dict[str, Any]) -> str:
    """Run a test script against a document; return the first difference, "" when there is none."""
    text = document.read_text(encoding="utf-8")
    session = Session(World(), read(text, document.parent, session="main"))
    try:
        return next(_differences(session, script), "")
    except Broken as broken:
        return str(broken)


def _differences(session: Session, script: dict[str, Any]) -> Iterator[str]:
    session.start()
    yield from _difference("the start", session, script["initialConfiguration"])
    for one in script["events"]:
        session.world.advance(one.get("after", 0))
        session.take(_event(one["event"]))
        yield from _difference(one["event"]["name"], session, one["nextConfiguration"])


def _difference(moment: str, session: Session, wanted: list[str]) -> Iterator[str]:
    found = session.leaves()
    if found != set(wanted):
        yield f"after {moment} in {_listed(found)}, not in {_listed(wanted)}"


def _listed(states: Iterable[str]) -> str:
    return ", ".join(sorted(states))


def _event(source: dict[str, Any]) -> Event:
    data = {"data": source["data"]} if "data" in source else {}
    return Event(source["name"], {"type": "external", "origintype": PROCESSOR, **data})
