"""REJECT_TRANSACTION: ends an entity; a user is blocked.

What a lifecycle does with captured money, reservations and fulfilments is its own affair. `final` says of a KYC
session whether it may be submitted again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderwright.app.policies.entity import because
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderwright.app.policies.action_record import Done
    from orderwright.app.policies.entity import Work


async def reject(work: Work) -> Done:
    """Reject an order, a pay-in or a pay-out."""
    return await work.send(work.action.entity_id, Event("REJECT", _data(work)))


async def reject_session(work: Work) -> Done:
    """Reject a KYC session, for good only where the policy says so."""
    is_final = work.action.config.get("final") is True
    data = {**_data(work), "final": is_final}
    return await work.send(work.action.entity_id, Event("REJECT", data))


async def block(work: Work) -> Done:
    """Block a user."""
    return await work.send(work.action.entity_id, Event("BLOCK", _data(work)))


def _data(work: Work) -> Mapping[str, object]:
    category, reason = work.action.told("category"), work.action.told("reason")
    return because(work.action, ": ".join(part for part in (category, reason) if part))
