"""What deciding asks of acting: to do the actions that an execution has planned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection

    from orderwright.app.policies.occurrence import Entity
    from orderwright.runtime.pool import Connection

Ending = Literal["applied", "skipped", "queued", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What has become of an action.

    Attributes:
        id: of the stored action.
        action: its name.
        policy: the id of the policy that asks for it.
        version: of the policy.
        status: `queued` where a job will do it.
        code, message: why it was skipped or has failed.
    """

    id: str
    action: str
    policy: str
    version: int
    status: Ending
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What has become of the actions of an execution, in the order of the decision; dropped ones are not in it."""

    execution_id: str
    actions: tuple[Reported, ...] = ()


class Acting(Protocol):
    """Does what was planned. Both run in the caller's transaction and may be repeated."""

    async def queue(self, connection: Connection, execution_id: str) -> None:
        """Have the planned actions of an execution done by jobs, once the transaction is committed."""

    async def take_up(
        self, connection: Connection, entity: Entity, known: Collection[str]
    ) -> None:
        """Have done here, by jobs, what restricts an entity and was done or refused before it lived here.

        What is `known` to the entity, by a hold of the action's id that is placed or lifted, is left as it is.
        """

    async def execute(self, connection: Connection, execution_id: str) -> Report:
        """Do at once what can be done in this transaction, queue the rest, and report on all of it."""
