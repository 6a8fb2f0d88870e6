"""Endings: what policies have asked people about an entity is no longer asked once the entity has ended.

    Order     completed, cancelled, rejected; one that has expired may be reopened
    PayIn     rejected, refunded; failed, expired: no money has come, and what comes late is decided on anew
    PayOut    confirmed, cancelled, rejected; what is sent may fail and be sent again
    KYC       rejected for good
    User      blocked

Approvals are revoked, requests for documents cancelled, and escalations resolved, each with the reason. Nobody has
judged these escalations, so they say nothing of how often a policy is right. Where a policy has rejected the entity,
its escalations stay: compliance is to look into just that.

A pay-in that is verified has not ended: what holds it holds the goods of its order. An event says only that it is
time to look, for an entity may have gone on since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderwright.app.compliance.payins import ENDED as PAYIN_ENDED
from orderwright.app.phases import pass_on
from orderwright.app.policies.consenting import POLICY
from orderwright.app.policies.entity import has_ended
from orderwright.app.policies.reviewing import withdraw
from orderwright.app.policies.telling import POLICIES
from orderwright.domain.entity import ENTITY_TYPES
from orderwright.runtime.consumer import Consumer, work_of
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

_NAME: Final = "policy-endings"
_ENDED: Final[Mapping[str, str]] = {
    "sale.completed": "the order is completed",
    "sale.cancelled": "the order was cancelled",
    "sale.rejected": "the order was rejected",
    **PAYIN_ENDED,
    "payout.confirmed": "the pay-out is confirmed",
    "payout.cancelled": "the pay-out was cancelled",
    "payout.rejected": "the pay-out was rejected",
    "kyc.rejected": "the KYC session was rejected for good",
    "user.blocked": "the user was blocked",
}
_CLOSING: Final = {"approval": "SUBJECT_ENDED", "document_request": "CANCEL"}
"""What closes what was asked, by its chart; a case is withdrawn."""


class Endings:
    """Closes what policies have asked people about what has ended."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def consumer(self) -> Consumer:
        """Return the consumer that the relay feeds."""
        # One event a transaction: it locks what was asked about an entity, and nothing of another.
        return Consumer(name=_NAME, events=frozenset(_ENDED), handle=self._end, batch=1)

    async def _end(self, connection: Connection, event: DomainEvent) -> None:
        entity = await self._engine.read(event.instance_id, connection=connection)
        if entity is None or not has_ended(entity):
            return
        why = _ENDED[event.name]
        subject = (ENTITY_TYPES[entity.chart_id], entity.instance_id)
        with work_of(_NAME, event):
            for row in await connection.fetch(_ASKED, *subject, POLICY):
                asked, close = row["instance_id"], _CLOSING.get(row["chart_id"])
                if close is None:
                    await withdraw(self._engine, connection, event, asked, why)
                else:
                    closing = Event(close, {"reason": why})
                    await pass_on(self._engine, connection, POLICIES, event, asked, closing)


_ASKED: Final = """
select i.instance_id, i.chart_id
from orderwright.approval as a join orderwright.instance as i on i.instance_id = a.id
where a.subject_type = $1 and a.subject_id = $2 and a.kind = $3 and i.state = 'PENDING'
union all
select i.instance_id, i.chart_id
from orderwright.document_request as r join orderwright.instance as i on i.instance_id = r.id
where r.entity_type = $1 and r.entity_id = $2 and i.status = 'active'
union all
select i.instance_id, i.chart_id
from orderwright.policy_action as a
join orderwright.policy_case as c on c.action_id = a.id
join orderwright.instance as i on i.instance_id = c.case_id
where a.entity_type = $1 and a.entity_id = $2 and a.action <> 'FLAG_FOR_REVIEW' and i.state <> 'RESOLVED'
    and not exists (
        select from orderwright.policy_action as r
        where r.entity_type = $1 and r.entity_id = $2 and r.action = 'REJECT_TRANSACTION' and r.status = 'applied'
            and r.follows_from is null)
order by 1
"""
