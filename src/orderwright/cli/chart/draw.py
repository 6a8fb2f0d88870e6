"""`orderwright chart draw FILE`: Mermaid text, or a graph for programs."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

from orderwright.cli.chart.file import read_chart
from orderwright.cli.output import Output, add_json
from orderwright.statechart.diagram import graph, mermaid

SUMMARY: Final = "draw a chart as Mermaid text, or as a graph of nodes and edges in JSON"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", metavar="FILE", type=Path, help="a chart in JSON")
    parser.add_argument("--format", choices=("mermaid", "graph"), default="mermaid")
    add_json(parser)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Draw a chart."""
    chart = read_chart(arguments.file)
    if arguments.format == "graph":
        drawn = asdict(graph(chart))
        output.answer(json.dumps(drawn, indent=1, ensure_ascii=False), drawn)
    else:
        text = mermaid(chart)
        output.answer(text, {"mermaid": text})
    return 0
