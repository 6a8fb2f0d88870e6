"""The part of the house that decides by policies, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderwright.app.policies.deciding import Deciding
from orderwright.app.policies.in_force import Sets
from orderwright.app.policies.relayed import Relayed
from orderwright.app.policies.telling import Telling
from orderwright.app.policies.trigger import Triggers

if TYPE_CHECKING:
    from orderwright.app.policies.acting_port import Acting
    from orderwright.policy.trigger import Triggers as Types
    from orderwright.runtime.engine import Engine


class Policies:
    """Decides on what lifecycles and hosts tell.

    Attributes:
        types: the triggers that there are, with the facts that this host adds.
        sets: the set in force, as this process knows it.
        triggers: what hosts call.
        relayed: the consumer of what lifecycles tell.
    """

    def __init__(self, engine: Engine, types: Types, acting: Acting) -> None:
        self.types = types
        self.sets = Sets(types)
        deciding = Deciding(engine.clock, self.sets, types)
        self.triggers = Triggers(engine.pool, engine.clock, deciding, Telling(engine), acting)
        self.relayed = Relayed(engine.pool, engine.clock, deciding, self.sets, self.triggers)
