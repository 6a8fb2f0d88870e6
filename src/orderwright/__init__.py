"""Orderwright: order lifecycles and policies as durable, explainable statecharts on PostgreSQL.

    async with Orderwright.connect(url) as app:
        result = await app.engine.send(order_id, Event("SET_PAYMENT_METHOD", {"method": "CARD"}), actor="ada")

Names are loaded when they are first used, so that `orderwright.statechart` can be imported alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orderwright.app.bootstrap import Orderwright
    from orderwright.app.policies.hosted import ActionSkipped, HostAction
    from orderwright.runtime.command import Actor
    from orderwright.runtime.job import JobKind, JobRun
    from orderwright.statechart import Event

__version__ = "0.1.0"

__all__ = [
    "ActionSkipped",
    "Actor",
    "Event",
    "HostAction",
    "JobKind",
    "JobRun",
    "Orderwright",
    "__version__",
]

_HOMES = {
    "ActionSkipped": "orderwright.app.policies.hosted",
    "Actor": "orderwright.runtime.command",
    "Event": "orderwright.statechart",
    "HostAction": "orderwright.app.policies.hosted",
    "JobKind": "orderwright.runtime.job",
    "JobRun": "orderwright.runtime.job",
    "Orderwright": "orderwright.app.bootstrap",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'orderwright' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
