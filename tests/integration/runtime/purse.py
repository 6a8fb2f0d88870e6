"""A chart whose events book, and those of its work: on the purse an instance was made for, and on a second one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine_room import build_engine
from parcel import NO_DATA

from orderwright.runtime.ledger import Booking
from orderwright.runtime.observation import QUIET, Observer
from orderwright.statechart import Behaviour

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderwright.clock import Clock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.job import JobKind
    from orderwright.runtime.pool import Pool


def _amount(name: str) -> dict[str, object]:
    return {"type": "object", "properties": {name: {}}, "required": [name]}


def _post(account: str, amount: object) -> dict[str, object]:
    return {"post": {"ledger": "money", "data": {"account": {"from": account}, "amount": amount}}}


SPENT = {"from": "event.amount"}
CLAIM = {
    "id": "claim",
    "initial": "OPEN",
    "context": {"purse": "main", "other": "other", "opening": 0, "why": ""},
    "events": {
        "SPEND": {"label": "Spend", "data": _amount("amount")},
        "MOVE": {"label": "Move", "data": _amount("amount")},
        "SPEND_LATER": {"label": "Spend later", "data": NO_DATA},
        "SPEND_ONE": {"label": "Spend one", "data": NO_DATA, "by": "system"},
        "NOTE": {"label": "Note", "data": NO_DATA},
        "ASK": {"label": "Ask", "data": NO_DATA},
    },
    "states": {
        "OPEN": {
            "entry": _post("context.purse", {"from": "context.opening"}),
            "on": {
                "SPEND": {"actions": [_post("context.purse", SPENT), {"emit": {"type": "spent"}}]},
                "MOVE": {
                    "actions": [_post("context.purse", SPENT), _post("context.other", SPENT)]
                },
                "SPEND_LATER": {"actions": {"send": {"type": "SPEND_ONE", "delay": 1000}}},
                "SPEND_ONE": {"actions": _post("context.purse", 1)},
                "NOTE": {"actions": {"post": {"ledger": "notes", "data": {"amount": "many"}}}},
                "ASK": "ASKING",
            },
        },
        "ASKING": {
            "invoke": {
                "id": "call",
                "src": "call",
                "onDone": {
                    "target": "TOLD",
                    "actions": _post("context.purse", {"from": "event.output"}),
                },
                "onError": {
                    "target": "FAILED",
                    "actions": {"assign": {"why": {"from": "event.error.message"}}},
                },
            }
        },
        "TOLD": {"type": "final"},
        "FAILED": {"type": "final"},
    },
}


def read(data: Mapping[str, Any]) -> Booking:
    """Read a row of the ledger: of a purse there are at most ten pieces, and never less than none."""
    return Booking(account=data["account"], amount=data["amount"], floor=0, ceiling=10)


async def build_claims(
    pool: Pool, clock: Clock, *kinds: JobKind, observer: Observer = QUIET
) -> Engine:
    """Build an engine that knows the chart and the ledger, and handles these kinds of jobs."""
    return await build_engine(
        pool,
        clock,
        {},
        chart=CLAIM,
        behaviour=Behaviour(),
        kinds={kind.name: kind for kind in kinds},
        ledgers={"money": read},
        observer=observer,
    )
