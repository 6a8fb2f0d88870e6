"""`orderwright override list|vote|revoke`, each as somebody who has a login."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from orderwright.app.approval_desk import Decision
from orderwright.app.override_list import OverrideRow, Wanted
from orderwright.cli import running
from orderwright.cli.output import Output, add_json
from orderwright.errors import RefusedError
from orderwright.money import Money

if TYPE_CHECKING:
    from orderwright.app.bootstrap import Orderwright
    from orderwright.app.orders import Asked
    from orderwright.runtime.attempt import Result


class NotTaken(RefusedError):
    """The approval has refused; the reasons say why, and who can."""

    code = "override.refused"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs."""
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", required=True)
    listing = verbs.add_parser("list", help="show override requests, the newest first")
    listing.add_argument("--all", action="store_true", help="those that are decided too")
    listing.add_argument("--limit", type=int, default=50, help="how many at most; 50 by default")
    voting = verbs.add_parser("vote", help="vote for or against a request")
    voting.add_argument("id", metavar="ID", help="which one")
    voting.add_argument("decision", choices=("approve", "deny"), help="for or against")
    voting.add_argument("--amount", help="consent to less than is asked; in major units")
    revoking = verbs.add_parser("revoke", help="take back what was approved")
    revoking.add_argument("id", metavar="ID", help="which one")
    for verb in (voting, revoking):
        verb.add_argument("--reason", required=True, metavar="TEXT", help="kept with it")
    for verb in (listing, voting, revoking):
        verb.add_argument("--as", dest="login", required=True, metavar="LOGIN", help="who acts")
        add_json(verb)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Do what the verb says."""
    match arguments.verb:
        case "list":
            return _list(arguments, output)
        case "vote":
            return _vote(arguments, output)
        case _:
            return _revoke(arguments, output)


def _list(arguments: argparse.Namespace, output: Output) -> int:
    wanted = Wanted(states=() if arguments.all else ("PENDING",))

    async def work(app: Orderwright, asked: Asked) -> tuple[list[OverrideRow], int]:
        page = await app.override_list.page(asked.by, wanted, first=arguments.limit, after=None)
        return [row for _, row in page.rows], await app.override_list.count(asked.by, wanted)

    found, total = running.acting(arguments.login, work)
    output.listed("overrides", found, total, line=_line, told=_told, none="no override requests")
    return 0


def _vote(arguments: argparse.Namespace, output: Output) -> int:
    decision: Decision = "APPROVE" if arguments.decision == "approve" else "DENY"

    async def work(app: Orderwright, asked: Asked) -> OverrideRow:
        reason, amount = arguments.reason, arguments.amount
        result = await app.overrides.vote(arguments.id, decision, reason, amount, asked)
        return await _after(app, asked, result)

    return _tell(running.acting(arguments.login, work), output)


def _revoke(arguments: argparse.Namespace, output: Output) -> int:
    async def work(app: Orderwright, asked: Asked) -> OverrideRow:
        result = await app.overrides.revoke(arguments.id, arguments.reason, asked)
        return await _after(app, asked, result)

    return _tell(running.acting(arguments.login, work), output)


async def _after(app: Orderwright, asked: Asked, result: Result) -> OverrideRow:
    """Return the request as it stands after a command.

    Raises:
        NotTaken: the command was refused.
    """
    if result.refused is not None:
        reasons = "; ".join(reason.message for reason in result.refused.reasons)
        values = {"reasons": [reason.code for reason in result.refused.reasons]}
        raise NotTaken(reasons or result.refused.message, values=values)
    row = await app.override_list.find(asked.by, result.instance_id)
    assert row is not None
    return row


def _tell(row: OverrideRow, output: Output) -> int:
    output.answer(_line(row), {"override": _told(row)})
    return 0


def _told(row: OverrideRow) -> dict[str, object]:
    return {
        "id": row.id,
        "order_id": row.order_id,
        "kind": row.kind,
        "state": row.standing.words.state,
        "requested_by": row.requested_by,
        "requested_at": row.requested_at.isoformat(),
        **{key: row.standing.context[key] for key in ("reason", "quorum", "votes", "expiresAt")},
        "amount": _amount(row).amount,
        "currency": _amount(row).currency,
    }


def _amount(row: OverrideRow) -> Money:
    return Money(row.standing.context["amountMinor"], row.standing.context["currency"])


def _line(row: OverrideRow) -> str:
    context = row.standing.context
    asked = f"{row.kind} {_amount(row)} on order {row.order_id}, asked by {row.requested_by}"
    return f"{row.id}  {row.standing.words.label}  {asked}: {context['reason']}"
