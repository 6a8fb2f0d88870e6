"""`orderwright deadletter list|retry`."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass, field
from typing import Final

from orderwright.app.bootstrap import Orderwright
from orderwright.app.settings import Settings
from orderwright.cli import running
from orderwright.cli.number import require_number
from orderwright.cli.output import Output, add_json
from orderwright.errors import InputInvalid, OrderwrightError
from orderwright.runtime import dead_letter
from orderwright.runtime.command import Actor, Cause
from orderwright.runtime.dead_letter import DeadLetter
from orderwright.runtime.job_queue import payload_text
from orderwright.runtime.retrying import Retry, retry

OPERATOR: Final = Actor("cli", "system")
"""Who retries from the command line."""
_PAGE: Final = 200
_EACH: Final = 500
"""While many are retried, a line is written for so many."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the two verbs."""
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", required=True)
    listing = verbs.add_parser("list", help="show what failed for the last time, the latest first")
    listing.add_argument("--limit", type=int, default=50, help="how many at most; 50 by default")
    retrying = verbs.add_parser("retry", help="have dead letters tried again")
    retrying.add_argument("ids", nargs="*", metavar="ID", help="which ones")
    retrying.add_argument("--all", action="store_true", help="all of them, or all of --name")
    retrying.add_argument("--payload", metavar="JSON", help="the job's new payload; for one ID")
    retrying.add_argument("--reason", help="kept in the job's history")
    for verb in (listing, retrying):
        verb.add_argument("--name", help="only those of this kind of job, or this consumer")
        add_json(verb)
    parser.set_defaults(usage_error=retrying.error)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Do what the verb says."""
    return _list(arguments, output) if arguments.verb == "list" else _retry(arguments, output)


def _list(arguments: argparse.Namespace, output: Output) -> int:
    require_number("--limit", arguments.limit)

    async def work(settings: Settings) -> tuple[list[DeadLetter], int]:
        async with running.application(settings) as app, app.pool.acquire() as connection:
            found = await dead_letter.listed(connection, name=arguments.name, most=arguments.limit)
            return found, await dead_letter.count(connection, name=arguments.name)

    letters, total = running.run(work, quiet=True)
    told = json.loads(json.dumps([asdict(letter) for letter in letters], default=str))
    output.answer(_shown(letters, total), {"dead_letters": told, "total": total})
    return 0


def _retry(arguments: argparse.Namespace, output: Output) -> int:
    if bool(arguments.ids) == arguments.all:
        arguments.usage_error("give the IDs, or --all")
    if arguments.ids and arguments.name is not None:
        arguments.usage_error("--name goes with --all")
    if arguments.payload is not None and len(arguments.ids) != 1:
        arguments.usage_error("--payload goes with one ID")
    payload = None if arguments.payload is None else _payload(arguments.payload)

    async def work(settings: Settings) -> _Retried:
        async with running.application(settings) as app:
            ids = arguments.ids or await _every_id(app, arguments.name)
            retried = _Retried()
            for letter_id in ids:
                await retried.try_one(app, letter_id, payload, arguments.reason)
            return retried

    retried = running.run(work, quiet=True)
    output.answer(retried.to_text(), {"retried": retried.done, "refused": retried.refused})
    return 1 if retried.refused else 0


@dataclass(slots=True)
class _Retried:
    """What became of each."""

    done: list[str] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)

    async def try_one(
        self, app: Orderwright, letter_id: str, payload: str | None, reason: str | None
    ) -> None:
        """Retry one; a refusal stops nobody else's."""
        cause = Cause(actor=OPERATOR, reason=reason)
        try:
            await retry(app.engine, Retry(letter_id=letter_id, cause=cause, payload=payload))
            self.done.append(letter_id)
        except OrderwrightError as error:
            self.refused.append({"id": letter_id, "code": error.code, "message": error.message})
        if (len(self.done) + len(self.refused)) % _EACH == 0:
            sys.stderr.write(f"{len(self.done)} retried\n")

    def to_text(self) -> str:
        """Say it in lines."""
        lines = [f"{one['id']}: [{one['code']}] {one['message']}" for one in self.refused]
        return "\n".join([*lines, f"{len(self.done)} retried, {len(self.refused)} refused"])


async def _every_id(app: Orderwright, name: str | None) -> list[str]:
    """Return the ids of all that are dead now."""
    ids: list[str] = []
    after = None
    async with app.pool.acquire() as connection:
        while True:
            page = await dead_letter.listed(connection, name=name, after=after, most=_PAGE)
            ids.extend(letter.id for letter in page)
            if len(page) < _PAGE:
                return ids
            assert page[-1].died_at is not None
            after = (page[-1].died_at, page[-1].id)


def _payload(text: str) -> str:
    try:
        return payload_text(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise InputInvalid("--payload", text, f"JSON ({error})") from error


def _shown(letters: list[DeadLetter], total: int) -> str:
    if not letters:
        return "no dead letters"
    return "\n".join([*map(_lines, letters), f"{len(letters)} of {total}"])


def _lines(letter: DeadLetter) -> str:
    died = letter.died_at.isoformat(timespec="seconds") if letter.died_at else ""
    head = f"{letter.id}  {letter.name}  root {letter.root_id}  {letter.attempts} attempts  {died}"
    return f"{head}\n    {letter.last_error}\n    {json.dumps(letter.payload)}"
