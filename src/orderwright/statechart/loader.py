"""Turn a definition into a `Chart`, or say everything that is wrong with it.

Two passes: the first lays out the tree (ids, kinds, document order), the second reads what refers to it
(targets, transitions, defaults). Definitions are JSON text, because their order is meaning.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType

from orderwright.json_text import Json
from orderwright.statechart.chart import Chart
from orderwright.statechart.definition import EventDeclaration
from orderwright.statechart.document import parse, write
from orderwright.statechart.layout import Draft, lay_out
from orderwright.statechart.problem import ChartInvalid, Problems
from orderwright.statechart.wiring import wire

_DECLARATION_KEYS = frozenset({"label", "description", "data", "by", "facts"})


def load(definition: Mapping[str, Json] | str) -> Chart:
    """Read a chart definition.

    Args:
        definition: JSON text, or the object it would parse to (its order counts too).

    Raises:
        ChartInvalid: the definition has no meaning; `problems` lists every mistake with its path.
    """
    problems = Problems()
    text = definition if isinstance(definition, str) else write(definition)
    source = problems.mapping(parse(text, problems), "", "a chart")
    if problems.found:
        raise ChartInvalid(problems.found)
    drafts = lay_out(source, problems)
    nodes = wire(drafts, problems) if not problems.found else ()
    context = problems.mapping(source.get("context", {}), "context", "`context`")
    events = _events(source.get("events", {}), problems)
    version = _version(source.get("version", 1), problems)
    if problems.found:
        raise ChartInvalid(problems.found)
    return Chart(
        id=drafts[0].id,
        version=version,
        hash=_structural_hash(drafts),
        definition=text,
        nodes=nodes,
        ids=MappingProxyType({node.id: node.index for node in nodes}),
        context=MappingProxyType(dict(context)),
        events=MappingProxyType(events),
    )


def _version(source: Json, problems: Problems) -> int:
    if isinstance(source, int) and not isinstance(source, bool) and source > 0:
        return source
    problems.add("version", "type", "`version` is a whole number from 1")
    return 1


def _events(source: Json, problems: Problems) -> dict[str, EventDeclaration]:
    declared = problems.mapping(source, "events", "`events`")
    return {
        name: _declaration(
            name, problems.mapping(body, f"events.{name}", "a declaration"), problems
        )
        for name, body in declared.items()
    }


def _declaration(name: str, body: Mapping[str, Json], problems: Problems) -> EventDeclaration:
    path = f"events.{name}"
    problems.only(body, path, _DECLARATION_KEYS)
    by, facts = body.get("by", "user"), body.get("facts", [])
    if by not in ("user", "system"):
        problems.add(f"{path}.by", "type", '`by` is "user" or "system"')
    if not isinstance(facts, list) or not all(isinstance(fact, str) for fact in facts):
        problems.add(f"{path}.facts", "type", "`facts` is a list of names")
        facts = []
    data = body.get("data")
    return EventDeclaration(
        type=name,
        label=problems.words(body, "label", path, name),
        description=problems.words(body, "description", path),
        data=problems.mapping(data, f"{path}.data", "`data`") if data is not None else None,
        by="system" if by == "system" else "user",
        facts=tuple(str(fact) for fact in facts),
    )


def _structural_hash(drafts: list[Draft]) -> str:
    shape = [(draft.id, draft.kind, draft.parent, draft.deep) for draft in drafts]
    return hashlib.sha256(json.dumps(shape).encode()).hexdigest()[:16]
