"""`orderwright chart list|diff`: the versions that a database has, and what differs between two of them."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Final

from orderwright.app.settings import Settings
from orderwright.cli import running
from orderwright.cli.number import require_number
from orderwright.cli.output import Output, add_json
from orderwright.runtime.edition import Edition, compare, editions
from orderwright.statechart.revision import Change

LIST: Final = "list what is published, with the instances of each version"
DIFF: Final = "tell what differs between two published versions"


def add_list_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `list`."""
    parser.add_argument("chart", nargs="?", help="of this chart only")
    add_json(parser)


def add_diff_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `diff`."""
    parser.add_argument("chart")
    parser.add_argument("--from", type=int, required=True, dest="before", metavar="N")
    parser.add_argument("--to", type=int, required=True, dest="after", metavar="N")
    add_json(parser)


def list_(arguments: argparse.Namespace, output: Output) -> int:
    """List versions."""

    async def work(settings: Settings) -> tuple[Edition, ...]:
        async with running.application(settings) as app, app.pool.acquire() as connection:
            return await editions(connection, arguments.chart)

    found = running.run(work, quiet=True)
    document = [{**asdict(one), "published_at": one.published_at.isoformat()} for one in found]
    output.answer("\n".join(map(_line, found)), {"charts": document})
    return 0


def diff(arguments: argparse.Namespace, output: Output) -> int:
    """Compare two versions."""
    require_number("--from", arguments.before)
    require_number("--to", arguments.after)

    async def work(settings: Settings) -> tuple[Change, ...]:
        async with running.application(settings) as app, app.pool.acquire() as connection:
            return await compare(connection, arguments.chart, arguments.before, arguments.after)

    found = running.run(work, quiet=True)
    lines = [f"{one.kind:8} {one.path}: {one.message}" for one in found] or ["no difference"]
    output.answer("\n".join(lines), {"changes": [one._asdict() for one in found]})
    return 0


def _line(one: Edition) -> str:
    published = f"published {one.published_at.isoformat(timespec='seconds')}"
    return f"{one.chart_id} v{one.version} {published}, {one.running} running, {one.ended} ended"
