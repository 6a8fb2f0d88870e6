"""Event descriptors: SCXML tries transitions in document order, we try the most exact descriptor first.

Where the two orders differ for one node, its transitions are folded into one list under `*`, in document order, each
guarded on the type of the event.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from orderwright.statechart import Scope

GUARD: Final = "type matches"
"""The named guard of a folded transition; its parameter `descriptors` is a list."""

Answer = tuple[list[str], dict[str, Any]]
"""Descriptors as SCXML writes them, and the transition that answers to them."""


def matches(scope: Scope) -> bool:
    """Implement `GUARD`. Source: https://www.w3.org/TR/scxml/#EventDescriptors."""
    name = scope.event.type if scope.event else ""
    listed = scope.params["descriptors"]
    assert isinstance(listed, list)
    return any(stem in ("", name) or name.startswith(f"{stem}.") for stem in listed)


def stems(event: str) -> list[str]:
    """Return what the types that an `event` attribute names begin with; "" for any type."""
    return [one.removesuffix("*").removesuffix(".") for one in event.split()]


def arranged(answers: Iterable[Answer]) -> dict[str, list[dict[str, Any]]]:
    """Return the `on` of a node."""
    answers = list(answers)
    if _is_out_of_order(answers):
        return {"*": [_guarded(names, transition) for names, transition in answers]}
    on: dict[str, list[dict[str, Any]]] = {}
    for names, transition in answers:
        for name in names:
            on.setdefault(f"{name}.*" if name else "*", []).append(transition)
    return on


def _is_out_of_order(answers: list[Answer]) -> bool:
    """Tell whether a wider descriptor stands before one that it covers."""
    flat = [(place, name) for place, (names, _) in enumerate(answers) for name in names]
    return any(
        earlier < later and wide != narrow and _covers(wide, narrow)
        for earlier, wide in flat
        for later, narrow in flat
    )


def _covers(wide: str, narrow: str) -> bool:
    return wide == "" or narrow.startswith(f"{wide}.")


def _guarded(names: list[str], transition: dict[str, Any]) -> dict[str, Any]:
    guard: Any = {"type": GUARD, "params": {"descriptors": names}}
    if "guard" in transition:
        guard = {"and": [guard, transition["guard"]]}
    return {**transition, "guard": guard}
