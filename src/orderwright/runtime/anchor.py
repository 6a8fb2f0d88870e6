"""Daily anchors: what the ends of all logs were, written down where the database's owner does not rewrite it.

The hash chain of an instance shows an edited row. It does not show a log whose tail was cut off together with the
instance's own row, one that was rewritten as a whole, or an instance that is gone. So each day the triples (instance,
version, hash of the log's last row) of all instances are exported, sorted by the bytes of the id, one JSON list a
line; the record of it in the database holds their number, the hash over those lines, and the hash of the anchor
before. Later each line must still be a row of the log.

The export is a gzip file a day: a header, the lines, nothing more. Keep copies of it outside, where it can only be
added to.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

import asyncpg

from orderwright.errors import RuntimeFault
from orderwright.json_text import dump
from orderwright.runtime import anchor_file
from orderwright.runtime.journal import iso
from orderwright.runtime.pool import patiently
from orderwright.runtime.replay import Finding

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from orderwright.clock import Clock
    from orderwright.runtime.pool import Connection, Pool

_FETCH: Final = 5000
_LOCK: Final = 0x6F77616E63686F72  # any number, the same in every process
_PATIENCE_MS: Final = 1000
"""How long one process waits for another; an export of all logs may take minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A day's anchor; `hash` is over the lines of its export, `previous` that of the anchor before."""

    anchored_on: date
    taken_at: datetime
    instances: int
    hash: bytes
    previous: bytes | None


class AnchorsHomeless(RuntimeFault):
    """It is not said where anchors are exported to."""

    code = "anchor.no_folder"


class AnchorsBusy(RuntimeFault):
    """Another process takes an anchor, or settles what a crash has left."""

    code = "anchor.busy"
    retryable = True


class Anchors:
    """Takes anchors into a folder, and holds the database against them; without a folder it takes none."""

    def __init__(self, pool: Pool, clock: Clock, folder: Path | None) -> None:
        self._pool = pool
        self._clock = clock
        self._folder = folder

    async def take(self) -> Anchor:
        """Take today's anchor, or return the one that was taken; of several processes one takes it.

        The export has its own name only after the commit: a crash before it leaves an unfinished file, one after it an
        anchor whose export `settle` names.

        Raises:
            AnchorsHomeless: there is no folder.
            AnchorsBusy: another process is at it.
        """
        folder = self._require_folder()
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                await _be_the_only_one(connection)
                await _name_recorded(connection, folder)
                now = self._clock.now()
                known = await connection.fetchrow(_ON, now.date())
                if known is not None:
                    return Anchor(**dict(known))
                previous = await connection.fetchval(_PREVIOUS, now.date())
                unfinished = anchor_file.unfinished(folder, now.date())
                instances, hashed = await self._export(unfinished, now)
                anchor = Anchor(
                    anchored_on=now.date(),
                    taken_at=now,
                    instances=instances,
                    hash=hashed,
                    previous=previous,
                )
                await connection.execute(_RECORD, now.date(), now, instances, hashed, previous)
            target = anchor_file.named(folder, now.date())
            await asyncio.to_thread(anchor_file.name, unfinished, target)
            return anchor

    async def settle(self) -> AsyncGenerator[Finding]:
        """Finish or drop what a crash has left in the folder; yield what of it does not hold any more.

        The export of an anchor that was committed gets its name, and one that was cut off is dropped. A whole one
        without an anchor is of an attempt that was rolled back, or somebody has deleted the record of it before it had
        its name. The ends of all logs it is either way: it is dropped when it holds, and kept when it does not. The
        codes are those of `check`.

        Raises:
            AnchorsBusy: another process is at it.
        """
        if self._folder is None or not await asyncio.to_thread(
            anchor_file.leftovers, self._folder
        ):
            return
        async with self._pool.acquire() as connection, connection.transaction():
            await _be_the_only_one(connection)
            for file in await _name_recorded(connection, self._folder):
                holds = True
                async for finding in _held_against(connection, file):
                    holds = False
                    yield finding
                if holds:
                    await asyncio.to_thread(file.unlink)

    async def is_due(self) -> bool:
        """Tell whether today's anchor is still to be taken."""
        if self._folder is None:
            return False
        async with self._pool.acquire() as connection:
            return await connection.fetchrow(_ON, self._clock.now().date()) is None

    def latest(self) -> Path | None:
        """Return the export of the latest anchor in the folder."""
        if self._folder is None:
            return None
        return max(self._folder.glob("anchor-*.gz"), default=None)

    async def check(self, file: Path) -> AsyncGenerator[Finding]:
        """Yield what of an export does not hold any more.

        Codes: instance_deleted, tail_truncated, row_rewritten; of the export itself (with no instance)
        anchor_missing, anchor_differs, anchor_gap.
        """
        export = await asyncio.to_thread(anchor_file.read, file)
        if export is None:
            yield _about(file.name, "anchor_differs", "the export was cut off or damaged")
            return
        async with self._pool.acquire() as connection:
            async for finding in _held_against(connection, file):
                yield finding
            known = await connection.fetchrow(_ON, export.anchored_on)
            before = await connection.fetchval(_PREVIOUS, export.anchored_on)
        name = export.anchored_on.isoformat()
        if known is None:
            yield _about(name, "anchor_missing", f"the database has no anchor of {name}")
            return
        if (known["hash"], known["instances"]) != (export.hash, export.instances):
            message = f"the anchor of {name} in the database is not that of the export"
            yield _about(name, "anchor_differs", message)
        if known["previous"] != before:
            message = f"the anchor before that of {name} is not the one it was taken after"
            yield _about(name, "anchor_gap", message)

    def _require_folder(self) -> Path:
        if self._folder is None:
            raise AnchorsHomeless("no folder for anchors; name one with ORDERWRIGHT_ANCHORS")
        return self._folder

    async def _export(self, unfinished: Path, now: datetime) -> tuple[int, bytes]:
        """Write the file whole; return the number of lines and their hash."""
        digest, count = hashlib.sha256(), 0
        header = {"anchored_on": now.date().isoformat(), "taken_at": iso(now)}
        with await asyncio.to_thread(anchor_file.create, unfinished) as file:
            file.write(f"{dump(header)}\n".encode())
            async for lines in self._lines():
                text = "".join(lines).encode()
                await asyncio.to_thread(file.write, text)
                digest.update(text)
                count += len(lines)
        await asyncio.to_thread(anchor_file.finish, unfinished)
        return count, digest.digest()

    async def _lines(self) -> AsyncIterator[list[str]]:
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            cursor = await connection.cursor(_ENDS)
            while rows := await cursor.fetch(_FETCH):
                yield [f"{dump([name, version, end.hex()])}\n" for name, version, end in rows]


async def _be_the_only_one(connection: Connection) -> None:
    """Have no other process take or settle anchors until the transaction ends.

    Raises:
        AnchorsBusy: another process is at it.
    """
    try:
        await connection.execute(_ONE_AT_A_TIME, _LOCK, str(_PATIENCE_MS))
    except asyncpg.LockNotAvailableError as error:
        raise AnchorsBusy("another process is at the anchors") from error


async def _name_recorded(connection: Connection, folder: Path) -> list[Path]:
    """Name what was committed, drop what was cut off, and return what is whole and was not recorded.

    Who holds the lock may: the transaction of any other process that had it has ended. That process may be about to
    name its export, so any of them can be gone by its old name.
    """
    unrecorded = []
    for file in await asyncio.to_thread(anchor_file.leftovers, folder):
        try:
            export = await asyncio.to_thread(anchor_file.read, file)
        except FileNotFoundError:
            continue
        if export is None:
            await asyncio.to_thread(file.unlink, missing_ok=True)
            continue
        known = await connection.fetchrow(_ON, export.anchored_on)
        target = anchor_file.named(folder, export.anchored_on)
        is_recorded = known is not None and known["hash"] == export.hash
        if (
            is_recorded and not target.exists()
        ):  # a record that was edited must not replace a witness
            await asyncio.to_thread(anchor_file.name, file, target)
        elif file.exists():
            unrecorded.append(file)
    return unrecorded


async def _held_against(connection: Connection, file: Path) -> AsyncIterator[Finding]:
    """Yield what the lines of an export say that is not so any more."""
    with gzip.open(file, "rt", encoding="utf-8", newline="\n") as lines:
        next(lines)  # the header
        while batch := [json.loads(line) for line in islice(lines, _FETCH)]:
            for finding in await _compare(connection, batch):
                yield finding


async def _compare(connection: Connection, lines: Sequence[list[object]]) -> Iterator[Finding]:
    names, versions = [line[0] for line in lines], [line[1] for line in lines]
    rows = await connection.fetch(_ROWS, names, versions)
    return (
        finding
        for line, row in zip(lines, rows, strict=True)
        for finding in _differences(str(line[0]), row["version"], str(line[2]), tuple(row)[1:])
    )


def _differences(
    name: str, version: int, end: str, found: tuple[int | None, bytes | None]
) -> Iterator[Finding]:
    reached, hashed = found
    if reached is None:
        message = f"it had version {version} when the anchor was taken, and is gone"
        yield Finding(instance_id=name, version=version, code="instance_deleted", message=message)
    elif hashed is None:
        message = f"its log had version {version} when the anchor was taken, and has it no more"
        yield Finding(instance_id=name, version=version, code="tail_truncated", message=message)
    elif hashed.hex() != end:
        message = "the row, or one before it, is not what it was when the anchor was taken"
        yield Finding(instance_id=name, version=version, code="row_rewritten", message=message)


def _about(name: str, code: str, message: str) -> Finding:
    return Finding(instance_id=f"anchor {name}", version=0, code=code, message=message)


_ONE_AT_A_TIME = f"select pg_advisory_xact_lock({patiently('$1::bigint', '$2')})"
_ON = """
select anchored_on, taken_at, instances, hash, previous from orderwright.anchor where anchored_on = $1
"""
_PREVIOUS = """
select hash from orderwright.anchor where anchored_on < $1 order by anchored_on desc limit 1
"""
_RECORD = """
insert into orderwright.anchor (anchored_on, taken_at, instances, hash, previous) values ($1, $2, $3, $4, $5)
"""
_ENDS = """
select instance_id, version, log_hash from orderwright.instance order by instance_id collate "C"
"""
_ROWS = """
select asked.version, i.version, l.hash
from unnest($1::text[], $2::integer[]) with ordinality as asked (instance_id, version, place)
left join orderwright.instance as i on i.instance_id = asked.instance_id
left join orderwright.log as l on l.instance_id = asked.instance_id and l.version = asked.version
order by asked.place
"""
