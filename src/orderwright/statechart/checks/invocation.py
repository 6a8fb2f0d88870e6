"""Work that states begin under one id: it could not be told apart while both of them are active."""

from __future__ import annotations

from collections.abc import Iterator

from orderwright.statechart.checks.reach import may_meet
from orderwright.statechart.checks.source import Source
from orderwright.statechart.definition import StateNode
from orderwright.statechart.problem import Problem


def invocations(source: Source) -> Iterator[Problem]:
    """Yield what is invoked under the id of other work that may be under way at the same time."""
    seen: dict[str, list[tuple[StateNode, str]]] = {}
    for node in source.chart.nodes:
        for number, work in enumerate(node.invoke):
            place = _place(source, node, number)
            before = seen.setdefault(work.id, [])
            yield from _clash(source, work.id, node, place, before)
            before.append((node, place))


def _clash(
    source: Source, name: str, node: StateNode, place: str, before: list[tuple[StateNode, str]]
) -> Iterator[Problem]:
    for other, there in before:
        if may_meet(source.chart, node.index, other.index):
            given = f"{place}.id"
            yield Problem(
                given if source.at(given) is not None else place,
                "invoke.clash",
                f"{name!r} is also the id of {there}, and both may be active together;"
                " give one of them another `id`",
            )
            return


def _place(source: Source, node: StateNode, number: int) -> str:
    place = source.path(node, "invoke")
    return f"{place}[{number}]" if isinstance(source.at(place), list) else place
