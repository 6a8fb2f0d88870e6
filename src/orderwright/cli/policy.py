"""`orderwright policy check FILE...|test FILE|list|executions|figures|snooze|wake`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orderwright.app.policies.derived import unreadable
from orderwright.app.policies.intake import take_in
from orderwright.app.policies.policy_list import PoliciesWanted, PolicyRow
from orderwright.app.policies.policy_reading import facts_read, read_policy
from orderwright.app.policies.shipped_policies import CASES, read_json
from orderwright.app.policies.trigger_types import trigger_types
from orderwright.app.settings import Settings
from orderwright.cli import policy_executions, policy_figures, policy_snooze, running
from orderwright.cli.chart.file import read_text
from orderwright.cli.chart.place import Places
from orderwright.cli.output import Output, add_json
from orderwright.condition import Json, Lists, NamedList
from orderwright.errors import InputInvalid
from orderwright.policy import Deployment, PolicyInvalid, Result, run as run_policy
from orderwright.policy.trigger import facts_of

if TYPE_CHECKING:
    from orderwright.policy import Policy

_OUTCOMES: Final = ("hit", "miss", "unknown", "error")
_LISTS: Final = "lists"
"""The key of a file of cases that holds the lists that the policy reads."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs."""
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", required=True)
    checking = verbs.add_parser("check", help="say what is wrong with policies, and where")
    checking.add_argument("files", metavar="FILE", nargs="+", type=Path, help="a policy in JSON")
    testing = verbs.add_parser("test", help="try a policy on cases, and say which come out else")
    testing.add_argument("file", metavar="FILE", type=Path, help="a policy in JSON")
    testing.add_argument(
        "--cases", type=Path, help=f"facts by expected outcome; by default beside it: NAME{CASES}"
    )
    listing = verbs.add_parser("list", help="show policies, the newest first")
    listing.add_argument("--state", help="only such, for example ACTIVE")
    listing.add_argument("--limit", type=int, default=50, help="how many at most; 50 by default")
    policy_executions.add_verb(verbs)
    policy_figures.add_verb(verbs)
    policy_snooze.add_verbs(verbs)
    for verb in (checking, testing, listing):
        add_json(verb)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Do what the verb says."""
    return _VERBS[arguments.verb](arguments, output)


# --- check -----------------------------------------------------------------------------------------


def _check(arguments: argparse.Namespace, output: Output) -> int:
    found = [one for file in arguments.files for one in _problems(file)]
    files = "1 file" if len(arguments.files) == 1 else f"{len(arguments.files)} files"
    told = f"{len(found)} found" if found else "nothing found"
    lines = [
        f"{one['file']}:{one['line']}:{one['column']}: {one['path'] or 'policy'}: {one['message']} [{one['code']}]"
        for one in found
    ]
    output.answer("\n".join([*lines, f"{files}, {told}"]), {"problems": found})
    return 1 if found else 0


def _problems(file: Path) -> list[dict[str, object]]:
    text = read_text(file)
    try:
        read_policy(text, trigger_types({}), None)  # which lists there are only a database knows
    except PolicyInvalid as invalid:
        places = Places(text)
        return [
            {
                "file": str(file),
                "line": places.of(path).line,
                "column": places.of(path).column,
                "path": path,
                "code": code,
                "message": message,
            }
            for path, code, message in invalid.problems
        ]
    return []


# --- test ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    expected: str
    number: int
    facts: Mapping[str, Json]

    @property
    def name(self) -> str:
        return self.expected if self.number == 1 else f"{self.expected} {self.number}"


def _test(arguments: argparse.Namespace, output: Output) -> int:
    policy = read_policy(read_text(arguments.file), trigger_types({}), None)
    chosen: Path = arguments.cases or arguments.file.with_name(arguments.file.stem + CASES)
    cases, lists = _cases(chosen)
    results = [(case, _tried(policy, case, lists)) for case in cases]
    wrong = [case for case, result in results if result.outcome != case.expected]
    lines = [_line(case, result) for case, result in results]
    told = (
        f"{len(results)} cases, {len(wrong)} wrong"
        if wrong
        else f"{len(results)} cases, all right"
    )
    output.answer(
        "\n".join([*lines, told]), {"cases": [_told(case, result) for case, result in results]}
    )
    return 1 if wrong else 0


def _cases(file: Path) -> tuple[list[_Case], Lists]:
    """Read cases: an object of facts, or several, by the outcome that is expected; and lists by name."""
    read_text(file)  # says what is wrong where it cannot be read
    try:
        told = dict(read_json(file))
    except ValueError as unreadable:
        raise InputInvalid("--cases", str(file), f"a JSON object ({unreadable})") from None
    lists = told.pop(_LISTS, {})
    wrong = sorted(set(told) - set(_OUTCOMES))
    if wrong or not isinstance(lists, Mapping):
        raise InputInvalid("--cases", ", ".join(wrong) or _LISTS, f"keys {', '.join(_OUTCOMES)}")
    named = {name: NamedList.of(name, entries) for name, entries in lists.items()}
    found = [
        _Case(expected=outcome, number=number, facts=facts)
        for outcome, several in told.items()
        for number, facts in enumerate(several if isinstance(several, list) else [several], 1)
        if isinstance(facts, Mapping)
    ]
    return found, named.get


def _tried(policy: Policy, case: _Case, lists: Lists) -> Result:
    """Run a policy on facts as a host would tell them: what is not of its type is not known."""
    intake = take_in(case.facts, facts_of(policy.trigger, trigger_types({})) or {})
    seen = {**intake.facts, **unreadable(facts_read(policy), intake.facts, intake.mistyped)}
    return run_policy(Deployment(id="trial", version=1, policy=policy), seen, lists=lists)


def _line(case: _Case, result: Result) -> str:
    actions = ", ".join(one.action for one in result.actions) or "no action"
    if result.outcome == case.expected:
        return f"right  {case.name}: {actions}"
    missing = [f"missing: {', '.join(result.missing)}"] if result.missing else []
    mistyped = [f"mistyped: {path}, {reason}" for path, reason in result.mistyped.items()]
    why = f" ({'; '.join([*missing, *mistyped])})" if missing or mistyped else ""
    return f"WRONG  {case.name}: came to {result.outcome}{why}"


def _told(case: _Case, result: Result) -> dict[str, object]:
    return {
        "name": case.name,
        "expected": case.expected,
        "outcome": result.outcome,
        "actions": [one.action for one in result.actions],
        "missing": list(result.missing),
        "mistyped": result.mistyped,
        "error": result.error,
    }


# --- list ------------------------------------------------------------------------------------------


def _list(arguments: argparse.Namespace, output: Output) -> int:
    wanted = PoliciesWanted(states=[arguments.state] if arguments.state else ())

    async def work(settings: Settings) -> tuple[Sequence[PolicyRow], int]:
        async with running.application(settings) as app:
            listed = app.policy_office.listed
            page = await listed.page(running.READER, wanted, first=arguments.limit, after=None)
            rows = [row for _, row in page.rows]
            return rows, await listed.count(running.READER, wanted)

    found, total = running.run(work, quiet=True)
    lines = [*map(_shown, found), f"{len(found)} of {total}"] if found else ["no policies"]
    told = [_row(one) for one in found]
    output.answer("\n".join(lines), {"policies": told, "total": total})
    return 0


def _shown(row: PolicyRow) -> str:
    one = row.in_force
    force = "nothing in force"
    if one is not None:
        share = "" if one.rollout == 10_000 else f" for {one.rollout / 100:g} %"  # noqa: PLR2004 (all of them)
        force = f"version {one.version} in force, {one.mode}{share}"
    named = f"{row.id}  {row.name}  {row.trigger}  priority {row.priority}"
    return f"{named}  {row.standing.words.label}  {force}"


def _row(row: PolicyRow) -> dict[str, object]:
    one = row.in_force
    return {
        "id": row.id,
        "name": row.name,
        "trigger": row.trigger,
        "priority": row.priority,
        "state": row.standing.words.state,
        "latest_version": row.latest_version,
        "in_force": {"version": one.version, "mode": one.mode, "rollout": one.rollout}
        if one
        else None,
    }


_VERBS: Final[Mapping[str, Callable[[argparse.Namespace, Output], int]]] = {
    "check": _check,
    "test": _test,
    "list": _list,
    "executions": policy_executions.show,
    "figures": policy_figures.show,
    "snooze": policy_snooze.snooze,
    "wake": policy_snooze.wake,
}
