"""What events are held against: patterns take no longer than the text asks, and mean the same to everybody."""

from __future__ import annotations

import copy
import time
from typing import TYPE_CHECKING

import pytest
from engine_room import build_engine, close
from parcel import PARCEL

from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from parcel import Scales

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool

SLOW = "^(([a-z])+.)+[A-Z]([a-z])+$"
DATA = {
    "type": "object",
    "properties": {
        "slow": {"type": "string", "pattern": SLOW},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "name": {"type": "string", "pattern": r"^\p{L}+$"},
    },
    "patternProperties": {"^x-": {"type": "integer"}, "^(y+)+$": {"type": "integer"}},
    "additionalProperties": False,
}


@pytest.fixture
async def engine(pool: Pool, clock: DrivenClock, scales: Scales) -> AsyncIterator[Engine]:
    """An engine that knows a parcel whose `HOLD` has patterns."""
    chart = copy.deepcopy(PARCEL)
    chart["events"]["HOLD"]["data"] = DATA
    built = await build_engine(pool, clock, {"weight": scales.load}, chart=chart)
    await built.create("parcel", "p1", actor="ann")
    yield built
    await close(built)


async def _wrong(engine: Engine, data: dict[str, object]) -> set[object]:
    """Return the fields of what is wrong; nothing where the event is taken."""
    refused = (await engine.send("p1", Event("HOLD", data), actor="ann")).refused
    if refused is None:
        return set()
    assert refused.code == "event_data"
    return {reason.values["field"] for reason in refused.reasons}


@pytest.mark.parametrize(
    ("data", "field"), [({"slow": "a" * 60 + "!"}, "slow"), ({"y" * 60 + "!": 1}, "y" * 60 + "!")]
)
async def test_a_pattern_that_would_try_every_way_is_judged_at_once(
    engine: Engine, data: dict[str, object], field: str
):
    begun = time.perf_counter()
    assert await _wrong(engine, data) == {field}
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        ({"slow": "abcAbc", "currency": "EUR", "name": "Zoë", "x-a": 1, "yy": 2}, set()),
        ({"currency": "EUR\n"}, {"currency"}),
        ({"name": "Zoë7"}, {"name"}),
        ({"x-a": "1"}, {"x-a"}),
        ({"other": 1}, {"other"}),
    ],
)
async def test_what_is_not_of_the_declared_shape_is_refused_with_its_field(
    engine: Engine, data: dict[str, object], fields: set[str]
):
    assert await _wrong(engine, data) == fields
