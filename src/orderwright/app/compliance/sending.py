"""Events to what has a lifecycle of compliance: one way for all of them, as every door takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.app.compliance import records
from orderwright.app.formats import canonical
from orderwright.app.permissions import require
from orderwright.runtime.command import Send
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.orders import Asked
    from orderwright.app.queries import Queries
    from orderwright.errors import NotFound
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of thing that events are sent to.

    Attributes:
        chart: by which it lives.
        missing: raised where there is none, or none that the caller may see.
        owner: SQL for the customer whose it is, null for nobody's.
    """

    chart: str
    missing: type[NotFound]
    owner: str


PAYIN: Final = Kind(
    chart="payin",
    missing=records.PayInNotFound,
    owner="select customer_id from orderwright.payin_record where id = $1",
)
PAYOUT: Final = Kind(
    chart="payout",
    missing=records.PayOutNotFound,
    owner="select customer_id from orderwright.payout_record where id = $1",
)
KYC: Final = Kind(
    chart="kyc",
    missing=records.KycSessionNotFound,
    owner="""
select u.customer_id from orderwright.kyc_record as k left join orderwright.user_record as u on u.id = k.user_id
where k.id = $1""",
)
USER: Final = Kind(
    chart="user",
    missing=records.UserNotFound,
    owner="select customer_id from orderwright.user_record where id = $1",
)


class Sender:
    """Sends events to what has a lifecycle of compliance."""

    def __init__(self, engine: Engine, queries: Queries) -> None:
        self._engine = engine
        self._queries = queries

    async def send(
        self,
        kind: Kind,
        entity_id: str,
        event: Event,
        asked: Asked,
        *,
        connection: Connection | None = None,
    ) -> Result:
        """Send an event, in the caller's transaction where one is given.

        Raises:
            RoleMissing, IdempotencyMismatch, InstanceBusy, and the kind's `missing`.
        """
        chart = await self._queries.chart(kind.chart)
        declared = chart.events.get(event.type)
        if declared is not None and declared.by == "user":
            require(asked.by, f"{kind.chart}.{event.type}")
            data = canonical(event.data, declared.data)
            event = Event(event.type, data if isinstance(data, Mapping) else {})
        await self.require(kind, entity_id, asked, connection=connection)
        return await self._engine.carry_out(
            Send(instance_id=entity_id, event=event, cause=asked.cause), connection=connection
        )

    async def require(
        self, kind: Kind, entity_id: str, asked: Asked, *, connection: Connection | None = None
    ) -> None:
        """Let the call go on only if there is such a thing that the caller may see.

        Raises:
            The kind's `missing`.
        """
        row = await (connection or self._engine.pool).fetchrow(kind.owner, entity_id)
        if row is None or not asked.by.sees(row[0] or ""):
            raise kind.missing(f"nothing here has the id {entity_id!r}", values={"id": entity_id})
