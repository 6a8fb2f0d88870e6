"""Very many sales held in memory at once: what their snapshots have in common is there once."""

from __future__ import annotations

import gc
import json
import re
import tracemalloc
from collections.abc import Callable

import pytest
from situations import SITUATIONS

from orderwright.json_text import Json
from orderwright.statechart import Snapshot

HELD = 10_000
A_TENTH = 15_000_000  # bytes: of 150 MB for 100,000
RARE = re.compile("hold|held|for an hour")  # few sales are held back: those take up to 2.6 kB each
SALES = [story.snapshot for name, story in SITUATIONS["sale"].items() if not RARE.search(name)]


def own(value: Json, number: int) -> Json:
    """The same data of another order: each id is another one, as a key too, and everything else stays."""
    if isinstance(value, dict):
        return {own(key, number): own(one, number) for key, one in value.items()}
    if isinstance(value, list):
        return [own(one, number) for one in value]
    if isinstance(value, str) and re.fullmatch(r"[a-z]+\d+|[a-z]+-\w+", value):
        return f"{value}-{number:05}"
    return value


def texts() -> list[str]:
    """The texts of very many sales, each of its own order, in every situation of the lifecycle."""
    stored = [snapshot.to_json() for snapshot in SALES]
    return [
        json.dumps({**one, "context": own(one["context"], number)}, separators=(",", ":"))
        for number, one in ((n, stored[n % len(stored)]) for n in range(HELD))
    ]


def from_json(text: str) -> Snapshot:
    return Snapshot.from_json(json.loads(text))


@pytest.mark.parametrize("read", [from_json, Snapshot.from_text])
def test_a_hundred_thousand_sales_hold_under_150_megabytes(read: Callable[[str], Snapshot]):
    stored = texts()
    assert len(set(stored)) == HELD
    gc.collect()
    tracemalloc.start()
    try:
        held = [read(text) for text in stored]
        gc.collect()
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(held) == HELD
    assert used < A_TENTH


@pytest.mark.parametrize("read", [from_json, Snapshot.from_text])
def test_what_sales_in_the_same_situation_have_in_common_is_one_object(
    read: Callable[[str], Snapshot],
):
    first, again = (
        [read(text) for text in texts()[at : at + len(SALES)]] for at in (0, len(SALES))
    )
    for one, other in zip(first, again, strict=True):
        assert one.context != other.context
        assert one.configuration is other.configuration
        assert one.value is other.value
        assert one.chart_id is other.chart_id
        assert one.hash is other.hash
        keys = zip(sorted(one.context), sorted(other.context), strict=True)
        assert all(key is same for key, same in keys)


def test_both_ways_of_reading_share_the_same_heads():
    for text in texts()[: len(SALES)]:
        assert from_json(text).configuration is Snapshot.from_text(text).configuration
