"""What a transaction that decides stands on: who is locked, what is known of them, and which set is in force.

Locks are taken in the order in which everybody takes them: entities by their ids, then balances of customers, then
what velocities count, and occurrences of entities that live with hosts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from orderwright.app.credit.locking import hold_credit
from orderwright.app.policies.derived import counted

if TYPE_CHECKING:
    from orderwright.app.policies.in_force import InForce
    from orderwright.app.policies.intake import Intake
    from orderwright.app.policies.occurrence import Occurrence
    from orderwright.app.policies.scene import Home, Scene
    from orderwright.condition import Json
    from orderwright.runtime.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a transaction stands on: entities and what velocities count are locked, and the set in force is known.

    Attributes:
        decided: the entities whose decision was recorded since the scene was looked at.
        restricted: the entities on which earlier decisions have left something restrictive.
    """

    scene: Scene
    in_force: InForce
    decided: set[str] = field(default_factory=set)
    restricted: set[str] = field(default_factory=set)

    def home(self, one: Occurrence) -> Home | None:
        """Return the entity of an occurrence, where it lives here."""
        return self.scene.home(one.entity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An occurrence with what was taken in of it.

    Attributes:
        said: what a host has told, whether it is decided on or not.
        own: the facts that are those of an entity that lives here, known or not; None where it lives with a host.
    """

    occurrence: Occurrence
    intake: Intake
    said: Mapping[str, Json] = field(default_factory=dict)
    own: frozenset[str] | None = None


async def lock(
    connection: Connection, told: Sequence[Told], scene: Scene, in_force: InForce
) -> None:
    """Lock what is needed beside the entities, which `look` has locked."""
    sales = {one: home.context for one, home in scene.homes.items() if home.chart_id == "sale"}
    await hold_credit(connection, sales)
    keys = {key for one in told for key in _keys(one, scene, in_force)}
    if keys:
        await connection.execute(_LOCK, list(keys))


def _keys(told: Told, scene: Scene, in_force: InForce) -> Iterator[str]:
    """Yield what has to be locked beside the entity, so that who counts the same thing counts one after another."""
    one = told.occurrence
    if scene.home(one.entity) is None:
        yield f"execution/{one.path}"
        if one.trigger == "KYC_SUBMITTED":  # the next number
            yield f"submissions/{one.entity.type}/{one.entity.id}"
    user = scene.user(told.intake.facts.get("userId"))
    event = counted(one.trigger_name, told.intake.names, user, one.occurred_at)
    for counting in in_force.counted.get(one.trigger_name, ()):
        for value in event.values(counting.key):
            yield f"velocity/{counting.trigger}/{counting.key}/{value}"


# One statement, in the order of the hashes: two who need the same locks take them in the same order.
_LOCK: Final = """
select pg_advisory_xact_lock(key)
from (select distinct hashtextextended(name, 0) as key from unnest($1::text[]) as name order by 1 offset 0) as keys
"""
