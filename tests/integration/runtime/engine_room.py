"""An engine for one chart, on a database that knows no other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from jsonschema import FormatChecker
from parcel import BEHAVIOUR, PARCEL, START

from orderwright.runtime.engine import Engine
from orderwright.runtime.registry import Registry
from orderwright.runtime.wakeup import Announcer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from orderwright.clock import Clock
    from orderwright.runtime.fact import FactLoader
    from orderwright.runtime.pool import Pool
    from orderwright.statechart import Behaviour


async def build_engine(
    pool: Pool,
    clock: Clock,
    facts: Mapping[str, FactLoader],
    *,
    chart: Mapping[str, Any] = PARCEL,
    behaviour: Behaviour = BEHAVIOUR,
    formats: FormatChecker | None = None,
    **parts: Any,
) -> Engine:
    """Build an engine that knows a chart, the parcel unless another is given; who builds it closes it.

    Args:
        pool: where the chart is published, and the engine's own.
        clock: the engine's.
        facts: by name.
        chart: the first version of it.
        behaviour: of the chart.
        formats: those of the library if none are given.
        parts: what else an engine takes: `kinds`, `ledgers`, `observer`.
    """
    registry = Registry({chart["id"]: {1: behaviour}})
    async with pool.acquire() as connection:
        await registry.publish(connection, json.dumps(chart), at=START)
    return Engine(
        pool,
        registry,
        clock,
        facts=facts,
        formats=formats or FormatChecker(),
        wakeup=Announcer(pool),
        **parts,
    )


class Deaf:
    """A listener that hears nothing: an engine that keeps what it writes learns by writing that it is outdated."""

    def watch(self, watcher: object) -> None:
        """Forget a watcher."""


async def close(engine: Engine, *, grace_seconds: float = 10) -> None:
    """Have an engine finish what it was asked, and close all that it holds."""
    await engine.close(grace_seconds=grace_seconds)
    await engine.alarm.close()
    await engine.wakeup.close()
