"""What differs between two versions of a chart, in words, for those who review a new version or migrate to it.

Compared is what was written: state nodes by their id, transitions by state, event and place in the list, guards and
actions as parts of those. Order within a list is part of the meaning, so a transition that moved up is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal, NamedTuple

from orderwright.json_text import Json, canonical, dump, load
from orderwright.statechart.chart import Chart
from orderwright.statechart.definition import StateNode

Kind = Literal["added", "removed", "changed"]

_LISTS: Final = ("entry", "exit")
_PLAIN: Final = (
    "initial",
    "type",
    "history",
    "target",
    "invoke",
    "output",
    "tags",
    "meta",
    "description",
)
_PARTS: Final = ("target", "guard", "actions", "reenter", "description", "meta")
_DECLARED: Final = ("label", "description", "data", "by", "facts")
_LONGEST: Final = 120


class Change(NamedTuple):
    """A difference: where, of what sort, what it is about (state, transition, event, guard, action, ...), in words."""

    path: str
    kind: Kind
    subject: str
    message: str


def changes(before: Chart, after: Chart) -> tuple[Change, ...]:
    """Return what was added, removed and changed from one version to the other, in the order of the charts."""
    old, new = load(before.definition), load(after.definition)
    found = [*_root(old, new), *_events(old, new)]
    states = _states(before, old), _states(after, new)
    found.extend(_compared("states", "state", *states, _state))
    return tuple(found)


_Comparison = Callable[[str, Mapping[str, Json], Mapping[str, Json]], Iterator[Change]]


def _compared(
    place: str,
    subject: str,
    old: Mapping[str, Mapping[str, Json]],
    new: Mapping[str, Mapping[str, Json]],
    within: _Comparison,
) -> Iterator[Change]:
    """Yield the members that are gone, are new, or differ within."""
    for name in old:
        if name not in new:
            yield Change(f"{place}.{name}", "removed", subject, f"the {subject} {name} is gone")
    for name, source in new.items():
        path = f"{place}.{name}"
        if name not in old:
            yield Change(path, "added", subject, f"the {subject} {name} is new")
        else:
            yield from within(path, old[name], source)


def _differing(path: str, subject: str, old: Json, new: Json) -> Iterator[Change]:
    """Yield the change of one value; None where there is none."""
    if canonical(old) == canonical(new):
        return
    if old is None:
        yield Change(path, "added", subject, f"the {subject} is new: {_shown(new)}")
    elif new is None:
        yield Change(path, "removed", subject, f"the {subject} is gone: {_shown(old)}")
    else:
        message = f"the {subject} was {_shown(old)} and is {_shown(new)}"
        yield Change(path, "changed", subject, message)


def _shown(value: Json) -> str:
    text = dump(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


# --- the chart itself -----------------------------------------------------------------------------


def _root(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[Change]:
    before, after = _object(old.get("context")), _object(new.get("context"))
    for key in dict.fromkeys((*before, *after)):
        yield from _differing(f"context.{key}", "context", before.get(key), after.get(key))


def _events(old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[Change]:
    before, after = (
        {name: _object(one) for name, one in _object(source.get("events")).items()}
        for source in (old, new)
    )
    yield from _compared("events", "event", before, after, _event)


def _event(path: str, old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[Change]:
    for key in _DECLARED:
        yield from _differing(f"{path}.{key}", f"event's {key}", old.get(key), new.get(key))


# --- states ---------------------------------------------------------------------------------------


def _states(chart: Chart, definition: Mapping[str, Json]) -> dict[str, Mapping[str, Json]]:
    """Return what was written of each state node, by its id."""
    return {node.id: _written(chart, node, definition) for node in chart.nodes}


def _written(chart: Chart, node: StateNode, definition: Mapping[str, Json]) -> Mapping[str, Json]:
    line = [chart.nodes[index] for index in reversed(chart.ancestors(node.index))]
    source = definition
    for one in [*line, node][1:]:
        source = _object(_object(source.get("states")).get(one.key))
    return source


def _state(path: str, old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[Change]:
    for key in _PLAIN:
        yield from _differing(f"{path}.{key}", key, old.get(key), new.get(key))
    for key in _LISTS:
        yield from _actions(f"{path}.{key}", f"{key} action", old.get(key), new.get(key))
    yield from _compared(path, "transition", _transitions(old), _transitions(new), _transition)


def _transitions(source: Mapping[str, Json]) -> dict[str, Mapping[str, Json]]:
    """Return the transitions of a state by where they stand: `on.PAY`, `on.PAY[1]`, `after.60000`, `always[0]`."""
    listed = {f"on.{name}": one for name, one in _object(source.get("on")).items()}
    listed |= {f"after.{name}": one for name, one in _object(source.get("after")).items()}
    listed |= {key: source[key] for key in ("always", "onDone") if source.get(key) is not None}
    found = {}
    for name, written in listed.items():
        several = written if isinstance(written, list) else [written]
        for number, one in enumerate(several):
            place = name if number == 0 else f"{name}[{number}]"
            found[place] = one if isinstance(one, Mapping) else {"target": one}
    return found


def _transition(path: str, old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[Change]:
    for key in _PARTS:
        if key == "actions":
            yield from _actions(f"{path}.{key}", "action", old.get(key), new.get(key))
        else:
            yield from _differing(f"{path}.{key}", key, old.get(key), new.get(key))


def _actions(path: str, subject: str, old: Json, new: Json) -> Iterator[Change]:
    """Yield actions that are gone or new; where only their order differs, that."""
    before, after = _texts(old), _texts(new)
    gone = [text for text in before if text not in after]
    come = [text for text in after if text not in before]
    for text in gone:
        yield Change(path, "removed", subject, f"the {subject} {text} is gone")
    for text in come:
        yield Change(path, "added", subject, f"the {subject} {text} is new")
    if before != after and not gone and not come:
        yield Change(path, "changed", subject, f"the {subject}s stand in another order or number")


def _texts(source: Json) -> list[str]:
    listed = [] if source is None else source if isinstance(source, list) else [source]
    return [one if isinstance(one, str) else canonical(one) for one in listed]


def _object(source: Json) -> Mapping[str, Json]:
    return source if isinstance(source, Mapping) else {}
