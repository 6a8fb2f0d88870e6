"""A connection is cut in each statement of each path, before it, after it, and by the server itself.

Whoever called gets the right answer or a clear error; repeated, the work is done exactly once. A path is walked again
and again, each time on new instances and with the cut one statement later, until it is walked to its end uncut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engine_room import Deaf
from engine_ways import (
    Batch,
    Creating,
    CreatingWithoutKey,
    Joined,
    JoinedByAlchemy,
    Sending,
    SendingWithFacts,
    SendingWithKey,
)
from errand import Receiver
from house import engine_on
from proxy import Cut, proxied
from receiver import receiving
from straight import assert_straight
from way import Way, World, cut_everywhere
from wholesale_ways import Anchoring, Migrating
from worker_ways import (
    Delivering,
    Firing,
    FiringWithFacts,
    Invoking,
    Parking,
    Relaying,
    Retrying,
    RetryingLetter,
    Striking,
    Working,
)

from orderwright.runtime.pool import open_pool
from orderwright.runtime.webhook.courier import Courier
from orderwright.runtime.webhook.post import Postman

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from orderwright.clock import DrivenClock
    from orderwright.runtime.pool import Pool


@pytest.fixture
async def world(
    database_url: str, scratch: Path, tmp_path: Path, pool: Pool, clock: DrivenClock
) -> AsyncIterator[World]:
    async with proxied(database_url, scratch) as proxy:
        cuttable = await open_pool(proxy.url, max_size=4)
        receiver = Receiver()
        async with engine_on(cuttable, clock, receiver, announce_on=pool) as engine:
            yield World(proxy, cuttable, pool, clock, engine, tmp_path, receiver)
        await cuttable.close()


QUIET = {
    Sending: ["from orderwright.instance", "apply_steps"],
    SendingWithFacts: ["begin", "for update", "apply_steps", "commit"],
    SendingWithKey: ["idempotency_key", "apply_steps"],
    Creating: ["apply_steps"],
    CreatingWithoutKey: ["apply_steps"],
    Batch: ["begin", "apply_steps", "commit"],
}
"""Paths on which a cut is the engine's own business; and statements at which they must have been cut."""
LOUD = {
    Joined: ["BEGIN", "savepoint", "apply_steps", "release savepoint", "COMMIT"],
    JoinedByAlchemy: ["BEGIN", "savepoint", "apply_steps", "release savepoint", "COMMIT"],
    Relaying: [
        "for update skip locked",
        "SAVEPOINT",
        "insert into seen",
        "set constraints",
        "acknowledgement",
        "COMMIT",
    ],
    Parking: ["ROLLBACK TO", "insert into orderwright.parked_root", "waiting_event", "COMMIT"],
    Retrying: ["insert into seen", "delete from orderwright.parked_root", "COMMIT"],
    Firing: ["for update of i", "delete from orderwright.timer", "apply_steps", "COMMIT"],
    FiringWithFacts: [
        "for update skip locked",
        "delete from orderwright.timer",
        "apply_steps",
        "COMMIT",
    ],
    Invoking: ["update orderwright.job", "for update", "apply_steps", "COMMIT"],
    Working: ["insert into orderwright.job", "update orderwright.job"],
    RetryingLetter: ["for update", "'retried'", "COMMIT", "update orderwright.job"],
    Migrating: ["insert into orderwright.chart_migration", "apply_steps", "COMMIT"],
    Anchoring: ["advisory", "repeatable read", "insert into orderwright.anchor", "COMMIT"],
    Striking: [
        "for update",
        "insert into done",
        "set constraints",
        "update orderwright.slot",
        "COMMIT",
    ],
}
"""Paths that say when they were cut, to whoever walks them again."""


@pytest.mark.parametrize("how", Cut)
@pytest.mark.parametrize("path", QUIET)
async def test_the_engine_answers_right_wherever_it_is_cut(
    world: World, path: type[Way], how: Cut
):
    await _prove(path(world), how, QUIET[path], may_fail=False)


@pytest.mark.parametrize("how", Cut)
@pytest.mark.parametrize("path", [Sending, SendingWithKey])
async def test_so_does_one_that_keeps_rows(world: World, path: type[Way], how: Cut):
    world.engine.keep(Deaf())
    await _prove(path(world), how, ["apply_steps"], may_fail=False)


@pytest.mark.parametrize("how", Cut)
@pytest.mark.parametrize("path", LOUD)
@pytest.mark.usefixtures("seen")
async def test_what_is_cut_and_taken_up_again_is_done_once(
    world: World, path: type[Way], how: Cut
):
    await _prove(path(world), how, LOUD[path], may_fail=True)


async def _prove(path: Way, how: Cut, expected: list[str], *, may_fail: bool) -> None:
    await path.open()
    cut_at = await cut_everywhere(path, how, may_fail=may_fail)
    for part in expected:
        if not any(part.lower() in statement.lower() for statement in cut_at):
            # What is on its way at once comes in another order each time: some of it never when it is counted.
            assert await cut_everywhere(path, how, may_fail=may_fail, only=part), (part, cut_at)
    await assert_straight(path.world.safe)


@pytest.mark.parametrize("how", Cut)
async def test_a_webhook_that_is_cut_arrives_under_one_id(world: World, how: Cut):
    """Whether it had arrived the sender cannot know: it is sent again, and its receiver knows it by its id."""
    postman = Postman(allow_loopback=True, seconds=30)
    async with receiving() as receiver:
        path = Delivering(world, receiver.url, Courier(world.pool, world.clock, postman))
        cut_at = await _cut_and_close(path, how, postman)
        arrived = [one.message_id for one in receiver.received]
    assert len(set(arrived)) == len(cut_at) + 1
    assert max(map(arrived.count, arrived)) <= 2
    for part in ("update orderwright.webhook_delivery", "webhook_attempt", "COMMIT"):
        assert any(part.lower() in statement.lower() for statement in cut_at), (part, cut_at)


async def _cut_and_close(path: Way, how: Cut, postman: Postman) -> list[str]:
    try:
        await path.open()
        return await cut_everywhere(path, how, may_fail=True)
    finally:
        await postman.close()
