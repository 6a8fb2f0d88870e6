from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orderwright.runtime.instance import InstanceNotFound
from orderwright.runtime.replay import Replay
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool


@pytest.fixture
async def replay(engine: Engine, clock: DrivenClock):
    """The proof, and an instance with a past: p1 at version 5."""
    await engine.create("parcel", "p1", context={"note": "x"}, actor="ann")
    for event in (Event("ADD", {"n": 2}), Event("HOLD"), Event("RESUME"), Event("WEIGH")):
        assert (await engine.send("p1", event, actor="ann", reason="why")).refused is None
    return Replay(engine.pool, clock)


async def test_what_the_engine_wrote_verifies(replay: Replay):
    assert await replay.verify("p1") == ()


async def test_every_earlier_state_can_be_read_back(replay: Replay):
    counts = [(await replay.state_at("p1", version)).context["count"] for version in range(1, 6)]
    values = [(await replay.state_at("p1", version)).value for version in range(1, 6)]
    assert counts == [0, 2, 2, 2, 3]
    assert values == ["OPEN", "OPEN", "HELD", "OPEN", "OPEN"]


async def test_an_unknown_instance_is_an_error(replay: Replay):
    with pytest.raises(InstanceNotFound):
        await replay.verify("p2")


@pytest.mark.parametrize(
    ("edit", "codes"),
    [
        ("update orderwright.log set reason = 'other' where version = 2", {"hash_differs"}),
        ("update orderwright.log set actor_id = 'bob' where version = 5", {"hash_differs"}),
        (
            "update orderwright.log set to_state = 'OPEN' where version = 3",
            {"hash_differs", "state_gap"},
        ),
        (
            "delete from orderwright.log where version = 5",
            {"log_length", "tail_differs", "fold_differs"},
        ),
        ("delete from orderwright.log where version = 3", {"version_gap", "hash_differs"}),
        (
            "update orderwright.instance set snapshot = replace(snapshot, '\"count\":3', '\"count\":4')",
            {"fold_differs"},
        ),
        ("update orderwright.instance set state = 'HELD'", {"state_differs"}),
        ("delete from orderwright.log", {"log_length", "tail_differs", "fold_fails"}),
    ],
)
async def test_tampering_shows(replay: Replay, pool: Pool, edit: str, codes: set[str]):
    await pool.execute(edit)
    assert {found.code for found in await replay.verify("p1")} == codes
