"""What comes of the tickets of one pass: which facts they look at, and each step from where the one before it ended.

In a transaction that holds the instances, facts are loaded for those steps that look at any, and steps about one
balance follow each other (`crowd`). Without one no fact can be had: a step that looks at none comes to the same, and
one that does needs a transaction. How often an event has looked at none is noted either way (`habit`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, TypeAlias

from orderwright.runtime.command import Send
from orderwright.runtime.crowd import Crowd
from orderwright.runtime.fact import FactRequest
from orderwright.runtime.glance import blindly, glance, worked_out
from orderwright.runtime.reply import refusal
from orderwright.runtime.ticket import Detour
from orderwright.runtime.transition import Transition, root_of
from orderwright.runtime.write import prepare
from orderwright.statechart import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from orderwright.runtime.command import Command
    from orderwright.runtime.fact import Facts
    from orderwright.runtime.glance import Admitted
    from orderwright.runtime.habit import Habits
    from orderwright.runtime.instance import Instance
    from orderwright.runtime.job import JobKinds
    from orderwright.runtime.ledger import Ledgers
    from orderwright.runtime.pool import Connection
    from orderwright.runtime.ticket import Outcome
    from orderwright.runtime.transition import Prepared
    from orderwright.statechart import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What steps find in the process that computes them: what tells facts, does work, and has balances."""

    facts: Facts
    habits: Habits
    kinds: JobKinds
    ledgers: Ledgers


class Computation:
    """The steps of one pass.

    Args:
        means: what is at hand.
        connection: where facts are loaded from.
        now: when it happens, unless a command says so.
        atomic: whether the connection is in a transaction that holds the instances.
    """

    def __init__(
        self, means: Means, connection: Connection, now: datetime, *, atomic: bool
    ) -> None:
        self._means = means
        self._connection = connection
        self._now = now
        # Without a transaction nothing is decided by a balance, so there is nobody to crowd.
        self._crowd = Crowd(means.facts, means.ledgers) if atomic else None

    async def run(
        self, admitted: list[Admitted], outcomes: dict[int, Outcome]
    ) -> list[tuple[int, Prepared]]:
        """Return the steps of tickets, with their places and in their order; note what became of those without one."""
        if self._crowd and any(one.names for one in admitted):
            admitted = await self._look(self._crowd, admitted, outcomes)
        admitted.sort(key=_place_of)
        facts = await self._load_facts(admitted)
        return self._steps(admitted, facts, outcomes)

    def lose(self, step: Prepared) -> None:
        """Take in that a step was not written.

        Raises:
            Entangled: others have decided by what it books.
        """
        if self._crowd:
            self._crowd.lose(step)

    async def _look(
        self, crowd: Crowd, admitted: Sequence[Admitted], outcomes: dict[int, Outcome]
    ) -> list[Admitted]:
        """Let those go on that need no balance, or one that nobody else of this transaction keeps from them."""
        asked = [(one, self._request(one, one.before)) for one in admitted]
        staying = []
        facts, ledgers = self._means.facts, self._means.ledgers
        looked = await glance(facts, ledgers, self._connection, asked)
        for (had, _), (one, request) in zip(asked, looked, strict=True):
            if had.names:
                self._note(one, one.before, is_blind=not (one.names or one.facts))
            if crowd.admits(one.names, request):
                staying.append(one)
            else:
                outcomes[one.place] = Detour.CROWDED
        return staying

    async def _load_facts(self, admitted: Sequence[Admitted]) -> list[dict[str, object]]:
        if not self._crowd or not any(one.names for one in admitted):
            return [one.facts for one in admitted]
        asked = [(one.names, self._request(one, one.before)) for one in admitted]
        loaded = await self._means.facts.load(self._connection, asked)
        return [one.facts | found for one, found in zip(admitted, loaded, strict=True)]

    def _steps(
        self,
        admitted: Sequence[Admitted],
        facts: Sequence[dict[str, object]],
        outcomes: dict[int, Outcome],
    ) -> list[tuple[int, Prepared]]:
        """Compute each step from where the one before it left the instance; behind one that is put off all are.

        All of a wave are decided, and then all prepared: a processor runs the same code again and again in four
        fifths of the time that it takes for one and the other in turn.
        """
        standing: dict[str, Instance] = {}
        waiting: set[str] = set()
        steps: list[tuple[int, Prepared]] = []
        for wave in self._waves(list(zip(admitted, facts, strict=True))):
            decided: list[tuple[int, Transition]] = []
            for one, known in wave:
                found = self._decided(one, known, standing, waiting)
                if isinstance(found, Transition):
                    decided.append((one.place, found))
                else:
                    outcomes[one.place] = found
            for place, transition in decided:
                try:
                    step = prepare(transition)
                except Exception as error:  # noqa: BLE001 (raised to its caller; its neighbours go on)
                    outcomes[place] = error
                    continue
                standing[step.after.instance_id] = step.after
                if self._crowd:
                    self._crowd.note(step)
                steps.append((place, step))
        steps.sort(key=_place)
        return steps

    def _waves(self, asked: list[_Asked]) -> Iterable[Sequence[_Asked]]:
        """Return what may be decided before any of it is prepared.

        Where balances count, each is for itself, because the next one may decide by what it books; else those of
        different instances go together, the first of each, then the second.
        """
        if self._crowd and any(one.names for one, _ in asked):
            return [(one,) for one in asked]
        if len({one.ticket.command.instance_id for one, _ in asked}) == len(asked):
            return (asked,)  # as mostly
        waves: list[list[_Asked]] = []
        turns: Counter[str] = Counter()
        for one in asked:
            instance_id = one[0].ticket.command.instance_id
            turn = turns[instance_id]
            if turn == len(waves):
                waves.append([])
            waves[turn].append(one)
            turns[instance_id] += 1
        return waves

    def _decided(
        self,
        one: Admitted,
        facts: dict[str, object],
        standing: Mapping[str, Instance],
        waiting: set[str],
    ) -> Transition | Outcome:
        """Return the step of a ticket, or what became of it without one."""
        command = one.ticket.command
        if command.instance_id in waiting:
            return Detour.BEHIND
        before = standing.get(command.instance_id, one.before)
        try:
            found = self._step(one, before, facts)
        except Exception as error:  # noqa: BLE001 (raised to its caller; its neighbours go on)
            return error
        if isinstance(found, Refused):
            return refusal(command, before, found)
        if isinstance(found, Detour):
            waiting.add(command.instance_id)
        return found

    def _step(
        self, one: Admitted, before: Instance | None, facts: dict[str, object]
    ) -> Transition | Refused | Detour:
        if one.refused is not None:
            return one.refused
        command = one.ticket.command
        step: Step | Refused | None = one.step
        if one.names and self._crowd:
            after_others = self._crowd.facts_for(one.names, self._request(one, before), facts)
            if after_others is None:
                return Detour.CROWDED
            facts = after_others
        elif one.names:
            step = self._blindly(one, before)
            if step is None:
                return Detour.NEEDS_TRANSACTION
        at = self._at(command)
        step = step or worked_out(command, one.lifecycle, before, facts=facts, at=at)
        if isinstance(step, Refused):
            return step
        kinds, ledgers = self._means.kinds, self._means.ledgers
        return Transition(  # by place, which takes a fraction of the time
            command, one.lifecycle.chart, before, step, facts, at, self._now, kinds, ledgers
        )

    def _blindly(self, one: Admitted, before: Instance | None) -> Step | Refused | None:
        """Return what comes of a ticket whatever its facts are; None if it depends on them."""
        facts, ledgers = self._means.facts, self._means.ledgers
        found = blindly(facts, ledgers, one, before, self._request(one, before))
        self._note(one, before, is_blind=found is not None)
        return found

    def _note(self, one: Admitted, before: Instance | None, *, is_blind: bool) -> None:
        command = one.ticket.command
        if before is not None and isinstance(command, Send):
            self._means.habits.note(before, command.event.type, is_blind=is_blind)

    def _request(self, one: Admitted, before: Instance | None) -> FactRequest:
        command = one.ticket.command
        return FactRequest(
            instance_id=command.instance_id,
            root_id=root_of(command, before),
            chart_id=one.lifecycle.chart.id,
            snapshot=before.snapshot if before else None,
            event=command.event if isinstance(command, Send) else None,
            actor=command.cause.actor,
            now=self._at(command),
        )

    def _at(self, command: Command) -> datetime:
        occurred_at = command.cause.occurred_at
        return self._now if occurred_at is None else occurred_at.astimezone(UTC)


_Asked: TypeAlias = "tuple[Admitted, dict[str, object]]"
"""A ticket that may go on, with what is known for it."""
_place_of = attrgetter("place")
_place = itemgetter(0)
