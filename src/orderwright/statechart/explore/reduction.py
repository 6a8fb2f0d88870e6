"""Reduce a chart to what moves it: every guard becomes a question, every action a mark, only raises stay.

The reduced chart has the nodes, targets and order of the original, so that `start` and `send` move it as they would
move the original. Its marks tell the walk what may make a guard answer otherwise than before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from orderwright.statechart.chart import Chart
from orderwright.statechart.definition import (
    ROOT,
    Action,
    AllOf,
    AnyOf,
    Assign,
    Guard,
    InState,
    NamedAction,
    NamedGuard,
    Not,
    Raise,
    StateNode,
    Template,
    Transition,
    When,
)
from orderwright.statechart.diagram import describe

CHANGED: Final = "changed"
"""The context may have changed."""
FALLBACK: Final = ""
"""The path of a transition that takes the internal events that nothing else takes, so that none goes by unseen."""
INTERNAL: Final = "internal"
"""The guard of this transition."""
_EMPTY: Final = Template(source={}, constant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A guard at its place in a transition; guards with the same `identity` are the same.

    `is_blind` when the guard cannot see which states are active: a condition.
    """

    name: str
    identity: str
    words: str
    transition: str
    event: str | None
    is_blind: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduced:
    """The reduced chart, its questions, what it raises, and what history is about.

    `moving` tells of each transition whether it has targets; `parents` are those of history nodes, `remembered` the
    nodes whose leaving these may remember.
    """

    chart: Chart
    questions: tuple[Question, ...]
    moving: Mapping[str, bool]
    raised: frozenset[str]
    parents: frozenset[int]
    remembered: frozenset[int]


def reduce(chart: Chart) -> Reduced:
    """Return a chart without data."""
    reduction = _Reduction(chart)
    nodes = tuple(reduction.node(node) for node in chart.nodes)
    reduced = Chart(  # made anew, so that nothing that was derived from the original comes along
        id=chart.id,
        version=chart.version,
        hash=chart.hash,
        definition=chart.definition,
        nodes=nodes,
        ids=chart.ids,
        context={},
        events=chart.events,
    )
    return Reduced(
        chart=reduced,
        questions=tuple(reduction.questions),
        moving=reduction.moving,
        raised=frozenset(reduction.raised),
        parents=reduction.parents,
        remembered=reduction.remembered,
    )


def left(index: int) -> str:
    """Return the mark of leaving a node."""
    return f"left {index}"


def taken(path: str) -> str:
    """Return the mark of taking the transition with a path."""
    return f"taken {path}"


def ended(index: int) -> str:
    """Return the mark of entering a final node."""
    return f"ended {index}"


def raising(event: str) -> str:
    """Return the mark of raising an event, which raises it."""
    return f"raise {event}"


class _Reduction:
    def __init__(self, chart: Chart) -> None:
        self.questions: list[Question] = []
        self.moving: dict[str, bool] = {FALLBACK: False}
        self.raised: set[str] = set()
        parents = (node.parent for node in chart.nodes if node.kind == "history")
        self.parents = frozenset(parent for parent in parents if parent is not None)
        self.remembered = frozenset(
            index
            for parent in self.parents
            for index in range(parent, chart.nodes[parent].last + 1)
        )

    def node(self, node: StateNode) -> StateNode:
        leaving = [_mark(left(node.index))] if node.index in self.remembered else []
        ending = [_mark(ended(node.index))] if node.kind == "final" else []
        return replace(
            node,
            initial=self.default(node.initial) if node.initial else None,
            transitions=self.transitions(node),
            always=tuple(self.transition(one) for one in node.always),
            entry=(*self.left_of(node.entry), *ending),
            exit=(*self.left_of(node.exit), *leaving),
            after=(),
            invoke=(),
            output=None,
        )

    def transitions(self, node: StateNode) -> dict[str, tuple[Transition, ...]]:
        found = {
            name: tuple(self.transition(one) for one in listed)
            for name, listed in node.transitions.items()
        }
        if node.index == ROOT:
            last = Transition(
                source=ROOT,
                event="*",
                path=FALLBACK,
                guard=NamedGuard(INTERNAL, _EMPTY),
                actions=(_mark(taken(FALLBACK)),),
            )
            found["*"] = (*found.get("*", ()), last)
        return found

    def transition(self, transition: Transition) -> Transition:
        guard = transition.guard
        self.moving[transition.path] = bool(transition.targets)
        return replace(
            transition,
            guard=self.guard(guard, transition) if guard is not None else None,
            actions=(_mark(taken(transition.path)), *self.left_of(transition.actions)),
        )

    def default(self, transition: Transition) -> Transition:
        return replace(transition, actions=tuple(self.left_of(transition.actions)))

    def guard(self, guard: Guard, transition: Transition) -> Guard:
        match guard:
            case AllOf(members):
                return AllOf(tuple(self.guard(one, transition) for one in members))
            case AnyOf(members):
                return AnyOf(tuple(self.guard(one, transition) for one in members))
            case Not(member):
                return Not(self.guard(member, transition))
            case InState():
                return guard
            case _:
                return self.question(guard, transition)

    def question(self, guard: NamedGuard | When, transition: Transition) -> Guard:
        name = f"{transition.path}?{len(self.questions)}"
        self.questions.append(
            Question(
                name=name,
                identity=repr(guard),
                words=guard.name if isinstance(guard, NamedGuard) else describe(guard),
                transition=transition.path,
                event=transition.event,
                is_blind=isinstance(guard, When),
            )
        )
        return NamedGuard(name, _EMPTY)

    def left_of(self, actions: Iterable[Action]) -> Iterator[Action]:
        """Yield what is left of actions: a mark where the context may change, raises without their data."""
        for action in actions:
            if isinstance(action, NamedAction | Assign):
                yield _mark(CHANGED)
            elif isinstance(action, Raise):
                self.raised.add(action.type)
                yield _mark(raising(action.type))


def _mark(name: str) -> Action:
    return NamedAction(name, _EMPTY)
