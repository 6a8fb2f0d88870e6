"""Run one macrostep: microsteps to stability, collecting context, effects and a trace. Nothing outside changes."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from orderwright.statechart.behaviour import Behaviour, Outcome, Reason
from orderwright.statechart.definition import (
    ROOT,
    Action,
    Assign,
    CancelLater,
    Chart,
    EmitEvent,
    NamedAction,
    PostEntry,
    Raise,
    SendLater,
    Template,
    Transition,
)
from orderwright.statechart.guard import judge, reasons
from orderwright.statechart.scope import Missing, Moment, Stop, fill
from orderwright.statechart.selection import (
    Configuration,
    Plan,
    candidates,
    plan,
    settle,
)
from orderwright.statechart.snapshot import (
    Cancel,
    Effect,
    Emit,
    Event,
    Invoke,
    Json,
    Post,
    Schedule,
    StopInvoke,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

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


@dataclass(slots=True, kw_only=True)
class Execution:
    """A macrostep under way. Its fields are the next snapshot in the making."""

    moment: Moment
    at: Configuration | None
    history: Mapping[str, tuple[str, ...]]
    effects: list[Effect] = field(default_factory=list)
    queue: deque[Event] = field(default_factory=deque)
    trace: list[Microstep] | None = None
    taken: int = 0
    done: bool = False
    output: Json = None
    invoked: dict[int, None] = field(default_factory=dict)
    judged: list[tuple[str, bool | None]] = field(default_factory=list)

    @classmethod
    def begin(  # noqa: PLR0913 (what a macrostep starts from)
        cls,
        chart: Chart,
        behaviour: Behaviour,
        at: Configuration | None,
        *,
        context: Mapping[str, Json],
        history: Mapping[str, tuple[str, ...]],
        facts: Mapping[str, Json] | None,
        event: Event | None,
        now: datetime,
        trace: bool,
    ) -> Execution:
        """Return a macrostep that has not moved yet."""
        moment = Moment(chart, behaviour, context=context, facts=facts or {}, event=event, now=now)
        moment.active = set(at.active) if at else set()
        return cls(moment=moment, at=at, history=history, trace=[] if trace else None)

    @property
    def configuration(self) -> Configuration:
        """The configuration reached; there is one from the first microstep on."""
        if self.at is None:
            raise RuntimeError("a chart that has not been started has no configuration")
        return self.at

    # --- the macrostep ---

    def start(self) -> None:
        """Enter the chart and run to stability."""
        self._take(())
        self._stabilise()

    def react(self, event: Event) -> None:
        """Take the transitions that an external event enables and run to stability.

        Raises:
            Stop: the event is refused.
        """
        enabled = self._enabled(event.type)
        if not enabled:
            self._explain_silence(event)
        self._take(tuple(enabled))
        self._stabilise()

    def _stabilise(self) -> None:
        while not self.done:
            enabled = self._enabled(None)
            if enabled:
                self._take(tuple(enabled))
            elif self.queue:
                self.moment.event = event = self.queue.popleft()
                internal = self._enabled(event.type)
                if internal:
                    self._take(tuple(internal))
            else:
                break
        self._finish() if self.done else self._invoke()

    def _take(self, transitions: tuple[Transition, ...]) -> None:
        self.taken += 1
        if self.taken > MICROSTEPS:
            paths = [t.path for t in transitions]
            raise Stop("loop", f"no end after {MICROSTEPS} microsteps", {"transitions": paths})
        if self.at is not None and not any(t.targets for t in transitions):
            step = Plan((), (), self.at, {})
        else:
            step = plan(self.moment.chart, self.at, transitions, self.history)
        event = self.moment.event
        self._leave(step)
        for transition in transitions:
            self._act(transition.actions, transition.path)
        self._enter(step)
        self.at = step.after
        if self.trace is not None:
            self._note(event, transitions, step)

    def _leave(self, step: Plan) -> None:
        if step.recorded:
            self.history = {**self.history, **step.recorded}
        for index in step.exits:
            self._exit(index)

    def _exit(self, index: int) -> None:
        node = self.moment.chart.nodes[index]
        if node.exit:
            self._act(node.exit, node.id)
        for timer in node.after:
            self.effects.append(Cancel(timer.event))
        if node.invoke and index in self.invoked:
            del self.invoked[index]
        else:
            self.effects.extend(StopInvoke(work.id) for work in node.invoke)
        self.moment.active.discard(index)

    def _enter(self, step: Plan) -> None:
        for entry in step.entries:
            node = self.moment.chart.nodes[entry.node]
            self.moment.active.add(entry.node)
            if node.invoke:
                self.invoked[entry.node] = None
            if node.entry:
                self._act(node.entry, node.id)
            for timer in node.after:  # after the entry actions, which may set what a delay reads
                self._schedule(Event(timer.event), timer.delay, timer.event, node.id)
            if entry.defaults:
                self._act(entry.defaults, node.id)
            if node.kind == "final":
                self._complete(entry.node)

    def _complete(self, index: int) -> None:
        chart = self.moment.chart
        node = chart.nodes[index]
        output = self._fill(node.output, node.id) if node.output else None
        parent = chart.nodes[node.parent or ROOT]
        if parent.index == ROOT:
            self._end(output)
            return
        self.queue.append(Event(f"done.state.{parent.id}", {"output": output}))
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
            self.queue.append(Event(f"done.state.{above.id}", {"output": None}))
            index = above.parent

    def _is_final(self, index: int) -> bool:
        chart, active = self.moment.chart, self.moment.active
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
            self.output = self._fill(root.output, root.id)
            self.moment.event = event

    def _finish(self) -> None:
        """Run the remaining exit actions, innermost first; the configuration stays for readers."""
        for index in reversed(self.configuration.order):
            self._exit(index)

    def _invoke(self) -> None:
        for index in sorted(self.invoked):
            node = self.moment.chart.nodes[index]
            for work in node.invoke:
                self.effects.append(Invoke(work.id, work.src, self._fill(work.input, node.id)))

    # --- selection ---

    def _enabled(self, event: str | None) -> list[Transition]:
        at = self.configuration
        chosen: list[Transition] = []
        for group in candidates(self.moment.chart, at, event):
            first = next((t for t in group if self._holds(t)), None)
            if first is not None and first not in chosen:
                chosen.append(first)
        return settle(self.moment.chart, at, chosen, self.history)

    def _holds(self, transition: Transition) -> bool:
        if transition.guard is None:
            return True
        held = judge(transition.guard, self.moment)
        if self.trace is not None:
            self.judged.append((transition.path, held))
        if held is None:
            self._refuse_unknown(transition)
        return held is True

    def _refuse_unknown(self, transition: Transition) -> None:
        why = reasons(transition.guard, self.moment) if transition.guard else ()
        missing = list(dict.fromkeys(name for reason in why for name in _names(reason)))
        what = f": {', '.join(missing)} not known" if missing else ""
        raise Stop(
            "guard_unknown",
            f"the guard of {transition.path} cannot be decided{what}",
            {"transition": transition.path, "missing": missing},
            why,
        )

    def _explain_silence(self, event: Event) -> None:
        """Refuse an event that enables nothing, with every failing guard of the transitions it might take."""
        groups = candidates(self.moment.chart, self.configuration, event.type)
        tried = {t.path: t for group in groups for t in group}
        if not tried:
            where = self._where()
            raise Stop(
                "unhandled",
                f"{event.type} has no meaning in {', '.join(where)}",
                {"event": event.type, "states": list(where)},
            )
        why = _distinct(
            reason for t in tried.values() if t.guard for reason in reasons(t.guard, self.moment)
        )
        raise Stop(
            "blocked",
            "; ".join(reason.message for reason in why) or f"{event.type} is blocked",
            {"event": event.type},
            why,
        )

    def _where(self) -> tuple[str, ...]:
        nodes = self.moment.chart.nodes
        return tuple(nodes[index].label for index in self.configuration.atomics)

    # --- actions ---

    def _act(self, actions: Iterable[Action], place: str) -> None:
        for action in actions:
            try:
                self._perform(action, place)
            except Missing as missing:
                raise Stop(
                    "action_error",
                    f"an action of {place} needs {missing.path}, which is missing",
                    {"place": place, "missing": missing.path},
                ) from missing

    def _perform(self, action: Action, place: str) -> None:
        moment = self.moment
        match action:
            case NamedAction():
                self._call(action, place)
            case Assign(values):
                self._assign(_mapping(fill(values, moment), place))
            case Raise(name, data):
                self.queue.append(Event(name, _mapping(fill(data, moment), place)))
            case EmitEvent(name, data):
                self.effects.append(Emit(name, _mapping(fill(data, moment), place)))
            case PostEntry(ledger, data):
                self.effects.append(Post(ledger, _mapping(fill(data, moment), place)))
            case SendLater(name, data, delay, timer):
                event = Event(name, _mapping(fill(data, moment), place))
                self._schedule(event, delay, timer, place)
            case CancelLater(timer):
                self.effects.append(Cancel(timer))

    def _call(self, action: NamedAction, place: str) -> None:
        implementation = self.moment.behaviour.actions.get(action.name)
        values = {"action": action.name, "place": place}
        if implementation is None:
            raise Stop("action_error", f"no action {action.name!r} in the behaviour", values)
        try:
            outcome: object = implementation(self.moment.scope(action.params))
        except Missing:
            raise
        except Exception as error:
            shown = f"{type(error).__name__}: {error}"
            message = f"action {action.name!r} failed: {shown}"
            raise Stop("action_error", message, {**values, "error": shown}) from error
        if outcome is None:
            return
        if not isinstance(outcome, Outcome) or not _is_sound(outcome):
            message = f"action {action.name!r} returned {outcome!r}, not a sound Outcome or None"
            raise Stop("action_error", message, values)
        self._assign(outcome.assign)
        self.queue.extend(outcome.raised)
        self.effects.extend(outcome.effects)

    def _assign(self, values: Mapping[str, Json]) -> None:
        if values:
            self.moment.context = {**self.moment.context, **values}

    def _schedule(self, event: Event, delay: int | str, timer: str, place: str) -> None:
        milliseconds = delay if isinstance(delay, int) else self._delay(delay, place)
        if milliseconds is not None:
            self.effects.append(Schedule(event, max(milliseconds, 0), timer))

    def _delay(self, name: str, place: str) -> int | None:
        values = {"delay": name, "place": place}
        implementation = self.moment.behaviour.delays.get(name)
        if implementation is None:
            raise Stop("action_error", f"no delay {name!r} in the behaviour", values)
        try:
            answer: object = implementation(self.moment.scope(Template({}, constant=True)))
        except Exception as error:
            shown = f"{type(error).__name__}: {error}"
            raise Stop("action_error", f"delay {name!r} failed: {shown}", values) from error
        if answer is not None and (not isinstance(answer, int) or isinstance(answer, bool)):
            raise Stop("action_error", f"delay {name!r} is not whole milliseconds or None", values)
        return answer

    def _fill(self, template: Template, place: str) -> Json:
        try:
            return fill(template, self.moment)
        except Missing as missing:
            raise Stop(
                "action_error",
                f"{place} needs {missing.path}, which is missing",
                {"place": place, "missing": missing.path},
            ) from missing

    def _note(self, event: Event | None, transitions: tuple[Transition, ...], step: Plan) -> None:
        nodes = self.moment.chart.nodes
        if self.trace is not None:
            self.trace.append(
                Microstep(
                    event=event.type if event else None,
                    transitions=tuple(t.path for t in transitions),
                    exited=tuple(nodes[i].id for i in step.exits),
                    entered=tuple(nodes[entry.node].id for entry in step.entries),
                    guards=tuple(self.judged),
                )
            )
            self.judged.clear()


def _mapping(value: Json, place: str) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        message = f"an action of {place} needs an object, found {type(value).__name__}"
        raise Stop("action_error", message, {"place": place})
    return value


def _is_sound(outcome: Outcome) -> bool:
    """Tell whether an outcome holds what its type promises: a host's code may not be type-checked."""
    assigned: object = outcome.assign
    raised: object = outcome.raised
    effects: object = outcome.effects
    return (
        isinstance(assigned, Mapping)
        and isinstance(raised, Sequence)
        and isinstance(effects, Sequence)
        and all(isinstance(event, Event) for event in raised)
        and all(isinstance(effect, Effect) for effect in effects)
    )


def _names(reason: Reason) -> list[str]:
    listed = reason.values.get("missing", [])
    return [str(name) for name in listed] if isinstance(listed, list) else []


def _distinct(why: Iterable[Reason]) -> tuple[Reason, ...]:
    kept: list[Reason] = []
    for reason in why:
        if reason not in kept:
            kept.append(reason)
    return tuple(kept)
