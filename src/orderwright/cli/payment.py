"""`orderwright payment list|show|register|confirm|fail|refund|charge-back`, each as somebody who has a login."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from orderwright.app.orders import Asked
from orderwright.app.page import LARGEST
from orderwright.app.payment_list import PaymentRow, Wanted
from orderwright.app.payment_records import PaymentNotFound
from orderwright.app.payments import METHODS, NewPayment, RefundLine
from orderwright.cli import running
from orderwright.cli.output import Output, add_json
from orderwright.cli.payment_words import line_of, step_of, told
from orderwright.errors import RefusedError

if TYPE_CHECKING:
    from orderwright.app.bootstrap import Orderwright
    from orderwright.app.settings import Settings
    from orderwright.runtime.attempt import Result

T = TypeVar("T")


class NotTaken(RefusedError):
    """The payment has refused; the reasons say why."""

    code = "payment.not_taken"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs."""
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", required=True)
    looking = [_list_verb(verbs), verbs.add_parser("show", help="show one with its history")]
    telling = [
        verbs.add_parser("confirm", help="say that the money has arrived"),
        verbs.add_parser("fail", help="say that the payment did not come about"),
        verbs.add_parser("refund", help="give money back, for the sale or for lines of it"),
        verbs.add_parser("charge-back", help="record that the customer's bank took money back"),
    ]
    for verb in (looking[1], *telling):
        verb.add_argument("id", metavar="ID", help="which payment")
    for verb in telling[2:]:
        verb.add_argument("--amount", required=True, help="in major units, such as 1234.50")
    for verb in telling[1:]:
        verb.add_argument("--reason", required=True, metavar="TEXT", help="kept with it")
    telling[2].add_argument(
        "--line",
        action="append",
        default=[],
        type=_refund_line,
        metavar="NO=AMOUNT",
        help="what of it is for a line of the order; repeat it until the amount is reached",
    )
    telling = [_register_verb(verbs), *telling]
    for verb in telling:
        verb.add_argument("--key", help="repeating a command with its key does nothing twice")
    for verb in (*looking, *telling):
        verb.add_argument("--as", dest="login", required=True, metavar="LOGIN", help="who acts")
        add_json(verb)


def _list_verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser],
) -> argparse.ArgumentParser:
    listing = verbs.add_parser("list", help="show payments, the newest first")
    listing.add_argument("--order", metavar="ID", help="only those for an order")
    listing.add_argument(
        "--state", action="append", default=[], help="only those in a state; may be repeated"
    )
    listing.add_argument("--search", default="", metavar="TEXT", help="in order number, reference")
    listing.add_argument("--limit", type=int, default=50, help=f"up to {LARGEST}; 50 by default")
    return listing


def _register_verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser],
) -> argparse.ArgumentParser:
    verb = verbs.add_parser("register", help="say that money for an order is on its way")
    verb.add_argument("order", metavar="ORDER", help="the order's id")
    verb.add_argument("--amount", required=True, help="in major units, such as 1234.50")
    verb.add_argument("--currency", required=True, help="ISO 4217 code, such as NGN")
    verb.add_argument("--method", required=True, choices=METHODS, help="how it comes")
    verb.add_argument("--reseller", action="store_true", help="the order is a reseller's")
    verb.add_argument("--provider", metavar="NAME", help="who will report it, such as stripe")
    verb.add_argument("--reference", metavar="TEXT", help="what the provider calls it")
    return verb


def _refund_line(text: str) -> RefundLine:
    number, _, amount = text.partition("=")
    if not number.isdecimal() or not amount:
        raise argparse.ArgumentTypeError(f"{text!r} is no NO=AMOUNT, such as 2=19.90")
    return RefundLine(line_no=int(number), amount=amount)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Do what the verb says."""
    match arguments.verb:
        case "list":
            return _list(arguments, output)
        case "show":
            return _show(arguments, output)
        case _:
            return _command(arguments, output)


def _list(arguments: argparse.Namespace, output: Output) -> int:
    wanted = Wanted(
        order_id=arguments.order, states=tuple(arguments.state), search=arguments.search
    )

    async def work(app: Orderwright, asked: Asked) -> tuple[list[PaymentRow], int]:
        page = await app.payment_list.page(asked.by, wanted, first=arguments.limit, after=None)
        return [row for _, row in page.rows], await app.payment_list.count(asked.by, wanted)

    found, total = _as(arguments, work)
    output.listed("payments", found, total, line=line_of, told=told, none="no payments")
    return 0


def _show(arguments: argparse.Namespace, output: Output) -> int:
    async def work(app: Orderwright, asked: Asked) -> tuple[PaymentRow, list[str]]:
        row = await _found(app, asked, arguments.id)
        happened = await app.workflows.log(await app.workflows.instance(row.id), asked.by)
        return row, [step_of(one) for one in happened]

    row, log = _as(arguments, work)
    output.shown("payment", [line_of(row)], told(row), log)
    return 0


def _command(arguments: argparse.Namespace, output: Output) -> int:
    async def work(app: Orderwright, asked: Asked) -> PaymentRow:
        result = await _sent(app, arguments, asked)
        if result.refused is not None:
            reasons = "; ".join(reason.message for reason in result.refused.reasons)
            values = {"reasons": [reason.code for reason in result.refused.reasons]}
            raise NotTaken(reasons or result.refused.message, values=values)
        return await _found(app, asked, result.instance_id)

    row = _as(arguments, work)
    output.answer(line_of(row), {"payment": told(row)})
    return 0


async def _sent(app: Orderwright, arguments: argparse.Namespace, asked: Asked) -> Result:
    """Give the command that the verb names."""
    payments = app.payments
    match arguments.verb:
        case "register":
            register = (
                payments.register_reseller if arguments.reseller else payments.register_consumer
            )
            return await register(_new(arguments), asked)
        case "confirm":
            return await payments.confirm(arguments.id, asked)
        case "fail":
            return await payments.fail(arguments.id, arguments.reason, asked)
        case "refund":
            given = (arguments.id, arguments.amount, arguments.reason)
            return await payments.refund(*given, asked, lines=arguments.line)
        case _:
            given = (arguments.id, arguments.amount, arguments.reason)
            return await payments.charge_back(*given, asked)


def _new(arguments: argparse.Namespace) -> NewPayment:
    return NewPayment(
        order_id=arguments.order,
        amount=arguments.amount,
        currency=arguments.currency,
        method=arguments.method,
        provider=arguments.provider,
        reference=arguments.reference,
    )


async def _found(app: Orderwright, asked: Asked, payment_id: str) -> PaymentRow:
    row = await app.payment_list.find(asked.by, payment_id)
    if row is None:
        raise PaymentNotFound(f"nothing here has the id {payment_id!r}", values={"id": payment_id})
    return row


def _as(arguments: argparse.Namespace, work: Callable[[Orderwright, Asked], Awaitable[T]]) -> T:
    async def main(settings: Settings) -> T:
        async with running.application(settings) as app:
            by = await app.people.named(arguments.login)
            key = getattr(arguments, "key", None)
            return await work(app, Asked(by=by, idempotency_key=key))

    return running.run(main, quiet=True)
