"""Instances as they stand, and what idempotency keys remember; reading only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, TypeVar

from orderwright.errors import NotFound
from orderwright.json_text import is_storable
from orderwright.runtime.pool import patiently
from orderwright.statechart import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Set as AbstractSet
    from datetime import datetime

    from asyncpg import Record

    from orderwright.runtime.pool import Connection


T = TypeVar("T")

Row: TypeAlias = "Record | tuple[Any, ...]"
"""A row that begins with the columns of an instance, in the order of its fields; the snapshot is text."""


class InstanceNotFound(NotFound):
    """No instance has this id."""

    code = "instance.not_found"


class Instance(NamedTuple):
    """A running chart; a tuple, because two are made for every event.

    Attributes:
        version: counts its log rows, from 1.
        state: the keys of its active leaf states, joined by a space.
        log_hash: the hash of its last log row.
    """

    instance_id: str
    root_id: str
    chart_id: str
    chart_version: int
    version: int
    status: str
    state: str
    snapshot: Snapshot
    log_hash: bytes
    created_at: datetime
    updated_at: datetime


SNAPSHOT: Final = Instance._fields.index("snapshot")
"""Where a row has its snapshot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What an idempotency key stands for: a request, and the version that it led to."""

    request_hash: bytes
    instance_id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Instances by id, and what keys remember by key, as of one moment; `guessed` were not read but kept."""

    instances: Mapping[str, Instance]
    remembered: Mapping[str, Remembered]
    guessed: AbstractSet[str] = frozenset()


async def read(connection: Connection, instance_id: str) -> Instance | None:
    """Return an instance as it stands."""
    if not is_storable(instance_id):
        return None
    row = await connection.fetchrow(_READ_ONE, instance_id)
    return instance_of(row) if row else None


async def read_many(
    connection: Connection, asked: Iterable[tuple[str, str | None]], *, now: datetime
) -> Reading:
    """Read instances and keys in one query, so that both are of the same moment."""
    pairs = {pair: None for pair in asked if is_storable(pair[0])}
    ids, keys = [one for one, _ in pairs], [key for _, key in pairs]
    if len(ids) == 1 and keys[0] is None:
        rows = await connection.fetch(_READ_ONE, ids[0])
    elif any(keys):
        rows = await connection.fetch(_READ_WITH_KEYS, ids, keys, now)
    else:
        rows = await connection.fetch(_READ, ids)
    return Reading(instances=instances_of(rows), remembered=_remembered(rows) if any(keys) else {})


async def read_many_locked(
    connection: Connection,
    asked: Iterable[tuple[str, str | None]],
    *,
    now: datetime,
    wait: bool,
    patience_ms: int = 0,
) -> Reading:
    """Lock instances in the order of their ids and read them; without `wait`, those alone that nobody has locked.

    With a patience, no lock is waited for longer than that from here on in the transaction; 0 leaves it as it is.
    Keys are read by a second query: the first would see them as they were before the wait.
    """
    pairs = [pair for pair in asked if is_storable(pair[0])]
    ids = sorted({one for one, _ in pairs})
    if wait and patience_ms:
        rows = await connection.fetch(_LOCK_IN_TIME, ids, str(patience_ms))
    else:
        rows = await connection.fetch(_LOCK if wait else _LOCK_FREE, ids)
    keys = [key for _, key in pairs if key is not None]
    remembered = await connection.fetch(_READ_KEYS, keys, now) if keys else []
    return Reading(instances=instances_of(rows), remembered=_remembered(remembered))


def found(instance: T | None, instance_id: str) -> T:
    """Return the instance, or what was read of it.

    Raises:
        InstanceNotFound: it is None.
    """
    if instance is None:
        raise InstanceNotFound(f"no instance {instance_id!r}", values={"instance": instance_id})
    return instance


def instances_of(rows: Iterable[Row]) -> dict[str, Instance]:
    """Read rows that begin with the columns of an instance, or with null where there is none."""
    return {row[0]: instance_of(row) for row in rows if row[0] is not None}


def instance_of(row: Row) -> Instance:
    """Read a row that begins with the columns of an instance, in the order of its fields.

    Raises:
        ValueError: the snapshot cannot be read.
    """
    try:
        snapshot = Snapshot.from_text(row[SNAPSHOT], lasting=False)
    except ValueError as error:
        raise ValueError(f"the snapshot of {row[0]} cannot be read: {error}") from error
    # Not by name: places are read in a fraction of the time.
    return Instance(
        row[0],
        row[1],
        row[2],
        row[3],
        row[4],
        row[5],
        row[6],
        snapshot,
        row[8],
        row[9],
        row[10],
    )


def _remembered(rows: Iterable[Record]) -> dict[str, Remembered]:
    return {
        row["key"]: Remembered(
            request_hash=row["request_hash"],
            instance_id=row["key_instance_id"],
            version=row["key_version"],
        )
        for row in rows
        if row["key"] is not None
    }


async def hold(connection: Connection, instance_ids: Iterable[str]) -> None:
    """Lock instances until the transaction ends, in the order of their ids, in which everybody locks them."""
    await connection.execute(_HOLD, list(instance_ids))


async def hold_snapshots(connection: Connection, instance_ids: Iterable[str]) -> dict[str, str]:
    """Lock instances as `hold` does, and return their snapshots as text, by id."""
    rows = await connection.fetch(_HOLD_SNAPSHOTS, list(instance_ids))
    return {row["instance_id"]: row["snapshot"] for row in rows}


_HOLD = """
select 1 from orderwright.instance where instance_id = any($1::text[]) order by instance_id for update
"""
_HOLD_SNAPSHOTS = """
select instance_id, snapshot from orderwright.instance
where instance_id = any($1::text[]) order by instance_id for update
"""
_COLUMNS = """i.instance_id, i.root_id, i.chart_id, i.chart_version, i.version, i.status, i.state, i.snapshot,
       i.log_hash, i.created_at, i.updated_at"""
_KEY_COLUMNS = "k.key, k.request_hash, k.instance_id as key_instance_id, k.version as key_version"

_READ_ONE = f"select {_COLUMNS} from orderwright.instance as i where i.instance_id = $1"  # noqa: S608 (ours)
# Lateral, with an offset: one look into the index for each, also by a plan made when the tables were empty.
READ_EACH: Final = f"""
select {_COLUMNS}
from unnest(%s::text[]) as asked (instance_id)
cross join lateral (
    select * from orderwright.instance where instance_id = asked.instance_id offset 0) as i
"""  # noqa: S608 (ours)
"""Reads the instances whose ids a parameter holds, named where %s stands."""
_READ = READ_EACH % "$1"
_READ_WITH_KEYS = f"""
select {_COLUMNS}, {_KEY_COLUMNS}
from unnest($1::text[], $2::text[]) as asked (instance_id, key)
left join lateral (
    select * from orderwright.instance where instance_id = asked.instance_id offset 0) as i on true
left join lateral (
    select * from orderwright.idempotency_key where key = asked.key and expires_at > $3 offset 0) as k on true
"""  # noqa: S608 (ours)
_READ_KEYS = f"""
select {_KEY_COLUMNS} from orderwright.idempotency_key as k where k.key = any($1::text[]) and k.expires_at > $2
"""  # noqa: S608 (ours)
_LOCKING = f"""
select {_COLUMNS}
from unnest(%s) as asked (instance_id)
cross join lateral (
    select * from orderwright.instance where instance_id = asked.instance_id for update """  # noqa: S608 (ours)
_LOCK = _LOCKING % "$1::text[]" + ") as i"
_LOCK_FREE = _LOCKING % "$1::text[]" + "skip locked) as i"
_LOCK_IN_TIME = _LOCKING % patiently("$1::text[]", "$2") + ") as i"
