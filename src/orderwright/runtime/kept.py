"""Instances as this process has written them last, so that the next event of one needs no reading.

What is computed from a kept row is a guess, and counts only where a step of it is written: the write names the version
and the hash that it was computed from, and comes to nothing where the instance stands otherwise. Whatever else came of
it, a refusal or an error, is decided anew from the database (`Detour.UNSURE`). So a row that somebody has outdated
costs a pass, and is never wrong.

It shall be rare, too. Rows are forgotten when another process announces that something under their root has changed,
and when a transaction of which nobody knows how it ends has touched them; who hears no announcements keeps nothing.
Kept is the text that was written, not the snapshot: that has been handed to callers, who may write to it.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, Final

from orderwright.runtime.instance import SNAPSHOT, Reading, instances_of, read_many

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from asyncpg import Record

    from orderwright.runtime.instance import Remembered, Row
    from orderwright.runtime.pool import Connection

MOST: Final = 24_000_000
"""How much is kept, in bytes where snapshots are plain ASCII: some ten thousand sales."""
EACH: Final = 800
"""What a row takes beside its snapshot."""


class Kept:
    """Rows by instance; those that were written longest ago go first when there are too many."""

    def __init__(self, most: int = MOST, *, each: int = EACH) -> None:
        self._most = most
        self._each = each
        self._is_open = False
        self._rows: OrderedDict[str, Row] = OrderedDict()
        self._roots: dict[str, set[str]] = {}
        self._size = 0

    def open(self) -> None:
        """Keep from now on: somebody tells what others change."""
        self._is_open = True

    def row(self, instance_id: str) -> Row | None:
        """Return the row of an instance as it was written last."""
        return self._rows.get(instance_id)

    async def read_many(
        self,
        connection: Connection,
        asked: Sequence[tuple[str, str | None]],
        rows: Iterable[Record],
        *,
        now: datetime,
    ) -> Reading:
        """Return instances and keys as `instance.read_many` does, and read only what is neither at hand nor kept.

        The keys of those that are not read are not looked up either: the write finds one that is taken. Where a
        command with a key has company, the write of its neighbour would prove where the instance stands, but not that
        the key is new: such are read.
        """
        instances = instances_of(rows)
        in_company = _with_keys_in_company(asked)
        guesses = {
            one: row
            for one, _ in asked
            if one not in instances
            and one not in in_company
            and (row := self._rows.get(one)) is not None
        }
        if not (instances or guesses):
            return await read_many(connection, asked, now=now)
        instances |= instances_of(guesses.values())
        missing = [pair for pair in asked if pair[0] not in instances]
        remembered: Mapping[str, Remembered] = {}
        if missing:
            reading = await read_many(connection, missing, now=now)
            instances |= reading.instances
            remembered = reading.remembered
        return Reading(instances=instances, remembered=remembered, guessed=guesses.keys())

    def keep(self, row: Row) -> None:
        """Keep a row that has been committed."""
        if not self._is_open:
            return
        instance_id, root_id = row[0], row[1]
        before = self._rows.pop(instance_id, None)
        self._rows[instance_id] = row
        if before is not None and before[1] == root_id:
            self._size += len(row[SNAPSHOT]) - len(before[SNAPSHOT])
        else:
            if before is not None:
                self._leave(before)
            self._roots.setdefault(root_id, set()).add(instance_id)
            self._size += self._each + len(row[SNAPSHOT])
        while self._size > self._most:
            self.forget(next(iter(self._rows)))

    def forget(self, instance_id: str) -> None:
        """Have an instance read the next time."""
        row = self._rows.pop(instance_id, None)
        if row is not None:
            self._leave(row)

    def _leave(self, row: Row) -> None:
        self._size -= self._each + len(row[SNAPSHOT])
        family = self._roots[row[1]]
        family.discard(row[0])
        if not family:
            del self._roots[row[1]]

    def forget_roots(self, roots: Iterable[str] | None) -> None:
        """Have what belongs to roots read the next time; everything where it is not known which."""
        if roots is None:
            self._rows.clear()
            self._roots.clear()
            self._size = 0
            return
        for root in self._roots.keys() & roots:
            for instance_id in tuple(self._roots[root]):
                self.forget(instance_id)


def _with_keys_in_company(asked: Sequence[tuple[str, str | None]]) -> set[str]:
    """Return the instances of which several commands come together, one of them with a key."""
    keyed = {one for one, key in asked if key is not None}
    if not keyed:
        return keyed
    counted = Counter(one for one, _ in asked)
    return {one for one in keyed if counted[one] > 1}
