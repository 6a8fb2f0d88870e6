"""The time machine: what any instance was at any version or time, and the proof that logs and snapshots agree.

The proof goes through all instances in ranges of their ids. A range is read in one snapshot of the database, its log
through a cursor in the order of its key, so that neither the number of instances nor the length of a log matters,
and no transaction stays open for long.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.json_text import is_storable
from orderwright.runtime.audit import Audit, Discrepancy, Standing
from orderwright.runtime.calendar import in_calendar
from orderwright.runtime.instance import found
from orderwright.runtime.journal import (
    COLUMNS,
    VersionNotFound,
    from_record,
    read_log,
    snapshot_at,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from datetime import datetime

    from asyncpg import Record

    from orderwright.runtime.pool import Connection, Pool
    from orderwright.statechart import Snapshot

_RANGE: Final = 500  # instances
_FETCH: Final = 2000  # rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A discrepancy of one instance."""

    instance_id: str
    version: int
    code: str
    message: str


@dataclass(slots=True)
class Tally:
    """How much has been verified so far, and how much there is."""

    total: int = 0
    instances: int = 0
    rows: int = 0
    findings: int = 0


class Replay:
    """Reads instances back from their logs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def verify(self, instance_id: str) -> tuple[Discrepancy, ...]:
        """Compare an instance with its log; empty when all is well.

        Raises:
            InstanceNotFound: there is no such instance.
        """
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            audit = Audit(_standing(await _read(connection, instance_id)))
            for row, stored in await read_log(connection, instance_id):
                audit.add(row, stored)
        return audit.close()

    async def verify_all(
        self, tally: Tally | None = None, *, progress: Callable[[], None] | None = None
    ) -> AsyncIterator[Finding]:
        """Yield every discrepancy of every instance, and logs without an instance.

        `tally` counts along; `progress` is called after each range of instances.
        """
        tally = tally if tally is not None else Tally()
        last: str | None = ""
        async with self._pool.acquire() as connection:
            tally.total = await connection.fetchval(_COUNT)
            while last is not None:
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    after, last = last, None
                    rows = await connection.fetch(_INSTANCES, after, _RANGE)
                    if len(rows) == _RANGE:
                        last = rows[-1]["instance_id"]
                    async for finding in _verify_range(connection, rows, (after, last), tally):
                        tally.findings += 1
                        yield finding
                if progress is not None:
                    progress()

    async def reached(self, instance_id: str) -> int:
        """Return the version that an instance has reached, also of one whose snapshot cannot be read.

        Raises:
            InstanceNotFound: there is no such instance.
        """
        async with self._pool.acquire() as connection:
            row = await _read(connection, instance_id)
        return int(row["version"])

    async def state_at(self, instance_id: str, version: int) -> Snapshot:
        """Return the snapshot that an instance had at a version.

        Raises:
            VersionNotFound: the instance has no such version.
        """
        async with self._pool.acquire() as connection:
            return await snapshot_at(connection, instance_id, version)

    async def version_at(self, instance_id: str, moment: datetime) -> int:
        """Return the version that an instance had reached at a moment, by when its events occurred.

        What is recorded late may have occurred before what stands ahead of it in the log: it counts from then on when
        all that stands ahead of it has occurred.

        Raises:
            VersionNotFound: it did not exist then.
        """
        async with self._pool.acquire() as connection:
            version: int | None = await connection.fetchval(_AT, instance_id, moment)
        if version is None:
            raise VersionNotFound(
                f"{instance_id} did not exist at {moment.isoformat()}",
                values={"instance": instance_id, "at": moment.isoformat()},
            )
        return version


async def _verify_range(
    connection: Connection, rows: list[Record], bounds: tuple[str, str | None], tally: Tally
) -> AsyncIterator[Finding]:
    waiting = {row["instance_id"]: _standing(row) for row in rows}
    current: _Current | None = None
    async for record in _log(connection, bounds):
        tally.rows += 1
        name = record["instance_id"]
        if current is None or current.instance_id != name:
            if current is not None:
                for finding in current.close():
                    yield finding
            current = _Current(name, waiting.pop(name, None))
        current.add(record)
    if current is not None:
        for finding in current.close():
            yield finding
    for name, standing in waiting.items():
        for finding in _Current(name, standing).close():
            yield finding
    tally.instances += len(rows)


class _Current:
    """The instance whose rows are coming; without a standing its rows have lost their instance."""

    __slots__ = ("_audit", "_last", "instance_id")

    def __init__(self, instance_id: str, standing: Standing | None) -> None:
        self.instance_id = instance_id
        self._audit = Audit(standing) if standing is not None else None
        self._last = 0

    def add(self, record: Record) -> None:
        row, stored = from_record(record)
        self._last = row.version
        if self._audit is not None:
            self._audit.add(row, stored)

    def close(self) -> Iterator[Finding]:
        if self._audit is None:
            message = "the log has rows, and there is no such instance"
            yield self._finding(self._last, "instance_missing", message)
            return
        for one in self._audit.close():
            yield self._finding(one.version, one.code, one.message)

    def _finding(self, version: int, code: str, message: str) -> Finding:
        return Finding(instance_id=self.instance_id, version=version, code=code, message=message)


async def _log(connection: Connection, bounds: tuple[str, str | None]) -> AsyncIterator[Record]:
    after, last = bounds
    if last is None:
        cursor = await connection.cursor(_LOG.format(""), after)
    else:
        cursor = await connection.cursor(_LOG.format("and instance_id <= $2"), after, last)
    records = await cursor.fetch(_FETCH)
    while records:
        coming = asyncio.ensure_future(cursor.fetch(_FETCH))  # the server reads while we look
        await asyncio.sleep(0)
        try:
            for record in records:
                yield record
        finally:
            records = await coming


async def _read(connection: Connection, instance_id: str) -> Record:
    row = await connection.fetchrow(_INSTANCE, instance_id) if is_storable(instance_id) else None
    return found(row, instance_id)


def _standing(row: Record) -> Standing:
    return Standing(
        version=row["version"],
        status=row["status"],
        state=row["state"],
        chart=(row["chart_id"], row["chart_version"]),
        snapshot=row["snapshot"],
        log_hash=row["log_hash"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


_COUNT = "select count(*) from orderwright.instance"
_STANDING = f"""
select instance_id, version, status, state, chart_id, chart_version, snapshot, log_hash,
       {in_calendar("created_at")} as created_at, {in_calendar("updated_at")} as updated_at
from orderwright.instance
"""  # noqa: S608 (constants)
_INSTANCE = f"{_STANDING} where instance_id = $1"
_INSTANCES = f"{_STANDING} where instance_id > $1 order by instance_id limit $2"
_LOG = f"""
select {COLUMNS} from orderwright.log
where instance_id > $1 {{}} order by instance_id, version
"""  # noqa: S608 (constants)
_AT = """
select max(version) from orderwright.log
where instance_id = $1 and version < coalesce((
    select min(version) from orderwright.log where instance_id = $1 and occurred_at > $2), 2147483647)
"""
