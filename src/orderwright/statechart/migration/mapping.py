"""The mapping of a migration, as its author writes it in JSON, read and held against both versions of the chart.

    {"states":  {"sale.OLD": "sale.NEW", "sale.ONE": ["sale.A.X", "sale.B.Y"], "sale.HISTORY": null},
     "context": {"currency": "EUR", "total": {"from": "context.amount"}},
     "drop":    ["amount"],
     "timers":  {"REMIND": "NUDGE", "after.600000.sale.OLD": null}}

Keys are ids of state nodes, keys of the context and ids of timers. A state may become several, where a node has become
parallel. `null` forgets what a history node recorded, or cancels a timer.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from orderwright.errors import DefinitionInvalid
from orderwright.json_text import Json
from orderwright.statechart import expression
from orderwright.statechart.chart import Chart
from orderwright.statechart.definition import Path, Template
from orderwright.statechart.problem import Problem, Problems

_NOTHING = Template({}, constant=True)


class MappingInvalid(DefinitionInvalid):
    """A mapping has no meaning for these two versions; `problems` lists every mistake as (path, code, message)."""

    code = "mapping.invalid"

    def __init__(self, problems: Collection[Problem]) -> None:
        super().__init__(
            "; ".join(f"{one.path or 'mapping'}: {one.message}" for one in problems),
            values={"problems": [one._asdict() for one in problems]},
        )
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionMapping:
    """What becomes of states, context and timers.

    Attributes:
        states: the ids that a state's id becomes; none where a history node's record is forgotten.
        context: keys to set, as a template over the old context and now.
        drop: keys of the old context to leave out.
        timers: the event type that a timer's becomes, by the timer's id; None cancels it.
    """

    states: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    context: Template = _NOTHING
    drop: tuple[str, ...] = ()
    timers: Mapping[str, str | None] = field(default_factory=dict)


def read_mapping(source: Json, before: Chart, after: Chart) -> VersionMapping:
    """Read a mapping from one version of a chart to another.

    Raises:
        MappingInvalid: something in it has no meaning, or one of the versions has no such state.
    """
    problems = Problems()
    if before.id != after.id or before.version == after.version:
        problems.add("", "versions", "a migration leads to another version of the same chart")
    body = problems.mapping(source, "", "a mapping")
    problems.only(body, "", ("states", "context", "drop", "timers"))
    mapping = VersionMapping(
        states=_states(body.get("states", {}), before, after, problems),
        context=_context(body.get("context", {}), problems),
        drop=_drop(body.get("drop", []), problems),
        timers=_timers(body.get("timers", {}), problems),
    )
    if problems.found:
        raise MappingInvalid(problems.found)
    return mapping


def _states(
    source: Json, before: Chart, after: Chart, problems: Problems
) -> dict[str, tuple[str, ...]]:
    found = {}
    for old, new in problems.mapping(source, "states", "`states`").items():
        place = f"states.{old}"
        _require(old, before, place, problems)
        listed = [] if new is None else new if isinstance(new, list) else [new]
        found[old] = tuple(problems.text(one, place, "a state's id") for one in listed)
        for one in found[old]:
            _require(one, after, place, problems)
    return found


def _require(name: str, chart: Chart, place: str, problems: Problems) -> None:
    if name and name not in chart.ids:
        near = difflib.get_close_matches(name, chart.ids, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        problems.add(place, "state", f"version {chart.version} has no state {name!r}{hint}")


def _context(source: Json, problems: Problems) -> Template:
    values = problems.mapping(source, "context", "`context`")
    read = {
        key: expression.value(one, f"context.{key}", problems).source
        for key, one in values.items()
    }
    for path in _paths(read):
        if path.root not in ("context", "now"):
            problems.add("context", "path", f"{path}: a migration knows context.* and now")
    return Template(read, constant=False)


def _paths(source: Json) -> Iterator[Path]:
    if isinstance(source, Path):
        yield source
    elif isinstance(source, Mapping):
        for member in source.values():
            yield from _paths(member)
    elif isinstance(source, list):
        for member in source:
            yield from _paths(member)


def _drop(source: Json, problems: Problems) -> tuple[str, ...]:
    if not isinstance(source, list):
        problems.add("drop", "type", "`drop` is a list of keys")
        return ()
    return tuple(problems.text(one, "drop", "a key") for one in source)


def _timers(source: Json, problems: Problems) -> dict[str, str | None]:
    found = problems.mapping(source, "timers", "`timers`")
    return {
        name: None if new is None else problems.text(new, f"timers.{name}", "an event type")
        for name, new in found.items()
    }
