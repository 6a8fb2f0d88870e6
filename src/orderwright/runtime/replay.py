"""The proof that log and snapshot agree, and that nobody changed the log afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderwright.json_text import load
from orderwright.runtime.instance import Instance, found, read
from orderwright.runtime.journal import LogRow, chained, fold, read_log, snapshot_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orderwright.clock import Clock
    from orderwright.runtime.pool import Pool
    from orderwright.statechart import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """Something that does not fit; `version` is the row where it shows."""

    version: int
    code: str
    message: str


class Replay:
    """Reads instances back from their logs."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def verify(self, instance_id: str) -> tuple[Discrepancy, ...]:
        """Compare an instance with its log; empty when all is well.

        Raises:
            InstanceNotFound: there is no such instance.
        """
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            reading = await read(connection, instance_id, key=None, now=self._clock.now())
            rows = await read_log(connection, instance_id)
        return tuple(_discrepancies(found(reading.instance, instance_id), rows))

    async def state_at(self, instance_id: str, version: int) -> Snapshot:
        """Return the snapshot that an instance had at a version.

        Raises:
            ValueError: the instance has no such version.
        """
        async with self._pool.acquire() as connection:
            return await snapshot_at(connection, instance_id, version)


def _discrepancies(
    instance: Instance, rows: Sequence[tuple[LogRow, bytes]]
) -> Iterator[Discrepancy]:
    yield from _in_line(instance, [row for row, _ in rows])
    yield from _in_chain(instance, rows)
    yield from _in_fold(instance, [row for row, _ in rows])


def _in_line(instance: Instance, rows: Sequence[LogRow]) -> Iterator[Discrepancy]:
    """Versions count from one without gaps, and each row begins where the one before ended."""
    state = None
    for expected, row in enumerate(rows, start=1):
        if row.version != expected:
            yield _found(row.version, "version_gap", f"expected version {expected}")
            return
        if row.from_state != state:
            yield _found(row.version, "state_gap", f"begins in {row.from_state}, not in {state}")
        state = row.to_state
    if len(rows) != instance.version:
        yield _found(instance.version, "log_length", f"the log has {len(rows)} rows")
    elif state != instance.state:
        yield _found(instance.version, "state_differs", f"the log ends in {state}")


def _in_chain(instance: Instance, rows: Sequence[tuple[LogRow, bytes]]) -> Iterator[Discrepancy]:
    previous = b""
    for row, stored in rows:
        if chained(previous, row) != stored:
            yield _found(row.version, "hash_differs", "the row is not what was written")
            return
        previous = stored
    if previous != instance.log_hash:
        yield _found(instance.version, "tail_differs", "the last row is not the one last written")


def _in_fold(instance: Instance, rows: Sequence[LogRow]) -> Iterator[Discrepancy]:
    try:
        folded = fold(load(row.changes) for row in rows)
    except ValueError as error:
        yield _found(instance.version, "fold_fails", str(error))
        return
    if folded.to_text() != instance.snapshot.to_text():
        yield _found(instance.version, "fold_differs", "the log does not give the snapshot")


def _found(version: int, code: str, message: str) -> Discrepancy:
    return Discrepancy(version=version, code=code, message=message)
