"""An SCXML document as a definition of ours and the behaviour that goes with it.

States keep their ids; a transition of SCXML is external unless it says otherwise, so it gets `reenter: true`; what is
written in `onentry`, `onexit` and transitions becomes actions (see `content`), conditions become guards.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from conformance.scxml import markup
from conformance.scxml.behaviour import behaviour
from conformance.scxml.descriptor import Answer, arranged, stems
from conformance.scxml.machine import Machine, milliseconds
from conformance.scxml.markup import STATES, Element
from orderwright.statechart import Behaviour, Chart, load

ROOT: Final = "(scxml)"
"""The id of the root node, which no state of a document has."""

_IN_STATE: Final = re.compile(r"(!?)\s*In\(\s*'([^']+)'\s*\)")
_DYNAMIC: Final = (
    "eventexpr targetexpr target typeexpr type delayexpr idlocation namelist sendidexpr".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document that can be run."""

    machine: Machine
    chart: Chart
    behaviour: Behaviour


def read(text: str, folder: Path, *, session: str, is_child: bool = False) -> Document:
    """Read a document for one session of it."""
    root = markup.parse(text)
    machine = Machine(session=session, name=root.get("name"), folder=folder, is_child=is_child)
    _name_all(root, machine)
    for script in root.each("script"):
        machine.interpreter.define(
            machine.read(script.get("src")) if script.get("src") else script.text
        )
    states = tuple(one.get("id") for one in root.states())
    chart = load(_Reading(machine, root).root())
    return Document(machine=machine, chart=chart, behaviour=behaviour(machine, root, states))


def _name_all(root: Element, machine: Machine) -> None:
    """Give ids to states and invocations that have none."""
    for number, state in enumerate(root.states()):
        state.attributes.setdefault("id", f"state {number}")
        for place, invoke in enumerate(state.each("invoke")):
            invoke.attributes.setdefault("id", f"{state.get('id')}.{place}")
            invoke.attributes["input key"] = f"input {len(machine.invocations)}"
            machine.invocations.append(invoke.get("id"))


class _Reading:
    def __init__(self, machine: Machine, root: Element) -> None:
        self.machine = machine
        self.source = root
        self.late = root.get("binding") == "late"
        self.sends = 0

    def root(self) -> dict[str, Any]:
        node = self.children(self.source)
        return {
            "id": ROOT,
            "context": {"data": {}, "sends": 0, "bound": [], "given": {}, "output": None},
            "entry": ["initialise"],
            **node,
            **self.initial(self.source),
        }

    # --- nodes ---

    def children(self, parent: Element) -> dict[str, Any]:
        states = parent.each(*STATES)
        return {"states": {self.key(one): self.node(one) for one in states}} if states else {}

    def key(self, state: Element) -> str:
        return state.get("id").replace(".", "_").replace("#", "_")

    def node(self, state: Element) -> dict[str, Any]:
        if state.name == "history":
            return self.history(state)
        kind = {"parallel": "parallel", "final": "final"}.get(state.name)
        node: dict[str, Any] = {"id": state.get("id"), **({"type": kind} if kind else {})}
        if state.name == "state" and state.each(*STATES):
            node |= self.initial(state)
        node |= self.actions(state)
        node |= self.transitions(state)
        node |= self.invocations(state)
        return {**node, **self.children(state)}

    def history(self, state: Element) -> dict[str, Any]:
        node: dict[str, Any] = {
            "id": state.get("id"),
            "type": "history",
            "history": state.get("type", "shallow"),
        }
        default = state.first("transition")
        return {**node, "target": self.default(default)} if default else node

    def default(self, transition: Element) -> dict[str, Any]:
        targets = [f"#{one}" for one in transition.get("target").split()]
        return {"target": targets, "actions": self.block(transition)}

    def initial(self, state: Element) -> dict[str, Any]:
        """An attribute, an element, or the first child."""
        element = state.first("initial")
        if element is not None:
            return {"initial": self.default(element.each("transition")[0])}
        named = state.get("initial").split() or [state.each(*STATES)[0].get("id")]
        return {"initial": {"target": [f"#{one}" for one in named]}}

    # --- actions ---

    def actions(self, state: Element) -> dict[str, Any]:
        entry = [one for block in state.each("onentry") for one in self.block(block)]
        if self.late and state.each("datamodel"):
            entry.insert(0, self.named("bind", state))
        entry += [self.named("end", one) for one in state.each("donedata")]
        entry += [self.named("invoke", one) for one in state.each("invoke")]
        leave = [one for block in state.each("onexit") for one in self.block(block)]
        node: dict[str, Any] = {"entry": entry, "exit": leave}
        if state.each("donedata"):
            node["output"] = {"from": "context.output"}
        return {key: value for key, value in node.items() if value}

    def named(self, name: str, element: Element) -> dict[str, Any]:
        return {"type": name, "params": {"at": self.machine.keep(element)}}

    def block(self, element: Element) -> list[dict[str, Any]]:
        """Actions of ours where a block cannot fail, else the block as one named action."""
        if all(_is_plain(child) for child in element.children):
            return [self.plain(child) for child in element.children]
        return [self.named("block", element)]

    def plain(self, element: Element) -> dict[str, Any]:
        if element.name == "cancel":
            return {"cancel": element.get("sendid")}
        if element.name == "raise":
            return {"raise": {"type": element.get("event"), "data": {"type": "internal"}}}
        self.sends += 1
        named = element.attributes.get("id")
        fields = self.machine.fields("external", **({"sendid": named} if named else {}))
        return {
            "send": {
                "type": element.get("event"),
                "data": fields,
                "delay": milliseconds(element.get("delay", "0s")) or 0,
                "id": named or f"element.{self.sends}",
            }
        }

    # --- transitions ---

    def transitions(self, state: Element) -> dict[str, Any]:
        answers: list[Answer] = []
        always = []
        for element in state.each("transition"):
            transition = self.transition(element)
            if element.get("event"):
                answers.append((stems(element.get("event")), transition))
            else:
                always.append(transition)
        node: dict[str, Any] = {"on": arranged(answers), "always": always}
        for invoke in state.each("invoke"):
            for finalize in invoke.each("finalize"):
                actions = self.block(finalize)
                node["on"][f"finalize.{invoke.get('id')}"] = {"actions": actions}
        return {key: value for key, value in node.items() if value}

    def transition(self, element: Element) -> dict[str, Any]:
        targets = [f"#{one}" for one in element.get("target").split()]
        made: dict[str, Any] = {"actions": self.block(element)}
        if targets:
            made |= {"target": targets, "reenter": element.get("type") != "internal"}
        if element.get("cond"):
            made["guard"] = _guard(element.get("cond").strip())
        return made

    def invocations(self, state: Element) -> dict[str, Any]:
        found = [
            {
                "id": invoke.get("id"),
                "src": "scxml",
                "input": {"from": f"context.{invoke.get('input key')}"},
            }
            for invoke in state.each("invoke")
        ]
        return {"invoke": found} if found else {}


def _guard(condition: str) -> dict[str, Any]:
    found = _IN_STATE.fullmatch(condition)
    if found is None:
        return {"type": "cond", "params": {"cond": condition}}
    inside = {"in": f"#{found[2]}"}
    return {"not": inside} if found[1] else inside


def _is_plain(element: Element) -> bool:
    """Tell whether an element cannot fail and carries nothing that is computed."""
    if any(element.get(name) for name in _DYNAMIC) or element.children:
        return False
    delay_is_sound = milliseconds(element.get("delay", "0s")) is not None
    return element.name in ("raise", "cancel") or (element.name == "send" and delay_is_sound)
