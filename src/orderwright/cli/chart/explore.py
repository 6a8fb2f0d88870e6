"""`orderwright chart explore FILE`: what a chart can come to when every guard may hold or not."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from orderwright.cli.chart.file import read_chart
from orderwright.cli.chart.state import state_id
from orderwright.cli.output import Output, add_json
from orderwright.statechart import Chart
from orderwright.statechart.explore import Answer, Exploration, Move, Place, explore

SUMMARY: Final = "list every configuration that a chart can come to, the shortest way there, what is never taken"
_LIMIT: Final = 20_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", metavar="FILE", type=Path, help="a chart in JSON")
    states = "state ids or keys, with ! where it must not be active: CLEARED,!PAID"
    for name in ("never", "always"):
        parser.add_argument(
            f"--{name}",
            action="append",
            default=[],
            metavar="STATES",
            help=f"prove that these are {name} active together; {states}",
        )
    parser.add_argument("--limit", type=int, default=_LIMIT, help="places to find at most")
    parser.add_argument(
        "--steady", action="store_true", help="named guards never ask which states are active"
    )
    add_json(parser)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Explore a chart; 1 when a property is not proven, a transition never taken, or a move fails."""
    chart = read_chart(arguments.file)
    asked = [
        (kind, words, _predicate(chart, kind, words))
        for kind in ("never", "always")
        for words in getattr(arguments, kind)
    ]
    found = explore(chart, limit=arguments.limit, steady=arguments.steady)
    answers = [
        (f"{kind} {words}", found.never(test) if kind == "never" else found.always(test))
        for kind, words, test in asked
    ]
    output.answer(_text(found, answers), _document(found, answers))
    clean = found.complete and not found.failures and not found.coverage().uncovered
    return 0 if clean and all(answer.holds for _, answer in answers) else 1


# --- properties -----------------------------------------------------------------------------------


def _predicate(chart: Chart, kind: str, words: str) -> Callable[[Place], bool]:
    """Read `STATE,!STATE`: all of these hold at once."""
    parts = [one.strip() for one in words.split(",")]
    wanted = [
        (state_id(chart, one.removeprefix("!"), f"--{kind}"), not one.startswith("!"))
        for one in parts
    ]
    return lambda place: all(place.is_in(node) is active for node, active in wanted)


# --- words ----------------------------------------------------------------------------------------


def _text(found: Exploration, answers: Sequence[tuple[str, Answer]]) -> str:
    chart, coverage = found.chart, found.coverage()
    lines = [
        f"{chart.leaves(configuration)}: {_way(found.path(place))}"
        for configuration, place in found.configurations.items()
    ]
    count = f"{len(found.configurations)} configurations, {len(found.places)} with history"
    lines.append(count if found.complete else f"{count}; there are more (--limit)")
    lines.extend(f"never taken: {path}" for path in coverage.uncovered)
    lines.extend(
        f"fails ({one.refused.code}): {one.move}: {one.refused.message}" for one in found.failures
    )
    lines.extend(_told(property_, answer) for property_, answer in answers)
    return "\n".join(lines)


def _way(moves: Sequence[Move]) -> str:
    return ", ".join(map(str, moves))


def _told(words: str, answer: Answer) -> str:
    if answer.holds is None:
        return f"{words}: not decided within the limit"
    return (
        f"{words}: holds" if answer.holds else f"{words}: does not hold after {_way(answer.path)}"
    )


def _document(found: Exploration, answers: Sequence[tuple[str, Answer]]) -> dict[str, object]:
    coverage = found.coverage()
    return {
        "complete": found.complete,
        "places": len(found.places),
        "configurations": [
            {"configuration": list(configuration), "path": _path(found.path(place))}
            for configuration, place in found.configurations.items()
        ],
        "sequences": [_path(sequence) for sequence in coverage.sequences],
        "uncovered": list(coverage.uncovered),
        "failures": [
            {"move": one.move.to_json(), "code": one.refused.code, "message": one.refused.message}
            for one in found.failures
        ],
        "properties": [
            {"property": words, "holds": answer.holds, "path": _path(answer.path)}
            for words, answer in answers
        ],
    }


def _path(moves: Sequence[Move]) -> list[dict[str, object]]:
    return [move.to_json() for move in moves]
