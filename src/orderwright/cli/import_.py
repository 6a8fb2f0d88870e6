"""`orderwright import olist DIR`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from orderwright.app.olist.dataset import Dataset
from orderwright.app.olist.report import Report
from orderwright.app.olist.run import Progress, import_olist
from orderwright.app.settings import Settings
from orderwright.cli import running
from orderwright.cli.output import Output, add_json

_EACH: Final = 500
"""Where nobody watches, a line is written for so many orders."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the sources."""
    sources = parser.add_subparsers(metavar="SOURCE", dest="source", required=True)
    olist = sources.add_parser(
        "olist",
        help="the Brazilian E-Commerce Public Dataset by Olist",
        description=(
            "Replay the orders of the Olist data set through their lifecycles, at the times that the files give"
            " (read as UTC). May be interrupted and repeated: what is there already is not sent again."
            " Exit status 1 when rows could not be used; orders that do not fit the lifecycle are"
            " listed, and no failure."
        ),
    )
    olist.add_argument(
        "folder", metavar="DIR", type=Path, help="where olist_orders_dataset.csv and its like lie"
    )
    add_json(olist)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Replay a data set and report."""
    dataset = Dataset.open(arguments.folder)
    live = sys.stderr.isatty() and not output.json

    async def work(settings: Settings) -> Report:
        async with running.application(settings) as app:
            return await import_olist(app, dataset, _Shown(live=live))

    report = running.run(work)
    output.answer(report.to_text(), report.to_json())
    return 1 if report.bad_rows else 0


@dataclass(slots=True)
class _Shown:
    """Shows progress on stderr: one line that counts up where a person watches, else a line now and then."""

    live: bool
    _told: int = field(default=0, init=False)

    def __call__(self, progress: Progress) -> None:
        ended = progress.done == progress.orders
        line = f"{progress.done} of {progress.orders} orders"
        if self.live:
            sys.stderr.write(f"\r{line}" + ("\n" if ended else ""))
        elif ended or progress.done - self._told >= _EACH:
            self._told = progress.done
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
