"""`orderwright stock list|show|receive|adjust`, each as somebody who has a login."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from orderwright.app.goods.stock_list import MovementRow, StockRow, WantedStock
from orderwright.app.goods.stock_records import Shelf
from orderwright.cli import running
from orderwright.cli.output import Output, add_json
from orderwright.errors import NotFound, RefusedError

if TYPE_CHECKING:
    from orderwright.app.bootstrap import Orderwright
    from orderwright.app.orders import Asked
    from orderwright.runtime.attempt import Result


class StockRefused(RefusedError):
    """Stock would not be moved; the message says why."""

    code = "stock.refused"


class StockNotFound(NotFound):
    """The SKU is not kept at the location."""

    code = "stock.not_found"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs."""
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", required=True)
    listing = verbs.add_parser("list", help="show what is kept where, by SKU and location")
    listing.add_argument("--search", default="", help="what the SKU or the name holds")
    listing.add_argument("--location", help="at this location only")
    showing = verbs.add_parser("show", help="show a SKU at a location, with its movements")
    receiving = verbs.add_parser("receive", help="take pieces in")
    receiving.add_argument("--quantity", type=int, required=True, help="how many pieces")
    receiving.add_argument("--reference", required=True, help="where they come from")
    adjusting = verbs.add_parser("adjust", help="set right what was counted more or less")
    adjusting.add_argument("--change", type=int, required=True, help="pieces; negative for less")
    adjusting.add_argument("--reason", required=True, metavar="TEXT", help="kept with it")
    for verb in (showing, receiving, adjusting):
        verb.add_argument("sku", metavar="SKU", help="which product")
        verb.add_argument("location", metavar="LOCATION", help="where")
    for verb in (receiving, adjusting):
        verb.add_argument("--key", help="an idempotency key: once only, however often repeated")
    for verb in (listing, showing):
        verb.add_argument(
            "--limit", type=int, default=50, help="how many rows at most; 50 by default"
        )
    for verb in (listing, showing, receiving, adjusting):
        verb.add_argument("--as", dest="login", required=True, metavar="LOGIN", help="who acts")
        add_json(verb)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Do what the verb says."""
    match arguments.verb:
        case "list":
            return _list(arguments, output)
        case "show":
            return _show(arguments, output)
        case "receive":
            return _move(arguments, output, _receive)
        case _:
            return _move(arguments, output, _adjust)


def _list(arguments: argparse.Namespace, output: Output) -> int:
    wanted = WantedStock(search=arguments.search, location=arguments.location)

    async def work(app: Orderwright, asked: Asked) -> tuple[list[StockRow], int]:
        page = await app.stock_list.page(asked.by, wanted, first=arguments.limit, after=None)
        return [row for _, row in page.rows], await app.stock_list.count(asked.by, wanted)

    found, total = running.acting(arguments.login, work)
    output.listed("stock", found, total, line=_line, told=_told, none="nothing is kept")
    return 0


def _show(arguments: argparse.Namespace, output: Output) -> int:
    shelf = Shelf(arguments.sku, arguments.location)

    async def work(app: Orderwright, asked: Asked) -> tuple[StockRow, list[MovementRow]]:
        row = await _found(app, asked, shelf)
        page = await app.stock_list.movements(asked.by, shelf, first=arguments.limit, after=None)
        return row, [moved for _, moved in page.rows]

    row, moved = running.acting(arguments.login, work)
    lines = [_line(row), *map(_moved_line, moved)]
    told = {"stock": _told(row), "movements": [_moved(one) for one in moved]}
    output.answer("\n".join(lines), told)
    return 0


def _move(
    arguments: argparse.Namespace,
    output: Output,
    send: Callable[[Orderwright, argparse.Namespace, Asked], Awaitable[Result]],
) -> int:
    async def work(app: Orderwright, asked: Asked) -> StockRow:
        result = await send(app, arguments, asked)
        if result.refused is not None:
            reasons = [reason.message for reason in result.refused.reasons]
            raise StockRefused("; ".join(reasons) or result.refused.message)
        return await _found(app, asked, Shelf(arguments.sku, arguments.location))

    row = running.acting(arguments.login, work, key=arguments.key)
    output.answer(_line(row), {"stock": _told(row)})
    return 0


async def _receive(app: Orderwright, arguments: argparse.Namespace, asked: Asked) -> Result:
    shelf = Shelf(arguments.sku, arguments.location)
    return await app.stock_desk.receive(shelf, arguments.quantity, arguments.reference, asked)


async def _adjust(app: Orderwright, arguments: argparse.Namespace, asked: Asked) -> Result:
    shelf = Shelf(arguments.sku, arguments.location)
    return await app.stock_desk.adjust(shelf, arguments.change, arguments.reason, asked)


async def _found(app: Orderwright, asked: Asked, shelf: Shelf) -> StockRow:
    row = await app.stock_list.find(asked.by, shelf)
    if row is None:
        raise StockNotFound(f"{shelf.sku!r} is not kept at {shelf.location!r}")
    return row


def _told(row: StockRow) -> dict[str, object]:
    return {
        "sku": row.sku,
        "name": row.name,
        "location": row.location,
        "onHand": row.on_hand,
        "available": row.available,
        "reserved": row.reserved,
        "short": row.short,
    }


def _moved(row: MovementRow) -> dict[str, object]:
    return {
        "kind": row.kind,
        "of": "reserved" if row.is_reserved else "available",
        "quantity": row.quantity,
        "reference": row.reference,
        "order": row.order_number,
        "recordedAt": row.recorded_at.isoformat(),
    }


def _line(row: StockRow) -> str:
    return (
        f"{row.sku}  {row.location}  on hand {row.on_hand}  available {row.available}"
        f"  reserved {row.reserved}  short {row.short}"
    )


def _moved_line(row: MovementRow) -> str:
    told = _moved(row)
    about = row.order_number or row.reference or ""
    return f"  {told['recordedAt']}  {row.kind}  {told['of']} {row.quantity:+d}  {about}".rstrip()
