"""Charts that are published in a transaction which may come to nothing."""

from __future__ import annotations

import copy
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from parcel import BEHAVIOUR, PARCEL, START

from orderwright.runtime.registry import ChartChanged, ChartNotFound, Registry
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection, Pool

KNOWN = {"parcel": {1: BEHAVIOUR, 2: BEHAVIOUR}}
DRAFT = json.dumps({**PARCEL, "version": 2})


@asynccontextmanager
async def _undone(connection: Connection) -> AsyncIterator[None]:
    """A transaction or savepoint that is rolled back at its end."""
    transaction = connection.transaction()
    await transaction.start()
    yield
    await transaction.rollback()


@pytest.fixture
def registry(engine: Engine) -> Registry:
    """The registry of an engine that has the first version, and the behaviour of a second."""
    engine.registry._behaviours = KNOWN
    return engine.registry


def _second() -> str:
    """A second version that is not the draft: nothing but a held parcel may be touched."""
    second = copy.deepcopy(PARCEL) | {"version": 2}
    del second["states"]["OPEN"]["on"]["TOUCH"]
    second["states"]["HELD"]["on"]["TOUCH"] = {}
    return json.dumps(second)


async def _publish_and_roll_back(registry: Registry, pool: Pool, text: str = DRAFT) -> None:
    async with pool.acquire() as connection, _undone(connection):
        await registry.publish(connection, text, at=START)


async def _version_of_new(engine: Engine, instance_id: str, at: Connection | None = None) -> int:
    made = await engine.create("parcel", instance_id, actor="ann", connection=at)
    assert made.snapshot is not None
    return made.snapshot.version


async def test_a_version_whose_publication_was_rolled_back_starts_nothing(
    engine: Engine, registry: Registry, pool: Pool
):
    await _publish_and_roll_back(registry, pool)

    assert await _version_of_new(engine, "p1") == 1
    with pytest.raises(ChartNotFound):
        await registry.get(pool, "parcel", 2)
    assert registry.known("parcel", 2) is None


async def test_what_is_published_after_a_rollback_is_run_as_it_was_published(
    engine: Engine, registry: Registry, pool: Pool
):
    await _publish_and_roll_back(registry, pool)
    await Registry(KNOWN).publish(pool, _second(), at=START)
    with pytest.raises(ChartChanged):
        await registry.publish(pool, DRAFT, at=START)

    assert await _version_of_new(engine, "p1") == 2
    refused = (await engine.send("p1", Event("TOUCH"), actor="ann")).refused
    assert refused is not None
    assert refused.code == "unhandled"


async def test_a_publication_that_is_rolled_back_again_leaves_nothing_either(
    engine: Engine, registry: Registry, pool: Pool
):
    for text in (DRAFT, _second()):
        await _publish_and_roll_back(registry, pool, text)

    assert registry.known("parcel", 2) is None
    assert await _version_of_new(engine, "p1") == 1


async def test_what_was_published_otherwise_meanwhile_is_taken_from_the_database(
    engine: Engine, registry: Registry, pool: Pool
):
    await Registry(KNOWN).publish(pool, DRAFT, at=START)
    assert (await registry.get(pool, "parcel", 2)).chart.version == 2
    await pool.execute("delete from orderwright.chart where version = 2")  # as by an older backup
    await registry.publish(pool, _second(), at=START)

    assert await _version_of_new(engine, "p1") == 2
    assert (await engine.send("p1", Event("TOUCH"), actor="ann")).refused is not None


async def test_a_savepoint_that_is_rolled_back_takes_its_version_along(
    engine: Engine, registry: Registry, pool: Pool
):
    async with pool.acquire() as connection, connection.transaction():
        async with _undone(connection):
            await registry.publish(connection, DRAFT, at=START)
            assert await _version_of_new(engine, "lost", connection) == 2
        assert await _version_of_new(engine, "p1", connection) == 1

    assert await _version_of_new(engine, "p2") == 1


async def test_a_version_is_used_in_its_own_transaction_and_by_others_after_the_commit(
    engine: Engine, registry: Registry, pool: Pool
):
    async with pool.acquire() as connection, connection.transaction():
        await registry.publish(connection, DRAFT, at=START)
        assert await _version_of_new(engine, "p1", connection) == 2
        assert await _version_of_new(engine, "p2") == 1
        assert registry.known("parcel", 2) is None

    assert await _version_of_new(engine, "p3") == 2
    kept = registry.known("parcel", 2)
    assert kept is not None
    assert await registry.get(pool, "parcel", 2) is kept


async def test_a_version_that_is_read_before_its_commit_is_not_remembered_either(
    engine: Engine, registry: Registry, pool: Pool
):
    async with pool.acquire() as connection, _undone(connection):
        await Registry(KNOWN).publish(connection, DRAFT, at=START)
        assert (await registry.get(connection, "parcel", 2)).chart.version == 2

    assert await _version_of_new(engine, "p1") == 1


async def test_a_first_version_may_be_published_and_run_in_one_transaction(pool: Pool):
    registry = Registry({"crate": {1: BEHAVIOUR}})
    text = json.dumps({**PARCEL, "id": "crate"})
    async with pool.acquire() as connection, connection.transaction():
        await registry.publish(connection, text, at=START)
        assert (await registry.latest(connection, "crate")).chart.version == 1
        with pytest.raises(ChartNotFound):
            await registry.latest(pool, "crate")

    assert (await registry.latest(pool, "crate")).chart.version == 1
