"""`orderwright location list|add|rename|close|reopen`, each as somebody who has a login."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from orderwright.cli import running
from orderwright.cli.output import Output, add_json

if TYPE_CHECKING:
    from orderwright.app.bootstrap import Orderwright
    from orderwright.app.goods.stock_records import Location
    from orderwright.app.orders import Asked


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs."""
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", required=True)
    listing = verbs.add_parser("list", help="show the locations in the order of allocation")
    listing.add_argument(
        "--limit", type=int, default=50, help="how many rows at most; 50 by default"
    )
    adding = verbs.add_parser("add", help="add a location")
    adding.add_argument("--rank", type=int, help="lower is allocated first; the last by default")
    renaming = verbs.add_parser("rename", help="give a location another name")
    closing = verbs.add_parser(
        "close", help="receive nothing there any more, reserve nothing of it"
    )
    reopening = verbs.add_parser("reopen", help="take a closed location into use again")
    for verb in (adding, renaming, closing, reopening):
        verb.add_argument("id", metavar="LOCATION", help="which location")
        verb.add_argument("--key", help="an idempotency key: once only, however often repeated")
    for verb in (adding, renaming):
        verb.add_argument("name", metavar="NAME", help="how people call it")
    for verb in (listing, adding, renaming, closing, reopening):
        verb.add_argument("--as", dest="login", required=True, metavar="LOGIN", help="who acts")
        add_json(verb)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Do what the verb says."""
    return _list(arguments, output) if arguments.verb == "list" else _change(arguments, output)


def _list(arguments: argparse.Namespace, output: Output) -> int:
    async def work(app: Orderwright, asked: Asked) -> tuple[list[Location], int]:
        page = await app.stock_list.locations(asked.by, first=arguments.limit, after=None)
        return [row for _, row in page.rows], await app.stock_list.count_locations(asked.by)

    found, total = running.acting(arguments.login, work)
    output.listed("locations", found, total, line=_line, told=_told, none="there are none")
    return 0


def _change(arguments: argparse.Namespace, output: Output) -> int:
    async def work(app: Orderwright, asked: Asked) -> Location:
        desk = app.location_desk
        match arguments.verb:
            case "add":
                return await desk.add(arguments.id, arguments.name, arguments.rank, asked)
            case "rename":
                return await desk.rename(arguments.id, arguments.name, asked)
            case "close":
                return await desk.close(arguments.id, asked)
            case _:
                return await desk.reopen(arguments.id, asked)

    one = running.acting(arguments.login, work, key=arguments.key)
    output.answer(_line(one), {"location": _told(one)})
    return 0


def _line(one: Location) -> str:
    closed = f", closed {one.closed_at:%Y-%m-%d}" if one.closed_at else ""
    return f"{one.id}: {one.name}, rank {one.rank}{closed}"


def _told(one: Location) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "rank": one.rank,
        "closedAt": one.closed_at.isoformat() if one.closed_at else None,
    }
