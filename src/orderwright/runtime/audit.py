"""One instance held against its log, row by row: the rules that `orderwright.runtime.replay` proves of every instance.

- Versions count from one without gaps, and each row begins in the state where the one before ended.
- Each row occurred and was recorded at a time that can be read.
- Each row's hash is that of its text after the hash before it; the last one is the instance's.
- The first row was recorded when the instance was created, the last when it was updated.
- Folding what the rows changed gives the instance's snapshot, and that says the status and the chart of its row.

An audit keeps the folded snapshot and no rows, so that a log of any length needs no more room than its instance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderwright.json_text import load
from orderwright.runtime.calendar import is_known
from orderwright.runtime.journal import LogRow, advance, chained
from orderwright.statechart import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """Something that does not fit; `version` is the row where it shows."""

    version: int
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the instance's own row says; `chart` is its id and version, `snapshot` its text.

    Its root is not among it: the log does not say what that is.
    """

    version: int
    status: str
    state: str
    chart: tuple[str, int]
    snapshot: str
    log_hash: bytes
    created_at: datetime
    updated_at: datetime


class Audit:
    """Takes the rows of an instance, oldest first, then tells what does not fit."""

    __slots__ = (
        "_begun_at",
        "_broken",
        "_folded",
        "_found",
        "_gap",
        "_hash",
        "_length",
        "_moved_at",
        "_standing",
        "_state",
    )

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._found: list[Discrepancy] = []
        self._length = 0
        self._state: str | None = None
        self._begun_at: datetime | None = (
            None  # when the first row was recorded, and the one last added
        )
        self._moved_at: datetime | None = None
        self._gap = False  # from here on nothing can be said of the line
        self._hash: bytes | None = b""  # None from where the chain is broken
        self._folded: dict[str, object] = {}
        self._broken: str | None = None

    def add(self, row: LogRow, stored: bytes) -> None:
        """Take the next row with its stored hash."""
        self._length += 1
        if not (is_known(row.occurred_at) and is_known(row.recorded_at)):
            message = "the row has a time that is infinite, or that no calendar has"
            self._note(row.version, "time_unreadable", message)
        self._follow_line(row)
        self._follow_chain(row, stored)
        try:
            advance(self._folded, load(row.changes))
        except (ValueError, TypeError, AttributeError) as error:
            self._broken = self._broken or f"version {row.version}: {error}"

    def close(self) -> tuple[Discrepancy, ...]:
        """Return what was found."""
        self._close_line()
        if self._hash is not None and self._hash != self._standing.log_hash:
            message = "the last row is not the one last written"
            self._note(self._standing.version, "tail_differs", message)
        self._found.extend(self._fold())
        return tuple(self._found)

    def _follow_line(self, row: LogRow) -> None:
        if self._gap:
            return
        if row.version != self._length:
            self._gap = True
            self._note(row.version, "version_gap", f"expected version {self._length}")
            return
        if row.from_state != self._state:
            message = f"begins in {row.from_state}, not in {self._state}"
            self._note(row.version, "state_gap", message)
        self._state = row.to_state
        self._moved_at = row.recorded_at
        if self._length == 1:
            self._begun_at = row.recorded_at

    def _close_line(self) -> None:
        if self._gap:
            return
        standing = self._standing
        if self._length != standing.version:
            message = f"the log has {self._length} rows"
            self._note(standing.version, "log_length", message)
            return
        if self._state != standing.state:
            message = f"the log ends in {self._state}"
            self._note(standing.version, "state_differs", message)
        if (self._begun_at, self._moved_at) != (standing.created_at, standing.updated_at):
            message = (
                f"the log was begun at {self._begun_at} and last written at {self._moved_at}, the row says"
                f" {standing.created_at} and {standing.updated_at}"
            )
            self._note(standing.version, "row_differs", message)

    def _follow_chain(self, row: LogRow, stored: bytes) -> None:
        if self._hash is None:
            return
        if chained(self._hash, row) == stored:
            self._hash = stored
            return
        self._hash = None
        self._note(row.version, "hash_differs", "the row is not what was written")

    def _fold(self) -> Iterator[Discrepancy]:
        standing, read = self._standing, self._snapshot()
        if read is None:
            message = self._broken or ""
            yield Discrepancy(version=standing.version, code="fold_fails", message=message)
            return
        folded, text = read
        if text != standing.snapshot and text != _rewritten(standing.snapshot):
            message = "the log does not give the snapshot"
            yield Discrepancy(version=standing.version, code="fold_differs", message=message)
        if (folded.status, folded.chart_id, folded.version) != (standing.status, *standing.chart):
            message = (
                f"the log gives {folded.status} of {folded.chart_id} {folded.version}, the row says"
                f" {standing.status} of {standing.chart[0]} {standing.chart[1]}"
            )
            yield Discrepancy(version=standing.version, code="row_differs", message=message)

    def _snapshot(self) -> tuple[Snapshot, str] | None:
        """Return what the rows fold to, with its text; None where they do not, and `_broken` says why."""
        if self._broken is not None:
            return None
        try:
            folded = Snapshot.from_json(self._folded)
            return folded, folded.to_text()
        except ValueError as error:
            self._broken = str(error)
            return None

    def _note(self, version: int, code: str, message: str) -> None:
        self._found.append(Discrepancy(version=version, code=code, message=message))


def _rewritten(text: str) -> str | None:
    """Return a snapshot's text as it is written today; None when it is no snapshot."""
    try:
        return Snapshot.from_text(text).to_text()
    except ValueError:
        return None
