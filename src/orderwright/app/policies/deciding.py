"""Decide on what has happened: facts, policies, decision, rows, and the word to the entity, in one transaction.

Locks are taken in the order in which everybody takes them: entities by their ids, then balances of customers, then
what velocities count. What one event sets off is decided together before its entity hears of it: thresholds that the
event crosses first, then its own trigger, so that what a threshold restricts stands against an approval.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orderwright.app.policies.asking import Answers, ask, asked_of
from orderwright.app.policies.derived import counted, derived
from orderwright.app.policies.execution import Execution
from orderwright.app.policies.ground import Ground, Told, lock
from orderwright.app.policies.intake import take_in
from orderwright.app.policies.planning import plan
from orderwright.app.policies.scene import User, look
from orderwright.app.policies.velocity import (
    Counted,
    Question,
    crossing,
    threshold_name,
    threshold_question,
    velocities,
    velocity_questions,
)
from orderwright.app.policies.wording import Words
from orderwright.app.policies.writing import Decided, write
from orderwright.condition import Json
from orderwright.policy import rolled_out
from orderwright.policy.trigger import THRESHOLD

if TYPE_CHECKING:
    from datetime import datetime

    from orderwright.app.policies.in_force import InForce, Sets
    from orderwright.app.policies.occurrence import Occurrence
    from orderwright.clock import Clock
    from orderwright.policy import Threshold
    from orderwright.policy.trigger import Triggers
    from orderwright.runtime.pool import Connection


class Deciding:
    """Decides.

    Args:
        clock: says when deciding begins.
        sets: the set in force.
        triggers: those that there are, with what hosts have added to their facts.
    """

    def __init__(self, clock: Clock, sets: Sets, triggers: Triggers) -> None:
        self._clock = clock
        self._sets = sets
        self._triggers = triggers

    def take_in(self, one: Occurrence) -> Told:
        """Read what is told of an occurrence."""
        return Told(
            occurrence=one,
            intake=take_in(one.context, self._triggers[one.trigger_name].facts),
        )

    async def ground(self, connection: Connection, told: Sequence[Told]) -> Ground:
        """Lock and read what all that is to be decided in this transaction needs."""
        entities = {one.occurrence.entity.id for one in told}
        users = {user for one in told if isinstance(user := one.intake.facts.get("userId"), str)}
        scene = await look(connection, entities, users)
        in_force = await self._sets.at(connection, scene.revision)
        await lock(connection, told, scene, in_force)
        return Ground(scene=scene, in_force=in_force)

    async def decide(
        self, connection: Connection, ground: Ground, told: Sequence[Told]
    ) -> list[Execution]:
        """Decide on all that one event sets off, and write it down; what was decided before is left out.

        Args:
            connection: in the transaction of the ground.
            ground: what is locked and known.
            told: occurrences of one event, its own trigger last.
        """
        table = await self._table(connection, ground, told)
        found: list[Execution] = []
        standing = set(table.answers.standing)
        for one in self._all(table, told):
            decided = self._decided(table, one, standing)
            await write(connection, decided)
            standing.update(action.action for action in decided.execution.actions)
            found.append(decided.execution)
        return found

    async def _table(self, connection: Connection, ground: Ground, told: Sequence[Told]) -> _Table:
        """Ask what the policies in force read about an event."""
        main, in_force = told[-1], ground.in_force
        one, facts = main.occurrence, main.intake.facts
        user = ground.scene.user(facts.get("userId"))
        event = counted(one.trigger_name, facts, user, one.occurred_at)
        thresholds = _thresholds(in_force, main)
        asked = frozenset().union(
            *(in_force.asks(each.occurrence.trigger) for each in told),
            *(in_force.asks(threshold) for threshold in thresholds.values()),
        )
        questions = velocity_questions(asked, event)
        crossings = [
            question
            for name, threshold in thresholds.items()
            if (question := threshold_question(name, threshold, event))
        ]
        now = self._clock.now()
        answers = await ask(
            connection,
            asked_of(
                asked,
                facts,
                entity=one.entity,
                event=event,
                questions=[*questions, *crossings],
                executions=[each.occurrence.execution_id for each in told],
            ),
            now,
        )
        return _Table(
            ground=ground,
            user=user,
            event=event,
            answers=answers,
            asked=asked,
            thresholds=thresholds,
            questions=questions,
            now=now,
        )

    def _all(self, table: _Table, told: Sequence[Told]) -> Iterator[Told]:
        """Yield what is to be decided: the thresholds that are crossed, then what was told, each only once."""
        done = table.answers.executions
        if told[-1].occurrence.execution_id not in done:
            yield from self._crossed(table, told[-1])
        yield from (one for one in told if one.occurrence.execution_id not in done)

    def _crossed(self, table: _Table, main: Told) -> Iterator[Told]:
        for name, threshold in table.thresholds.items():
            figure = table.answers.figures.get(name)
            reached = crossing(threshold, figure, table.event) if figure else None
            if reached is not None:
                yield self._threshold(main, name, threshold, reached)

    def _threshold(self, main: Told, name: str, threshold: Threshold, reached: Json) -> Told:
        """Return the crossing of a threshold, which happens to the entity of the event."""
        schema, facts = self._triggers[THRESHOLD].facts, main.intake.facts
        known = {key: value for key, value in facts.items() if key in schema}
        figure = "total" if threshold.aggregate == "sum" else "count"
        one = replace(
            main.occurrence,
            trigger=threshold,
            key=f"{name}/{main.occurrence.trigger_name}/{main.occurrence.key}",
            context={**known, figure: reached},
        )
        return self.take_in(one)

    def _decided(self, table: _Table, told: Told, standing: set[str]) -> Decided:
        begun = time.perf_counter_ns()
        one, in_force = told.occurrence, table.ground.in_force
        known = self._triggers[one.trigger_name]
        schema, facts = known.facts, table.facts(told)
        judged = in_force.policies.evaluate(
            one.trigger,
            facts,
            lists=in_force.lists(one.occurred_at),
            trees=True,
            stopwatch=time.perf_counter_ns,
        )
        found = (*judged, *in_force.failing(one.trigger))
        results = [rolled_out(each, one.entity.id) for each in found]
        words, snoozed = Words(facts, schema), table.answers.snoozed
        acting = [each for each in results if each.deployment.id not in snoozed]
        made = plan(one.execution_id, acting, standing, words)
        execution = Execution(
            id=one.execution_id,
            trigger=one.trigger_name,
            entity=one.entity,
            actions=made.actions,
            decision=_clean(made.decision.to_json(), words),
            flagged=told.intake.flagged,
            revision=in_force.revision,
            duration_us=(time.perf_counter_ns() - begun) // 1000,
        )
        home = table.ground.home(one)
        return Decided(
            occurrence=one,
            execution=execution,
            dropped=made.dropped,
            results=results,
            snoozed=snoozed,
            facts=facts,
            schema=schema,
            words=words,
            root_id=home.root_id if home else one.entity.id,
            event=table.event if known.is_counted else None,
            started_at=table.now,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """What is known of one event when its policies are asked."""

    ground: Ground
    user: User
    event: Counted
    answers: Answers
    asked: frozenset[str]
    thresholds: Mapping[str, Threshold]
    questions: Sequence[Question]
    now: datetime

    def facts(self, told: Told) -> dict[str, Json]:
        """Return what is told of an occurrence, with those facts that follow and are asked for."""
        one, facts = told.occurrence, told.intake.facts
        asked = self.ground.in_force.asks(one.trigger)
        more = {
            **derived(facts, self.user, self.answers, one.occurred_at),
            **velocities(self.questions, self.answers.figures, self.event),
        }
        found = {**{name: more[name] for name in sorted(asked & more.keys())}, **facts}
        return {**found, "userId": self.user.id} if self.user.id else found


def _thresholds(in_force: InForce, main: Told) -> dict[str, Threshold]:
    """Return the thresholds that an event may cross, each with a name that follows from what it says."""
    found = in_force.thresholds(main.occurrence.trigger_name)
    return {threshold_name(one): one for one in found}


def _clean(decision: Mapping[str, Json], words: Words) -> dict[str, Json]:
    doubts = decision["doubts"]
    listed = doubts if isinstance(doubts, list) else []
    said = [{**doubt, "reason": words.clean(doubt["reason"])} for doubt in listed]
    return {**decision, "doubts": said}
