"""`orderwright return list|show`, each as somebody who has a login."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from orderwright.app.goods.return_list import ReturnRow, WantedReturns
from orderwright.cli import running
from orderwright.cli.output import Output, add_json
from orderwright.cli.payment_words import step_of
from orderwright.domain.reading import integer, rows, text
from orderwright.errors import NotFound
from orderwright.money import Money

if TYPE_CHECKING:
    from orderwright.app.bootstrap import Orderwright
    from orderwright.app.orders import Asked

STATES = ("REQUESTED", "RECEIVED", "REJECTED", "REFUNDED")


class ReturnNotFound(NotFound):
    """No return has this id or number, or the person does not see it."""

    code = "return.not_found"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs."""
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", required=True)
    listing = verbs.add_parser("list", help="show returns, the newest first")
    listing.add_argument("--state", choices=STATES, help="only those in this state")
    listing.add_argument("--order", metavar="ID", help="only those of an order")
    listing.add_argument("--fulfilment", metavar="ID", help="only those of a fulfilment")
    listing.add_argument("--search", default="", metavar="TEXT", help="in its number, the order's")
    listing.add_argument("--limit", type=int, default=50, help="how many at most; 50 by default")
    showing = verbs.add_parser("show", help="show one with its lines and its history")
    showing.add_argument("id", metavar="RETURN", help="which return, by its id or number")
    for verb in (listing, showing):
        verb.add_argument("--as", dest="login", required=True, metavar="LOGIN", help="who acts")
        add_json(verb)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Do what the verb says."""
    return (_list if arguments.verb == "list" else _show)(arguments, output)


def _list(arguments: argparse.Namespace, output: Output) -> int:
    wanted = WantedReturns(
        states=(arguments.state,) if arguments.state else (),
        search=arguments.search,
        order_id=arguments.order,
        fulfilment_id=arguments.fulfilment,
    )

    async def work(app: Orderwright, asked: Asked) -> tuple[list[ReturnRow], int]:
        page = await app.return_list.page(asked.by, wanted, first=arguments.limit, after=None)
        return [row for _, row in page.rows], await app.return_list.count(asked.by, wanted)

    found, total = running.acting(arguments.login, work)
    output.listed("returns", found, total, line=_line, told=_told, none="no returns")
    return 0


def _show(arguments: argparse.Namespace, output: Output) -> int:
    async def work(app: Orderwright, asked: Asked) -> tuple[ReturnRow, list[str]]:
        row = await _found(app, asked, arguments.id)
        happened = await app.workflows.log(await app.workflows.instance(row.id), asked.by)
        return row, [step_of(one) for one in happened]

    row, log = running.acting(arguments.login, work)
    lines = [_line(row), f"    {_reasons(row)}", *_goods(row)]
    output.shown("return", lines, _told(row), log)
    return 0


async def _found(app: Orderwright, asked: Asked, named: str) -> ReturnRow:
    row = await app.return_list.find(asked.by, named)
    if row is None:
        page = await app.return_list.page(
            asked.by, WantedReturns(search=named), first=1, after=None
        )
        row = next((one for _, one in page.rows if one.number == named), None)
    if row is None:
        message = f"no return here is called {named!r}"
        raise ReturnNotFound(message, values={"return": named})
    return row


def _told(row: ReturnRow) -> dict[str, object]:
    context = row.standing.context
    return {
        "id": row.id,
        "number": row.number,
        "order_id": row.order_id,
        "fulfilment_id": row.fulfilment_id,
        "state": row.standing.words.state,
        "reason": context["reason"],
        "rejected_reason": context["rejectedReason"],
        "worth": _worth(row),
        "lines": [
            {
                "lineNo": integer(line, "lineNo"),
                "sku": text(line, "sku"),
                "quantity": integer(line, "quantity"),
                "condition": line.get("condition"),
            }
            for line in rows(context, "lines")
        ],
        "created_at": row.created_at.isoformat(),
    }


def _worth(row: ReturnRow) -> str | None:
    """Return what it was worth in major units; None until it is accepted."""
    context = row.standing.context
    if context["amountMinor"] is None:
        return None
    return Money(integer(context, "amountMinor"), text(context, "currency")).amount


def _line(row: ReturnRow) -> str:
    worth, currency = _worth(row), row.standing.context["currency"]
    facts = [row.number, row.standing.words.label, f"for order {row.order_number}"]
    return "  ".join([row.id, *facts, *([f"worth {worth} {currency}"] if worth else [])])


def _reasons(row: ReturnRow) -> str:
    reason, rejected = (row.standing.context[key] for key in ("reason", "rejectedReason"))
    return f"{reason}; rejected: {rejected}" if rejected else str(reason)


def _goods(row: ReturnRow) -> list[str]:
    return [
        f"    {line['lineNo']}  {line['quantity']} x {line['sku']}  {line.get('condition') or 'not seen yet'}"
        for line in rows(row.standing.context, "lines")
    ]
