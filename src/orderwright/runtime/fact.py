"""Facts: what the world knows at the moment of a step, loaded by functions that the application supplies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from orderwright.errors import RuntimeFault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from orderwright.runtime.command import Actor
    from orderwright.runtime.pool import Connection
    from orderwright.statechart import Event, Snapshot


class FactUnknown(RuntimeFault):
    """A chart declares a fact that nobody loads."""

    code = "fact.unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRequest:
    """For what a fact is asked.

    Attributes:
        snapshot: None while the instance is being created.
        event: None in create and in explain.
        lock: True when a step follows in this transaction: balances must be locked, in key order.
            False in explain, which only looks.
    """

    instance_id: str
    root_id: str
    chart_id: str
    snapshot: Snapshot | None
    event: Event | None
    actor: Actor
    now: datetime
    lock: bool = True


FactLoader: TypeAlias = "Callable[[Connection, FactRequest], Awaitable[object | None]]"
"""Returns a JSON-ready value, or None when it is unknown; then the fact is left out."""


async def load_facts(
    loaders: Mapping[str, FactLoader],
    names: Iterable[str],
    connection: Connection,
    request: FactRequest,
) -> dict[str, object]:
    """Load facts one after the other in the order of their names, so that locks are taken in one order.

    Raises:
        FactUnknown: no loader has one of the names.
    """
    found = {}
    for name in sorted(set(names)):
        value = await _loader(loaders, name)(connection, request)
        if value is not None:
            found[name] = value
    return found


def _loader(loaders: Mapping[str, FactLoader], name: str) -> FactLoader:
    if name not in loaders:
        raise FactUnknown(f"no loader for the fact {name!r}", values={"fact": name})
    return loaders[name]
