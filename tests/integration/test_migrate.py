"""Migrations on a real database."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from orderwright.app.database import DatabaseNewer, DatabaseUnreachable, engine, migrate

ROOT = Path(__file__).parents[2]
_MIGRATE = """
import asyncio, sys
from orderwright.app.database import migrate
asyncio.run(migrate(sys.argv[1]))
"""


async def test_an_empty_database_is_brought_to_the_newest_revision(empty_database_url: str):
    first = await migrate(empty_database_url)
    second = await migrate(empty_database_url)
    assert first.before is None
    assert first.after == second.before == second.after


def test_the_files_of_migrations_are_named_after_their_revisions_in_their_order():
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    revisions = [script.revision for script in scripts.walk_revisions()]
    files = sorted((ROOT / "migrations" / "versions").glob("[0-9]*.py"), reverse=True)
    assert revisions == [file.name.partition("_")[0] for file in files]


async def test_a_database_that_is_up_to_date_needs_no_alembic(database_url: str):
    watch = f"{_MIGRATE}\nassert 'alembic' not in sys.modules\n"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", watch, database_url)
    assert await process.wait() == 0


async def test_two_tasks_at_once_migrate_once(empty_database_url: str):
    one, two = await asyncio.gather(migrate(empty_database_url), migrate(empty_database_url))
    assert sorted([one.before or "", two.before or ""]) == ["", one.after]


async def test_two_processes_at_once_both_succeed(empty_database_url: str):
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", _MIGRATE, empty_database_url)
        for _ in range(2)
    ]
    assert [await process.wait() for process in processes] == [0, 0]
    assert (await migrate(empty_database_url)).before is not None


async def test_everything_of_ours_lives_in_our_schema(database_url: str):
    connection = await asyncpg.connect(database_url)
    try:
        strangers = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        )
    finally:
        await connection.close()
    assert strangers == []


async def test_a_database_newer_than_the_code_is_refused_and_left_alone(database_url: str):
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("UPDATE orderwright.alembic_version SET version_num = '9999'")
        await connection.execute("UPDATE orderwright.compatibility SET oldest_code = '9999'")
        with pytest.raises(DatabaseNewer) as caught:
            await migrate(database_url)
        left = await connection.fetchval("SELECT version_num FROM orderwright.alembic_version")
    finally:
        await connection.close()
    assert "9999" in caught.value.message
    assert left == "9999"


async def test_a_database_that_is_not_there_is_named_as_unreachable():
    with pytest.raises(DatabaseUnreachable):
        await migrate("postgresql://nobody@127.0.0.1:1/nothing")


async def test_sqlalchemy_connects_over_the_same_url(database_url: str):
    database = engine(database_url)
    try:
        async with database.connect() as connection:
            row = await connection.exec_driver_sql("SELECT current_database()")
            assert row.scalar_one() in database_url
    finally:
        await database.dispose()
