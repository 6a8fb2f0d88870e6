"""FREEZE_ORDER: what it stops of each entity, for good or until `release_after` has passed.

Order, PayOut   itself
PayIn           itself and the order that it pays for
KYC             the user whose session it is: RESTRICT
User            RESTRICT
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from orderwright.app.policies.action_record import Done
from orderwright.app.policies.entity import because, policy_of
from orderwright.policy.duration import duration
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderwright.app.policies.entity import Work


async def freeze(work: Work) -> Done:
    """Freeze the entity."""
    return await work.send(work.action.entity_id, Event("FREEZE", _data(work, "releaseAfterMs")))


async def freeze_with_order(work: Work) -> Done:
    """Freeze a pay-in and the order that it pays for; an order that cannot be frozen is told of in the result."""
    entity = await work.entity()
    order = entity.snapshot.context.get("orderId") if entity else None
    if not isinstance(order, str) or not order:
        return await freeze(work)
    of_order = await work.send(order, Event("FREEZE", _data(work, "releaseAfterMs")))
    own = await freeze(work)
    told = {"order": order, "status": of_order.status, "code": of_order.code}
    return Done(
        status=own.status, code=own.code, message=own.message, lifts=own.lifts, result=told
    )


async def restrict(work: Work) -> Done:
    """Restrict a user."""
    return await _restrict(work, work.action.entity_id)


async def restrict_user(work: Work) -> Done:
    """Restrict the user whose KYC session it is."""
    entity = await work.entity()
    user = entity.snapshot.context.get("userId") if entity else None
    if not isinstance(user, str) or not user:
        return Done.skipped("entity.no_user", "the session is of no user")
    return await _restrict(work, user)


async def _restrict(work: Work, user: str) -> Done:
    return await work.send(user, Event("RESTRICT", _data(work, "liftAfterMs")))


def _data(work: Work, span: str) -> Mapping[str, object]:
    told = {**because(work.action, work.action.told("reason")), **policy_of(work.action)}
    after = work.action.config.get("release_after")
    if after is None:
        return told
    return {**told, span: duration(str(after)) // timedelta(milliseconds=1)}
