"""First pass: the tree of state nodes with ids, kinds and document order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from orderwright.json_text import Json
from orderwright.statechart.definition import Kind
from orderwright.statechart.problem import Problems

NODE_KEYS: Final = frozenset(
    "id initial type history target states on always after entry exit invoke onDone output tags meta "
    "description".split()
)
ROOT_KEYS: Final = NODE_KEYS | {"version", "context", "events"}
_KINDS: Final[Mapping[str, Kind]] = {
    "atomic": "atomic",
    "compound": "compound",
    "parallel": "parallel",
    "final": "final",
    "history": "history",
}
_HISTORY_KEYS: Final = frozenset(
    {"id", "type", "history", "target", "tags", "meta", "description"}
)
_LEAF_ONLY: Final = frozenset({"on", "always", "after", "invoke", "onDone", "states", "initial"})


@dataclass(slots=True, kw_only=True)
class Draft:
    """A node as first seen: its place in the tree and its unread source."""

    index: int
    id: str
    key: str
    kind: Kind
    path: str
    parent: int | None
    source: Mapping[str, Json]
    deep: bool = False
    last: int = 0
    children: list[int] = field(default_factory=list)

    def at(self, key: str) -> str:
        """Return the path of a key of this node."""
        return f"{self.path}.{key}" if self.path else key


def lay_out(source: Mapping[str, Json], problems: Problems) -> list[Draft]:
    """Return the nodes of a definition in document order, the root first."""
    drafts: list[Draft] = []
    root_id = source.get("id", "chart")
    name = problems.text(root_id, "id", "`id`") or "chart"
    _visit(source, name, name, None, "", drafts, problems)
    seen: dict[str, str] = {}
    for draft in drafts:
        if draft.id in seen:
            first = seen[draft.id] or "the root"
            problems.add(
                draft.at("id"), "duplicate_id", f"the id {draft.id!r} belongs to {first} already"
            )
        seen.setdefault(draft.id, draft.path)
    return drafts


def _visit(  # noqa: PLR0913 (a recursion's state)
    source: Mapping[str, Json],
    key: str,
    default_id: str,
    parent: Draft | None,
    path: str,
    drafts: list[Draft],
    problems: Problems,
) -> None:
    problems.only(source, path, NODE_KEYS if parent else ROOT_KEYS)
    explicit = source.get("id", default_id)
    draft = Draft(
        index=len(drafts),
        id=problems.text(explicit, f"{path}.id" if path else "id", "`id`") or default_id,
        key=key,
        kind=_kind(source, path, problems),
        path=path,
        parent=parent.index if parent else None,
        source=source,
        deep=source.get("history") == "deep",
    )
    drafts.append(draft)
    if parent:
        parent.children.append(draft.index)
    _check_kind(draft, parent, problems)
    states = problems.mapping(source.get("states", {}), draft.at("states"), "`states`")
    for child, body in states.items():
        place = f"{draft.at('states')}.{child}"
        if not child or "." in child or "*" in child or child.startswith("#"):
            expected = "not empty, no dot, no `*`, no leading #"
            problems.add(place, "key", f"{child!r} cannot be a key: {expected}")
        _visit(
            problems.mapping(body, place, "a state node"),
            child,
            f"{default_id}.{child}",
            draft,
            place,
            drafts,
            problems,
        )
    draft.last = len(drafts) - 1
    if draft.children and all(drafts[child].kind == "history" for child in draft.children):
        problems.add(draft.at("states"), "history", "history nodes alone cannot be entered")


def _kind(source: Mapping[str, Json], path: str, problems: Problems) -> Kind:
    place = f"{path}.type" if path else "type"
    inferred: Kind = "compound" if source.get("states") else "atomic"
    if "type" not in source:
        return "history" if "history" in source else inferred
    kind = _KINDS.get(str(source["type"]))
    if kind is None:
        problems.add(place, "type", f"{source['type']!r} is not one of {', '.join(_KINDS)}")
        return inferred
    if kind in ("compound", "parallel") and inferred == "atomic":
        problems.add(place, "type", f"a {kind} node has `states`")
    if kind == "atomic" and inferred == "compound":
        problems.add(place, "type", "an atomic node has no `states`")
    return kind


def _check_kind(draft: Draft, parent: Draft | None, problems: Problems) -> None:
    source = draft.source
    if draft.kind == "history":
        for key in source.keys() - _HISTORY_KEYS:
            problems.add(draft.at(key), "history", f"a history node has no `{key}`")
        if source.get("history", "shallow") not in ("shallow", "deep"):
            problems.add(draft.at("history"), "history", '`history` is "shallow" or "deep"')
        if parent is None:
            problems.add(draft.at("type"), "history", "the root cannot be a history node")
        return
    for key in source.keys() & {"history", "target"}:
        problems.add(draft.at(key), "history", f"only a history node has `{key}`")
    if draft.kind == "final":
        for key in source.keys() & _LEAF_ONLY:
            problems.add(draft.at(key), "final", f"a final node has no `{key}`")
        if parent is not None and parent.kind == "parallel":
            problems.add(draft.at("type"), "final", "a child of a parallel node cannot be final")
