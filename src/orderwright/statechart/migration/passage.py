"""The way of snapshots from one version of a chart to another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from orderwright.json_text import Json, is_storable, keep
from orderwright.statechart.behaviour import Behaviour, Reason
from orderwright.statechart.chart import Chart
from orderwright.statechart.configuration import configuration, differences
from orderwright.statechart.definition import ROOT, StateNode
from orderwright.statechart.effect import Effect
from orderwright.statechart.migration.mapping import VersionMapping
from orderwright.statechart.migration.timer import Pending, Timers
from orderwright.statechart.moment import Missing, Moment, fill
from orderwright.statechart.plan import Configuration, History
from orderwright.statechart.snapshot import NO_HISTORY, Snapshot

_LEAVES = ("atomic", "final")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A snapshot in the words of the new version, and the timers that change with it."""

    snapshot: Snapshot
    effects: tuple[Effect, ...] = ()


class Passage:
    """Moves snapshots of `before` to `after`; `behaviour` is that of the new version."""

    def __init__(
        self, before: Chart, after: Chart, behaviour: Behaviour, mapping: VersionMapping
    ) -> None:
        self._before = before
        self._after = after
        self._behaviour = behaviour
        self._mapping = mapping

    def move(
        self, snapshot: Snapshot, pending: Sequence[Pending], *, now: datetime
    ) -> Moved | tuple[Reason, ...]:
        """Return the moved snapshot, or every reason why it cannot be moved.

        Reasons: state_unmapped, configuration_illegal, history_unmapped, context_invalid, timer_unknown, timer_clash,
        timer_underivable, invoke_differs.
        """
        reasons = list(self._unmapped(snapshot))
        if reasons:
            return tuple(reasons)
        names = self._configuration(snapshot)
        reasons.extend(self._illegal(snapshot, names))
        history = self._history(snapshot, reasons)
        context = self._context(snapshot, now, reasons)
        if reasons:
            return tuple(reasons)
        at = configuration(self._after, (self._after.ids[name] for name in names))
        moved = Snapshot(*at.head, context, history or NO_HISTORY)
        reasons.extend(self._invocations(snapshot, at))
        timers = self._timers(snapshot, at, pending, now)
        effects = timers.move(moved)
        reasons.extend(timers.reasons)
        return tuple(reasons) or Moved(snapshot=moved, effects=effects)

    # --- states ---------------------------------------------------------------------------------------

    def _becomes(self, name: str) -> tuple[str, ...]:
        """Return what a state becomes: what the mapping says, else itself where there is still such a state."""
        if name in self._mapping.states:
            return self._mapping.states[name]
        return (name,) if name in self._after.ids else ()

    def _active(self, snapshot: Snapshot) -> Iterator[StateNode]:
        return (self._before.node(name) for name in snapshot.configuration)

    def _unmapped(self, snapshot: Snapshot) -> Iterator[Reason]:
        if snapshot.hash != self._before.hash:
            message = f"the snapshot does not belong to version {self._before.version}"
            yield Reason("configuration_illegal", message)
            return
        strays = [name for name in snapshot.configuration if name not in self._before.ids]
        if strays:  # a snapshot that nobody wrote so
            for name in strays:
                message = f"version {self._before.version} has no state {name!r} either"
                yield Reason("configuration_illegal", message, {"state": name})
            return
        for node in self._active(snapshot):
            if node.kind in _LEAVES and not self._becomes(node.id):
                message = (
                    f"version {self._after.version} has no state {node.id!r};"
                    ' name under "states" what becomes of it'
                )
                yield Reason("state_unmapped", message, {"state": node.id})

    def _configuration(self, snapshot: Snapshot) -> tuple[str, ...]:
        leaves = [node.id for node in self._active(snapshot) if node.kind in _LEAVES]
        return _with_ancestors(
            self._after, (one for leaf in leaves for one in self._becomes(leaf))
        )

    def _illegal(self, snapshot: Snapshot, names: tuple[str, ...]) -> Iterator[Reason]:
        for name, what in differences(self._after, names):
            yield Reason("configuration_illegal", f"{name}: {what}", {"state": name})
        ended = {
            one for n in self._active(snapshot) if n.kind == "final" for one in self._becomes(n.id)
        }
        for name in names:
            if self._after.node(name).kind == "final" and name not in ended:
                message = f"{name}: it is final, and only an event can end a state"
                yield Reason("configuration_illegal", message, {"state": name})

    def _invocations(self, snapshot: Snapshot, at: Configuration) -> Iterator[Reason]:
        old = {(work.id, work.src) for node in self._active(snapshot) for work in node.invoke}
        new = {(w.id, w.src) for index in at.order for w in self._after.nodes[index].invoke}
        for name, source in sorted(old ^ new):
            what = "would go on without its state" if (name, source) in old else "was never begun"
            message = f"the invocation {name} of {source} {what}"
            yield Reason("invoke_differs", message, {"invoke": name, "src": source})

    # --- history --------------------------------------------------------------------------------------

    def _history(self, snapshot: Snapshot, reasons: list[Reason]) -> History:
        found = {}
        for name, recorded in snapshot.history.items():
            if self._mapping.states.get(name) == ():
                continue
            becomes = self._becomes(name)
            restored = tuple(one for old in recorded for one in self._becomes(old))
            lost = [old for old in recorded if not self._becomes(old)]
            if len(becomes) == 1 and not lost and self._fits(becomes[0], restored):
                found[becomes[0]] = restored
                continue
            message = (
                f"what {name!r} remembers ({', '.join(recorded)}) cannot be restored in version"
                f' {self._after.version}; name under "states" what becomes of it, or null'
            )
            reasons.append(Reason("history_unmapped", message, {"history": name}))
        return found

    def _fits(self, name: str, restored: tuple[str, ...]) -> bool:
        """Tell whether a history node may restore these nodes: its brothers, or leaves below them when deep."""
        chart, node = self._after, self._after.node(name)
        if node.kind != "history" or node.parent is None:
            return False
        if not node.deep:
            return all(chart.node(one).parent == node.parent for one in restored)
        parent = chart.nodes[node.parent]
        below = {n.id for n in chart.nodes[parent.index : parent.last + 1]}
        leaves = all(one in below and chart.node(one).kind in _LEAVES for one in restored)
        whole = _with_ancestors(chart, restored)
        return leaves and not any(place in below for place, _ in differences(chart, whole))

    # --- context and timers ---------------------------------------------------------------------------

    def _context(
        self, snapshot: Snapshot, now: datetime, reasons: list[Reason]
    ) -> Mapping[str, Json]:
        """Return the context: what stays, what the new version begins with where nothing is, what the mapping sets."""
        kept = {k: v for k, v in snapshot.context.items() if k not in self._mapping.drop}
        begun = {k: v for k, v in self._after.context.items() if k not in kept}
        moment = Moment(
            self._after, self._behaviour, None, snapshot.context, NO_HISTORY, None, None, now
        )
        try:
            context = {**kept, **begun, **_object(fill(self._mapping.context, moment))}
            text = keep(context)
        except (Missing, TypeError, ValueError) as error:
            reasons.append(Reason("context_invalid", f"the new context: {error}"))
            return {}
        if not is_storable(text):
            reasons.append(Reason("context_invalid", "the new context: text that nothing stores"))
        return context

    def _timers(
        self, snapshot: Snapshot, at: Configuration, pending: Sequence[Pending], now: datetime
    ) -> Timers:
        partners: dict[int, list[StateNode]] = {}
        for node in self._active(snapshot):
            for name in self._becomes(node.id):
                partners.setdefault(self._after.ids[name], []).append(node)
        return Timers(
            self._after,
            self._behaviour,
            self._mapping,
            at=at,
            partners=partners,
            pending=pending,
            now=now,
        )


def _object(source: Json) -> Mapping[str, Json]:
    assert isinstance(source, Mapping)  # as it was read
    return source


def _with_ancestors(chart: Chart, leaves: Iterable[str]) -> tuple[str, ...]:
    found = {ROOT}
    for name in leaves:
        index = chart.ids[name]
        found.update((index, *chart.ancestors(index)))
    return tuple(chart.nodes[index].id for index in sorted(found))
