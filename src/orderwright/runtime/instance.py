"""Instances as they stand, and what idempotency keys remember; reading only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderwright.errors import NotFound
from orderwright.json_text import is_storable
from orderwright.statechart import Snapshot

if TYPE_CHECKING:
    from datetime import datetime

    from asyncpg import Record

    from orderwright.runtime.pool import Connection


class InstanceNotFound(NotFound):
    """No instance has this id."""

    code = "instance.not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A running chart.

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What an idempotency key stands for: a request, and the version that it led to."""

    request_hash: bytes
    instance_id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An instance and what a key remembers, as of one moment."""

    instance: Instance | None
    remembered: Remembered | None


async def read(
    connection: Connection, instance_id: str, *, key: str | None, now: datetime
) -> Reading:
    """Read instance and key in one query, so that both are of the same moment."""
    if not is_storable(instance_id):
        return Reading(instance=None, remembered=None)
    row = await connection.fetchrow(_READ, instance_id, key, now)
    assert row is not None
    return Reading(instance=_instance(row), remembered=_remembered(row))


async def read_locked(
    connection: Connection, instance_id: str, *, key: str | None, now: datetime
) -> Reading:
    """Lock the instance, then read: in two queries, because one would see the key as it was before the wait."""
    await connection.execute(_LOCK, instance_id)
    return await read(connection, instance_id, key=key, now=now)


def found(instance: Instance | None, instance_id: str) -> Instance:
    """Return the instance.

    Raises:
        InstanceNotFound: it is None.
    """
    if instance is None:
        raise InstanceNotFound(f"no instance {instance_id!r}", values={"instance": instance_id})
    return instance


def _instance(row: Record) -> Instance | None:
    if row["instance_id"] is None:
        return None
    names = [name for name in Instance.__slots__ if name != "snapshot"]
    columns = {name: row[name] for name in names}
    return Instance(snapshot=Snapshot.from_text(row["snapshot"]), **columns)


def _remembered(row: Record) -> Remembered | None:
    if row["request_hash"] is None:
        return None
    return Remembered(
        request_hash=row["request_hash"],
        instance_id=row["key_instance_id"],
        version=row["key_version"],
    )


_LOCK = "select 1 from orderwright.instance where instance_id = $1 for update"

_READ = """
select i.instance_id, i.root_id, i.chart_id, i.chart_version, i.version, i.status, i.state, i.snapshot, i.log_hash,
       i.created_at, i.updated_at, k.request_hash, k.instance_id as key_instance_id, k.version as key_version
from (values (1)) as one (row)
left join orderwright.instance as i on i.instance_id = $1
left join orderwright.idempotency_key as k on k.key = $2 and k.expires_at > $3
"""
