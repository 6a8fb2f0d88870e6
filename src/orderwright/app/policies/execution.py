"""An execution: what was decided on one occurrence, and the actions that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from orderwright.condition import Json
from orderwright.errors import NotFound

if TYPE_CHECKING:
    from orderwright.app.policies.acting_port import Report
    from orderwright.app.policies.occurrence import Entity

BLOCKING: Final = frozenset(
    {
        "FREEZE_ORDER",
        "REJECT_TRANSACTION",
        "REQUIRE_APPROVAL",
        "ESCALATE_TO_COMPLIANCE",
        "REQUEST_DOCUMENT",
    }
)
"""The actions that hold an entity from the decision on until they are done, or longer."""
Fate = Literal["planned", "queued", "applied", "skipped", "failed", "dropped"]
Recorded = Literal["hit", "unknown", "error", "snoozed"]
"""What a policy may come to that is on record; a miss is not."""


class ExecutionNotFound(NotFound):
    """No execution has this id."""

    code = "execution.not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAction:
    """An action of an execution.

    Attributes:
        id: follows from execution, policy and node; a hold that it places has the same.
        policy_name: for people.
        node: of the policy's graph; `on_unknown` and `on_error` where the policy did not know or has failed.
        config: what it is told, templates filled in.
        rank: its place in the decision, from 0.
        status: what has become of it; `dropped` by the decision, with a code.
    """

    id: str
    policy: str
    policy_name: str
    version: int
    node: str
    action: str
    config: Mapping[str, Json]
    rank: int
    status: Fate = "planned"
    code: str | None = None
    message: str | None = None

    def to_json(self) -> dict[str, Json]:
        """Return the action as hosts see it."""
        return {
            "id": self.id,
            "action": self.action,
            "config": dict(self.config),
            "policy": self.policy,
            "version": self.version,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """What was decided on an occurrence.

    Attributes:
        id: follows from the occurrence; a failed one has an id of its own.
        status: `failed` where the trigger failed as a whole: nothing is decided, and an entity here stays held.
        actions: what is to be done, in the order of the decision; nothing that was dropped.
        decision: with what was dropped and what is doubted, JSON-ready.
        flagged: fields of the context that are no facts, or not of their type.
        revision: of the set that was in force.
        is_repeated: whether it had been decided before.
        crossed: the executions of thresholds that the event crossed; their actions are done by themselves.
        report: what became of the actions, where they were executed at once.
        error: what failed.
        submission: the number of the submission of a KYC session that it is about, where that is known.
    """

    id: str
    trigger: str
    entity: Entity
    status: Literal["decided", "failed"] = "decided"
    actions: tuple[StoredAction, ...] = ()
    decision: Mapping[str, Json] = field(default_factory=dict)
    flagged: tuple[str, ...] = ()
    revision: int = 0
    duration_us: int = 0
    is_repeated: bool = False
    crossed: tuple[str, ...] = ()
    report: Report | None = None
    error: str | None = None
    submission: int | None = None

    def to_json(self) -> dict[str, Json]:
        """Return the answer that hosts get."""
        return {
            "execution_id": self.id,
            "status": self.status,
            "actions": [one.to_json() for one in self.actions],
            "decision": dict(self.decision),
            "flagged": list(self.flagged),
            "crossed": list(self.crossed),
            "duration_us": self.duration_us,
        }
