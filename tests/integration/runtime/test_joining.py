from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.app.database import engine as sqlalchemy_engine
from orderwright.runtime.command import Actor, Cause, Create, Send
from orderwright.runtime.instance import InstanceNotFound
from orderwright.runtime.joining import JoinImpossible, Owned
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from parcel import Everything
    from sqlalchemy.ext.asyncio import AsyncEngine

    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.joining import Joinable
    from orderwright.runtime.pool import Pool

Way: TypeAlias = "Callable[..., Awaitable[None]]"

ANN = Actor("ann")
COUNT = "select count(*) from orderwright.log"


class Undo(Exception):
    """Makes a test's own transaction roll back."""


@pytest.fixture
async def alchemy(database_url: str):
    built = sqlalchemy_engine(database_url)
    yield built
    await built.dispose()


@pytest.fixture
async def parcel(engine: Engine):
    await engine.create("parcel", "p1", actor="ann")


async def _work(engine: Engine, connection: Joinable) -> None:
    created = await engine.create("parcel", "p2", actor="ann", connection=connection)
    sent = await engine.send("p1", Event("ADD", {"n": 1}), actor="ann", connection=connection)
    again = await engine.send("p2", Event("WEIGH"), actor="ann", connection=connection)
    refused = await engine.send("p1", Event("RESUME"), actor="ann", connection=connection)
    assert (created.version, sent.version, again.version) == (1, 2, 2)
    assert refused.refused is not None
    assert (await engine.read("p1", connection=connection)).version == 2


class Doors(NamedTuple):
    """Two ways into the same database."""

    pool: Pool
    alchemy: AsyncEngine


async def _with_asyncpg(engine: Engine, doors: Doors, *, fail: bool) -> None:
    async with doors.pool.acquire() as connection, connection.transaction():
        await _work(engine, connection)
        if fail:
            raise Undo


async def _with_asyncpg_begun_by_hand(engine: Engine, doors: Doors, *, fail: bool) -> None:
    async with doors.pool.acquire() as connection:
        await connection.execute("begin")
        await _work(engine, connection)
        await connection.execute("rollback" if fail else "commit")
        if fail:
            raise Undo


async def _with_connection(engine: Engine, doors: Doors, *, fail: bool) -> None:
    async with doors.alchemy.begin() as connection:
        await _work(engine, connection)
        if fail:
            raise Undo


async def _with_connection_that_has_worked(engine: Engine, doors: Doors, *, fail: bool) -> None:
    async with doors.alchemy.begin() as connection:
        await connection.execute(text("create temporary table host (n int) on commit drop"))
        await _work(engine, connection)
        await connection.execute(text("insert into host values (1)"))
        if fail:
            raise Undo


async def _with_session(engine: Engine, doors: Doors, *, fail: bool) -> None:
    async with AsyncSession(doors.alchemy) as session, session.begin():
        await _work(engine, session)
        if fail:
            raise Undo


WAYS = [
    _with_asyncpg,
    _with_asyncpg_begun_by_hand,
    _with_connection,
    _with_connection_that_has_worked,
    _with_session,
]


@pytest.mark.usefixtures("parcel")
@pytest.mark.parametrize("way", WAYS)
async def test_what_is_joined_commits_with_the_caller(
    engine: Engine, pool: Pool, alchemy: AsyncEngine, way: Way
):
    await way(engine, Doors(pool, alchemy), fail=False)

    assert await pool.fetchval(COUNT) == 4
    assert (await engine.read("p2")).version == 2


@pytest.mark.usefixtures("parcel")
@pytest.mark.parametrize("way", WAYS)
async def test_what_is_joined_rolls_back_with_the_caller(
    engine: Engine, pool: Pool, alchemy: AsyncEngine, everything: Everything, way: Way
):
    before = await everything()
    with pytest.raises(Undo):
        await way(engine, Doors(pool, alchemy), fail=True)
    assert await everything() == before


@pytest.mark.usefixtures("parcel")
@pytest.mark.parametrize("isolation", ["REPEATABLE READ", "SERIALIZABLE", "AUTOCOMMIT"])
async def test_other_isolation_levels_are_refused(
    engine: Engine, database_url: str, everything: Everything, isolation: str
):
    before = await everything()
    alchemy = sqlalchemy_engine(database_url, isolation_level=isolation)
    async with alchemy.connect() as connection:
        with pytest.raises(JoinImpossible):
            await engine.send("p1", Event("TOUCH"), actor="ann", connection=connection)
    await alchemy.dispose()
    assert await everything() == before


async def test_a_connection_outside_a_transaction_is_refused(engine: Engine, pool: Pool):
    async with pool.acquire() as connection:
        with pytest.raises(JoinImpossible):
            await engine.create("parcel", "p1", actor="ann", connection=connection)


async def test_the_callers_transaction_survives_an_error(engine: Engine, pool: Pool):
    await engine.create("parcel", "p1", actor="ann")
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("create temporary table host (n int)")
        with pytest.raises(Exception, match="invokes"):
            await engine.send("p1", Event("CALL"), actor="ann", connection=connection)
        assert await connection.fetchval("select count(*) from host") == 0
        await engine.send("p1", Event("TOUCH"), actor="ann", connection=connection)
    assert (await engine.read("p1")).version == 2


async def test_commands_together_are_done_or_refused_each_by_itself_and_in_order(
    engine: Engine, pool: Pool
):
    await engine.create("parcel", "p1", actor="ann")
    cause, keyed = Cause(actor=ANN), Cause(actor=ANN, idempotency_key="k")
    asked = [
        Send(instance_id="p1", event=Event("ADD", {"n": 1}), cause=keyed),
        Create(chart_id="parcel", instance_id="p3", root_id="p3", context={}, cause=cause),
        Send(instance_id="p1", event=Event("RESUME"), cause=cause),
        Create(chart_id="parcel", instance_id="p2", root_id="p2", context={}, cause=cause),
        Send(instance_id="p2", event=Event("WEIGH"), cause=cause),
        Send(instance_id="p1", event=Event("ADD", {"n": 1}), cause=keyed),
        Create(chart_id="parcel", instance_id="p1", root_id="p1", context={}, cause=cause),
    ]
    async with pool.acquire() as connection, connection.transaction():
        done = await engine.carry_out_all(asked, connection=Owned(connection))
    assert [one.instance_id for one in done] == [one.instance_id for one in asked]
    assert [one.version for one in done] == [2, 1, 2, 1, 2, 2, 2]
    refused = [place for place, one in enumerate(done) if one.refused is not None]
    assert refused == [2, 6]
    assert [one.replayed for one in done] == [False, False, False, False, False, True, False]
    assert await pool.fetchval(COUNT) == 5


@pytest.mark.usefixtures("parcel")
async def test_commands_together_come_to_nothing_when_one_is_an_error(
    engine: Engine, pool: Pool, everything: Everything
):
    before, cause = await everything(), Cause(actor=ANN)
    asked = [Send(instance_id=name, event=Event("TOUCH"), cause=cause) for name in ("p1", "none")]
    with pytest.raises(InstanceNotFound):
        async with pool.acquire() as connection, connection.transaction():
            await engine.carry_out_all(asked, connection=Owned(connection))
    assert await everything() == before


async def test_a_joined_call_waits_for_the_one_who_has_the_instance(engine: Engine, pool: Pool):
    await engine.create("parcel", "p1", actor="ann")

    async def add() -> Result:
        async with pool.acquire() as connection, connection.transaction():
            return await engine.send(
                "p1",
                Event("ADD", {"n": 1}),
                actor="ann",
                idempotency_key="k",
                connection=connection,
            )

    results = await asyncio.gather(*(add() for _ in range(8)))

    assert {result.version for result in results} == {2}
    assert sum(not result.replayed for result in results) == 1
