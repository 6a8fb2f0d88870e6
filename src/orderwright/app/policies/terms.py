"""What is in force, and since when: the one place that changes it.

Every change of a deployment, a list or a snooze raises the revision of the set in its own transaction. The row of the
set is locked from then on, so that revisions follow one another as they are committed, and processes that decide see
a change with the first event after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.policy import BUCKETS
from orderwright.policy.result import Mode

if TYPE_CHECKING:
    from datetime import datetime

    from orderwright.runtime.pool import Connection

WHOLE: Final = BUCKETS
"""The rollout of a policy that is in force for every entity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTerm:
    """A version of a policy that comes into force.

    Attributes:
        policy_id, version: of a stored version.
        trigger: its name as in `policy.trigger`.
        mode: whether it decides or is only watched.
        rollout: of 10,000 entities, how many it is in force for.
        published_by: who asked for it.
        approved_by: who consented; None where nobody had to.
    """

    policy_id: str
    version: int
    trigger: str
    mode: Mode = "enforce"
    rollout: int = WHOLE
    published_by: str
    approved_by: str | None = None


async def raise_revision(connection: Connection) -> int:
    """Tell all processes that what is in force has changed, and return the revision that the change belongs to."""
    revision: int = await connection.fetchval(_RAISE)
    return revision


async def put_in_force(connection: Connection, new: NewTerm, at: datetime) -> int:
    """Put a version in force, in place of the one that was; return the revision from which on it is."""
    revision = await raise_revision(connection)
    await connection.execute(_END, new.policy_id, revision, at)
    term = (new.policy_id, new.version, new.mode, new.rollout)
    await connection.execute(_DEPLOY, *term, new.published_by, new.approved_by, at)
    await connection.execute(_BEGIN, *term, new.trigger, revision, at)
    return revision


async def take_out_of_force(connection: Connection, policy_id: str, at: datetime) -> int:
    """End what is in force of a policy; return the revision from which on it is no longer."""
    revision = await raise_revision(connection)
    await connection.execute(_END, policy_id, revision, at)
    await connection.execute(_WITHDRAW, policy_id)
    return revision


_RAISE: Final = """
update orderwright.policy_set set revision = nextval('orderwright.policy_revision') returning revision
"""
_END: Final = """
update orderwright.policy_term set until_revision = $2, until_at = $3
where policy_id = $1 and until_revision is null
"""
_DEPLOY: Final = """
insert into orderwright.policy_deployment
    (policy_id, version, mode, rollout, published_by, approved_by, published_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (policy_id) do update set
    version = excluded.version, mode = excluded.mode, rollout = excluded.rollout,
    published_by = excluded.published_by, approved_by = excluded.approved_by,
    published_at = excluded.published_at
"""
_BEGIN: Final = """
insert into orderwright.policy_term
    (policy_id, version, mode, rollout, trigger, from_revision, from_at)
values ($1, $2, $3, $4, $5, $6, $7)
"""
_WITHDRAW: Final = "delete from orderwright.policy_deployment where policy_id = $1"
