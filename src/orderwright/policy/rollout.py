"""For which entities a policy that is brought in by degrees decides already.

Each policy puts each entity into one of ten thousand buckets, the same at every event and in every process, so that a
share that grows keeps those that it had. Entities beyond the share are judged all the same, as in shadow.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Final

from orderwright.policy.result import Result

BUCKETS: Final = 10_000
"""The rollout of a policy that decides on every entity."""


def bucket(policy_id: str, entity_id: str) -> int:
    """Return the bucket of an entity, from 0 to 9,999: SHA-256 of policy and entity, modulo ten thousand."""
    digest = hashlib.sha256(f"{policy_id}/{entity_id}".encode()).digest()
    return int.from_bytes(digest) % BUCKETS


def rolled_out(result: Result, entity_id: str) -> Result:
    """Return what a policy comes to for an entity: the same in shadow, where the entity is beyond its share."""
    deployment = result.deployment
    if deployment.rollout >= BUCKETS or bucket(deployment.id, entity_id) < deployment.rollout:
        return result
    return replace(result, deployment=replace(deployment, mode="shadow"))
