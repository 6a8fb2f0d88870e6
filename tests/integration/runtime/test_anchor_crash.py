"""Anchors go on after a crash at any point, and no crash hides what somebody has done to the database."""

from __future__ import annotations

import gzip
from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg
import pytest

from orderwright.runtime import anchor_file
from orderwright.runtime.anchor import Anchors
from orderwright.runtime.incident import incidents
from orderwright.runtime.watch import Watch

if TYPE_CHECKING:
    from pathlib import Path

    from parcel import Rows

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool

_FAIL_COMMIT = """
create function orderwright.fail() returns trigger language plpgsql as $$
begin raise exception 'the commit fails'; end $$;
create constraint trigger fail after insert on orderwright.anchor
deferrable initially deferred for each row execute function orderwright.fail();
"""


class Crash(RuntimeError):
    """The process ends here."""


@pytest.fixture
async def watch(engine: Engine, clock: DrivenClock, tmp_path: Path) -> Watch:
    """A watch over two instances."""
    for name in ("p1", "p2"):
        await engine.create("parcel", name, actor="ann")
    return Watch(engine, Anchors(engine.pool, clock, tmp_path))


async def _crash(watch: Watch, where: str) -> None:
    """Seal, in a process that ends where it would call this function of the module of exports."""

    def die(*_given: object) -> None:
        raise Crash

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(anchor_file, where, die)
        with pytest.raises(Crash):
            await watch.seal()


async def _fail_to_commit(watch: Watch, pool: Pool) -> None:
    """Seal, with a commit that fails: the export is written, and the database has no anchor."""
    await pool.execute(_FAIL_COMMIT)
    with pytest.raises(asyncpg.RaiseError):
        await watch.seal()
    await pool.execute("drop trigger fail on orderwright.anchor")


async def _codes(pool: Pool) -> set[tuple[str, str]]:
    return {(one.subject, one.code) for one in await incidents(pool)}


def _only(folder: Path) -> Path:
    [file] = folder.iterdir()
    return file


def _names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


async def test_a_commit_that_failed_stops_no_later_anchor(
    watch: Watch, clock: DrivenClock, pool: Pool, tmp_path: Path, rows: Rows
):
    await _fail_to_commit(watch, pool)
    clock.advance(timedelta(days=1))
    await watch.seal()
    assert await _codes(pool) == set()
    assert _names(tmp_path) == ["anchor-2026-03-02.gz"]
    [taken] = await rows("select anchored_on::text as day from orderwright.anchor")
    assert taken["day"] == "2026-03-02"


async def test_an_export_that_was_recorded_gets_its_name_at_the_next_turn(
    watch: Watch, pool: Pool, tmp_path: Path, rows: Rows
):
    await _crash(watch, "name")
    assert len(await rows("select 1 from orderwright.anchor")) == 1
    await watch.seal()
    assert _names(tmp_path) == ["anchor-2026-03-01.gz"]
    await watch.seal()

    await pool.execute("delete from orderwright.anchor")
    await watch.seal()
    assert await _codes(pool) == {("anchor 2026-03-01", "anchor_missing")}
    assert await rows("select 1 from orderwright.anchor") == []


async def test_an_export_that_was_cut_off_is_dropped(watch: Watch, pool: Pool, tmp_path: Path):
    await _crash(watch, "finish")
    cut = _only(tmp_path)
    cut.write_bytes(gzip.compress(b'{"anchored_on":"2026-03-01"}\n["p1",1,"00"]\n')[:-4])
    (tmp_path / "of somebody else.txt").touch()
    await watch.seal()
    assert _names(tmp_path) == ["anchor-2026-03-01.gz", "of somebody else.txt"]
    assert await _codes(pool) == set()


async def test_a_row_deleted_before_its_export_has_its_name_hides_nothing(
    watch: Watch, clock: DrivenClock, pool: Pool, tmp_path: Path, rows: Rows
):
    """To the folder this is an anchor that was never committed; what it says of the logs must hold all the same."""
    await _crash(watch, "name")
    await pool.execute("delete from orderwright.anchor")
    for table in ("instance", "log"):
        await pool.execute(f"delete from orderwright.{table} where instance_id = 'p2'")
    for _ in range(2):
        clock.advance(timedelta(days=1))
        await watch.seal()
    assert await _codes(pool) == {("p2", "instance_deleted")}
    assert await rows("select 1 from orderwright.anchor") == []
    assert len(_names(tmp_path)) == 1


async def test_an_older_attempt_does_not_take_the_place_of_the_days_export(
    engine: Engine, watch: Watch, pool: Pool, tmp_path: Path
):
    """Who can write to the database alone cannot have a witness replaced by one that saw less."""
    await _fail_to_commit(watch, pool)
    older = _only(tmp_path)
    kept = older.read_bytes()
    await watch.seal()
    await engine.create("parcel", "p3", actor="ann")
    await pool.execute("delete from orderwright.anchor")
    export = _only(tmp_path)
    export.unlink()
    await watch.seal()
    newer = export.read_bytes()
    assert newer != kept

    older.write_bytes(kept)
    read = anchor_file.read(older)
    assert read is not None
    await pool.execute(
        "update orderwright.anchor set hash = $1, instances = $2", read.hash, read.instances
    )
    await watch.seal()
    assert export.read_bytes() == newer
    assert _names(tmp_path) == [export.name]


async def test_of_two_that_name_an_export_the_later_finds_it_named(
    watch: Watch, tmp_path: Path, clock: DrivenClock, pool: Pool
):
    """A process that committed is slow to name its export; another one has done it in the meantime."""
    await _crash(watch, "name")
    unnamed = _only(tmp_path)
    await Anchors(pool, clock, tmp_path).take()
    export = _only(tmp_path)
    anchor_file.name(unnamed, export)
    assert _names(tmp_path) == ["anchor-2026-03-01.gz"]
