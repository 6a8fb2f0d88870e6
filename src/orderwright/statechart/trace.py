"""What a macrostep did, for readers: its microsteps, and what each guard came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from orderwright.json_text import Json
from orderwright.statechart.snapshot import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a guard came to, mirroring its tree; members that did not matter any more are left out.

    Attributes:
        guard: its words.
        held: True, False, or None when unknown.
        code: the verdict's code, where the guard gives one.
        message: the verdict's sentence, where the guard gives one.
        values: what it looked at.
        members: what its members came to.
    """

    guard: str
    held: bool | None
    code: str = ""
    message: str = ""
    values: Mapping[str, Json] = field(default_factory=dict)
    members: tuple[Judgement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Microstep:
    """One round of a macrostep, for readers.

    Attributes:
        event: the type of the event; None for eventless rounds of a start.
        transitions: the paths of the transitions taken.
        exited: the ids of the nodes left, innermost first.
        entered: the ids of the nodes entered, outermost first.
        guards: the guards judged, each with the path of its transition.
    """

    event: str | None
    transitions: tuple[str, ...]
    exited: tuple[str, ...]
    entered: tuple[str, ...]
    guards: tuple[tuple[str, Judgement], ...] = ()


class Trace:
    """The microsteps of a macrostep under way, and the guards judged since the last of them."""

    __slots__ = ("_judged", "_microsteps")

    def __init__(self) -> None:
        self._microsteps: list[Microstep] = []
        self._judged: list[tuple[str, Judgement]] = []

    def judge(self, path: str, judgement: Judgement) -> None:
        """Note what the guard of a transition came to."""
        self._judged.append((path, judgement))

    def take(
        self,
        event: Event | None,
        transitions: tuple[str, ...],
        exited: tuple[str, ...],
        entered: tuple[str, ...],
    ) -> None:
        """Note a microstep."""
        self._microsteps.append(
            Microstep(
                event=event.type if event is not None else None,
                transitions=transitions,
                exited=exited,
                entered=entered,
                guards=tuple(self._judged),
            )
        )
        self._judged.clear()

    def told(self, event: Event | None) -> tuple[Microstep, ...]:
        """Return the microsteps; guards after the last of them, which led to none, stand in one that takes nothing."""
        if self._judged:
            self.take(event, (), (), ())
        return tuple(self._microsteps)
