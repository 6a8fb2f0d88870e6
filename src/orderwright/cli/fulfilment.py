"""`orderwright fulfilment list|show|send`, each as somebody who has a login."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from orderwright.app.goods.fulfilment_list import WORK, WantedFulfilments
from orderwright.app.goods.return_list import WantedReturns
from orderwright.app.records import FulfilmentNotFound
from orderwright.cli import running
from orderwright.cli.output import Output, add_json
from orderwright.cli.payment_words import step_of
from orderwright.domain.orders.inventory import taken_of
from orderwright.domain.reading import integer, rows, text
from orderwright.errors import RefusedError
from orderwright.json_text import load
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.bootstrap import Orderwright
    from orderwright.app.orders import Asked
    from orderwright.app.rows import FulfilmentRow


class FulfilmentRefused(RefusedError):
    """The fulfilment has refused the event; the reasons say why."""

    code = "fulfilment.refused"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs."""
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", required=True)
    listing = verbs.add_parser("list", help="show fulfilments, the newest first")
    listing.add_argument(
        "--work", choices=WORK, help="only what waits for a kind of work, the oldest first"
    )
    listing.add_argument("--order", metavar="ID", help="only those of an order")
    listing.add_argument("--location", help="only what lies at this location")
    listing.add_argument("--sku", help="only what waits for this SKU, the oldest first")
    listing.add_argument("--search", default="", metavar="TEXT", help="in its numbers")
    listing.add_argument("--limit", type=int, default=50, help="how many at most; 50 by default")
    showing = verbs.add_parser("show", help="show one with its lines and its history")
    sending = verbs.add_parser("send", help="send it an event, such as PACKAGE_SHIPPED")
    for verb in (showing, sending):
        verb.add_argument("id", metavar="ID", help="which fulfilment")
    sending.add_argument("event", metavar="EVENT", help="an event of the fulfilment's chart")
    sending.add_argument("--data", type=_data, default={}, metavar="JSON", help="what it says")
    sending.add_argument(
        "--return",
        dest="of_return",
        metavar="RETURN",
        help="the return that is meant, by its id or number: another one is not moved",
    )
    sending.add_argument("--reason", metavar="TEXT", help="kept with it")
    sending.add_argument("--key", help="an idempotency key: once only, however often repeated")
    for verb in (listing, showing, sending):
        verb.add_argument("--as", dest="login", required=True, metavar="LOGIN", help="who acts")
        add_json(verb)


def _data(words: str) -> dict[str, object]:
    try:
        read: object = load(words)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise argparse.ArgumentTypeError(
            f'{words!r} is no JSON object, such as {{"carrier": "X"}}'
        )
    return read


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Do what the verb says."""
    match arguments.verb:
        case "list":
            return _list(arguments, output)
        case "show":
            return _show(arguments, output)
        case _:
            return _send(arguments, output)


def _list(arguments: argparse.Namespace, output: Output) -> int:
    wanted = WantedFulfilments(
        states=WORK[arguments.work] if arguments.work else (),
        search=arguments.search,
        order_id=arguments.order,
        location=arguments.location,
        sku=arguments.sku,
        oldest_first=arguments.sku is not None or arguments.work is not None,
    )

    async def work(app: Orderwright, asked: Asked) -> tuple[list[FulfilmentRow], int]:
        shown = app.fulfilment_list
        page = await shown.page(asked.by, wanted, first=arguments.limit, after=None)
        return [row for _, row in page.rows], await shown.count(asked.by, wanted)

    found, total = running.acting(arguments.login, work)
    output.listed("fulfilments", found, total, line=_line, told=_told, none="no fulfilments")
    return 0


def _show(arguments: argparse.Namespace, output: Output) -> int:
    async def work(app: Orderwright, asked: Asked) -> tuple[FulfilmentRow, list[str]]:
        row = await _found(app, asked, arguments.id)
        happened = await app.workflows.log(await app.workflows.instance(row.id), asked.by)
        return row, [step_of(one) for one in happened]

    row, log = running.acting(arguments.login, work)
    output.shown("fulfilment", [_line(row), *_goods(row)], _told(row), log)
    return 0


def _send(arguments: argparse.Namespace, output: Output) -> int:
    async def work(app: Orderwright, asked: Asked) -> FulfilmentRow:
        asked = replace(asked, reason=arguments.reason)
        meant = arguments.of_return and {"returnId": await _return_id(app, asked, arguments)}
        event = Event(arguments.event, {**arguments.data, **(meant or {})})
        result = await app.orders.send_fulfilment_event(arguments.id, event, asked)
        if result.refused is not None:
            reasons = "; ".join(reason.message for reason in result.refused.reasons)
            values = {"reasons": [reason.code for reason in result.refused.reasons]}
            raise FulfilmentRefused(reasons or result.refused.message, values=values)
        return await _found(app, asked, arguments.id)

    row = running.acting(arguments.login, work, key=arguments.key)
    output.answer(_line(row), {"fulfilment": _told(row)})
    return 0


async def _return_id(app: Orderwright, asked: Asked, arguments: argparse.Namespace) -> str:
    """Return the id of the fulfilment's return that has the number that is named; else the name is the id itself."""
    named: str = arguments.of_return
    wanted = WantedReturns(search=named, fulfilment_id=arguments.id)
    page = await app.return_list.page(asked.by, wanted, first=1, after=None)
    return next((row.id for _, row in page.rows if row.number == named), named)


async def _found(app: Orderwright, asked: Asked, fulfilment_id: str) -> FulfilmentRow:
    row = await app.fulfilment_list.find(asked.by, fulfilment_id)
    if row is None:
        message = f"nothing here has the id {fulfilment_id!r}"
        raise FulfilmentNotFound(message, values={"id": fulfilment_id})
    return row


def _told(row: FulfilmentRow) -> dict[str, object]:
    context = row.standing.context
    return {
        "id": row.id,
        "number": row.number,
        "order_id": row.order_id,
        "state": row.standing.words.state,
        "lines": [
            {
                "lineNo": integer(line, "lineNo"),
                "sku": text(line, "sku"),
                "quantity": integer(line, "quantity"),
            }
            for line in rows(context, "lines")
        ],
        "taken": [one.to_json() for one in taken_of(context)],
        "created_at": row.created_at.isoformat(),
    }


def _line(row: FulfilmentRow) -> str:
    facts = [row.id, row.number, row.standing.words.label, f"for order {row.order_id}"]
    return "  ".join(facts)


def _goods(row: FulfilmentRow) -> list[str]:
    """Return its lines, each with what is reserved for it and where."""
    taken = taken_of(row.standing.context)
    return [
        "  ".join(
            (
                f"    {line['lineNo']}  {line['quantity']} x {line['sku']}",
                *(f"{t.quantity} at {t.location}" for t in taken if t.line_no == line["lineNo"]),
            )
        )
        for line in rows(row.standing.context, "lines")
    ]
