"""`orderwright chart check|draw|explain|explore FILE`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Final

from orderwright.cli.chart import check, draw, explain, explore
from orderwright.cli.output import Output

_VERBS: Final[dict[str, Callable[[argparse.Namespace, Output], int]]] = {
    "check": check.run,
    "draw": draw.run,
    "explain": explain.run,
    "explore": explore.run,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the four verbs."""
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", required=True)
    for name, verb in (
        ("check", check),
        ("draw", draw),
        ("explain", explain),
        ("explore", explore),
    ):
        verb.add_arguments(verbs.add_parser(name, help=verb.SUMMARY, description=verb.SUMMARY))


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Do what the verb says."""
    return _VERBS[arguments.verb](arguments, output)
