"""What a new version of a chart must bring before it is published: it will run for as long as its instances do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jsonschema import Draft202012Validator, FormatChecker

from orderwright.errors import DefinitionInvalid
from orderwright.statechart.checks import check
from orderwright.statechart.checks.implementation import implementations
from orderwright.statechart.checks.source import Source
from orderwright.statechart.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from orderwright.json_text import Json
    from orderwright.statechart import Behaviour, Chart, EventDeclaration

_META = Draft202012Validator(Draft202012Validator.META_SCHEMA)


class ChartUnsound(DefinitionInvalid):
    """A chart means something, and not what its author can have meant; `findings` lists each place with its cure."""

    code = "chart.unsound"

    def __init__(self, chart: Chart, findings: Collection[Problem]) -> None:
        listed = "; ".join(f"{one.path or 'chart'}: {one.message}" for one in findings)
        super().__init__(
            f"chart {chart.id} v{chart.version} cannot be published: {listed}",
            values={"chart": chart.id, "findings": [one._asdict() for one in findings]},
        )
        self.findings = tuple(findings)


def require_sound(
    chart: Chart,
    behaviour: Behaviour,
    *,
    facts: Collection[str] | None,
    formats: FormatChecker | None,
    kinds: Collection[str] | None = None,
) -> None:
    """Let a chart pass that has no findings.

    Args:
        chart: the new version.
        behaviour: its implementations.
        facts: the facts that somebody loads; None asks nothing of them.
        formats: the formats that somebody checks; None asks nothing of them.
        kinds: the kinds of jobs that somebody handles; None asks nothing of what is invoked.

    Raises:
        ChartUnsound: the checks of charts find something, a schema is none, a fact, a format or a kind is unknown.
    """
    found = list(check(chart, behaviour))
    found.extend(_in_events(chart, facts, formats))
    found.extend(_in_invocations(chart, kinds))
    if found:
        raise ChartUnsound(chart, found)


def lacking(
    chart: Chart,
    behaviour: Behaviour,
    *,
    facts: Collection[str] | None,
    formats: FormatChecker | None,
) -> Iterator[Problem]:
    """Yield what a published chart names and this process does not have: guards, actions, delays, facts, formats."""
    yield from implementations(Source(chart), behaviour)
    yield from _in_events(chart, facts, formats)


def _in_events(
    chart: Chart, facts: Collection[str] | None, formats: FormatChecker | None
) -> Iterator[Problem]:
    for event in chart.events.values():
        yield from _in_schema(event, formats)
        yield from _in_facts(event, facts)


def _in_facts(event: EventDeclaration, facts: Collection[str] | None) -> Iterator[Problem]:
    for number, name in enumerate(event.facts):
        if facts is not None and name not in facts:
            known = ", ".join(sorted(facts)) or "none"
            message = f"nobody loads the fact {name!r}; known are: {known}"
            yield Problem(f"events.{event.type}.facts[{number}]", "fact.unknown", message)


def _in_invocations(chart: Chart, kinds: Collection[str] | None) -> Iterator[Problem]:
    if kinds is None:
        return
    known, source = ", ".join(sorted(kinds)) or "none", Source(chart)
    for node in chart.nodes:
        for number, work in enumerate(node.invoke):
            if work.src not in kinds:
                path = source.path(node, f"invoke[{number}].src")
                message = f"nobody handles {work.src!r}; known are: {known}"
                yield Problem(path, "job.kind_unknown", message)


def _in_schema(event: EventDeclaration, formats: FormatChecker | None) -> Iterator[Problem]:
    if event.data is None:
        return
    path = f"events.{event.type}.data"
    for error in _META.iter_errors(dict(event.data)):
        place = ".".join([path, *map(str, error.absolute_path)])
        yield Problem(place, "schema.invalid", f"no JSON Schema: {error.message}")
    for place, name in _formats_in(event.data, path):
        if formats is not None and name not in formats.checkers:
            known = ", ".join(sorted(formats.checkers)) or "none"
            message = f"nobody checks the format {name!r}; known are: {known}"
            yield Problem(place, "schema.format", message)


def _formats_in(source: Json, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(source, dict):
        for key, member in source.items():
            if key == "format" and isinstance(member, str):
                yield f"{path}.{key}", member
            else:
                yield from _formats_in(member, f"{path}.{key}")
    elif isinstance(source, list):
        for number, member in enumerate(source):
            yield from _formats_in(member, f"{path}[{number}]")
