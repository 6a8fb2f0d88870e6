"""Two releases side by side: the old one's code on the new one's schema, while it is migrated and afterwards."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import asyncpg
import httpx
import pytest
import release_tree
from listing import TABLE
from release_process import CONSUMERS
from straight import assert_straight
from waiting import eventually

from acceptance.harness import Server
from orderwright.app.database import DatabaseNewer, migrate
from orderwright.runtime.pool import open_pool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from orderwright.runtime.pool import Pool

_MIGRATE = """
import asyncio, json, sys
from dataclasses import asdict
from orderwright.app.database import migrate
print(json.dumps(asdict(asyncio.run(migrate(sys.argv[1])))))
"""
_FUTURE = '''
from alembic import op

revision = "9999"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade():
    """Add what no code of today knows."""
    op.execute("alter table orderwright.instance add column colour text")
    op.execute("alter table orderwright.log add column colour text default 'blue'")
    op.execute("create table orderwright.colour (name text primary key)")
    op.execute("{more}")
'''


class Host:
    """A process of a release, and the stories that it has told."""

    def __init__(self, release: Path, *words: str) -> None:
        self.told: list[str] = []
        self._words = words
        self._release = release
        self._log = release / "host.log"
        self._process: asyncio.subprocess.Process | None = None
        self._hearing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-W", "error", "-m", "release_process"),
                *self._words,
                cwd=self._release,
                env=release_tree.environment(self._release, ORDERWRIGHT_LOG_LEVEL="warning"),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        self._hearing = asyncio.create_task(self._hear())

    async def tells(self, number: int) -> None:
        """Wait until it has told so many more."""
        wanted = len(self.told) + number

        async def has_told() -> bool:
            assert self._process is not None
            assert self._process.returncode is None, self._log.read_text()
            return len(self.told) >= wanted

        await eventually(has_told, 60)

    async def end(self) -> None:
        """Let it come to a good end, without a complaint in its log."""
        assert self._process is not None
        assert self._hearing is not None
        self._process.terminate()
        async with asyncio.timeout(30):
            assert await self._process.wait() == 0, self._log.read_text()
            await self._hearing
        assert self._log.read_text() == ""

    def put_away(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def _hear(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.told.append(line.decode().strip())


@pytest.fixture
async def look(empty_database_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(empty_database_url, max_size=2)
    yield pool
    await pool.close()


@pytest.fixture
def old(tmp_path: Path) -> Path:
    folder = tmp_path / "old"
    folder.mkdir()
    release = release_tree.before_newest_migration(folder)
    if release is None:
        pytest.skip("the release before is taken from git, whose history is not here")
    return release


@pytest.fixture
def new(tmp_path: Path, old: Path) -> Path:
    release = release_tree.today(tmp_path / "new")
    release_tree.keep_published(release / "charts", old / "charts")
    return release


@pytest.fixture
def hosts(old: Path, new: Path, empty_database_url: str) -> Iterator[tuple[Host, Host]]:
    both = Host(old, empty_database_url, "old"), Host(new, empty_database_url, "new", "last")
    yield both
    for host in both:
        host.put_away()


async def test_the_old_release_works_on_while_the_database_is_migrated(
    hosts: tuple[Host, Host], old: Path, empty_database_url: str, look: Pool
):
    """A rolling deployment: nothing is lost or doubled, and no host says that anything went wrong."""
    status, said = await release_tree.run(old, _MIGRATE, empty_database_url)
    assert status == 0, said
    await look.execute(TABLE.replace("create table seen", "create table public.seen"))
    one, other = hosts
    await one.start()
    await one.tells(20)

    migrated = await migrate(empty_database_url)
    assert (migrated.before, migrated.after) == (json.loads(said)["after"], migrated.code)
    await other.start()
    await asyncio.gather(one.tells(40), other.tells(40))

    await one.end()
    await other.end()
    await _assert_told_once(look, one.told + other.told)


async def _assert_told_once(look: Pool, told: list[str]) -> None:
    assert len(set(told)) == len(told) >= 100
    rows = await look.fetch(_STORIES)
    assert {row["instance_id"] for row in rows} == set(told)
    steps = ["ADD", "ADD", "CALL", "REMIND", "REMIND_SOON", "create", "done.invoke.call"]
    assert {tuple(row["steps"]) for row in rows} == {tuple(steps)}
    assert {row["count"] for row in rows} == {2}
    shared = await look.fetchval(
        "select version from orderwright.instance where instance_id = 'shared'"
    )
    assert shared == 1 + len(told)
    events = [row["event_id"] for row in await look.fetch(_EVENTS)]
    assert len(events) == 4 * len(told)
    for consumer in CONSUMERS:
        seen = await look.fetch(
            "select event_id from seen where consumer = $1 order by n", consumer
        )
        assert [row["event_id"] for row in seen] == events
    assert await look.fetch("select 1 from orderwright.parked_root") == []
    assert await look.fetch("select kind, subject, cause from orderwright.incident") == []
    await assert_straight(look)


@pytest.fixture
def future(tmp_path: Path) -> Path:
    return release_tree.today(tmp_path / "future")


async def _migrate_to(future: Path, url: str, more: str) -> None:
    newest = max((future / "migrations" / "versions").glob("[0-9]*.py")).name.split("_")[0]
    script = future / "migrations" / "versions" / "9999_colour.py"
    script.write_text(_FUTURE.format(before=newest, more=more))
    status, said = await release_tree.run(future, _MIGRATE, url)
    assert status == 0, said


async def test_todays_code_stays_ready_and_starts_where_a_later_release_has_only_added(
    future: Path, database_url: str
):
    """One server runs when the schema changes under it, another starts afterwards; both are ready."""
    async with AsyncExitStack() as running, httpx.AsyncClient(timeout=30) as http:

        async def started() -> Server:
            server = Server(database_url)
            await server.start()
            running.push_async_callback(server.stop)
            return server

        early = await started()
        await _migrate_to(future, database_url, "select 1")
        migrated = await migrate(database_url)
        late = await started()
        ready = [(await http.get(f"{one.url}/readyz")).json() for one in (early, late)]
    assert migrated.before == migrated.after == "9999"
    assert migrated.code < "9999"
    assert [one["database"] for one in ready] == ["ok", "ok"]


async def test_todays_code_refuses_where_a_later_release_has_broken_it(
    future: Path, database_url: str
):
    raised = "update orderwright.compatibility set oldest_code = '9998'"
    await _migrate_to(future, database_url, raised)

    with pytest.raises(DatabaseNewer) as caught:
        await migrate(database_url)

    assert caught.value.values["oldest_code"] == "9998"
    connection = await asyncpg.connect(database_url)
    left = await connection.fetchval("select version_num from orderwright.alembic_version")
    await connection.close()
    assert left == "9999"


_STORIES = """
select i.instance_id, (i.snapshot::json -> 'context' ->> 'count')::int as count,
    array(select event_type from orderwright.log as l where l.instance_id = i.instance_id
          order by event_type collate "C") as steps
from orderwright.instance as i where i.instance_id <> 'shared'
"""
_EVENTS = "select event_id from orderwright.outbox order by ord, id"
