"""`orderwright instance simulate`: what events would do, on its own version of the chart or another."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from orderwright.app.bootstrap import Orderwright
from orderwright.cli import instance_answer as answers
from orderwright.cli.instance_answer import Answer
from orderwright.cli.number import require_number
from orderwright.errors import InputInvalid
from orderwright.json_text import load
from orderwright.runtime.command import Actor
from orderwright.runtime.simulation import Supposition
from orderwright.statechart import Event


def add_arguments(verb: argparse.ArgumentParser) -> None:
    """Declare the options."""
    verb.add_argument("instance", metavar="ID")
    verb.add_argument(
        "--event",
        action="append",
        type=_event,
        default=[],
        metavar="TYPE[=DATA]",
        help="an event, with its data as JSON; repeat it for several, one after the other",
    )
    verb.add_argument("--version", type=int, metavar="N", help="from this version of the instance")
    verb.add_argument("--at", type=moment, metavar="TIME", help="as if it were then, ISO 8601")
    verb.add_argument(
        "--chart-version", type=int, metavar="N", help="on this version of the chart"
    )
    verb.add_argument("--mapping", type=Path, metavar="FILE", help="the way to that version, JSON")
    verb.add_argument(
        "--facts", type=_object, metavar="JSON", help="what is supposed of the world"
    )
    verb.add_argument("--actor", default="cli", help="who would send the events")


async def simulate(app: Orderwright, arguments: argparse.Namespace) -> Answer:
    """Suppose what the arguments say."""
    require_number("--version", arguments.version)
    require_number("--chart-version", arguments.chart_version)
    supposed = Supposition(
        events=arguments.event,
        actor=Actor(arguments.actor),
        at=arguments.at,
        from_version=arguments.version,
        chart_version=arguments.chart_version,
        mapping=read_mapping(arguments.mapping),
        facts=arguments.facts,
    )
    found = await app.simulator.simulate(arguments.instance, supposed)
    return answers.simulated(arguments.instance, supposed.events, found)


def read_mapping(file: Path | None) -> Mapping[str, object]:
    """Read a mapping between versions of a chart; without a file nothing is mapped.

    Raises:
        InputInvalid: it is no JSON object.
    """
    if file is None:
        return {}
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputInvalid("--mapping", str(file), f"a JSON file ({error})") from error
    if not isinstance(read, dict):
        raise InputInvalid("--mapping", str(file), "a JSON object")
    return read


def moment(text: str) -> datetime:
    """Read a time, which is meant in UTC unless it says otherwise.

    Raises:
        ValueError: it is none, or none that UTC has.
    """
    read = datetime.fromisoformat(text)
    try:
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from error


def _event(text: str) -> Event:
    name, mark, data = text.partition("=")
    return Event(name, _object(data) if mark else {})


def _object(text: str) -> dict[str, object]:
    read: object = load(text)
    if not isinstance(read, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 (what argparse takes as wrong usage)
    return read
