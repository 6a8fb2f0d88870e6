"""The transition log: what a row says, how rows give back the snapshot, and how they are chained.

A row keeps what its step changed in the snapshot. Folding all rows of an instance from the first gives its snapshot,
always; `orderwright.runtime.replay` proves it. Each row's hash covers the hash before it, so that a row changed later
shows.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import lru_cache
from itertools import compress
from operator import is_not
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from orderwright.errors import NotFound
from orderwright.json_text import dump, load, quote
from orderwright.runtime.calendar import in_calendar
from orderwright.statechart import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from asyncpg import Record

    from orderwright.runtime.pool import Connection
    from orderwright.statechart.head import Ids

CREATED = "create"
"""The event type of an instance's first row."""


class VersionNotFound(NotFound):
    """The instance was not there at that time, or has no such version."""

    code = "instance.version_not_found"


class LogRow(NamedTuple):
    """A row of the log without its hash; `event_data`, `facts` and `changes` are JSON text.

    A tuple, as `Instance` is: one is made for every event.
    """

    instance_id: str
    version: int
    event_type: str
    event_data: str
    facts: str
    actor_kind: str
    actor_id: str
    reason: str | None
    origin: str
    correlation_id: str
    causation_id: str | None
    occurred_at: datetime
    recorded_at: datetime
    from_state: str | None
    to_state: str
    changes: str


def chained(previous: bytes, row: LogRow) -> bytes:
    """Return a row's hash: sha256 over the hash before it (empty for the first) and the row's text."""
    return hashlib.sha256(previous + _text(row).encode()).digest()


@lru_cache(maxsize=1_000)
def iso(moment: datetime) -> str:
    """Write a moment in UTC, to the microsecond, as it is hashed and handed to the database.

    What is written together mostly happened in the same moment, so its text is kept.
    """
    at = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return at.isoformat(timespec="microseconds")


def _text(row: LogRow) -> str:
    """Write a row as `canonical` writes the object of its columns, in a fifth of the time."""
    (
        instance_id,
        version,
        event,
        data,
        facts,
        kind,
        actor,
        reason,
        origin,
        correlation,
        causation,
    ) = row[:11]
    occurred_at, recorded_at, from_state, to_state, changes = row[11:]
    recorded = iso(recorded_at)
    occurred = recorded if occurred_at is recorded_at else iso(occurred_at)
    return _ROW % (
        quote(actor),
        quote(kind),
        "null" if causation is None else quote(causation),
        quote(changes),
        quote(correlation),
        quote(data),
        quote(event),
        quote(facts),
        "null" if from_state is None else quote(from_state),
        quote(instance_id),
        occurred,
        quote(origin),
        "null" if reason is None else quote(reason),
        recorded,
        quote(to_state),
        version,
    )


_ROW: Final = (
    '{"actor_id":%s,"actor_kind":%s,"causation_id":%s,"changes":%s,"correlation_id":%s,"event_data":%s,"event_type":%s'
    ',"facts":%s,"from_state":%s,"instance_id":%s,"occurred_at":"%s","origin":%s,"reason":%s,"recorded_at":"%s"'
    ',"to_state":%s,"version":%d}'
)


def difference(before: Snapshot | None, after: Snapshot) -> dict[str, object]:
    """Return what must be known, beside `before`, to have `after`: the inverse of `fold`.

    Parts that differ are given whole, null where they are gone; the context by key: `{"set": {...}, "drop": [...]}`.
    """
    if before is None:
        whole = after.to_json()
        return whole | {"context": {"set": whole["context"], "drop": []}}
    changes: dict[str, object] = {}
    if before[:3] != after[:3]:  # it was migrated
        heads = zip(_HEAD, before[:3], after[:3], strict=True)
        changes = {key: new for key, old, new in heads if old != new}
    if before.configuration != after.configuration:
        changes |= {"configuration": list(after.configuration), "value": after.value}
    elif not _same(before.value, after.value):
        changes["value"] = after.value
    if before.status != after.status:
        changes["status"] = after.status
    context = _context_difference(_mapping(before.context), _mapping(after.context))
    if context is not None:
        changes["context"] = context
    if not _same_history(before.history, after.history):
        changes["history"] = {node: list(ids) for node, ids in after.history.items()} or None
    if not _same(before.output, after.output):
        changes["output"] = after.output
    return changes


_HEAD: Final = ("chart", "version", "hash")


def unfold(changes: Iterable[Mapping[str, object]]) -> Iterator[Snapshot]:
    """Yield the snapshot after each row, oldest first."""
    state: dict[str, object] = {}
    for change in changes:
        advance(state, change)
        yield Snapshot.from_json(state)


def advance(state: dict[str, object], change: Mapping[str, object]) -> None:
    """Fold one more row into the JSON of a snapshot; an empty one is that before the first row."""
    context = _mapping(state.get("context"))
    state.update(change)
    if "context" in change:
        context = _changed(context, _mapping(change["context"]))
    state["context"] = context


def fold(changes: Iterable[Mapping[str, object]]) -> Snapshot:
    """Return the snapshot after the last row.

    Raises:
        ValueError: there are no rows, or they do not make a snapshot.
    """
    snapshot = None
    for snapshot in unfold(changes):  # noqa: B007 (the last one is wanted)
        pass
    if snapshot is None:
        raise ValueError("a log without rows has no snapshot")
    return snapshot


async def read_log(
    connection: Connection, instance_id: str, *, until: int | None = None
) -> list[tuple[LogRow, bytes]]:
    """Return the rows of an instance, oldest first, each with its stored hash; `until` is the last version."""
    rows = await connection.fetch(_READ, instance_id, until)
    return [from_record(row) for row in rows]


def from_record(record: Record) -> tuple[LogRow, bytes]:
    """Return a row of the log with its stored hash; the record has the columns of `LogRow`, then the hash."""
    columns: dict[str, Any] = dict(record)
    stored: bytes = columns.pop("hash")
    return LogRow(**columns), stored


async def snapshot_at(connection: Connection, instance_id: str, version: int) -> Snapshot:
    """Return the snapshot that an instance had at a version, folded from its log.

    Raises:
        VersionNotFound: it has no such version.
    """
    rows = await read_log(connection, instance_id, until=version)
    if not rows or rows[-1][0].version != version:
        raise VersionNotFound(
            f"{instance_id} has no version {version}",
            values={"instance": instance_id, "version": version},
        )
    return fold(load(row.changes) for row, _ in rows)


async def hash_at(connection: Connection, instance_id: str, version: int) -> bytes | None:
    """Return the hash of a log row, or None when there is none."""
    found: bytes | None = await connection.fetchval(_HASH, instance_id, version)
    return found


def _context_difference(
    old: Mapping[str, object], new: Mapping[str, object]
) -> dict[str, object] | None:
    """Return what changes the one into the other, or None when nothing does."""
    if list(old) == list(new):  # as nearly always
        # A step leaves most of it alone: the same objects, which are passed over without a look at each.
        others = compress(new.items(), map(is_not, old.values(), new.values()))
        changed = {key: value for key, value in others if not _same(old[key], value)}
        return {"set": changed, "drop": []} if changed else None
    changed = {
        key: value
        for key, value in new.items()
        if (had := old.get(key, _ABSENT)) is not value
        and (had is _ABSENT or not _same(had, value))
    }
    dropped = [key for key in old if key not in new]
    if list(_changed(old, {"set": changed, "drop": dropped})) != list(new):
        return {"set": dict(new), "drop": list(old)}  # the order of the keys is part of a snapshot
    return {"set": changed, "drop": dropped}


_ABSENT: Final = object()


def _changed(context: Mapping[str, object], change: Mapping[str, object]) -> dict[str, object]:
    dropped = cast("list[str]", change.get("drop", []))
    kept = {key: value for key, value in context.items() if key not in dropped}
    return kept | _mapping(change.get("set"))


def _same(one: object, other: object) -> bool:
    """Compare as text: 1, 1.0 and true are equal to Python and different in a snapshot."""
    if one is other:
        return True
    if one is None or other is None:
        return False
    kind = type(one)
    if kind is type(other) and kind in _PLAIN:
        return one == other
    return dump(one) == dump(other)


_PLAIN: Final = frozenset({str, int, bool})
"""Types whose equal values have equal texts."""


def _same_history(one: Mapping[str, Ids], other: Mapping[str, Ids]) -> bool:
    return one is other or (one == other and list(one) == list(other))


def _mapping(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value or {})


COLUMNS: Final = (
    "instance_id, version, event_type, event_data, facts, actor_kind, actor_id, reason, origin, correlation_id,"
    f" causation_id, {in_calendar('occurred_at')} as occurred_at, {in_calendar('recorded_at')} as recorded_at,"
    " from_state, to_state, changes, hash"
)
"""What `from_record` needs of a row."""
_READ = f"""
select {COLUMNS}
from orderwright.log
where instance_id = $1 and ($2::integer is null or version <= $2)
order by version
"""  # noqa: S608 (constants)
_HASH = "select hash from orderwright.log where instance_id = $1 and version = $2"
