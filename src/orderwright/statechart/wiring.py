"""Second pass: resolve what nodes refer to (targets, transitions, defaults) and make them immutable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from orderwright.json_text import Json
from orderwright.statechart import expression
from orderwright.statechart.definition import (
    Action,
    After,
    AllOf,
    AnyOf,
    Guard,
    InState,
    Invocation,
    Not,
    StateNode,
    Transition,
)
from orderwright.statechart.layout import Draft
from orderwright.statechart.problem import Problems

_TRANSITION_KEYS: Final = frozenset(
    {"target", "guard", "actions", "reenter", "description", "meta"}
)
_INVOKE_KEYS: Final = frozenset({"id", "src", "input", "onDone", "onError"})


def wire(drafts: list[Draft], problems: Problems) -> tuple[StateNode, ...]:
    """Return the finished nodes of a laid-out tree; mistakes go to `problems`."""
    wiring = _Wiring(drafts, problems)
    nodes = tuple(wiring.node(draft) for draft in drafts)
    for node in nodes:
        if node.kind == "history" and node.index in _restored(nodes, node.index, set()):
            place = drafts[node.index].path
            problems.add(place, "history", f"the default of {node.id!r} leads back to itself")
    return nodes


def _restored(nodes: tuple[StateNode, ...], index: int, seen: set[int]) -> set[int]:
    """Return the history nodes to which the default of a history node leads."""
    node = nodes[index]
    default = node.initial or (nodes[node.parent].initial if node.parent is not None else None)
    for target in default.targets if default else ():
        if nodes[target].kind == "history" and target not in seen:
            seen.add(target)
            _restored(nodes, target, seen)
    return seen


class _Wiring:
    def __init__(self, drafts: list[Draft], problems: Problems) -> None:
        self.drafts = drafts
        self.problems = problems
        self.ids = {draft.id: draft.index for draft in drafts}

    def node(self, draft: Draft) -> StateNode:
        source, problems = draft.source, self.problems
        transitions = self.on(draft)
        after = self.after(draft, transitions)
        invoke = self.invocations(draft, transitions)
        if "onDone" in source:
            self.collect(draft, f"done.state.{draft.id}", source["onDone"], "onDone", transitions)
        output = source.get("output")
        return StateNode(
            index=draft.index,
            id=draft.id,
            key=draft.key,
            kind=draft.kind,
            parent=draft.parent,
            last=draft.last,
            children=tuple(draft.children),
            initial=self.initial(draft),
            deep=draft.deep,
            transitions=MappingProxyType(
                {event: tuple(found) for event, found in transitions.items()}
            ),
            always=self.transitions(draft, None, source.get("always", []), "always"),
            entry=self.actions(draft, "entry"),
            exit=self.actions(draft, "exit"),
            after=after,
            invoke=invoke,
            output=None
            if output is None
            else expression.value(output, draft.at("output"), problems),
            tags=self.tags(draft),
            meta=MappingProxyType(
                dict(problems.mapping(source.get("meta", {}), draft.at("meta"), "`meta`"))
            ),
            description=problems.words(source, "description", draft.path),
        )

    # --- transitions ---

    def on(self, draft: Draft) -> dict[str, list[Transition]]:
        found: dict[str, list[Transition]] = {}
        declared = self.problems.mapping(draft.source.get("on", {}), draft.at("on"), "`on`")
        for event, body in declared.items():
            place = f"{draft.at('on')}.{event}"
            *stem, last = event.split(".")
            if not all((*stem, last)) or "*" in "".join(stem) or ("*" in last and last != "*"):
                self.problems.add(
                    place, "descriptor", f"{event!r} is not an event, `prefix.*` or `*`"
                )
            found[event] = list(self.transitions(draft, event, body, f"on.{event}"))
        return found

    def collect(
        self, draft: Draft, event: str, body: Json, key: str, into: dict[str, list[Transition]]
    ) -> None:
        into.setdefault(event, []).extend(self.transitions(draft, event, body, key))

    def transitions(
        self, draft: Draft, event: str | None, body: Json, key: str
    ) -> tuple[Transition, ...]:
        place = draft.at(key)
        if isinstance(body, list | tuple):
            return tuple(
                self.transition(draft, event, one, f"{place}[{i}]") for i, one in enumerate(body)
            )
        return (self.transition(draft, event, body, place),)

    def transition(self, draft: Draft, event: str | None, body: Json, place: str) -> Transition:
        problems = self.problems
        if isinstance(body, str):
            return Transition(
                source=draft.index,
                event=event,
                path=place,
                targets=self.targets(draft, body, place),
            )
        source = problems.mapping(body, place, "a transition")
        problems.only(source, place, _TRANSITION_KEYS)
        reenter = source.get("reenter", False)
        if not isinstance(reenter, bool):
            problems.add(f"{place}.reenter", "type", "`reenter` is true or false")
        acts = source.get("actions", [])
        return Transition(
            source=draft.index,
            event=event,
            path=place,
            targets=self.targets(draft, source.get("target", []), f"{place}.target"),
            guard=self.guard(source["guard"], f"{place}.guard") if "guard" in source else None,
            actions=expression.actions(acts, f"{place}.actions", problems),
            reenter=bool(reenter),
            description=problems.words(source, "description", place),
            meta=source.get("meta"),
        )

    def guard(self, source: Json, place: str) -> Guard | None:
        read = expression.guard(source, place, self.problems)
        for name in _states_named(read):
            if name not in self.ids:
                self.problems.add(place, "target", f"no state node has the id {name!r}")
        return read

    def actions(self, draft: Draft, key: str) -> tuple[Action, ...]:
        return expression.actions(draft.source.get(key, []), draft.at(key), self.problems)

    # --- targets ---

    def targets(self, draft: Draft, source: Json, place: str) -> tuple[int, ...]:
        listed = source if isinstance(source, list | tuple) else [source]
        found = [self.target(draft, one, place) for one in listed]
        return self.compatible(tuple(one for one in found if one is not None), place)

    def target(self, draft: Draft, source: Json, place: str) -> int | None:
        text = self.problems.text(source, place, "a target")
        if not text:
            return None
        if text.startswith("#"):
            found = self.by_id(text[1:])
        elif text.startswith("."):
            found = self.descend(draft.index, text[1:])
        elif draft.parent is None:
            self.problems.add(
                place, "target", f"the root has no sibling {text!r}; a child is {'.' + text!r}"
            )
            return None
        else:
            found = self.descend(draft.parent, text)
        if found is None:
            self.problems.add(
                place, "target", f"{text!r} leads to no state node{self.nearby(text)}"
            )
        return found

    def by_id(self, text: str) -> int | None:
        """Find `id` or `id.key.key`; ids may hold dots themselves, so the longest id wins."""
        for cut in range(len(text), 0, -1):
            if text[:cut] in self.ids and cut == len(text):
                return self.ids[text]
            if text[:cut] in self.ids and text[cut] == ".":
                return self.descend(self.ids[text[:cut]], text[cut + 1 :])
        return None

    def descend(self, start: int, path: str) -> int | None:
        at = start
        for key in path.split("."):
            found = [c for c in self.drafts[at].children if self.drafts[c].key == key]
            if not found:
                return None
            at = found[0]
        return at

    def nearby(self, text: str) -> str:
        name = text.lstrip("#.").split(".")[-1]
        ids = [other.id for other in self.drafts if other.key == name]
        return f"; did you mean '#{ids[0]}'?" if ids else ""

    def compatible(self, targets: tuple[int, ...], place: str) -> tuple[int, ...]:
        """Several targets must be able to be active together: they meet at a parallel node."""
        for i, one in enumerate(targets):
            for other in targets[i + 1 :]:
                meeting = self.meeting(one, other)
                if meeting is None or self.drafts[meeting].kind != "parallel":
                    ids = f"{self.drafts[one].id!r} and {self.drafts[other].id!r}"
                    self.problems.add(place, "target", f"{ids} cannot be active together")
        return targets

    def meeting(self, one: int, other: int) -> int | None:
        one, other = self.restored(one), self.restored(other)
        if one == other or other in self.line(one) or one in self.line(other):
            return None
        return next((node for node in self.line(one) if node in self.line(other)), None)

    def restored(self, index: int) -> int:
        """Return the parent of a history node, all of which it may restore; any other node itself."""
        draft = self.drafts[index]
        return index if draft.kind != "history" or draft.parent is None else draft.parent

    def line(self, index: int) -> list[int]:
        line, at = [], self.drafts[index].parent
        while at is not None:
            line.append(at)
            at = self.drafts[at].parent
        return line

    # --- defaults, timers, invocations ---

    def initial(self, draft: Draft) -> Transition | None:
        if draft.kind == "history":
            return (
                self.default(draft, draft.source["target"], "target")
                if "target" in draft.source
                else None
            )
        source = draft.source.get("initial")
        if draft.kind != "compound":
            if source is not None:
                self.problems.add(
                    draft.at("initial"), "initial", "only a compound node has `initial`"
                )
            return None
        if source is None:
            keys = ", ".join(self.drafts[child].key for child in draft.children)
            self.problems.add(
                draft.at("initial"),
                "initial",
                f"a compound node names its `initial` child: {keys}",
            )
            return None
        if isinstance(source, str) and not source.startswith(("#", ".")):
            source = f".{source}"
        return self.default(draft, source, "initial")

    def default(self, draft: Draft, source: Json, key: str) -> Transition:
        place = draft.at(key)
        body = source if isinstance(source, Mapping) else {"target": source}
        self.problems.only(body, place, {"target", "actions"})
        from_child = [
            f".{one}"
            if key == "initial" and isinstance(one, str) and one[:1] not in ("#", ".")
            else one
            for one in _listed(body.get("target"))
        ]
        targets = self.targets(draft, from_child, place)
        if not from_child:
            self.problems.add(place, key, f"`{key}` names at least one state node")
        above = draft.index if key == "initial" else draft.parent
        for target in targets:
            if above is None or not above < target <= self.drafts[above].last:
                self.problems.add(
                    place,
                    key,
                    f"{self.drafts[target].id!r} is not below {self.drafts[above or 0].id!r}",
                )
        acts = expression.actions(body.get("actions", []), f"{place}.actions", self.problems)
        return Transition(
            source=draft.index, event=None, path=place, targets=targets, actions=acts
        )

    def after(self, draft: Draft, into: dict[str, list[Transition]]) -> tuple[After, ...]:
        found = []
        declared = self.problems.mapping(
            draft.source.get("after", {}), draft.at("after"), "`after`"
        )
        for name, body in declared.items():
            event = f"after.{name}.{draft.id}"
            found.append(
                After(expression.delay(name, f"{draft.at('after')}.{name}", self.problems), event)
            )
            self.collect(draft, event, body, f"after.{name}", into)
        return tuple(found)

    def invocations(
        self, draft: Draft, into: dict[str, list[Transition]]
    ) -> tuple[Invocation, ...]:
        declared = draft.source.get("invoke", [])
        if not isinstance(declared, list | tuple):
            return (self.invocation(draft, declared, 0, "invoke", into),)
        return tuple(
            self.invocation(draft, one, i, f"invoke[{i}]", into) for i, one in enumerate(declared)
        )

    def invocation(
        self, draft: Draft, body: Json, number: int, key: str, into: dict[str, list[Transition]]
    ) -> Invocation:
        place = draft.at(key)
        source = self.problems.mapping(body, place, "an invocation")
        self.problems.only(source, place, _INVOKE_KEYS)
        src = self.problems.text(source.get("src"), f"{place}.src", "`src`")
        name = self.problems.text(source.get("id", f"{number}.{draft.id}"), f"{place}.id", "`id`")
        for end, event in (("onDone", f"done.invoke.{name}"), ("onError", f"error.invoke.{name}")):
            if end in source:
                self.collect(draft, event, source[end], f"{key}.{end}", into)
        given = expression.value(source.get("input"), f"{place}.input", self.problems)
        return Invocation(name, src, given)

    def tags(self, draft: Draft) -> tuple[str, ...]:
        listed = _listed(draft.source.get("tags", []))
        return tuple(self.problems.text(tag, draft.at("tags"), "a tag") for tag in listed)


def _listed(source: Json) -> list[Json]:
    return list(source) if isinstance(source, list | tuple) else [source]


def _states_named(guard: Guard | None) -> Iterable[str]:
    if isinstance(guard, InState):
        yield guard.node
    elif isinstance(guard, Not):
        yield from _states_named(guard.member)
    elif isinstance(guard, AllOf | AnyOf):
        for member in guard.members:
            yield from _states_named(member)
