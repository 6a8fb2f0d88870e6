"""`orderwright instance show|log|explain|replay|simulate|verify|migrate`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from orderwright.app.bootstrap import Orderwright
from orderwright.app.settings import Settings
from orderwright.cli import instance_answer as answers, instance_simulate, running
from orderwright.cli.instance_answer import Answer
from orderwright.cli.instance_simulate import moment, read_mapping, simulate
from orderwright.cli.number import require_number
from orderwright.cli.output import Output, add_json
from orderwright.errors import InputInvalid
from orderwright.runtime import ledger
from orderwright.runtime.command import Actor
from orderwright.runtime.instance import found
from orderwright.runtime.journal import read_log, unfold
from orderwright.runtime.ledger import Difference
from orderwright.runtime.move import pending_timers
from orderwright.runtime.replay import Finding, Tally

_KEPT: Final = 1000  # findings that the answer lists; all are counted
_EACH: Final = 100_000  # log rows between two lines of progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs."""
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", required=True)
    for name, summary in (
        ("show", "where it stands, its context and its timers"),
        ("log", "what happened to it, row by row"),
        ("explain", "which events it takes now, and why not the others"),
        ("replay", "what it was after each row of its log, or at one version or time"),
    ):
        verb = verbs.add_parser(name, help=summary, description=summary)
        verb.add_argument("instance", metavar="ID")
        add_json(verb)
        if name == "explain":
            verb.add_argument("--actor", default="cli", help="who would send the events")
        if name == "replay":
            when = verb.add_mutually_exclusive_group()
            when.add_argument("--version", type=int, metavar="N", help="at this version")
            when.add_argument("--at", type=moment, metavar="TIME", help="at this time, ISO 8601")
    would = verbs.add_parser("simulate", help="what events would do; nothing is written")
    would.description = "Suppose events, and tell what they would do; nothing is written."
    instance_simulate.add_arguments(would)
    add_json(would)
    _add_verify(verbs.add_parser("verify", help="hold instances against their logs and anchors"))
    _add_migrate(verbs.add_parser("migrate", help="move running instances to another version"))


def _add_verify(verb: argparse.ArgumentParser) -> None:
    verb.description = (
        "Hold all instances, or one, against their logs; and all against the latest daily anchor."
    )
    verb.add_argument("instance", metavar="ID", nargs="?")
    verb.add_argument("--anchor", type=Path, metavar="FILE", help="this export, not the latest")
    add_json(verb)


def _add_migrate(verb: argparse.ArgumentParser) -> None:
    verb.description = (
        "Move the running instances of a chart's version to another one by a mapping."
    )
    verb.add_argument("chart")
    verb.add_argument("--from", type=int, required=True, dest="before", metavar="N")
    verb.add_argument("--to", type=int, required=True, dest="after", metavar="N")
    verb.add_argument("--mapping", type=Path, metavar="FILE", help="JSON; see the how-to page")
    verb.add_argument("--dry-run", action="store_true", help="only say what would happen")
    verb.add_argument("--actor", default="cli", help="who does it, for the logs")
    verb.add_argument("--reason", help="why, for the logs")
    add_json(verb)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Do what the verb says; 1 when problems were found."""

    async def work(settings: Settings) -> Answer:
        async with running.application(settings) as app:
            return await _VERBS[arguments.verb](app, arguments)

    answer = running.run(work, quiet=True)
    output.answer(answer.text, answer.document)
    return 0 if answer.sound else 1


async def _show(app: Orderwright, arguments: argparse.Namespace) -> Answer:
    instance = found(await app.engine.read(arguments.instance), arguments.instance)
    async with app.pool.acquire() as connection:
        timers = await pending_timers(connection, instance.instance_id)
    return answers.standing(instance, timers)


async def _log(app: Orderwright, arguments: argparse.Namespace) -> Answer:
    await app.replay.reached(arguments.instance)
    async with app.pool.acquire() as connection:
        rows = await read_log(connection, arguments.instance)
    return answers.log([row for row, _ in rows])


async def _explain(app: Orderwright, arguments: argparse.Namespace) -> Answer:
    actor = Actor(arguments.actor)
    return answers.explained(await app.engine.explain(arguments.instance, actor))


async def _replay(app: Orderwright, arguments: argparse.Namespace) -> Answer:
    reached = await app.replay.reached(arguments.instance)
    version: int | None = arguments.version
    if arguments.at is not None:
        version = await app.replay.version_at(arguments.instance, arguments.at)
    if version is not None:
        if not 1 <= version <= reached:
            raise InputInvalid("--version", version, f"1 to {reached}")
        snapshot = await app.replay.state_at(arguments.instance, version)
        return answers.state(arguments.instance, version, snapshot)
    async with app.pool.acquire() as connection:
        rows = [row for row, _ in await read_log(connection, arguments.instance)]
    snapshots = unfold(json.loads(row.changes) for row in rows)
    return answers.replayed(list(zip(rows, snapshots, strict=True)))


async def _verify(app: Orderwright, arguments: argparse.Namespace) -> Answer:
    if arguments.instance is not None:
        discrepancies = await app.replay.verify(arguments.instance)
        findings = [
            Finding(
                instance_id=arguments.instance,
                version=one.version,
                code=one.code,
                message=one.message,
            )
            for one in discrepancies
        ]
        return answers.verified(
            Tally(total=1, instances=1, findings=len(findings)), findings, None
        )
    tally, kept = Tally(), list[Finding]()
    told = _Shown("log rows", _EACH)
    async for finding in app.replay.verify_all(tally, progress=lambda: told(tally.rows)):
        if len(kept) < _KEPT:
            kept.append(finding)
    async for one in ledger.differences(app.pool):
        tally.findings += 1
        if len(kept) < _KEPT:
            kept.append(_of_balance(one))
    file = arguments.anchor or app.anchors.latest()
    if file is not None:
        async for finding in app.anchors.check(file):
            tally.findings += 1
            if len(kept) < _KEPT:
                kept.append(finding)
    return answers.verified(tally, kept, file)


def _of_balance(one: Difference) -> Finding:
    return Finding(
        instance_id=f"{one.ledger} of {one.account}",
        version=0,
        code="balance_differs",
        message=f"the balance is {one.balance}, and its rows add up to {one.rows}",
    )


async def _migrate(app: Orderwright, arguments: argparse.Namespace) -> Answer:
    require_number("--from", arguments.before)
    require_number("--to", arguments.after)
    told = _Shown("instances", 1000)
    report = await app.migrations.migrate(
        arguments.chart,
        arguments.before,
        arguments.after,
        read_mapping(arguments.mapping),
        dry_run=arguments.dry_run,
        actor=arguments.actor,
        reason=arguments.reason,
        progress=told,
    )
    return answers.migrated(report)


class _Shown:
    """Tells on stderr how far it is: one line that counts up where a person watches, else a line now and then."""

    def __init__(self, what: str, each: int) -> None:
        self._what = what
        self._each = each
        self._told = 0
        self._live = sys.stderr.isatty()

    def __call__(self, done: int, total: int | None = None) -> None:
        if not self._live and done - self._told < self._each:
            return
        self._told = done
        line = f"{done} {self._what}" if total is None else f"{done} of {total} {self._what}"
        sys.stderr.write(f"\r{line}" if self._live else f"{line}\n")
        sys.stderr.flush()


_VERBS: Final[Mapping[str, Callable[[Orderwright, argparse.Namespace], Awaitable[Answer]]]] = {
    "show": _show,
    "log": _log,
    "explain": _explain,
    "replay": _replay,
    "simulate": simulate,
    "verify": _verify,
    "migrate": _migrate,
}
