"""The parts of the documentation that follow from the code, between `<!-- generated: ... -->` and `<!-- end -->`.

`python tests/unit/generated_docs.py` writes them anew; a test says when that is due.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from orderwright.app import settings
from orderwright.app.permissions import PERMISSIONS
from orderwright.app.shipped import folder
from orderwright.app.telemetry import catalogue
from orderwright.domain.catalogue import CATALOGUE
from orderwright.domain.event import EventType
from orderwright.domain.orders import BEHAVIOURS
from orderwright.statechart import Chart, EventDeclaration, StateNode, load
from orderwright.statechart.diagram import mermaid

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PAGES = (
    REFERENCE / "settings.md",
    REFERENCE / "lifecycles.md",
    REFERENCE / "events.md",
    REFERENCE / "metrics.md",
)
_PART = re.compile(r"(<!-- generated: (\w+) ?(\w*) -->\n).*?(<!-- end -->)", re.DOTALL)


def refreshed(text: str) -> str:
    """Return a page with its generated parts as they should be."""

    def part(match: re.Match[str]) -> str:
        opening, name, about, closing = match.groups()
        body = _OF_ITSELF[name]() if name in _OF_ITSELF else _OF_CHARTS[name](_chart(about))
        return f"{opening}{body}\n{closing}"

    return _PART.sub(part, text)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


# --- metrics --------------------------------------------------------------------------------------


def _metrics() -> str:
    return _table(
        ("Metric", "Type", "Labels", "Meaning"),
        (
            (
                f"`{family.name}`",
                family.kind,
                ", ".join(f"`{label}`" for label in family.labels),
                family.help,
            )
            for family in catalogue.CATALOGUE
        ),
    )


# --- settings -------------------------------------------------------------------------------------


def _settings() -> str:
    names, meanings = settings._names(), _meanings()
    fields = settings.Settings.model_fields
    whole = settings.Settings.model_json_schema(by_alias=False)
    schema = {name: _named(rule, whole) for name, rule in whole["properties"].items()}
    return _table(
        ("Variable", "Default", "Accepted", "Meaning"),
        (
            (
                " or ".join(f"`{name}`" for name in names[field]),
                _default(info.default),
                _accepted(schema[field]),
                meanings[field],
            )
            for field, info in fields.items()
        ),
    )


def _named(rule: Mapping[str, Any], whole: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the definition that a rule refers to, or the rule."""
    *_, name = rule.get("$ref", "").rpartition("/")
    return whole["$defs"][name] if name else rule


def _meanings() -> dict[str, str]:
    """Return the docstring that follows each field of the class."""
    [body] = [
        node.body
        for node in ast.parse(inspect.getsource(settings)).body
        if isinstance(node, ast.ClassDef) and node.name == "Settings"
    ]
    pairs = itertools.pairwise(body)
    return {
        field.target.id: note.value.value
        for field, note in pairs
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(note, ast.Expr)
        and isinstance(note.value, ast.Constant)
    }


def _default(value: object) -> str:
    if value is None:
        return "unset"
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"


def _accepted(rule: Mapping[str, Any]) -> str:
    if "enum" in rule:
        return ", ".join(f"`{one}`" for one in rule["enum"])
    if "minimum" in rule:
        return f"{rule['minimum']:,} to {rule['maximum']:,}"
    if rule.get("type") == "boolean":
        return "`true`, `false`"
    return "a path" if rule.get("format") == "path" else "text"


# --- domain events --------------------------------------------------------------------------------


def _catalogue() -> str:
    return "\n\n".join(_domain_event(event) for event in CATALOGUE.values())


def _domain_event(event: EventType) -> str:
    rows = ((f"`{name}`", _shape(schema)) for name, schema in event.properties.items())
    data = _table(("Data", "Shape"), rows)
    return f"### `{event.name}`\n\n{event.description} Version {event.version}.\n\n{data}"


def _shape(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    bounds = [f"at least {schema['minimum']}"] if "minimum" in schema else []
    bounds += [f"`{schema['pattern']}`"] if "pattern" in schema else []
    bounds += ["not empty"] if schema.get("minLength") else []
    return ", ".join([" or ".join(kinds), *bounds])


# --- charts ---------------------------------------------------------------------------------------


def _chart(name: str) -> Chart:
    latest = max(
        folder("charts").glob(f"{name}.v*.json"),
        key=lambda file: int(file.name.split(".v")[1][:-5]),
    )
    return load(latest.read_text(encoding="utf-8"))


def _diagram(chart: Chart) -> str:
    return f"```mermaid\n{mermaid(chart)}\n```"


def _states(chart: Chart) -> str:
    leaves = [node for node in chart.nodes if node.kind in ("atomic", "final")]
    return _table(("State", "Shown as", "Meaning"), (_state(node) for node in leaves))


def _state(node: StateNode) -> tuple[str, str, str]:
    ends = " Final." if node.kind == "final" else ""
    return f"`{node.key}`", node.label, f"{node.meta.get('description', '')}{ends}"


def _events(chart: Chart) -> str:
    head = ("Event", "Shown as", "Data", "Facts", "Sent by")
    return _table(head, (_event(chart, event) for event in chart.events.values()))


def _event(chart: Chart, event: EventDeclaration) -> tuple[str, str, str, str, str]:
    properties: Any = (event.data or {}).get("properties", {})
    required: Any = (event.data or {}).get("required", [])
    data = ", ".join(f"`{key}`" + ("" if key in required else "?") for key in properties)
    roles = sorted(PERMISSIONS.get(f"{chart.id}.{event.type}", ()))
    who = "the system" if event.by == "system" else ", ".join(roles)
    facts = ", ".join(f"`{fact}`" for fact in event.facts)
    return f"`{event.type}`", f"{event.label}: {event.description}", data, facts, who


def _guards(chart: Chart) -> str:
    guards = BEHAVIOURS[chart.id].guards
    rows = ((f"`{name}`", _first_line(guard)) for name, guard in guards.items())
    return _table(("Guard", "It holds when"), rows)


def _first_line(function: object) -> str:
    return (inspect.getdoc(function) or "").splitlines()[0]


_OF_ITSELF: Mapping[str, Callable[[], str]] = {
    "settings": _settings,
    "catalogue": _catalogue,
    "metrics": _metrics,
}
_OF_CHARTS: Mapping[str, Callable[[Chart], str]] = {
    "diagram": _diagram,
    "states": _states,
    "events": _events,
    "guards": _guards,
}


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(refreshed(page.read_text(encoding="utf-8")), encoding="utf-8")
