"""Decide on what has happened: facts, policies, decision, rows, and the word to the entity, in one transaction.

Locks are taken in the order in which everybody takes them: entities by their ids, then balances of customers, then
what velocities count. What one event sets off is decided together before its entity hears of it: thresholds that the
event crosses, the event under its own name, and the trigger that hosts know it by. Each has an execution of its own,
but all are judged before the first is decided, so that precedence holds over them whatever comes first.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from orderwright.app.policies.anew import anew
from orderwright.app.policies.asking import Answers, ask, asked_of
from orderwright.app.policies.derived import OF_USER, counted, derived, not_added, unreadable
from orderwright.app.policies.execution import Execution
from orderwright.app.policies.ground import Ground, Told, lock
from orderwright.app.policies.intake import take_in
from orderwright.app.policies.numbering import numbered
from orderwright.app.policies.occurrence import TOLD
from orderwright.app.policies.own import at_home, require_free
from orderwright.app.policies.planning import plan
from orderwright.app.policies.scene import User, look
from orderwright.app.policies.velocity import (
    Counted,
    Question,
    crossing,
    threshold_name,
    threshold_question,
    unowned,
    unsummed,
    velocities,
    velocity_questions,
)
from orderwright.app.policies.wording import Words
from orderwright.app.policies.writing import Decided, write
from orderwright.condition import Json, Mistyped
from orderwright.policy import rolled_out, said
from orderwright.policy.trigger import THRESHOLD

if TYPE_CHECKING:
    from datetime import datetime

    from orderwright.app.policies.in_force import InForce, Sets
    from orderwright.app.policies.occurrence import Occurrence
    from orderwright.app.policies.scene import Scene
    from orderwright.clock import Clock
    from orderwright.policy import Result, Threshold
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
        intake = take_in(one.context, self._triggers[one.trigger_name].facts)
        said = {} if one.source == "relay" else intake.facts
        flagged = (*one.flagged, *intake.flagged)
        return Told(occurrence=one, intake=replace(intake, flagged=flagged), said=said)

    async def ground(
        self, connection: Connection, groups: Sequence[Sequence[Told]]
    ) -> tuple[Ground, list[list[Told]]]:
        """Lock and read what all that is to be decided in this transaction needs; return what is told, by event."""
        told = [one for group in groups for one in group]
        scene = await look(connection, _entities(told), _users(told))
        ground = await self._locked(connection, told, scene)
        found = iter(await anew(connection, ground, told, self._triggers))
        return ground, [[next(found) for _ in group] for group in groups]

    async def meet(
        self, connection: Connection, one: Occurrence, *, is_named: bool
    ) -> tuple[Ground, Told]:
        """Lock and read what is needed for what a host tells; return that as it is, where the entity lives here.

        Args:
            connection: in a transaction.
            one: what the host tells.
            is_named: whether the host has named the occurrence.

        Raises:
            IdTaken: something of another type has the id of the entity.
        """
        told = self.take_in(one)
        scene = await look(connection, _entities([told]), _users([told]))
        require_free(scene, one.entity)
        home = scene.home(one.entity)
        if home is not None:
            schema = self._triggers[one.trigger_name].facts
            told = at_home(told, home, schema, is_named=is_named)
            others = _users([told]) - scene.users.keys()
            if others:
                more = await look(connection, (), others)
                scene = replace(scene, users={**scene.users, **more.users})
        ground = await self._locked(connection, [told], scene)
        if told.own is None and not is_named and one.key == TOLD:
            told = await numbered(connection, told)
        [told] = await anew(connection, ground, [told], self._triggers)
        return ground, told

    async def _locked(self, connection: Connection, told: Sequence[Told], scene: Scene) -> Ground:
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
        if table.answers.standing or table.answers.is_done_elsewhere:
            ground.restricted.add(told[-1].occurrence.entity.id)
        judged = [self._judged(table, one) for one in self._all(table, told)]
        before = await self._said_before(connection, table, told) if judged else ()
        found: list[Execution] = []
        for one in judged:
            others = [other.says for other in judged if other is not one]
            decided = self._decided(table, one, [*before, *chain.from_iterable(others)])
            await write(connection, decided)
            found.append(decided.execution)
        return found

    async def _said_before(
        self, connection: Connection, table: _Table, told: Sequence[Told]
    ) -> tuple[str, ...]:
        """Return what the event has set off already, where a host told of it first: actions that were not in vain."""
        main = told[-1]
        if not table.answers.executions:
            return ()
        crossed = [self._threshold(main, *one, 0) for one in table.thresholds.items()]
        ids = [one.occurrence.execution_id for one in (*told, *crossed)]
        return tuple(row["action"] for row in await connection.fetch(_SAID, ids))

    async def _table(self, connection: Connection, ground: Ground, told: Sequence[Told]) -> _Table:
        """Ask what the policies in force read about an event."""
        main, in_force = told[-1], ground.in_force
        one, facts = main.occurrence, main.intake.facts
        user = ground.scene.user(facts.get("userId"))
        event = counted(one.trigger_name, main.intake.names, user, one.occurred_at)
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
                executions=[*(each.occurrence.execution_id for each in told), *one.twin_ids],
            ),
            now,
        )
        return _Table(
            ground=ground,
            said=facts,
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
        if not main.occurrence.is_counted:
            return
        for name, threshold in table.thresholds.items():
            figure = table.answers.figures.get(name)
            reached = (
                crossing(threshold, figure, table.event)
                if figure
                else unowned(threshold, table.event, main.intake.mistyped)
            )
            if reached is not None:
                yield self._threshold(main, name, threshold, reached)

    def _threshold(self, main: Told, name: str, threshold: Threshold, reached: Json) -> Told:
        """Return the crossing of a threshold, which happens to the entity of the event."""
        schema, figure = self._triggers[THRESHOLD].facts, threshold.figure
        facts = main.intake.facts
        known = {key: value for key, value in facts.items() if key in schema}
        one = replace(
            main.occurrence,
            trigger=threshold,
            key=f"{name}/{main.occurrence.trigger_name}/{main.occurrence.key}",
            context=known if isinstance(reached, Mistyped) else {**known, figure: reached},
            base=main.occurrence,
        )
        taken = self.take_in(one)
        intake = taken.intake.with_mistyped_of(main.intake, schema)
        if isinstance(reached, Mistyped):
            intake = intake.with_mistyped(figure, reached)
        return replace(taken, intake=intake, own=main.own)

    def _judged(self, table: _Table, told: Told) -> _Judged:
        """Ask the policies, each for itself."""
        begun = time.perf_counter_ns()
        one, in_force = told.occurrence, table.ground.in_force
        facts = table.facts(told)
        otherwise = table.otherwise(told, facts)
        judged = in_force.policies.evaluate(
            one.trigger,
            {**facts, **table.unreadable(told, facts)},
            lists=in_force.lists(one.occurred_at),
            trees=True,
            stopwatch=time.perf_counter_ns,
        )
        found = (*judged, *in_force.failing(one.trigger))
        results = [rolled_out(each, one.entity.id) for each in found]
        snoozed = table.answers.snoozed
        return _Judged(
            told=told,
            facts={**facts, **{f"{_TOLD}{name}": told.said[name] for name in otherwise}},
            flagged=(
                *(f"{name}: told otherwise than it is here" for name in otherwise),
                *(not_added(facts) if self._triggers[one.trigger_name].is_counted else ()),
            ),
            results=results,
            acting=[each for each in results if each.deployment.id not in snoozed],
            took_ns=time.perf_counter_ns() - begun,
        )

    def _decided(self, table: _Table, judged: _Judged, beside: Sequence[str]) -> Decided:
        begun = time.perf_counter_ns()
        told, facts = judged.told, judged.facts
        one, in_force = told.occurrence, table.ground.in_force
        known = self._triggers[one.trigger_name]
        schema = known.facts
        words = Words(facts, schema)
        made = plan(
            one.execution_id,
            judged.acting,
            words,
            standing=table.answers.standing,
            beside=beside,
        )
        execution = Execution(
            id=one.execution_id,
            trigger=one.trigger_name,
            entity=one.entity,
            actions=made.actions,
            decision=_clean(made.decision.to_json(), words),
            flagged=tuple(sorted((*told.intake.flagged, *judged.flagged))),
            revision=in_force.revision,
            submission=one.submission,
            duration_us=(judged.took_ns + time.perf_counter_ns() - begun) // 1000,
        )
        home = table.ground.home(one)
        return Decided(
            occurrence=one,
            execution=execution,
            dropped=made.dropped,
            results=judged.results,
            snoozed=table.answers.snoozed,
            facts=facts,
            schema=schema,
            words=words,
            root_id=home.root_id if home else one.entity.id,
            event=table.event if known.is_counted and one.is_counted else None,
            started_at=table.now,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """What is known of one event when its policies are asked.

    Attributes:
        said: the facts of the event's own trigger.
    """

    ground: Ground
    said: Mapping[str, Json]
    user: User
    event: Counted
    answers: Answers
    asked: frozenset[str]
    thresholds: Mapping[str, Threshold]
    questions: Sequence[Question]
    now: datetime

    def facts(self, told: Told) -> dict[str, Json]:
        """Return what is told of an occurrence, with those facts that follow and are asked for.

        What is told by the name of a fact that follows goes before it, but not of users and entities that live here.
        """
        one, facts = told.occurrence, told.intake.facts
        asked = self.ground.in_force.asks(one.trigger)
        # A threshold has few of the facts of the event that crosses it, and knows what follows from all of them.
        event = facts if one.base is None else {**self.said, **facts}
        more = {
            **derived(event, self.user, self.answers, one.occurred_at),
            **velocities(
                self.questions,
                self.answers.figures,
                self.event,
                counted_at=self.answers.counted_at,
            ),
        }
        mistyped = told.intake.mistyped
        follows = {name: more[name] for name in sorted(asked & more.keys())}
        if told.own is not None:
            here = follows.keys() - told.own
        else:
            here = follows.keys() & OF_USER if self.user.id else set()
        by_default = {name: one for name, one in follows.items() if name not in mistyped}
        found = {**by_default, **facts, **{name: follows[name] for name in here}}
        return {**found, "userId": self.user.id} if self.user.id else found

    def unreadable(self, told: Told, facts: Mapping[str, Json]) -> dict[str, Mistyped]:
        """Return what policies ask for that was told and cannot be read, or that would follow from such."""
        asked = self.ground.in_force.asks(told.occurrence.trigger)
        mistyped = {name: one for name, one in told.intake.mistyped.items() if name not in facts}
        sums = unsummed(self.questions, self.answers.figures)
        known = {name: one for name, one in sums.items() if name in asked and name not in facts}
        return {**known, **unreadable(asked, facts, mistyped)}

    def otherwise(self, told: Told, facts: Mapping[str, Json]) -> list[str]:
        """Return the facts that a host has told otherwise than they are; a user may go by several ids."""
        found = [name for name, said in told.said.items() if said != facts.get(name)]
        user = self.ground.scene.user(told.said.get("userId"))
        is_same = self.user.id is not None and user.id == self.user.id
        return sorted(name for name in found if name != "userId" or not is_same)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """What policies came to on one of the triggers of an event; `acting` are those that are not snoozed.

    What a host has told otherwise than it is here stands among the facts, and is flagged.
    """

    told: Told
    facts: Mapping[str, Json]
    flagged: Sequence[str]
    results: Sequence[Result]
    acting: Sequence[Result]
    took_ns: int

    @property
    def says(self) -> tuple[str, ...]:
        """What weighs with the other triggers."""
        return said(self.acting)


def _thresholds(in_force: InForce, main: Told) -> dict[str, Threshold]:
    """Return the thresholds that an event may cross, each with a name that follows from what it says."""
    found = in_force.thresholds(main.occurrence.trigger_name)
    return {threshold_name(one): one for one in found}


def _entities(told: Sequence[Told]) -> set[str]:
    return {one.occurrence.entity.id for one in told}


def _users(told: Sequence[Told]) -> set[str]:
    return {user for one in told if isinstance(user := one.intake.facts.get("userId"), str)}


def _clean(decision: Mapping[str, Json], words: Words) -> dict[str, Json]:
    doubts = decision["doubts"]
    listed = doubts if isinstance(doubts, list) else []
    said = [{**doubt, "reason": words.clean(doubt["reason"])} for doubt in listed]
    return {**decision, "doubts": said}


_TOLD: Final = "told."
"""What the facts begin with that a host has told otherwise than they are."""
_SAID: Final = """
select action from orderwright.policy_action
where execution_id = any($1::text[]) and status not in ('dropped', 'skipped')
    and follows_from is null
"""
