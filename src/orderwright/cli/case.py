"""`orderwright case list|show|resolve`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from orderwright.app.case_desk import CaseNotFound
from orderwright.app.case_list import UNRESOLVED, CaseRow, Wanted
from orderwright.app.orders import Asked
from orderwright.app.page import LARGEST
from orderwright.app.permissions import Identity, Role
from orderwright.app.settings import Settings
from orderwright.cli import running
from orderwright.cli.output import Output, add_json
from orderwright.errors import RefusedError
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.bootstrap import Orderwright
    from orderwright.app.workflow import Happened

OPERATOR: Final = Identity(
    id="cli", login="cli", name="Command line", roles=frozenset({Role.READ_ONLY})
)
"""Who looks when nobody is named: it sees every queue and works on none."""
_WORDS: Final = ("SOLVED", "ACCEPTED", "DECLINED", "DUPLICATE", "NO_ACTION")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs."""
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", required=True)
    listing = verbs.add_parser("list", help="show the cases that wait, the longest waiting first")
    listing.add_argument("--resolved", action="store_true", help="those that were resolved")
    listing.add_argument("--role", choices=[str(role) for role in Role], help="only this queue")
    listing.add_argument("--limit", type=int, default=50, help=f"up to {LARGEST}; 50 by default")
    showing = verbs.add_parser("show", help="show a case with what happened to it")
    resolving = verbs.add_parser("resolve", help="close a case")
    resolving.add_argument("--resolution", required=True, choices=_WORDS, help="how it ended")
    resolving.add_argument("--note", required=True, metavar="TEXT", help="what was done")
    for verb in (showing, resolving):
        verb.add_argument("id", metavar="ID", help="which one")
    for verb in (listing, showing, resolving):
        verb.add_argument(
            "--as",
            dest="login",
            metavar="LOGIN",
            required=verb is resolving,
            help="whose queues and permissions count",
        )
        add_json(verb)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Do what the verb says."""
    match arguments.verb:
        case "list":
            return _list(arguments, output)
        case "show":
            return _show(arguments, output)
        case _:
            return _resolve(arguments, output)


def _list(arguments: argparse.Namespace, output: Output) -> int:
    wanted = Wanted(
        states=("RESOLVED",) if arguments.resolved else UNRESOLVED,
        role=Role(arguments.role) if arguments.role else None,
    )

    async def work(settings: Settings) -> tuple[list[CaseRow], int]:
        async with running.application(settings) as app:
            by = await _by(app, arguments)
            page = await app.case_list.page(by, wanted, first=arguments.limit, after=None)
            return [row for _, row in page.rows], await app.case_list.count(by, wanted)

    found, total = running.run(work, quiet=True)
    output.listed("cases", found, total, line=_line, told=_told, none="no cases")
    return 0


def _show(arguments: argparse.Namespace, output: Output) -> int:
    async def work(settings: Settings) -> tuple[CaseRow, list[str]]:
        async with running.application(settings) as app:
            by = await _by(app, arguments)
            row = await _found(app, by, arguments.id)
            instance = await app.workflows.instance(row.id)
            happened = await app.workflows.log(instance, by)
            return row, [_step(one) for one in happened]

    row, log = running.run(work, quiet=True)
    evidence = json.dumps(row.standing.context["evidence"])
    lines = [_line(row), f"    evidence {evidence}", *log]
    output.answer("\n".join(lines), {"case": _told(row), "log": [line.strip() for line in log]})
    return 0


def _resolve(arguments: argparse.Namespace, output: Output) -> int:
    event = Event("RESOLVE", {"resolution": arguments.resolution, "note": arguments.note})

    async def work(settings: Settings) -> CaseRow:
        async with running.application(settings) as app:
            by = await _by(app, arguments)
            result = await app.case_desk.send(arguments.id, event, Asked(by=by))
            if result.refused is not None:
                raise RefusedError(result.refused.message, values=dict(result.refused.values))
            return await _found(app, by, arguments.id)

    row = running.run(work, quiet=True)
    output.answer(f"{row.number} is resolved", {"case": _told(row)})
    return 0


async def _by(app: Orderwright, arguments: argparse.Namespace) -> Identity:
    return await app.people.named(arguments.login) if arguments.login else OPERATOR


async def _found(app: Orderwright, by: Identity, case_id: str) -> CaseRow:
    row = await app.case_list.find(by, case_id)
    if row is None:
        raise CaseNotFound(f"no case has the id {case_id!r}", values={"id": case_id})
    return row


def _step(one: Happened) -> str:
    at = one.row.occurred_at.isoformat(timespec="seconds")
    said = json.dumps(dict(one.data)) if one.row.version > 1 and one.data else ""
    return f"    {at}  {one.label}  by {one.actor_name}  {said}".rstrip()


def _told(one: CaseRow) -> object:
    return json.loads(json.dumps(asdict(one), default=str))


def _line(one: CaseRow) -> str:
    context = one.standing.context
    facts = [one.id, one.number, context["priority"], f"for {one.role}", one.standing.words.label]
    if one.assignee_name:
        facts.append(f"with {one.assignee_name}")
    if context["dueAt"]:
        facts.append(f"{'overdue since' if context['isOverdue'] else 'due'} {context['dueAt']}")
    about = f"{context['title']}: {context['subjectType']} {context['subjectId']}"
    return f"{'  '.join(facts)}\n    {about}"
