"""Where people work on policies: what they write, keep and look at, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderwright.app.policies.execution_list import ExecutionList
from orderwright.app.policies.list_desk import ListDesk
from orderwright.app.policies.policy_desk import PolicyDesk
from orderwright.app.policies.policy_list import PolicyList
from orderwright.app.policies.snooze import Snoozes
from orderwright.app.policies.trial import Trials

if TYPE_CHECKING:
    from orderwright.app.policies.policies import Policies
    from orderwright.app.queries import Queries
    from orderwright.runtime.engine import Engine


class PolicyOffice:
    """The desks and the read models of policies, all with permissions.

    Attributes:
        listed, desk: the policies, and commands on them.
        lists: the named lists that they read.
        snoozes: where they have no say for a while.
        trials: what they would come to.
        executions: what was decided.
    """

    def __init__(self, engine: Engine, queries: Queries, policies: Policies) -> None:
        pool, clock = engine.pool, engine.clock
        self.types = policies.types
        self.listed = PolicyList(pool, queries, clock)
        self.desk = PolicyDesk(engine, policies.types, self.listed)
        self.lists = ListDesk(pool, clock)
        self.snoozes = Snoozes(pool, clock, self.listed)
        self.trials = Trials(pool, clock, policies.types, policies.sets, self.listed)
        self.executions = ExecutionList(pool)
