"""Run one macrostep: microsteps to stability, collecting context, effects and a trace. Nothing outside changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from orderwright.json_text import Json
from orderwright.statechart.action import Performance
from orderwright.statechart.definition import ROOT, Guard, Transition
from orderwright.statechart.effect import Cancel, Effect, Invoke, StopInvoke
from orderwright.statechart.guard import judge
from orderwright.statechart.refusal import undecided, untaken
from orderwright.statechart.scope import Moment, Stop
from orderwright.statechart.selection import (
    Configuration,
    Plan,
    candidates,
    plan,
    settle,
)
from orderwright.statechart.snapshot import Event

MICROSTEPS: Final = 1_000
"""How many microsteps a macrostep may take before it counts as a loop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Microstep:
    """One round of a macrostep, for readers: node ids left and entered, paths of the transitions taken."""

    event: str | None
    transitions: tuple[str, ...]
    exited: tuple[str, ...]
    entered: tuple[str, ...]
    guards: tuple[tuple[str, bool | None], ...] = ()


class Execution:
    """A macrostep under way. Its attributes are the next snapshot in the making.

    Attributes:
        moment: what is known right now; its context is the next snapshot's.
        history: what history nodes restore.
        trace: the microsteps so far; None when nobody asked.
        done: whether the chart has reached its end.
        output: what the end yields.
    """

    __slots__ = (
        "_active",
        "_at",
        "_invoked",
        "_judged",
        "_performance",
        "_taken",
        "done",
        "history",
        "moment",
        "output",
        "trace",
    )

    def __init__(
        self,
        moment: Moment,
        at: Configuration | None,
        history: Mapping[str, tuple[str, ...]],
        *,
        trace: bool,
    ) -> None:
        self.moment = moment
        self.history = history
        self.trace: list[Microstep] | None = [] if trace else None
        self.done = False
        self.output: Json = None
        self._at = at
        self._active: set[int] = set()
        self._performance = Performance(moment)
        self._taken = 0
        self._invoked: dict[int, None] = {}
        self._judged: list[tuple[str, bool | None]] = []
        if at is not None:
            moment.active = at.active

    @property
    def configuration(self) -> Configuration:
        """The configuration reached; there is one from the first microstep on."""
        if self._at is None:
            raise RuntimeError("a chart that has not been started has no configuration")
        return self._at

    @property
    def effects(self) -> Sequence[Effect]:
        """What is to be performed, in order."""
        return self._performance.effects

    # --- the macrostep ---

    def start(self) -> None:
        """Enter the chart and run to stability.

        Raises:
            Stop: a guard, an action or a loop stopped it.
        """
        self._take(())
        self._stabilise()

    def react(self, event: Event) -> None:
        """Take the transitions that an external event enables and run to stability.

        Raises:
            Stop: the event is refused.
        """
        enabled = self._enabled(event.type)
        if not enabled:
            raise untaken(event, self.configuration, self.moment)
        self._take(tuple(enabled))
        self._stabilise()

    def _stabilise(self) -> None:
        queue = self._performance.queue
        while not self.done:
            enabled = self._enabled(None)
            if not enabled:
                if not queue:
                    break
                self.moment.event = event = queue.popleft()
                enabled = self._enabled(event.type)
            if enabled:
                self._take(tuple(enabled))
        self._finish() if self.done else self._invoke()

    def _take(self, transitions: tuple[Transition, ...]) -> None:
        self._taken += 1
        if self._taken > MICROSTEPS:
            paths = [t.path for t in transitions]
            raise Stop("loop", f"no end after {MICROSTEPS} microsteps", {"transitions": paths})
        step = plan(self.moment.chart, self._at, transitions, self.history)
        event = self.moment.event
        if step.recorded:
            self.history = {**self.history, **step.recorded}
        if step.acts:
            self._walk(step, transitions)
        else:
            self.moment.active = step.after.active
        self._at = step.after
        if self.trace is not None:
            self._note(event, transitions, step)

    def _walk(self, step: Plan, transitions: tuple[Transition, ...]) -> None:
        """Leave, act, enter, in this order; what is active changes with each node on the way."""
        self._active = set(self._at.active) if self._at else set()
        self.moment.active = self._active
        for index in step.exits:
            self._exit(index)
        for transition in transitions:
            if transition.actions:
                self._performance.perform(transition.actions, transition.path)
        self._enter(step)

    def _exit(self, index: int) -> None:
        node = self.moment.chart.nodes[index]
        if node.exit:
            self._performance.perform(node.exit, node.id)
        for timer in node.after:
            self._performance.effects.append(Cancel(timer.event))
        if index in self._invoked:  # entered in this macrostep: not started yet
            del self._invoked[index]
        elif node.invoke:
            self._performance.effects.extend(StopInvoke(work.id) for work in node.invoke)
        self._active.discard(index)

    def _enter(self, step: Plan) -> None:
        for entry in step.entries:
            node = self.moment.chart.nodes[entry.node]
            self._active.add(entry.node)
            if node.invoke:
                self._invoked[entry.node] = None
            if node.entry:
                self._performance.perform(node.entry, node.id)
            for timer in node.after:  # after the entry actions, which may set what a delay reads
                self._performance.schedule(Event(timer.event), timer.delay, timer.event, node.id)
            if entry.defaults:
                self._performance.perform(entry.defaults, node.id)
            if node.kind == "final":
                self._complete(entry.node)

    def _complete(self, index: int) -> None:
        chart = self.moment.chart
        node = chart.nodes[index]
        output = self._performance.fill(node.output, node.id) if node.output else None
        parent = chart.nodes[node.parent or ROOT]
        if parent.index == ROOT:
            self._end(output)
            return
        self._performance.queue.append(Event(f"done.state.{parent.id}", {"output": output}))
        self._complete_regions(parent.parent)

    def _complete_regions(self, index: int | None) -> None:
        """A parallel node is done when all its regions are; it may be the last region of another."""
        while index is not None and self._is_final(index):
            above = self.moment.chart.nodes[index]
            if above.kind != "parallel":
                return
            if index == ROOT:
                self._end(None)
                return
            self._performance.queue.append(Event(f"done.state.{above.id}", {"output": None}))
            index = above.parent

    def _is_final(self, index: int) -> bool:
        chart, active = self.moment.chart, self._active
        node = chart.nodes[index]
        children = [chart.nodes[child] for child in node.children]
        if node.kind == "compound":
            return any(child.index in active and child.kind == "final" for child in children)
        if node.kind == "parallel":
            return all(
                self._is_final(child.index) for child in children if child.kind != "history"
            )
        return False

    def _end(self, output: Json) -> None:
        root = self.moment.chart.nodes[ROOT]
        self.done = True
        self.output = output
        if root.output is not None:
            event, self.moment.event = (
                self.moment.event,
                Event(f"done.state.{root.id}", {"output": output}),
            )
            self.output = self._performance.fill(root.output, root.id)
            self.moment.event = event

    def _finish(self) -> None:
        """Run the remaining exit actions, innermost first; the configuration stays for readers."""
        for index in reversed(self.configuration.order):
            self._exit(index)

    def _invoke(self) -> None:
        for index in sorted(self._invoked):
            node = self.moment.chart.nodes[index]
            for work in node.invoke:
                self._performance.effects.append(
                    Invoke(work.id, work.src, self._performance.fill(work.input, node.id))
                )

    # --- selection ---

    def _enabled(self, event: str | None) -> list[Transition]:
        at = self.configuration
        chosen: list[Transition] = []
        for group in candidates(self.moment.chart, at, event):
            for transition in group:
                if transition.guard is None or self._holds(transition.guard, transition):
                    if transition not in chosen:
                        chosen.append(transition)
                    break
        if len(chosen) > 1:
            return settle(self.moment.chart, at, chosen, self.history)
        return chosen

    def _holds(self, guard: Guard, transition: Transition) -> bool:
        held = judge(guard, self.moment)
        if self.trace is not None:
            self._judged.append((transition.path, held))
        if held is None:
            raise undecided(transition, self.moment)
        return held

    def _note(self, event: Event | None, transitions: tuple[Transition, ...], step: Plan) -> None:
        nodes = self.moment.chart.nodes
        if self.trace is not None:
            self.trace.append(
                Microstep(
                    event=event.type if event else None,
                    transitions=tuple(t.path for t in transitions),
                    exited=tuple(nodes[i].id for i in step.exits),
                    entered=tuple(nodes[entry.node].id for entry in step.entries),
                    guards=tuple(self._judged),
                )
            )
            self._judged.clear()
