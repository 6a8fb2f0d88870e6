"""The named guards and actions of a chart that was read from SCXML."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.scxml import descriptor
from conformance.scxml.content import Block, Failed
from conformance.scxml.machine import CHART_TYPES, Machine, active, event_cell, literal
from conformance.scxml.markup import Element
from conformance.scxml.script import ScriptError
from orderwright.statechart import Behaviour, Outcome, Scope


def behaviour(machine: Machine, root: Element, ids: tuple[str, ...]) -> Behaviour:
    """Return the implementations for a document's chart."""

    def action(run: Callable[[Block, Element], Outcome]) -> Callable[[Scope], Outcome]:
        def perform(scope: Scope) -> Outcome:
            element = machine.blocks[int(str(scope.params["at"]))]
            return run(Block(machine, scope, ids), element)

        return perform

    def holds(scope: Scope) -> bool:
        """A condition that cannot be evaluated does not hold; SCXML's error event has no place in a guard."""
        data: Any = scope.context["data"]
        text = f"!!({scope.params['cond']}\n)"
        try:
            cell = machine.interpreter.value(
                text, data, event_cell(scope.event), active(scope, ids)
            )
        except ScriptError:
            return False
        return cell == [True]

    return Behaviour(
        guards={"cond": holds, descriptor.GUARD: descriptor.matches},
        actions={
            "initialise": lambda scope: _initialise(Block(machine, scope, ids), root),
            "bind": action(_bind),
            "block": action(_block),
            "end": action(_end),
            "invoke": action(_prepare),
        },
    )


def _initialise(block: Block, root: Element) -> Outcome:
    """Give variables their first values, those of nodes too unless binding is late, and run the scripts."""
    given = block.parameters_given()
    late = root.get("binding") == "late"
    everywhere = [model for one in (root, *root.states()) for model in one.each("datamodel")]
    for model in everywhere:
        for data in model.each("data"):
            block.data.setdefault(data.get("id"), [])
    for model in root.each("datamodel") if late else everywhere:
        _values(block, model, given)
    for script in root.each("script"):
        block.run([script])
    return block.outcome()


def _values(block: Block, model: Element, given: dict[str, list[Any]]) -> None:
    for data in model.each("data"):
        name = data.get("id")
        try:
            block.data[name] = given[name] if name in given else _first(block, data)
        except Failed as failed:
            block.fail(failed)


def _first(block: Block, data: Element) -> list[Any]:
    if data.get("expr"):
        return block.value(data, data.get("expr"))
    if data.get("src"):
        return literal(data, block.machine.read(data.get("src")))
    return literal(data)


def _bind(block: Block, state: Element) -> Outcome:
    """Bind late: the first time that a node is entered."""
    bound: Any = block.scope.context.get("bound", [])
    name = state.get("id")
    if name in bound:
        return block.outcome()
    for model in state.each("datamodel"):
        _values(block, model, {})
    return block.outcome(bound=[*bound, name])


def _block(block: Block, element: Element) -> Outcome:
    block.run(element.children)
    return block.outcome()


def _end(block: Block, donedata: Element) -> Outcome:
    """Evaluate what a final node yields; nothing when that fails."""
    cell: list[Any] = []
    try:
        cell = block.payload(donedata)
    except Failed as failed:
        block.fail(failed)
    return block.outcome(output=cell[0] if cell else None)


def _prepare(block: Block, invoke: Element) -> Outcome:
    """Evaluate what an invocation takes with it; None, and an error event, when that fails."""
    key = invoke.get("input key")
    try:
        return block.outcome(**{key: _input(block, invoke)})
    except Failed as failed:
        block.fail(failed)
        return block.outcome(**{key: None})


def _input(block: Block, invoke: Element) -> dict[str, Any]:
    if block.given(invoke, "type") not in CHART_TYPES:
        raise Failed(invoke, "no such thing can be invoked")
    if invoke.get("idlocation"):
        block.assign(invoke, invoke.get("idlocation"), [invoke.get("id")])
    src, content = block.given(invoke, "src"), invoke.first("content")
    document: Any = block.machine.read(src) if src else None
    if content is not None:
        expression = content.get("expr")
        document = block.value(content, expression)[0] if expression else content.inside
    return {
        "document": document,
        "given": dict(block.parameters(invoke)),
        "autoforward": invoke.get("autoforward") == "true",
    }
