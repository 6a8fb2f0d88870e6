"""`orderwright chart explain FILE`: what each event would meet in a state, and why."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

from orderwright.cli.chart.file import behaviour_of, read_chart, read_text
from orderwright.cli.chart.state import state_id
from orderwright.cli.output import Output, add_json
from orderwright.clock import SystemClock
from orderwright.errors import InputInvalid
from orderwright.statechart import (
    Behaviour,
    Chart,
    Event,
    Explanation,
    Snapshot,
    Verdict,
    explain,
)
from orderwright.statechart.checks.source import Source
from orderwright.statechart.configuration import differences
from orderwright.statechart.explore import explore

SUMMARY: Final = "say of each event whether it would be taken in a state, and every reason why not"
_NOT_HERE: Final = "not_implemented"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", metavar="FILE", type=Path, help="a chart in JSON")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--snapshot", metavar="FILE", type=Path, help="a snapshot in JSON")
    where.add_argument(
        "--state", metavar="STATES", help="ids or keys of active states: CLEARED,PACKED"
    )
    parser.add_argument("--context", metavar="JSON", default="{}", help="laid over the context")
    parser.add_argument("--facts", metavar="JSON", default="{}", help="what the world knows")
    parser.add_argument(
        "--event",
        action="append",
        default=[],
        metavar="TYPE[=JSON]",
        help="this event alone, with these data; may be repeated",
    )
    add_json(parser)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Explain a state."""
    chart = read_chart(arguments.file)
    snapshot = _snapshot(chart, arguments)
    behaviour = behaviour_of(chart) or _unknowing(chart)
    facts = _object("--facts", arguments.facts)
    now = SystemClock().now()
    given = [_event(words) for words in arguments.event]
    sent = [event for event in given if event.data]
    found = explain(chart, behaviour, snapshot, facts=facts, now=now)
    if sent:
        found |= explain(chart, behaviour, snapshot, events=sent, facts=facts, now=now)
    if given:
        unheard = [event for event in given if event.type not in found]
        found |= explain(chart, behaviour, snapshot, events=unheard, facts=facts, now=now)
        found = {event.type: found[event.type] for event in given}
    lines = [chart.leaves(snapshot.configuration)]
    lines.extend(line for name, one in found.items() for line in _lines(name, one))
    output.answer("\n".join(lines), {name: _document(one) for name, one in found.items()})
    return 0


# --- where it stands ------------------------------------------------------------------------------


def _snapshot(chart: Chart, arguments: argparse.Namespace) -> Snapshot:
    if arguments.snapshot is not None:
        source = _object(str(arguments.snapshot), read_text(arguments.snapshot))
        try:
            at = Snapshot.from_json(source)
        except ValueError as invalid:
            raise InputInvalid("--snapshot", str(arguments.snapshot), str(invalid)) from None
        wrong = [f"{state}: {what}" for state, what in differences(chart, at.configuration)]
        if wrong:
            expected = f"a snapshot of this chart ({'; '.join(wrong)})"
            raise InputInvalid("--snapshot", str(arguments.snapshot), expected)
    else:
        at = _resting(chart, arguments.state)
    return at._replace(context={**at.context, **_object("--context", arguments.context)})


def _resting(chart: Chart, states: str) -> Snapshot:
    """Return the nearest snapshot with these states active, with the chart's own context."""
    wanted = [state_id(chart, name.strip(), "--state") for name in states.split(",")]
    answer = explore(chart).never(lambda place: all(map(place.is_in, wanted)))
    if answer.place is None:
        raise InputInvalid("--state", states, "states that an instance can rest in together")
    return answer.place.snapshot._replace(context=dict(chart.context))


def _object(field: str, text: str) -> Mapping[str, object]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as broken:
        raise InputInvalid(field, text[:80], f"JSON ({broken})") from None
    if not isinstance(found, dict):
        raise InputInvalid(field, text[:80], "a JSON object")
    return found


def _event(words: str) -> Event:
    name, _, data = words.partition("=")
    return Event(name, _object("--event", data) if data else {})


def _unknowing(chart: Chart) -> Behaviour:
    """Return a behaviour that knows every name of a chart and has no answer to any."""
    source = Source(chart)
    tests = {_name(test.source) for test in source.tests()}
    acts = {_name(act.source) for act in source.acts()}
    return Behaviour(
        guards={
            name: lambda _, name=name: Verdict(None, _NOT_HERE, f"{name} is not implemented here")  # type: ignore[misc]
            for name in tests
        },
        actions=dict.fromkeys(acts, lambda _: None),
        delays=dict.fromkeys(_delays(chart, source), lambda _: None),
    )


def _name(source: object) -> str:
    return str(source.get("type", "")) if isinstance(source, dict) else str(source)


def _delays(chart: Chart, source: Source) -> set[str]:
    timers = {str(timer.delay) for node in chart.nodes for timer in node.after}
    later = [act.source.get("send") for act in source.acts() if isinstance(act.source, dict)]
    return timers | {str(one.get("delay")) for one in later if isinstance(one, dict)}


# --- words ----------------------------------------------------------------------------------------


def _status(explanation: Explanation) -> str:
    """An event that only guards without an implementation stop depends on them."""
    codes = {reason.code for reason in explanation.reasons}
    return "depends" if codes == {_NOT_HERE} else explanation.status


def _lines(name: str, explanation: Explanation) -> list[str]:
    why = [f"  {_reason(reason.message, reason.unblockers)}" for reason in explanation.reasons]
    return [f"{name}: {_status(explanation)}", *dict.fromkeys(why)]


def _reason(message: str, unblockers: tuple[str, ...]) -> str:
    return f"{message} (can be lifted by {', '.join(unblockers)})" if unblockers else message


def _document(explanation: Explanation) -> dict[str, object]:
    return {**asdict(explanation), "status": _status(explanation)}
