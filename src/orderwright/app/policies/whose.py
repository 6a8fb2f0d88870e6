"""Whose an execution is: what a host outside has set off is its own, whatever else was decided is everybody's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderwright.errors import AccessDenied

if TYPE_CHECKING:
    from orderwright.app.policies.occurrence import Occurrence
    from orderwright.runtime.pool import Connection


class OfAnotherHost(AccessDenied):
    """Another host has told of this event: that it is decided may be known, and no more."""

    code = "execution.of_another_host"


async def is_of(connection: Connection, execution_id: str, host: str | None) -> bool:
    """Say whether there is such an execution, and it is there for a host."""
    return bool(await connection.fetchval(_IS_OF, execution_id, host))


async def require_same_teller(connection: Connection, one: Occurrence) -> None:
    """Let an event that was decided on go on only if whoever tells of it again may see that decision.

    Hosts in this process have the database in their hands, and lifecycles are of this house: only those outside are
    kept apart.

    Raises:
        OfAnotherHost: another host outside has told of it.
    """
    if one.source == "http" and not await is_of(connection, one.execution_id, one.causation_id):
        entity = f"{one.entity.type} {one.entity.id}"
        raise OfAnotherHost(
            f"another host has told of {one.trigger_name} about {entity}",
            values={"trigger": one.trigger_name, "entity": entity},
        )


_IS_OF: Final = """
select source <> 'http' or causation_id = $2 from orderwright.policy_execution where id = $1
"""
