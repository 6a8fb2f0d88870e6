"""Where more waits than one batch takes, the call that writes a batch reads what the next one needs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from straight import assert_straight

from orderwright.runtime import attempt, kept, lane
from orderwright.runtime.command import Actor, Cause, Send
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from orderwright.runtime.engine import Engine

ADD = Event("ADD", {"n": 1})
LONGEST = 2


@pytest.fixture(autouse=True)
def backlog(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let six commands be a backlog: one lane, which takes two at a time."""
    monkeypatch.setattr(lane, "LANES", 1)
    monkeypatch.setattr(lane, "LONGEST", LONGEST)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return whose instances are read by calls that do nothing else."""
    found: list[list[str]] = []
    real = kept.read_many

    async def spied(
        connection: object, asked: Sequence[tuple[str, str | None]], **how: object
    ) -> Any:
        found.append([instance_id for instance_id, _ in asked])
        return await real(connection, asked, **how)

    monkeypatch.setattr(kept, "read_many", spied)
    return found


@pytest.fixture
async def ids(engine: Engine, read: list[list[str]]) -> list[str]:
    names = [f"p{number}" for number in range(6)]
    for name in names:
        await engine.create("parcel", name, actor="ann")
    read.clear()
    return names


def adding(name: str, key: str | None = None) -> Send:
    cause = Cause(actor=Actor("ann"), idempotency_key=key)
    return Send(instance_id=name, event=ADD, cause=cause)


def around_writing(
    monkeypatch: pytest.MonkeyPatch, then: Callable[[Sequence[str]], Awaitable[None]]
) -> None:
    """Do something each time when a batch was written and the next one was read."""
    real = attempt.store_and_read

    async def spied(connection: object, steps: object, names: Sequence[str], **how: object) -> Any:
        answer = await real(connection, steps, names, **how)
        await then(names)
        return answer

    monkeypatch.setattr(attempt, "store_and_read", spied)


async def test_of_a_backlog_only_the_first_and_the_last_batch_are_read_by_themselves(
    engine: Engine, ids: list[str], read: list[list[str]]
):
    results = await engine.send_many([adding(name) for name in ids])
    assert [one.version for one in results] == [2] * 6
    assert read == [["p0", "p1"], ["p4", "p5"]]  # behind the second batch waits no backlog
    await assert_straight(engine.pool)


async def test_what_others_changed_since_it_was_read_is_read_again(
    engine: Engine, ids: list[str], read: list[list[str]], monkeypatch: pytest.MonkeyPatch
):
    async def change(names: Sequence[str]) -> None:
        async with engine.pool.acquire() as other, other.transaction():
            await engine.send(names[0], ADD, actor="bob", connection=other)

    around_writing(monkeypatch, change)
    results = await engine.send_many([adding(name) for name in ids])
    assert [one.version for one in results] == [2, 2, 3, 2, 2, 2]
    assert results[2].snapshot.context["count"] == 2
    assert ["p2"] in read
    await assert_straight(engine.pool)


async def test_a_lost_connection_takes_nothing_from_what_was_chosen_to_follow(
    engine: Engine, ids: list[str], monkeypatch: pytest.MonkeyPatch
):
    async def lose(_: Sequence[str]) -> None:
        raise asyncpg.ConnectionDoesNotExistError("cut after the commit")

    around_writing(monkeypatch, lose)
    results = await engine.send_many([adding(name) for name in ids])
    assert [one.version for one in results] == [2] * 6
    await assert_straight(engine.pool)


async def test_an_unreadable_instance_that_follows_has_no_batch_written_twice(
    engine: Engine, ids: list[str]
):
    await engine.pool.execute(_SPOIL, "p2")
    sends = [engine.send(name, ADD, actor="ann") for name in ids]
    results = await asyncio.gather(*sends, return_exceptions=True)
    assert isinstance(results.pop(2), ValueError)
    assert [one.version for one in results] == [2] * 5
    versions = await engine.pool.fetch("select version from orderwright.instance order by 1")
    assert [row["version"] for row in versions] == [1, 2, 2, 2, 2, 2]


async def test_keys_of_what_follows_are_looked_up_with_it(
    engine: Engine, ids: list[str], read: list[list[str]]
):
    await engine.send("p3", ADD, actor="ann", idempotency_key="k3")
    read.clear()
    sends = [adding(name, "k3" if name == "p3" else None) for name in ids]
    results = await engine.send_many(sends)
    assert [one.version for one in results] == [2] * 6
    assert [one.replayed for one in results] == [name == "p3" for name in ids]
    assert read == [["p0", "p1"], ["p2", "p3"], ["p4", "p5"]]


async def test_who_leaves_after_the_choice_has_done_what_was_asked(
    engine: Engine, ids: list[str], monkeypatch: pytest.MonkeyPatch
):
    tasks = [asyncio.create_task(engine.send(name, ADD, actor="ann")) for name in ids]

    async def leave(names: Sequence[str]) -> None:
        assert names == ["p2", "p3"]
        tasks[2].cancel()
        await asyncio.sleep(0)

    around_writing(monkeypatch, leave)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    await engine.close()
    assert isinstance(results[2], asyncio.CancelledError)
    assert [(await engine.read(name)).version for name in ids] == [2] * 6
    await assert_straight(engine.pool)


_SPOIL = "update orderwright.instance set snapshot = 'no snapshot' where instance_id = $1"
