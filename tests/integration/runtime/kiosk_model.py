"""What a host may expect of kiosks, said without the engine and without the statechart core."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from kiosk import BY_PEOPLE, FULL, HELD_MS, LATER_MS, SOON_MS

ATTEMPTS = 2
"""How often a call is tried."""


class Answer(NamedTuple):
    """What becomes of a command: `word` is applied, replayed, mismatch, missing, or the code of a refusal."""

    word: str
    version: int = 0
    state: str | None = None
    context: dict[str, Any] | None = None


class Timer(NamedTuple):
    due: datetime
    type: str
    version: int


@dataclass
class Kiosk:
    """One instance, with all that it has brought about."""

    name: str
    chart_id: str
    chart_version: int
    context: dict[str, Any]
    occurred: datetime
    state: str = "OPEN"
    version: int = 1
    timers: dict[str, Timer] = field(default_factory=dict)
    events: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    ledger: list[tuple[int, int]] = field(default_factory=list)
    job_attempts: int = 0
    past: dict[int, tuple[str, dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.state = self.open
        self.remember()

    @property
    def open(self) -> str:
        return "OPEN" if self.chart_version == 1 else "READY"

    @property
    def reminder(self) -> str:
        return "REMIND" if self.chart_version == 1 else "NUDGE"

    @property
    def held_timer(self) -> str:
        return f"after.{HELD_MS}.{self.chart_id}.HELD"

    def remember(self) -> None:
        self.past[self.version] = (self.state, copy.deepcopy(self.context))

    def refusal(self, event: str, data: dict[str, Any]) -> str | None:
        """Return why people may not send an event, or None."""
        if event.startswith(("after.", "done.", "error.")) or event == self.reminder:
            return "event_reserved"
        if event not in (*BY_PEOPLE, "ADD"):
            return "event_unknown"
        fits = data == {} if event != "ADD" else list(data) == ["n"] and data["n"] >= 1
        return None if fits else "event_data"

    def take(self, event: str, data: dict[str, Any], at: datetime) -> str | None:
        """Take an event, or return the code with which it is refused."""
        if self.state == "SEALED":
            return "done"
        step = getattr(self, f"_{self.state.lower()}")
        number = self.version + 1
        refused: str | None = step(event, data, at, number)
        if refused is None:
            self.version, self.occurred = number, at
            self.remember()
        return refused

    def migrate(self, at: datetime) -> None:
        number = self.version + 1
        old, self.chart_version = self.reminder, 2
        if old in self.timers:
            self.timers[self.reminder] = Timer(self.timers.pop(old).due, self.reminder, number)
        if self.state == "OPEN":
            self.state = "READY"
        self.context = {"grade": "B", **self.context, "pieces": self.context["count"]}
        self.version, self.occurred = number, at
        self.remember()

    def _open(self, event: str, data: dict[str, Any], at: datetime, number: int) -> str | None:
        delays = {"REMIND_SOON": SOON_MS, "REMIND_LATER": LATER_MS}
        if event == "ADD":
            if self.context["count"] >= FULL:
                return "blocked"
            self.context["count"] += data["n"]
            self._emit(number, "parcel.added", {"n": data["n"], "count": self.context["count"]})
            self.ledger.append((number, data["n"]))
        elif event in delays:
            due = at + timedelta(milliseconds=delays[event])
            self.timers[self.reminder] = Timer(due, self.reminder, number)
        elif event == "FORGET":
            self.timers.pop(self.reminder, None)
        elif event == self.reminder:
            self._emit(number, "kiosk.reminded", {})
        elif event == "HOLD":
            self.state = "HELD"
            due = at + timedelta(milliseconds=HELD_MS)
            self.timers[self.held_timer] = Timer(due, self.held_timer, number)
        elif event == "CALL":
            self.state, self.job_attempts = "CALLING", 0
        elif event == "SEAL":
            self.state = "SEALED"
            self.timers.clear()
            self._emit(number, "kiosk.sealed", {})
        elif event != "TOUCH":
            return "unhandled"
        return None

    _ready = _open

    def _held(self, event: str, _: dict[str, Any], __: datetime, number: int) -> str | None:
        if event not in ("RESUME", self.held_timer):
            return "unhandled"
        self.timers.pop(self.held_timer, None)
        if event != "RESUME":
            self._emit(number, "kiosk.released", {})
        self.state = self.open
        return None

    def _calling(self, event: str, data: dict[str, Any], _: datetime, number: int) -> str | None:
        if event == "done.invoke.call":
            self.context["said"] = data["output"]
            self._emit(number, "kiosk.answered", {})
        elif event == "error.invoke.call":
            self.context["said"] = "nothing"
        elif event != "LEAVE":
            return "unhandled"
        self.state = self.open
        return None

    def _emit(self, number: int, name: str, data: dict[str, Any]) -> None:
        self.events.append((f"{self.name}/{number}/1", name, data))


@dataclass
class Model:
    """All kiosks of a run, and what idempotency keys remember."""

    chart_id: str
    latest: Literal[1, 2] = 1
    kiosks: dict[str, Kiosk] = field(default_factory=dict)
    keys: dict[str, tuple[tuple[Any, ...], str, int]] = field(default_factory=dict)

    def create(self, name: str, context: dict[str, Any], key: str | None, now: datetime) -> Answer:
        request = ("create", name, context)
        earlier = self._earlier(key, request)
        if earlier:
            return earlier
        if name in self.kiosks:
            return self._stays(name, "instance_exists")
        given: dict[str, Any] = {"count": 0, "said": None}
        if self.latest > 1:
            given["grade"] = "B"
        one = Kiosk(name, self.chart_id, self.latest, {**given, **context}, now)
        self.kiosks[name] = one
        return self._applied(one, key, request)

    def send(
        self, name: str, event: str, data: dict[str, Any], key: str | None, now: datetime
    ) -> Answer:
        request = ("send", name, event, data)
        earlier = self._earlier(key, request)
        if earlier:
            return earlier
        one = self.kiosks.get(name)
        if one is None:
            return Answer("missing")
        refused = one.refusal(event, data) or one.take(event, data, now)
        return self._stays(name, refused) if refused else self._applied(one, key, request)

    def fire(self, now: datetime) -> None:
        """Fire what is due: of each kiosk in the order in which it is due."""
        for one in self.kiosks.values():
            while due := [
                (timer.due, timer.version, name)
                for name, timer in one.timers.items()
                if timer.due <= now
            ]:
                name = min(due)[2]
                timer = one.timers.pop(name)
                one.take(timer.type, {}, max(timer.due, one.occurred))

    def migrate(self, now: datetime) -> int:
        """Move what runs to the second version, and return how many that were."""
        self.latest = 2
        moving = [
            one for one in self.kiosks.values() if one.chart_version == 1 and one.state != "SEALED"
        ]
        for one in moving:
            one.migrate(now)
        return len(moving)

    def call(self, output: str | None, now: datetime) -> None:
        """Let every call that waits be answered, or fail where there is no output."""
        for one in self.kiosks.values():
            if one.state != "CALLING":
                continue
            one.job_attempts += 1
            if output is not None:
                one.take("done.invoke.call", {"output": output}, now)
            elif one.job_attempts == ATTEMPTS:
                one.take("error.invoke.call", {}, now)

    def _earlier(self, key: str | None, request: tuple[Any, ...]) -> Answer | None:
        if key not in self.keys or key is None:
            return None
        asked, name, version = self.keys[key]
        if asked != request:
            return Answer("mismatch")
        return Answer("replayed", version, *self.kiosks[name].past[version])

    def _applied(self, one: Kiosk, key: str | None, request: tuple[Any, ...]) -> Answer:
        if key is not None:
            self.keys[key] = (request, one.name, one.version)
        return Answer("applied", one.version, *one.past[one.version])

    def _stays(self, name: str, word: str) -> Answer:
        one = self.kiosks[name]
        return Answer(word, one.version, *one.past[one.version])
