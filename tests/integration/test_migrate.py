"""Migrations on a real database."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from orderwright.app.database import (
    DatabaseNewer,
    DatabaseUnreachable,
    MigrationFailed,
    engine,
    migrate,
)
from orderwright.app.policies.key import as_key

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


async def migrate_to(url: str, revision: str) -> None:
    """Bring an empty database to a revision of before."""
    database = engine(url)
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations").replace("%", "%%"))
    try:
        async with database.begin() as connection:
            config.attributes["connection"] = await connection.run_sync(lambda one: one)
            await connection.run_sync(lambda _: command.upgrade(config, revision))
    finally:
        await database.dispose()


async def test_what_was_changed_under_a_former_name_is_kept_under_both_with_its_history(
    empty_database_url: str,
):
    await migrate_to(empty_database_url, "0029")
    connection = await asyncpg.connect(empty_database_url)
    try:
        await connection.execute(
            "insert into orderwright.live_setting (name, value) values"
            " ('approval_one_manager_up_to', 70), ('return_window_days', 9)"
        )
        await connection.execute(
            "insert into orderwright.live_setting_change"
            " (name, before, after, person_id, reason, changed_at) values"
            " ('approval_one_manager_up_to', 1000, 50, 'ann', 'less', now()),"
            " ('approval_one_manager_up_to', 50, 70, 'ben', null, now()),"
            " ('return_window_days', 14, 9, 'ann', null, now())"
        )
        await migrate(empty_database_url)
        values = await connection.fetch("select name, value from orderwright.live_setting")
        changes = await connection.fetch(
            "select name, before, after, person_id, reason from orderwright.live_setting_change"
            " order by id"
        )
    finally:
        await connection.close()
    assert {row["name"]: row["value"] for row in values} == {
        "approval_one_manager_up_to": 70,
        "approval_low_band_up_to": 70,
        "return_window_days": 9,
    }
    of_name = {
        name: [tuple(row)[1:] for row in changes if row["name"] == name]
        for name in ("approval_one_manager_up_to", "approval_low_band_up_to")
    }
    kept = [(1000, 50, "ann", "less"), (50, 70, "ben", None)]
    assert list(of_name.values()) == [kept, kept]
    assert len(changes) == 5


async def test_what_was_counted_under_a_long_name_goes_on_being_counted_with_it(
    empty_database_url: str,
):
    await migrate_to(empty_database_url, "0030")
    connection = await asyncpg.connect(empty_database_url)
    long, short = "ö" * 256, "ö" * 255
    try:
        await connection.executemany(
            "insert into orderwright.policy_event"
            " (execution_id, trigger, entity_type, entity_id, user_id, wallet, country, occurred_at)"
            " values ($1, 'PAYOUT_REQUESTED', 'PayOut', $1, $2, $3, $4, now())",
            [("1", short, long, None), ("2", long, short, "DE"), ("3", "u", None, long)],
        )
        await migrate(empty_database_url)
        rows = await connection.fetch(
            "select user_id, wallet, country from orderwright.policy_event order by execution_id"
        )
    finally:
        await connection.close()
    key = as_key(long)
    kept = [(short, key, None), (key, short, "DE"), ("u", None, key)]
    assert ([tuple(row) for row in rows], key.startswith("sha256:")) == (kept, True)


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


@pytest.mark.parametrize("host", ["a" * 64, "127.0.0.1:1"])
async def test_a_host_that_cannot_be_reached_is_named_as_unreachable(host: str):
    with pytest.raises(DatabaseUnreachable, match=r"no connection to the database: .+"):
        await migrate(f"postgresql://me@{host}/orders")


async def test_a_server_that_does_not_answer_is_named_as_unreachable(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("orderwright.app.database._CONNECT_TIMEOUT", 0.1)
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        with pytest.raises(DatabaseUnreachable, match=r"no answer within 0\.1 s"):
            await migrate(f"postgresql://me@127.0.0.1:{mute.getsockname()[1]}/orders")


async def test_a_database_that_refuses_a_change_is_left_as_it_was_and_says_why(
    empty_database_url: str,
):
    connection = await asyncpg.connect(empty_database_url)
    try:
        await connection.execute("create schema orderwright; create table orderwright.instance ()")
        with pytest.raises(MigrationFailed, match='relation "instance" already exists'):
            await migrate(empty_database_url)
        found = await connection.fetchval(
            "select count(*) from pg_tables where schemaname = 'orderwright'"
        )
    finally:
        await connection.close()
    assert found == 1


async def test_a_database_that_is_read_only_says_so(empty_database_url: str):
    connection = await asyncpg.connect(empty_database_url)
    try:
        name = await connection.fetchval("select quote_ident(current_database())")
        await connection.execute(f"alter database {name} set default_transaction_read_only = on")
    finally:
        await connection.close()
    with pytest.raises(MigrationFailed, match="in a read-only transaction"):
        await migrate(empty_database_url)


async def test_sqlalchemy_connects_over_the_same_url(database_url: str):
    database = engine(database_url)
    try:
        async with database.connect() as connection:
            row = await connection.exec_driver_sql("SELECT current_database()")
            assert row.scalar_one() in database_url
    finally:
        await database.dispose()
