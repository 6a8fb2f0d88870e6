"""What a new version of a chart must bring before it is published: it will run for as long as its instances do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jsonschema import Draft202012Validator, FormatChecker

from orderwright.errors import DefinitionInvalid
from orderwright.runtime.event_schema import compiled, has_part, search
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
    path, schema = f"events.{event.type}.data", dict(event.data)
    found = False
    for error in _META.iter_errors(schema):
        found = True
        place = ".".join([path, *map(str, error.absolute_path)])
        yield Problem(place, "schema.invalid", f"no JSON Schema: {error.message}")
    if found:
        return
    for problem in _in_keywords(schema, path, formats):
        found = found or problem.code != "schema.format"
        yield problem
    if not found:
        yield from _in_whole(schema, path, formats)


def _in_keywords(
    schema: dict[str, Json], path: str, formats: FormatChecker | None
) -> Iterator[Problem]:
    references = list[tuple[str, str]]()
    for place, part in _schemas_in(schema, path):
        for keyword in ("$ref", "$dynamicRef"):
            named = part.get(keyword)
            if isinstance(named, str):
                references.append((f"{place}.{keyword}", named))
        yield from _in_patterns(part, place)
        yield from _in_format(part.get("format"), f"{place}.format", formats)
    yield from _in_references(schema, references)


def _in_references(
    schema: dict[str, Json], references: list[tuple[str, str]]
) -> Iterator[Problem]:
    remote = [(place, named) for place, named in references if not named.startswith("#")]
    for place, named in remote:
        message = (
            f"{named!r} is outside of this schema, and may be gone or other tomorrow; put what it names under $defs"
            " and refer to it as #/$defs/..."
        )
        yield Problem(place, "schema.reference", message)
    for place, named in references:
        if not remote and not has_part(schema, named):
            message = (
                f"there is no {named!r} in this schema; name a part that it has, as #/$defs/..."
            )
            yield Problem(place, "schema.reference", message)


def _in_patterns(part: dict[str, Json], place: str) -> Iterator[Problem]:
    named, pattern = part.get("patternProperties"), part.get("pattern")
    patterns = [(f"{place}.pattern", pattern)] if isinstance(pattern, str) else []
    if isinstance(named, dict):
        patterns += [(f"{place}.patternProperties.{one}", one) for one in named]
    for where, one in patterns:
        try:
            search(one)
        except ValueError:
            message = (
                f"{one!r} is no pattern, is too large, or has look-around or a back-reference"
            )
            yield Problem(where, "schema.pattern", message)


def _in_format(name: Json, place: str, formats: FormatChecker | None) -> Iterator[Problem]:
    if formats is not None and isinstance(name, str) and name not in formats.checkers:
        known = ", ".join(sorted(formats.checkers)) or "none"
        message = f"nobody checks the format {name!r}; known are: {known}"
        yield Problem(place, "schema.format", message)


def _in_whole(
    schema: dict[str, Json], path: str, formats: FormatChecker | None
) -> Iterator[Problem]:
    """Find what no keyword shows by itself: make the schema ready as the engine will."""
    try:
        compiled(schema, formats or FormatChecker(formats=()))
    except ValueError as error:
        yield Problem(path, "schema.invalid", f"no event can be held against it: {error}")


_DATA: Final = frozenset({"const", "enum", "default", "examples"})
_NAMED: Final = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas"})
"""Keywords whose value is no schema but data, and those that have one under each name."""


def _schemas_in(source: Json, path: str) -> Iterator[tuple[str, dict[str, Json]]]:
    """Yield a schema and those within it, each with its place."""
    if isinstance(source, list):
        for number, member in enumerate(source):
            yield from _schemas_in(member, f"{path}[{number}]")
    elif isinstance(source, dict):
        yield path, source
        for key, member in source.items():
            if key in _NAMED and isinstance(member, dict):
                for name, inner in member.items():
                    yield from _schemas_in(inner, f"{path}.{key}.{name}")
            elif key not in _DATA:
                yield from _schemas_in(member, f"{path}.{key}")
