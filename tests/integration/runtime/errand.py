"""A chart that invokes, a receiver that records what reaches it, and an engine for both."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from engine_room import build_engine

from orderwright.runtime.job import JobKind, JobRun
from orderwright.runtime.observation import QUIET, Observer
from orderwright.statechart import Behaviour

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orderwright.clock import Clock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool

NOTHING = {"type": "object", "properties": {}, "additionalProperties": False}
ERRAND = {
    "id": "errand",
    "version": 1,
    "initial": "IDLE",
    "context": {"said": []},
    "events": {
        name: {"label": name.capitalize(), "data": NOTHING}
        for name in ("CALL", "LEAVE", "AGAIN", "STAY", "SILENT", "STRICT", "TELL", "END")
    },
    "states": {
        "IDLE": {
            "on": {
                "CALL": "CALLING",
                "SILENT": "SILENT",
                "STRICT": "STRICT",
                "TELL": {"actions": {"emit": {"type": "errand.told", "data": {"word": "hello"}}}},
            }
        },
        "CALLING": {
            "invoke": {
                "id": "call",
                "src": "call",
                "input": {"said": {"from": "context.said"}},
                "onDone": {
                    "target": "IDLE",
                    "actions": {"assign": {"said": {"from": "event.output"}}},
                },
                "onError": {
                    "target": "FAILED",
                    "actions": {"assign": {"said": {"from": "event.error"}}},
                },
            },
            "on": {
                "LEAVE": "IDLE",
                "AGAIN": {"target": "CALLING", "reenter": True},
                "STAY": {},
                "END": "ENDED",
            },
        },
        "SILENT": {"invoke": {"id": "call", "src": "call"}, "on": {"LEAVE": "IDLE"}},
        "STRICT": {
            "invoke": {
                "id": "call",
                "src": "call",
                "onDone": {
                    "target": "IDLE",
                    "actions": {"assign": {"said": {"from": "event.output.word"}}},
                },
            }
        },
        "FAILED": {"on": {"CALL": "CALLING"}},
        "ENDED": {"type": "final"},
    },
}


class Receiver:
    """The other side of an effect: it does a thing once for each key, and remembers every call."""

    def __init__(self) -> None:
        self.calls: list[JobRun] = []
        self.effects: dict[str, object] = {}
        self.failures: list[Exception] = []
        self.answer: object = "yes"
        self.called = asyncio.Event()
        self.hold: asyncio.Event | None = None

    async def take(self, run: JobRun) -> object:
        """Record a call; fail while there are failures, and wait while there is a hold."""
        self.calls.append(run)
        self.called.set()
        if self.hold is not None:
            await self.hold.wait()
        self.effects.setdefault(run.key, run.payload)
        if self.failures:
            raise self.failures.pop(0)
        return self.answer

    def kind(self, name: str = "call", *, attempts: int = 3, timeout: float = 60) -> JobKind:
        """A kind of job that comes here."""
        return JobKind(name=name, handle=self.take, attempts=attempts, timeout_seconds=timeout)


async def build_errands(
    pool: Pool,
    clock: Clock,
    kinds: Iterable[JobKind],
    *,
    initial: str = "IDLE",
    observer: Observer = QUIET,
) -> Engine:
    """Build an engine that knows the errand and handles these kinds."""
    return await build_engine(
        pool,
        clock,
        {},
        chart={**ERRAND, "initial": initial},
        behaviour=Behaviour(),
        kinds={kind.name: kind for kind in kinds},
        observer=observer,
    )
