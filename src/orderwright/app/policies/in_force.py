"""What is in force, as this process knows it: policies made ready, lists, and which facts they ask for.

Whoever decides reads the revision of the set with the entities; where it has moved, the set is read again. What has
been read of a version is kept, since versions never change. A set never changes either: those who decide at the same
moment may share it.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import structlog

from orderwright.app.policies.counting import Counting, countings
from orderwright.app.policies.policy_reading import facts_read
from orderwright.app.policies.unreadable import failing, fails_at
from orderwright.condition import Json, Lists, NamedList
from orderwright.policy import (
    Deployment,
    Policy,
    PolicyInvalid,
    PolicySet,
    Result,
    Threshold,
    load,
)

if TYPE_CHECKING:
    from datetime import datetime

    from asyncpg import Record

    from orderwright.policy.trigger import Trigger, Triggers
    from orderwright.runtime.pool import Connection

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The set in force at a revision.

    Attributes:
        revision: of the set.
        policies: those that can be read.
        unreadable: those that cannot, each as a policy that fails at every event of its trigger.
        asked: the facts that policies read, by trigger.
        counted: what has to be locked to decide on an event, by its trigger.
        entries: of each list, with the moment at which each expires.
    """

    revision: int
    policies: PolicySet
    unreadable: tuple[Result, ...] = ()
    asked: Mapping[Trigger, frozenset[str]] = field(default_factory=dict)
    counted: Mapping[str, frozenset[Counting]] = field(default_factory=dict)
    entries: Mapping[str, Entries] = field(default_factory=dict)

    def failing(self, trigger: Trigger) -> tuple[Result, ...]:
        """Return the results of those policies of a trigger that cannot be read."""
        return tuple(one for one in self.unreadable if fails_at(one, trigger))

    def waits_for(self, trigger: Trigger) -> bool:
        """Tell whether any policy waits for a trigger."""
        return self.policies.count(trigger) > 0 or bool(self.failing(trigger))

    def decides_on(self, trigger: Trigger) -> bool:
        """Tell whether what any policy says of a trigger counts: one in shadow is asked, and changes nothing."""
        return self.policies.decides_on(trigger) or bool(self.failing(trigger))

    def asks(self, trigger: Trigger) -> frozenset[str]:
        """Return the facts that policies read when a trigger is set off."""
        return self.asked.get(trigger, frozenset())

    def thresholds(self, of: str) -> tuple[Threshold, ...]:
        """Return the thresholds that events of a trigger may cross, in a fixed order."""
        known = _thresholds(self.policies, self.unreadable)
        found = (one for one in known if one.of == of)
        return tuple(sorted(found, key=lambda one: json.dumps(one.to_json(), sort_keys=True)))

    def lists(self, at: datetime) -> Lists:
        """Return what finds the lists as they are at a moment: what has expired is no entry."""

        def find(name: str) -> NamedList | None:
            known = self.entries.get(name)
            return None if known is None else known.at(at)

        return find


class Entries:
    """The entries of a list, each with the moment at which it expires, if ever."""

    def __init__(self, name: str, entries: Sequence[tuple[Json, datetime | None]]) -> None:
        self._name = name
        self._entries = entries
        self._ends = sorted({ends for _, ends in entries if ends is not None})
        self._made: dict[int, NamedList] = {}

    def at(self, moment: datetime) -> NamedList:
        """Return the list as it is at a moment; between two ends it is made once."""
        passed = bisect_right(self._ends, moment)
        if passed not in self._made:
            alive = [value for value, ends in self._entries if ends is None or moment < ends]
            self._made = {passed: NamedList.of(self._name, alive)}
        return self._made[passed]


class Sets:
    """Keeps the set in force; policies are read with the facts of the triggers that there are."""

    def __init__(self, types: Triggers) -> None:
        self._types = types
        self._known: InForce | None = None
        self._read: dict[tuple[str, int], Policy | PolicyInvalid] = {}

    @property
    def known(self) -> InForce | None:
        """What was in force when it was last looked at."""
        return self._known

    async def at(self, connection: Connection, revision: int) -> InForce:
        """Return the set of a revision, or a later one; it is read where this process does not know it."""
        known = self._known
        if known is None or known.revision != revision:
            known = self._known = await self._load(connection)
        return known

    async def _load(self, connection: Connection) -> InForce:
        """Read until policies and lists are of one revision."""
        while True:
            deployed = await connection.fetch(_DEPLOYED)
            entries = await connection.fetch(_ENTRIES)
            revision = deployed[0]["revision"]
            if revision == entries[0]["revision"]:
                break
        rows = [row for row in deployed if row["policy_id"] is not None]
        self._forget_all_but(rows)
        deployments, unreadable = self._deployments(rows)
        policies, asked = PolicySet(deployments), _asked(deployments)
        return InForce(
            revision=revision,
            policies=policies,
            unreadable=tuple(unreadable),
            asked=asked,
            counted=countings(asked, _thresholds(policies, unreadable)),
            entries=entries_of(entries),
        )

    def _forget_all_but(self, rows: list[Record]) -> None:
        kept = {(row["policy_id"], row["version"]) for row in rows}
        self._read = {key: policy for key, policy in self._read.items() if key in kept}

    def _deployments(self, rows: list[Record]) -> tuple[list[Deployment], list[Result]]:
        good: list[Deployment] = []
        bad: list[Result] = []
        for row in rows:
            found = self._policy(row)
            if isinstance(found, Policy):
                good.append(_deployment(row, found))
            else:
                bad.append(failing(row, found))
        return good, bad

    def _policy(self, row: Record) -> Policy | PolicyInvalid:
        key = row["policy_id"], row["version"]
        if key not in self._read:
            try:
                self._read[key] = load(row["document"], cases=self._types)
            except PolicyInvalid as invalid:
                _logger.warning(
                    "policy_unreadable", policy=key[0], version=key[1], error=str(invalid)
                )
                self._read[key] = invalid
        return self._read[key]


def _deployment(row: Record, policy: Policy) -> Deployment:
    return Deployment(
        id=row["policy_id"],
        version=row["version"],
        policy=policy,
        mode=row["mode"],
        rollout=row["rollout"],
    )


def _thresholds(policies: PolicySet, unreadable: Iterable[Result]) -> frozenset[Threshold]:
    """Return the thresholds that some policy waits for, readable or not."""
    triggers = (one.deployment.policy.trigger for one in unreadable)
    return policies.thresholds | {one for one in triggers if isinstance(one, Threshold)}


def _asked(deployments: Iterable[Deployment]) -> dict[Trigger, frozenset[str]]:
    found: dict[Trigger, frozenset[str]] = {}
    for one in deployments:
        trigger = one.policy.trigger
        found[trigger] = found.get(trigger, frozenset()) | facts_read(one.policy)
    return found


_KINDS: Final[Mapping[str, Callable[[str], Json]]] = {"text": str, "number": Decimal}
"""How the entries of each kind of list are read."""


def entries_of(rows: Iterable[Record]) -> dict[str, Entries]:
    """Return lists by their names, of rows of (list, kind, value, expires_at)."""
    found: dict[str, list[tuple[Json, datetime | None]]] = {}
    for row in rows:
        if row["list"] is None:
            continue
        entries = found.setdefault(row["list"], [])
        if row["value"] is not None:
            entries.append((_KINDS[row["kind"]](row["value"]), row["expires_at"]))
    return {name: Entries(name, entries) for name, entries in found.items()}


# Each with the revision that it is of: one statement sees one moment.
_DEPLOYED: Final = """
select s.revision, d.policy_id, d.version, d.mode, d.rollout,
       p.name, coalesce(t.trigger, p.trigger) as trigger, v.document
from orderwright.policy_set as s
left join (
    orderwright.policy_deployment as d
    join orderwright.policy_version as v using (policy_id, version)
    join orderwright.policy as p on p.id = d.policy_id
    left join orderwright.policy_term as t on t.policy_id = d.policy_id and t.until_revision is null) on true
"""
_ENTRIES: Final = """
select s.revision, l.name as list, l.kind, e.value, e.expires_at
from orderwright.policy_set as s
left join orderwright.policy_list as l on true
left join orderwright.policy_list_entry as e on e.list = l.name and e.removed_at is null
"""
