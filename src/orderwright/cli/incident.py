"""`orderwright incident list|resolve|retry`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Final

from orderwright.app.settings import Settings
from orderwright.cli import running
from orderwright.cli.number import require_number
from orderwright.cli.output import Output, add_json
from orderwright.errors import InputInvalid
from orderwright.runtime import incident
from orderwright.runtime.command import Actor, Cause
from orderwright.runtime.incident import Incident
from orderwright.runtime.remedy import remedy

OPERATOR: Final = Actor("cli", "system")
"""Who resolves and retries from the command line."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs."""
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", required=True)
    listing = verbs.add_parser("list", help="show what is in trouble, the latest seen first")
    listing.add_argument("--resolved", action="store_true", help="those that were resolved")
    listing.add_argument("--kind", choices=sorted(incident.DUTIES), help="only of this kind")
    listing.add_argument("--limit", type=int, default=50, help="how many at most; 50 by default")
    resolving = verbs.add_parser("resolve", help="close an incident")
    resolving.add_argument("--resolution", required=True, metavar="TEXT", help="what was done")
    retrying = verbs.add_parser("retry", help="have what failed tried again at once")
    for verb in (resolving, retrying):
        verb.add_argument("id", metavar="ID", help="which one")
    for verb in (listing, resolving, retrying):
        add_json(verb)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Do what the verb says."""
    match arguments.verb:
        case "list":
            return _list(arguments, output)
        case "resolve":
            return _resolve(arguments, output)
        case _:
            return _retry(arguments, output)


def _list(arguments: argparse.Namespace, output: Output) -> int:
    require_number("--limit", arguments.limit)
    status: incident.Status = "resolved" if arguments.resolved else "open"
    wanted = {"status": status, "kind": arguments.kind}

    async def work(settings: Settings) -> tuple[tuple[Incident, ...], int]:
        async with running.application(settings) as app, app.pool.acquire() as connection:
            found = await incident.incidents(connection, **wanted, limit=arguments.limit)
            return found, await incident.count(connection, **wanted)

    found, total = running.run(work, quiet=True)
    lines = [*map(_lines, found), f"{len(found)} of {total}"] if found else ["no incidents"]
    output.answer("\n".join(lines), {"incidents": [_told(one) for one in found], "total": total})
    return 0


def _resolve(arguments: argparse.Namespace, output: Output) -> int:
    said = arguments.resolution.strip()
    if not said:
        raise InputInvalid("--resolution", arguments.resolution, "what was done")

    async def work(settings: Settings) -> Incident:
        async with running.application(settings) as app, app.pool.acquire() as connection:
            by, at = OPERATOR.id, app.clock.now()
            return await incident.resolve(connection, arguments.id, by=by, resolution=said, at=at)

    closed = running.run(work, quiet=True)
    output.answer(f"{closed.incident_id} is resolved", {"incident": _told(closed)})
    return 0


def _retry(arguments: argparse.Namespace, output: Output) -> int:
    async def work(settings: Settings) -> Incident:
        async with running.application(settings) as app:
            return await remedy(app.engine, arguments.id, Cause(actor=OPERATOR))

    found = running.run(work, quiet=True)
    output.answer(
        f"what failed is tried again; {found.incident_id} closes by itself if that helps",
        {"incident": _told(found)},
    )
    return 0


def _told(one: Incident) -> object:
    return json.loads(json.dumps(asdict(one), default=str))


def _lines(one: Incident) -> str:
    seen = one.last_seen_at.isoformat(timespec="seconds")
    head = f"{one.incident_id}  {one.kind}  {one.subject}  for {one.owner}  seen {one.count} times, last {seen}"
    then = one.resolution if one.status == "resolved" else one.retry
    return f"{head}\n    [{one.code}] {one.cause}\n    {then}"
