"""What only a daily anchor shows: tampering that leaves the database in agreement with itself."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from parcel import START

from orderwright.json_text import load
from orderwright.runtime import anchor_file
from orderwright.runtime.anchor import Anchors
from orderwright.runtime.journal import chained, fold, read_log
from orderwright.runtime.replay import Replay
from orderwright.statechart import Event

if TYPE_CHECKING:
    from pathlib import Path

    from parcel import Rows

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Pool


@pytest.fixture
async def anchors(engine: Engine, clock: DrivenClock, tmp_path: Path) -> Anchors:
    """An anchor of three instances, of which two have gone on since."""
    for name in ("a", "b", "Z"):
        await engine.create("parcel", name, actor="ann")
        await engine.send(name, Event("ADD", {"n": 2}), actor="ann")
        await engine.send(name, Event("HOLD"), actor="ann")
    anchors = Anchors(engine.pool, clock, tmp_path)
    await anchors.take()
    for name in ("a", "b"):
        await engine.send(name, Event("RESUME"), actor="ann")
    return anchors


async def found(anchors: Anchors) -> set[tuple[str, str]]:
    return {(one.instance_id, one.code) async for one in anchors.check(anchors.latest())}


async def test_an_anchor_is_recorded_and_exported(anchors: Anchors, rows: Rows):
    [record] = await rows("select * from orderwright.anchor")
    header, *lines = (
        gzip.decompress(anchors.latest().read_bytes()).decode().splitlines(keepends=True)
    )
    assert json.loads(header)["anchored_on"] == START.date().isoformat()
    assert [json.loads(line)[:2] for line in lines] == [["Z", 3], ["a", 3], ["b", 3]]
    assert record["hash"] == hashlib.sha256("".join(lines).encode()).digest()
    assert (record["instances"], record["previous"]) == (3, None)
    assert await found(anchors) == set()


async def test_there_is_one_anchor_a_day_and_each_names_the_one_before(
    anchors: Anchors, clock: DrivenClock
):
    first = await anchors.take()
    assert (first.taken_at, first.instances) == (START, 3)
    clock.advance(timedelta(days=1))
    one, two = await asyncio.gather(anchors.take(), anchors.take())
    assert one == two
    assert (one.anchored_on, one.previous) == (date(2026, 3, 2), first.hash)
    assert anchors.latest().name == "anchor-2026-03-02.gz"
    assert len(list(anchors.latest().parent.iterdir())) == 2


@pytest.mark.parametrize("gone_before", ["read", "named"])
async def test_an_export_that_another_process_names_meanwhile_is_left_to_it(
    anchors: Anchors, monkeypatch: pytest.MonkeyPatch, gone_before: str
):
    """The other has committed and let go of the lock, and its export has its name at this very moment."""
    await anchors.take()
    named = anchors.latest()
    unfinished = anchor_file.unfinished(named.parent, date(2026, 3, 1))
    monkeypatch.setattr(anchor_file, "leftovers", lambda _: [unfinished])
    if gone_before == "named":
        monkeypatch.setattr(anchor_file, "read", lambda _, read=anchor_file.read: read(named))
    assert [one async for one in anchors.settle()] == []
    assert await anchors.take() is not None
    assert anchors.latest() == named


async def _rewrite(pool: Pool, name: str, *, keep: int) -> None:
    """Cut a log to some rows, say that somebody else did the last, and make everything agree again."""
    async with pool.acquire() as connection, connection.transaction():
        rows = [row for row, _ in await read_log(connection, name)][:keep]
        await connection.execute(
            "delete from orderwright.log where instance_id = $1 and version > $2", name, keep
        )
        last = b""
        for row in rows:
            last = chained(last, row)
        snapshot = fold(load(row.changes) for row in rows).to_text()
        await connection.execute(
            "update orderwright.instance set version = $2, state = $3, snapshot = $4, log_hash = $5"
            " where instance_id = $1",
            *(name, keep, rows[-1].to_state, snapshot, last),
        )


async def test_a_tail_that_was_cut_off_cleanly_shows(anchors: Anchors, pool: Pool):
    await _rewrite(pool, "a", keep=2)
    await _rewrite(pool, "b", keep=3)  # only what came after the anchor
    assert [one async for one in Replay(pool).verify_all()] == []
    assert await found(anchors) == {("a", "tail_truncated")}


async def test_a_log_that_was_rewritten_cleanly_shows(anchors: Anchors, pool: Pool):
    await pool.execute("update orderwright.log set actor_id = 'bob' where instance_id = 'a'")
    async with pool.acquire() as connection:
        last = b""
        for row, _ in await read_log(connection, "a"):
            last = chained(last, row)
            await connection.execute(
                "update orderwright.log set hash = $2 where instance_id = 'a' and version = $1",
                *(row.version, last),
            )
    await pool.execute(
        "update orderwright.instance set log_hash = $1 where instance_id = 'a'", last
    )
    assert [one async for one in Replay(pool).verify_all()] == []
    assert await found(anchors) == {("a", "row_rewritten")}


async def test_a_deleted_instance_shows(anchors: Anchors, pool: Pool):
    for table in ("instance", "log", "outbox"):
        await pool.execute(f"delete from orderwright.{table} where instance_id = 'b'")
    assert [one async for one in Replay(pool).verify_all()] == []
    assert await found(anchors) == {("b", "instance_deleted")}


async def test_an_export_or_a_record_that_was_changed_shows(anchors: Anchors, pool: Pool):
    name = f"anchor {START.date().isoformat()}"
    file = anchors.latest()
    kept = file.read_bytes()
    text = gzip.decompress(kept).decode().splitlines(keepends=True)
    file.write_bytes(gzip.compress("".join(text[:-1]).encode()))
    assert await found(anchors) == {(name, "anchor_differs")}

    file.write_bytes(kept)
    await pool.execute("delete from orderwright.anchor")
    assert await found(anchors) == {(name, "anchor_missing")}


async def test_an_export_that_is_damaged_shows(anchors: Anchors):
    file = anchors.latest()
    file.write_bytes(file.read_bytes()[:-4])
    assert await found(anchors) == {(f"anchor {file.name}", "anchor_differs")}


@pytest.mark.parametrize(
    "edit",
    [
        "delete from orderwright.anchor where anchored_on = '2026-03-02'",
        "update orderwright.anchor set hash = 'x' where anchored_on = '2026-03-02'",
        "update orderwright.anchor set previous = null where anchored_on = '2026-03-03'",
        "update orderwright.anchor set previous = 'x' where anchored_on = '2026-03-03'",
    ],
)
async def test_an_anchor_that_does_not_name_the_one_before_it_shows(
    engine: Engine, anchors: Anchors, clock: DrivenClock, pool: Pool, edit: str
):
    for name in ("c", "d"):
        clock.advance(timedelta(days=1))
        await engine.create("parcel", name, actor="ann")
        await anchors.take()
        assert await found(anchors) == set()
    await pool.execute(edit)
    assert await found(anchors) == {("anchor 2026-03-03", "anchor_gap")}


async def test_an_export_that_was_interrupted_is_made_again(
    engine: Engine, clock: DrivenClock, tmp_path: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch
):
    await engine.create("parcel", "a", actor="ann")
    anchors = Anchors(engine.pool, clock, tmp_path / "new" / "folder")
    with monkeypatch.context() as patch:
        patch.setattr(anchor_file, "finish", _fail)
        with pytest.raises(RuntimeError):
            await anchors.take()
    assert anchors.latest() is None
    assert await rows("select 1 from orderwright.anchor") == []
    assert (await anchors.take()).instances == 1
    assert await found(anchors) == set()


def _fail(_unfinished: Path) -> None:
    raise RuntimeError("the disk is full")
