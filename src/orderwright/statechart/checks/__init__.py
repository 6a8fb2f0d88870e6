"""Find what a chart can do without and hardly means: findings for its author, which never stop `load`.

Each check reports only what it can prove from the definition (and the behaviour, when there is one). A chart that
comes out clean may still be wrong; a chart with a finding has a line that is worth a look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from orderwright.statechart.behaviour import Behaviour
from orderwright.statechart.chart import Chart
from orderwright.statechart.checks.declaration import declarations
from orderwright.statechart.checks.implementation import implementations
from orderwright.statechart.checks.invocation import invocations
from orderwright.statechart.checks.loop import loops
from orderwright.statechart.checks.message import messages
from orderwright.statechart.checks.reach import structure
from orderwright.statechart.checks.shadow import shadows
from orderwright.statechart.checks.source import Source
from orderwright.statechart.checks.template import templates
from orderwright.statechart.problem import Problem

__all__ = ["check"]

_CHECKS: Final[tuple[Callable[[Source], Iterable[Problem]], ...]] = (
    structure,
    shadows,
    loops,
    declarations,
    messages,
    invocations,
    templates,
)


def check(chart: Chart, behaviour: Behaviour | None = None) -> tuple[Problem, ...]:
    """Return the findings about a chart, in the order of the definition.

    Args:
        chart: the chart.
        behaviour: its implementations; without them, whether names are implemented is not asked.

    Returns:
        Problems with the JSON path in the definition, a dotted code, and what would be right.
    """
    source = Source(chart)
    found = [problem for one in _CHECKS for problem in one(source)]
    if behaviour is not None:
        found.extend(implementations(source, behaviour))
    return tuple(sorted(dict.fromkeys(found), key=source.place))
