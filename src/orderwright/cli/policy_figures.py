"""`orderwright policy figures`: what a policy has come to within the last 30 days."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from orderwright.cli import running
from orderwright.cli.output import Output, add_json

if TYPE_CHECKING:
    from orderwright.app.policies.policy_list import PolicyRow
    from orderwright.app.policies.statistics import Statistics
    from orderwright.app.settings import Settings


def add_verb(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    verb = verbs.add_parser("figures", help="show what a policy came to within the last 30 days")
    verb.add_argument("id", metavar="ID", help="which one")
    add_json(verb)


def show(arguments: argparse.Namespace, output: Output) -> int:
    """Show what a policy has come to."""

    async def work(settings: Settings) -> tuple[PolicyRow, Statistics]:
        async with running.application(settings) as app:
            listed = app.policy_office.listed
            row = await listed.required(running.READER, arguments.id)
            return row, (await listed.figures([row.id]))[row.id]

    row, found = running.run(work, quiet=True)
    output.answer(_said(row, found), {"id": row.id, "name": row.name, **_figures(found)})
    return 0


def _said(row: PolicyRow, found: Statistics) -> str:
    asked = f"{found.executions} times: {found.hits} hits, {found.misses} misses"
    doubts = f"{found.unknown} not known, {found.failures} failures, {found.snoozed} snoozed"
    judged = f"{found.confirmed} confirmed, {found.false_alarms} false alarms"
    return "\n".join(
        [
            f"{row.id}  {row.name}",
            f"asked {asked}, {doubts}",
            f"not asked at {found.undecided} events that could not be decided on",
            f"hit rate {_percent(found.hit_rate)}",
            f"cases: {judged}, {found.unjudged} unjudged",
            f"precision {_percent(found.precision)}",
        ]
    )


def _percent(part: float | None) -> str:
    return "unknown" if part is None else f"{part * 100:.3g} %"


def _figures(found: Statistics) -> dict[str, object]:
    return {
        "executions": found.executions,
        "hits": found.hits,
        "misses": found.misses,
        "unknown": found.unknown,
        "failures": found.failures,
        "snoozed": found.snoozed,
        "undecided": found.undecided,
        "hit_rate": found.hit_rate,
        "confirmed": found.confirmed,
        "false_alarms": found.false_alarms,
        "unjudged": found.unjudged,
        "precision": found.precision,
    }
