"""Events to lifecycles, as every mutation sends them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from orderwright.api.graphql.context import Context
from orderwright.api.graphql.results import EventApplied, Refusal, answered, applied
from orderwright.api.graphql.scalars import JSON
from orderwright.app.orders import Asked
from orderwright.errors import InputInvalid
from orderwright.runtime.attempt import Result
from orderwright.statechart import Event

Sender: TypeAlias = Callable[[str, Event, Asked], Awaitable[Result]]
"""A command that sends an event to something by its id."""


async def sent(
    context: Context,
    send: Sender,
    instance_id: str,
    event: str,
    data: JSON | None,
    asked: Asked,
) -> EventApplied | Refusal:
    """Send an event and show the lifecycle after it, or why it was refused."""
    sending = _send(send, instance_id, event, data, asked)
    return await answered(sending, lambda result: applied(result, context), context)


async def _send(
    send: Sender, instance_id: str, event: str, data: JSON | None, asked: Asked
) -> Result:
    given: object = {} if data is None else data
    if not isinstance(given, Mapping):
        raise InputInvalid("data", str(given), "an object")
    return await send(instance_id, Event(event, given), asked)
