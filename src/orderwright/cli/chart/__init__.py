"""`orderwright chart check|draw|explain|explore FILE` and `orderwright chart list|diff`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Final

from orderwright.cli.chart import check, draw, explain, explore, published
from orderwright.cli.output import Output

_VERBS: Final[dict[str, Callable[[argparse.Namespace, Output], int]]] = {
    "check": check.run,
    "draw": draw.run,
    "explain": explain.run,
    "explore": explore.run,
    "list": published.list_,
    "diff": published.diff,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs."""
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", required=True)
    for name, verb in (
        ("check", check),
        ("draw", draw),
        ("explain", explain),
        ("explore", explore),
    ):
        verb.add_arguments(verbs.add_parser(name, help=verb.SUMMARY, description=verb.SUMMARY))
    for name, summary, add in (
        ("list", published.LIST, published.add_list_arguments),
        ("diff", published.DIFF, published.add_diff_arguments),
    ):
        add(verbs.add_parser(name, help=summary, description=summary))


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Do what the verb says."""
    return _VERBS[arguments.verb](arguments, output)
