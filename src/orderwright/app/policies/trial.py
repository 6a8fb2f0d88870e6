"""Try a policy on facts: what it comes to, by which way, and what would change that. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.app.permissions import Identity, require
from orderwright.app.policies.derived import unreadable
from orderwright.app.policies.intake import take_in
from orderwright.app.policies.past import Past, recall
from orderwright.app.policies.policy_reading import catalogue, facts_read, read_policy
from orderwright.condition import Counterfactual, Json, Mistyped
from orderwright.errors import InputInvalid
from orderwright.policy import Decision, Deployment, Policy, Result, counterfactual, decide, run
from orderwright.policy.trigger import facts_of

if TYPE_CHECKING:
    from orderwright.app.policies.in_force import Sets
    from orderwright.app.policies.policy_list import PolicyList
    from orderwright.clock import Clock
    from orderwright.policy.trigger import Triggers
    from orderwright.runtime.pool import Connection, Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is tried: a document that nobody has saved, or a version of a policy, by default its latest."""

    document: Json = None
    policy_id: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """On what: facts as a host would tell them, or those of a past execution."""

    facts: Json = None
    execution_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a policy came to.

    Attributes:
        facts: that it saw, by dotted path.
        flagged: fields that are no facts, or not of their type.
        withheld: facts of the past execution that are kept masked, and were not known here.
        derived: facts that were not on record, and were derived as of then.
        unknown: facts that follow from others and could not be derived any more.
        lists_now: lists that there were not yet at the time, read as they are now.
        decision: what would be done if no other policy had a say.
    """

    policy: Policy
    facts: Mapping[str, Json]
    flagged: tuple[str, ...]
    withheld: tuple[str, ...]
    derived: tuple[str, ...]
    unknown: tuple[str, ...]
    lists_now: tuple[str, ...]
    result: Result
    decision: Decision
    counterfactual: Counterfactual


class Trials:
    """Tries policies."""

    def __init__(
        self, pool: Pool, clock: Clock, types: Triggers, sets: Sets, listed: PolicyList
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._types = types
        self._sets = sets
        self._listed = listed

    async def run(self, by: Identity, subject: Subject, sample: Sample) -> Trial:
        """Try a policy.

        Raises:
            RoleMissing, PolicyNotFound, PolicyInvalid.
            InputInvalid: nothing or too much is named, or there is no such execution.
        """
        require(by, "policy.read")
        async with self._pool.acquire() as connection:
            policy = await self._policy(connection, by, subject)
            past = await self._past(connection, policy, sample)
        schema = facts_of(policy.trigger, self._types) or {}
        intake = take_in(past.facts, schema)
        withheld = dict.fromkeys(past.withheld, _WITHHELD)
        mistyped = {**withheld, **past.mistyped, **intake.mistyped}
        seen = {**intake.facts, **unreadable(facts_read(policy), intake.facts, mistyped)}
        deployment = Deployment(
            id=subject.policy_id or "trial", version=subject.version or 1, policy=policy
        )
        result = run(deployment, seen, lists=past.lists)
        return Trial(
            policy=policy,
            facts=intake.facts,
            flagged=intake.flagged,
            withheld=past.withheld,
            derived=past.derived,
            unknown=past.unknown,
            lists_now=past.lists_now,
            result=result,
            decision=decide([result]),
            counterfactual=counterfactual(policy, seen, lists=past.lists, schema=schema),
        )

    async def _policy(self, connection: Connection, by: Identity, subject: Subject) -> Policy:
        document = subject.document
        if (document is None) == (subject.policy_id is None):
            raise InputInvalid("policyId", subject.policy_id, "either a policy or a document")
        if document is None and subject.policy_id is not None:
            row = await self._listed.required(by, subject.policy_id)
            number = subject.version or row.latest_version
            document = (await self._listed.version(by, row.id, number)).document
        return read_policy(document, self._types, await catalogue(connection))

    async def _past(self, connection: Connection, policy: Policy, sample: Sample) -> Past:
        """Return what the policy sees: a past execution, or facts that are told now."""
        if (sample.facts is None) == (sample.execution_id is None):
            raise InputInvalid("facts", None, "either facts or a past execution")
        now = self._clock.now()
        if sample.execution_id is None:
            if not isinstance(sample.facts, Mapping):
                raise InputInvalid("facts", str(sample.facts)[:20], "an object of facts")
            in_force = await self._sets.at(connection, await connection.fetchval(_REVISION))
            return Past(facts=sample.facts, lists=in_force.lists(now))
        past = await recall(connection, self._types, policy, sample.execution_id, now)
        if past is None:
            raise InputInvalid("executionId", sample.execution_id, "the id of an execution")
        return past


_WITHHELD: Final = Mistyped("kept masked")
"""What a withheld fact is: there was something, and nobody can tell what."""
_REVISION: Final = "select revision from orderwright.policy_set"
