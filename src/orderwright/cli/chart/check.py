"""`orderwright chart check FILE...`: mistakes and findings, each with its place."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orderwright.cli.chart.file import behaviour_of, read_text
from orderwright.cli.chart.place import Place, Places
from orderwright.cli.output import Output, add_json
from orderwright.statechart import ChartInvalid, Problem, load
from orderwright.statechart.checks import check

SUMMARY: Final = "say what is wrong with charts, where, and what would be right"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    file: Path
    place: Place
    problem: Problem

    def to_text(self) -> str:
        path, code, message = self.problem
        return f"{self.file}:{self.place}: {path or 'chart'}: {message} [{code}]"

    def to_json(self) -> dict[str, object]:
        path, code, message = self.problem
        line, column = self.place
        place = {"file": str(self.file), "line": line, "column": column, "path": path}
        return {**place, "code": code, "message": message}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="a chart in JSON")
    add_json(parser)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Check every file; 1 when there is anything to say."""
    found = [finding for file in arguments.files for finding in _findings(file)]
    files = "1 file" if len(arguments.files) == 1 else f"{len(arguments.files)} files"
    told = "nothing found" if not found else f"{len(found)} found"
    lines = [*(one.to_text() for one in found), f"{files}, {told}"]
    output.answer("\n".join(lines), {"problems": [one.to_json() for one in found]})
    return 1 if found else 0


def _findings(file: Path) -> list[_Finding]:
    text = read_text(file)
    places = Places(text)
    return [_Finding(file=file, place=places.of(one.path), problem=one) for one in _problems(text)]


def _problems(text: str) -> tuple[Problem, ...]:
    try:
        chart = load(text)
    except ChartInvalid as invalid:
        return tuple(Problem(*one) for one in invalid.problems)
    return check(chart, behaviour_of(chart))
