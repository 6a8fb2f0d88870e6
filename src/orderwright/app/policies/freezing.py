"""FREEZE_ORDER: what it stops of each entity, for good or until `release_after` has passed.

Order, PayOut   itself
PayIn           itself and the order that it pays for
KYC             the user whose session it is: RESTRICT
User            RESTRICT

Where the user of a session lives with the host, the host is asked to restrict them, as it is of all that lives there,
and the session is held until it has. Where nobody restricts the user, for nobody hears of it, the host says that it
does not apply, or the session names no user, the session itself stays held, and compliance decides.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from orderwright.app.policies.action_record import Done
from orderwright.app.policies.consequence import FREEZING
from orderwright.app.policies.entity import because, policy_of
from orderwright.app.policies.reviewing import escalate_anew
from orderwright.domain.entity import ENTITIES
from orderwright.policy.duration import duration
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderwright.app.policies.action_record import ActionRow
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
    user = await _user(work)
    if not user:
        return Done.skipped("entity.no_user", "the session is of no user")
    return await _restrict(work, user)


async def user_elsewhere(work: Work) -> str | None:
    """Return whom an action is to restrict that freezes a session here, where they live with the host."""
    user = await _user(work) if _freezes_session(work.action) else None
    return user if user and not await _lives_here(work, user) else None


async def for_host(work: Work) -> ActionRow:
    """Return an action as a host is to hear of it: one that freezes a session that lives here is about its user."""
    user = await user_elsewhere(work)
    return replace(work.action, entity_type="User", entity_id=user) if user else work.action


async def or_held(work: Work, done: Done) -> Done:
    """Return what has become of an action; a session whose freeze has restricted nobody is held for compliance."""
    if (
        done.status != "skipped"
        or not _freezes_session(work.action)
        or await work.entity() is None
    ):
        return done
    user = await _user(work)
    if user and await _lives_here(work, user):
        return done  # restricted or blocked already
    await escalate_anew(work, "unrestricted", f"nobody has restricted its user: {done.message}")
    await work.lift_own("escalated")
    return replace(done, lifts=False)


def _freezes_session(action: ActionRow) -> bool:
    return (action.action, action.entity_type) == (FREEZING, "KYC")


async def _user(work: Work) -> str:
    entity = await work.entity()
    user = entity.snapshot.context.get("userId") if entity else None
    return user if isinstance(user, str) else ""


async def _lives_here(work: Work, user: str) -> bool:
    found = await work.house.engine.read(user, connection=work.connection)
    return found is not None and found.chart_id == ENTITIES["User"]


async def _restrict(work: Work, user: str) -> Done:
    return await work.send(user, Event("RESTRICT", _data(work, "liftAfterMs")))


def _data(work: Work, span: str) -> Mapping[str, object]:
    told = {**because(work.action, work.action.told("reason")), **policy_of(work.action)}
    after = work.action.config.get("release_after")
    if after is None:
        return told
    return {**told, span: duration(str(after)) // timedelta(milliseconds=1)}
