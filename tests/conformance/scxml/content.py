"""Executable content: one block becomes one named action of ours.

In SCXML an error ends the block and is an internal event, where ours refuses the whole step: the block therefore
runs in here, element after element, and what it leaves is one `Outcome`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from conformance.scxml.machine import (
    PROCESSOR,
    SYSTEM,
    Machine,
    active,
    event_cell,
    literal,
    milliseconds,
)
from conformance.scxml.markup import Element
from conformance.scxml.script import ScriptError
from orderwright.statechart import Cancel, Effect, Emit, Event, Outcome, Schedule, Scope

T = TypeVar("T")

MESSAGE: Final = "scxml.message"
"""The domain event by which a session sends to another one."""

_NAME: Final = re.compile(r"[A-Za-z_$][\w$]*")


class Failed(Exception):
    """An element could not be executed: the rest of its block is not."""

    def __init__(self, element: Element, reason: str, **more: Any) -> None:
        super().__init__(reason)
        data = {"tagname": element.name, "line": element.line, "column": element.column}
        self.fields = {"data": {**data, "reason": reason}, **more}


class Block:
    """One block under way, on the data that the scope holds."""

    def __init__(self, machine: Machine, scope: Scope, ids: tuple[str, ...]) -> None:
        self.machine = machine
        self.scope = scope
        self.ids = ids
        self.data: dict[str, list[Any]] = dict(_cells(scope.context.get("data", {})))
        self.sends = int(str(scope.context.get("sends", 0)))
        self.raised: list[Event] = []
        self.effects: list[Effect] = []

    def run(self, elements: list[Element]) -> None:
        """Execute elements in order, up to the first that fails."""
        try:
            self._run(elements)
        except Failed as failed:
            self.fail(failed)

    def fail(self, failed: Failed, code: str = "error.execution") -> None:
        """Raise the event of an error."""
        self.raised.append(Event(code, {"type": "platform", **failed.fields}))

    def parameters_given(self) -> dict[str, list[Any]]:
        """Return the cells that an invocation handed to this session."""
        return dict(_cells(self.scope.context.get("given", {})))

    def outcome(self, **more: Any) -> Outcome:
        """Return what the block has brought about."""
        assign = {"data": self.data, "sends": self.sends, **more}
        return Outcome(assign=assign, raised=self.raised, effects=self.effects)

    # --- expressions ---

    def value(self, element: Element, expression: str) -> list[Any]:
        """Return the cell of an expression."""
        return self._script(element, self.machine.interpreter.value, expression)

    def _script(self, element: Element, run: Callable[..., T], text: str) -> T:
        event = event_cell(self.scope.event)
        try:
            return run(text, self.data, event, active(self.scope, self.ids))
        except ScriptError as error:
            raise Failed(element, str(error)) from error

    def given(self, element: Element, name: str) -> str:
        """Return an attribute, or the value of the one that holds an expression for it."""
        expression = element.get(f"{name}expr")
        if not expression:
            return element.get(name)
        return str(self.value(element, expression)[0])

    def assign(self, element: Element, location: str, cell: list[Any]) -> None:
        """Put a value where a location says."""
        place = location.strip()
        root = _NAME.match(place)
        if root is None or root[0] not in self.data or root[0] in SYSTEM:
            raise Failed(element, f"{place} is no place to assign to")
        if root[0] == place:
            self.data[place] = cell
            return
        inner = {**self.data, "__value": cell}
        event = event_cell(self.scope.event)
        try:
            left = self.machine.interpreter.after(f"{place} = __value", inner, event, ())
        except ScriptError as error:
            raise Failed(element, str(error)) from error
        self.data = {name: one for name, one in left.items() if name != "__value"}

    # --- elements ---

    def _run(self, elements: list[Element]) -> None:
        for element in elements:
            _ELEMENTS[element.name](self, element)

    def _raise(self, element: Element) -> None:
        self.raised.append(Event(element.get("event"), {"type": "internal"}))

    def _assign(self, element: Element) -> None:
        expression = element.get("expr")
        cell = self.value(element, expression) if expression else literal(element)
        self.assign(element, element.get("location"), cell)

    def _log(self, element: Element) -> None:
        if element.get("expr"):
            self.value(element, element.get("expr"))

    def _execute(self, element: Element) -> None:
        src = element.get("src")
        text = self.machine.read(src) if src else element.text
        self.data = dict(self._script(element, self.machine.interpreter.after, text))

    def _if(self, element: Element) -> None:
        branches: list[tuple[Element, list[Element]]] = [(element, [])]
        for child in element.children:
            if child.name in ("elseif", "else"):
                branches.append((child, []))
            else:
                branches[-1][1].append(child)
        for branch, elements in branches:
            if branch.name == "else" or self._holds(branch):
                self._run(elements)
                return

    def _holds(self, branch: Element) -> bool:
        try:
            return self.value(branch, f"!!({branch.get('cond')}\n)") == [True]
        except Failed as failed:
            self.fail(failed)
            return False

    def _foreach(self, element: Element) -> None:
        [array] = self.value(element, element.get("array")) or [None]
        item, index = element.get("item"), element.get("index")
        names = [item, index] if index else [item]
        if not isinstance(array, list):
            raise Failed(element, f"{element.get('array')} is no array")
        if not all(_NAME.fullmatch(name) and name not in SYSTEM for name in names):
            raise Failed(element, f"{', '.join(names)}: no names of variables")
        for name in names:
            self.data.setdefault(name, [])
        for place, member in enumerate(array):
            self.data.update(zip(names, ([member], [place]), strict=False))
            self._run(element.children)

    def _cancel(self, element: Element) -> None:
        self.effects.append(Cancel(self.given(element, "sendid")))

    # --- sending ---

    def payload(self, element: Element) -> list[Any]:
        """Return the cell of the data that a send, an invocation or an end carries."""
        content = element.first("content")
        if content is not None:
            expression = content.get("expr")
            return self.value(content, expression) if expression else literal(content)
        cells = self.parameters(element)
        return [{name: cell[0] for name, cell in cells.items() if cell}] if cells else []

    def parameters(self, element: Element) -> Mapping[str, list[Any]]:
        """Return the cells that are handed over by name."""
        cells = {name: self.value(element, name) for name in element.get("namelist").split()}
        for param in element.each("param"):
            cells[param.get("name")] = self.value(
                param, param.get("expr") or param.get("location")
            )
        return cells

    def _send(self, element: Element) -> None:
        named = self._send_id(element)
        event, target = self.given(element, "event"), self.given(element, "target")
        self._check_type(element, named)
        delay = milliseconds(self.given(element, "delay") or "0s")
        if delay is None:
            raise Failed(element, "the delay is no duration")
        payload = self.payload(element)
        fields = self.machine.fields("external", **({"data": payload[0]} if payload else {}))
        if element.get("id") or element.get("idlocation"):
            fields["sendid"] = named
        if target == "#_internal":
            self.raised.append(Event(event, {**fields, "type": "internal"}))
        elif target in ("", self.machine.address):
            self.effects.append(Schedule(Event(event, fields), delay, named))
        else:
            self._send_away(element, target, Event(event, fields), delay=delay, named=named)

    def _send_id(self, element: Element) -> str:
        self.sends += 1
        named = element.get("id") or f"send.{self.sends}"
        if element.get("idlocation"):
            self.assign(element, element.get("idlocation"), [named])
        return named

    def _check_type(self, element: Element, named: str) -> None:
        kind = self.given(element, "type")
        if kind not in ("", "scxml", PROCESSOR, PROCESSOR.partition("#")[0]):
            raise Failed(element, f"no way to send to {kind}", sendid=named)

    def _send_away(
        self, element: Element, target: str, event: Event, *, delay: int, named: str
    ) -> None:
        if not target.startswith("#_"):
            raise Failed(element, f"{target} is no address", sendid=named)
        if not self.machine.knows(target):
            unreachable = Failed(element, f"nobody is at {target}", sendid=named)
            self.fail(unreachable, "error.communication")
            return
        message = {"event": event.type, "data": event.data, "delay": delay, "id": named}
        self.effects.append(Emit(MESSAGE, {"to": target, **message}))


_ELEMENTS: Final[Mapping[str, Callable[[Block, Element], None]]] = {
    "raise": Block._raise,
    "assign": Block._assign,
    "log": Block._log,
    "script": Block._execute,
    "if": Block._if,
    "foreach": Block._foreach,
    "send": Block._send,
    "cancel": Block._cancel,
}


def _cells(source: object) -> Mapping[str, list[Any]]:
    assert isinstance(source, Mapping)
    return source
