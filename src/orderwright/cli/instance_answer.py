"""What `orderwright instance` answers: text for people, and the same as a document."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orderwright.json_text import dump
from orderwright.runtime.instance import Instance
from orderwright.runtime.journal import LogRow
from orderwright.runtime.migration import MigrationReport
from orderwright.runtime.replay import Finding, Tally
from orderwright.runtime.simulation import Simulation
from orderwright.statechart import Effect, Event, Explanation, Reason, Schedule, Snapshot
from orderwright.statechart.migration import Pending


@dataclass(frozen=True, slots=True)
class Answer:
    """Text, document, and whether all is well."""

    text: str
    document: Mapping[str, object]
    sound: bool = True


def standing(instance: Instance, timers: Sequence[Pending]) -> Answer:
    """Tell where an instance stands."""
    chart = f"{instance.chart_id} v{instance.chart_version}"
    since = f"version {instance.version} of {instance.updated_at.isoformat()}"
    lines = [
        f"{instance.instance_id}: {instance.state} ({instance.status})",
        f"  {chart}, {since}, belongs to {instance.root_id}",
        *(f"  {key} = {_json(value)}" for key, value in instance.snapshot.context.items()),
        *(f"  timer {one.id} due {one.due_at.isoformat()}" for one in timers),
    ]
    document = {
        "instance": instance.instance_id,
        "root": instance.root_id,
        "version": instance.version,
        "state": instance.state,
        "snapshot": instance.snapshot.to_json(),
        "created_at": instance.created_at.isoformat(),
        "updated_at": instance.updated_at.isoformat(),
        "timers": [
            {"id": one.id, "event": one.event.type, "due_at": one.due_at.isoformat()}
            for one in timers
        ],
    }
    return Answer("\n".join(lines), document)


def log(rows: Sequence[LogRow]) -> Answer:
    """Tell what happened to an instance."""
    lines = [_line(row) for row in rows]
    return Answer("\n".join(lines), {"rows": [_row(row) for row in rows]})


def explained(events: Mapping[str, Explanation]) -> Answer:
    """Tell which events an instance takes."""
    lines, document = [], {}
    for name, one in events.items():
        lines.append(f"{one.status:8} {name}")
        lines.extend(f"         {reason.message}" for reason in one.reasons)
        reasons = [_reason(reason) for reason in one.reasons]
        document[name] = {"status": one.status, "reasons": reasons}
    return Answer("\n".join(lines), {"events": document})


def state(instance_id: str, version: int, snapshot: Snapshot) -> Answer:
    """Tell what an instance was at a version."""
    lines = [
        f"{instance_id} at version {version}: {_json(snapshot.value)} ({snapshot.status})",
        f"  {snapshot.chart_id} v{snapshot.version}",
        *(f"  {key} = {_json(value)}" for key, value in snapshot.context.items()),
    ]
    document = {"instance": instance_id, "version": version, "snapshot": snapshot.to_json()}
    return Answer("\n".join(lines), document)


def replayed(steps: Sequence[tuple[LogRow, Snapshot]]) -> Answer:
    """Tell what an instance was after each row of its log."""
    lines = []
    for row, _ in steps:
        lines.append(_line(row))
        changed = json.loads(row.changes).get("context") or {}
        lines.extend(
            f"        {key} = {_json(one)}" for key, one in changed.get("set", {}).items()
        )
        lines.extend(f"        {key} is gone" for key in changed.get("drop", []))
    document = [{**_row(row), "snapshot": snapshot.to_json()} for row, snapshot in steps]
    return Answer("\n".join(lines), {"steps": document})


def simulated(instance_id: str, events: Sequence[Event], found: Simulation) -> Answer:
    """Tell what events would do; a refused one is an answer, an instance that cannot move is a problem."""
    before = found.before
    lines = [f"{instance_id} at {_json(before.value)} of {before.chart_id} v{before.version}"]
    lines += [f"    cannot move: {reason.code}: {reason.message}" for reason in found.immovable]
    document: list[dict[str, object]] = []
    for event, step in zip(events, found.steps, strict=False):
        refused = step.refused
        lines.append(f"{event.type}: {refused.message if refused else _json(step.snapshot.value)}")
        effects = [_effect(one) for one in step.effects]
        lines += [f"    {_json(one)}" for one in effects]
        document.append(
            {
                "event": event.type,
                "refused": {"code": refused.code, "message": refused.message} if refused else None,
                "snapshot": step.snapshot.to_json(),
                "effects": effects,
            }
        )
    whole = {
        "instance": instance_id,
        "before": before.to_json(),
        "steps": document,
        "immovable": [_reason(reason) for reason in found.immovable],
    }
    return Answer("\n".join(lines), whole, sound=not found.immovable)


def verified(tally: Tally, findings: Sequence[Finding], anchor: Path | None) -> Answer:
    """Tell what a verification came to."""
    lines = [
        f"{one.instance_id} version {one.version}: {one.code}: {one.message}" for one in findings
    ]
    if tally.findings > len(findings):
        lines.append(f"... and {tally.findings - len(findings)} more")
    held = f", and {anchor.name}" if anchor else ""
    rows = f" ({tally.rows} log rows)" if tally.rows else ""
    lines.append(
        f"{tally.instances} instances{rows} against their logs{held}: {tally.findings} problems"
    )
    document = {
        "instances": tally.instances,
        "rows": tally.rows,
        "problems": tally.findings,
        "anchor": anchor.name if anchor else None,
        "findings": [
            {
                "instance": one.instance_id,
                "version": one.version,
                "code": one.code,
                "message": one.message,
            }
            for one in findings
        ],
    }
    return Answer("\n".join(lines), document, sound=not tally.findings)


def migrated(report: MigrationReport) -> Answer:
    """Tell what a migration came to."""
    lines = []
    for one in report.stuck:
        lines.append(f"{one.instance_id} ({one.state or 'locked'}) cannot move")
        lines.extend(f"    {reason.code}: {reason.message}" for reason in one.reasons)
    would = "would move" if report.dry_run else "moved"
    resumed = ", counting what was done before it was interrupted" if report.resumed else ""
    lines.append(
        f"{report.moved} instances {would} from {report.chart_id} v{report.from_version} to"
        f" v{report.to_version}{resumed}; {len(report.stuck)} cannot"
    )
    if report.given_up:
        lines.append(
            "given up: it was asked for with another mapping, or the other way, meanwhile"
        )
    document = {
        "chart": report.chart_id,
        "from": report.from_version,
        "to": report.to_version,
        "dry_run": report.dry_run,
        "resumed": report.resumed,
        "given_up": report.given_up,
        "moved": report.moved,
        "stuck": [
            {
                "instance": one.instance_id,
                "version": one.version,
                "state": one.state,
                "reasons": [_reason(reason) for reason in one.reasons],
            }
            for one in report.stuck
        ],
    }
    sound = not report.stuck and not report.given_up
    return Answer("\n".join(lines), document, sound=sound)


def _line(row: LogRow) -> str:
    at = row.occurred_at.isoformat(timespec="seconds")
    way = (
        row.to_state
        if row.from_state in (None, row.to_state)
        else f"{row.from_state} -> {row.to_state}"
    )
    why = f' "{row.reason}"' if row.reason else ""
    return f"{row.version:4} {at} {row.event_type}: {way} by {row.actor_kind} {row.actor_id}{why}"


def _row(row: LogRow) -> dict[str, object]:
    plain: dict[str, object] = {name: getattr(row, name) for name in LogRow._fields}
    for name in ("occurred_at", "recorded_at"):
        plain[name] = getattr(row, name).isoformat()
    for name in ("event_data", "facts", "changes"):
        plain[name] = json.loads(getattr(row, name))
    return plain


def _reason(reason: Reason) -> dict[str, object]:
    return {"code": reason.code, "message": reason.message, "values": dict(reason.values)}


def _effect(effect: Effect) -> dict[str, object]:
    plain: dict[str, object] = {name: getattr(effect, name) for name in effect.__slots__}
    if isinstance(effect, Schedule):
        plain.update(event=effect.event.type, data=effect.event.data)
    return {type(effect).__name__.lower(): json.loads(dump(plain))}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
