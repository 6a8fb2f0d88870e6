"""`orderwright policy executions`: what policies have decided."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from orderwright.app.page import LARGEST
from orderwright.app.policies.execution import Recorded
from orderwright.app.policies.execution_list import EvaluationRow, ExecutionRow, ExecutionsWanted
from orderwright.cli import running
from orderwright.cli.output import Output, add_json

if TYPE_CHECKING:
    from orderwright.app.settings import Settings


def add_verb(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb."""
    verb = verbs.add_parser("executions", help="show what policies decided, the newest first")
    verb.add_argument("--policy", metavar="ID", help="only where this one did not miss")
    verb.add_argument("--outcome", choices=get_args(Recorded), help="only where one came to this")
    verb.add_argument("--trigger", help="only on this, for example ORDER_CREATED")
    verb.add_argument("--limit", type=int, default=50, help=f"up to {LARGEST}; 50 by default")
    add_json(verb)


@dataclass(frozen=True, slots=True, kw_only=True)
class _One:
    row: ExecutionRow
    evaluations: list[EvaluationRow]

    @property
    def line(self) -> str:
        came = ", ".join(f"{one.policy_name}: {one.outcome}" for one in self.evaluations)
        on = f"{self.row.entity_type} {self.row.entity_id}"
        at = self.row.occurred_at.isoformat(timespec="seconds")
        return f"{self.row.id}  {at}  {self.row.trigger}  {on}  {came or self.row.status}"

    def to_json(self) -> dict[str, object]:
        return {
            "id": self.row.id,
            "occurred_at": self.row.occurred_at.isoformat(),
            "trigger": self.row.trigger,
            "entity": {"type": self.row.entity_type, "id": self.row.entity_id},
            "status": self.row.status,
            "policies": [
                {"id": one.policy_id, "name": one.policy_name, "outcome": one.outcome}
                for one in self.evaluations
            ],
        }


def show(arguments: argparse.Namespace, output: Output) -> int:
    """Show executions."""
    wanted = ExecutionsWanted(
        policy_id=arguments.policy, outcome=arguments.outcome, trigger=arguments.trigger
    )

    async def work(settings: Settings) -> tuple[list[_One], int]:
        async with running.application(settings) as app:
            listed = app.policy_office.executions
            page = await listed.page(running.READER, wanted, first=arguments.limit, after=None)
            rows = [row for _, row in page.rows]
            came = await listed.evaluations([row.id for row in rows])
            total = await listed.count(running.READER, wanted)
        return [_One(row=row, evaluations=came[row.id]) for row in rows], total

    found, total = running.run(work, quiet=True)
    lines = [*(one.line for one in found), f"{len(found)} of {total}"]
    told = {"executions": [one.to_json() for one in found], "total": total}
    output.answer("\n".join(lines if found else ["nothing was decided"]), told)
    return 0
