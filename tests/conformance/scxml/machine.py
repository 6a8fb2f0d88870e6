"""What the code of one SCXML session knows beside its data: interpreter, addresses, blocks of executable content."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from conformance.scxml.markup import Element
from conformance.scxml.script import Interpreter
from orderwright.statechart import Event, Scope

PROCESSOR: Final = "http://www.w3.org/TR/scxml/#SCXMLEventProcessor"
CHART_TYPES: Final = ("", "scxml", "http://www.w3.org/TR/scxml", "http://www.w3.org/TR/scxml/")
SYSTEM: Final = ("_event", "_sessionid", "_name", "_ioprocessors")
_UNITS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}


@dataclass(slots=True, kw_only=True)
class Machine:
    """The code of one session of one document."""

    session: str
    name: str
    folder: Path
    is_child: bool
    invocations: list[str] = field(default_factory=list)
    blocks: list[Element] = field(default_factory=list)
    interpreter: Interpreter = field(init=False)

    def __post_init__(self) -> None:
        door = {"location": self.address}
        system = {
            "_sessionid": self.session,
            "_name": self.name,
            "_ioprocessors": {PROCESSOR: door, "scxml": door},
        }
        self.interpreter = Interpreter(system)

    @property
    def address(self) -> str:
        """Where others send to."""
        return f"#_scxml_{self.session}"

    def keep(self, block: Element) -> int:
        """Return the number under which a block is found again."""
        self.blocks.append(block)
        return len(self.blocks) - 1

    def knows(self, target: str) -> bool:
        """Tell whether something lives at an address."""
        if target == "#_parent":
            return self.is_child
        return target.removeprefix("#_") in self.invocations

    def read(self, src: str) -> str:
        """Return the text of a file that the document names."""
        return (self.folder / src.removeprefix("file:")).read_text(encoding="utf-8")

    def fields(self, kind: str, **more: Any) -> dict[str, Any]:
        """Return what an event of this session says of itself."""
        return {"type": kind, "origin": self.address, "origintype": PROCESSOR, **more}


def active(scope: Scope, ids: tuple[str, ...]) -> tuple[str, ...]:
    """Return the active ones of these nodes."""
    return tuple(one for one in ids if scope.in_state(one))


def event_cell(event: Event | None) -> list[Any]:
    """Return the cell of `_event`; what the core reports as output is the data of a done event."""
    if event is None:
        return []
    if event.type.startswith("done.state."):
        output = event.data["output"]
        data = {} if output is None else {"data": output}
        return [{"name": event.type, "type": "platform", **data}]
    return [{"name": event.type, **event.data}]


def literal(element: Element, text: str | None = None) -> list[Any]:
    """Return the cell of what is written in an element: JSON, markup as text, or words with single spaces.

    Source: https://www.w3.org/TR/scxml/#profile-ecmascript (markup would be a DOM there).
    """
    if element.children:
        return [element.inside.strip()]
    written = element.text if text is None else text
    if not written.strip():
        return []
    try:
        return [json.loads(written)]
    except json.JSONDecodeError:
        return [" ".join(written.split())]


def milliseconds(delay: str) -> int | None:
    """Read a CSS duration; None when it is none."""
    found = re.fullmatch(r"(\d*\.?\d+)(ms|s|m|h)", delay.strip())
    return round(float(found[1]) * _UNITS[found[2]]) if found else None
