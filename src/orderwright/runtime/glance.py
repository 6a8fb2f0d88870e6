"""The step that comes of a command, and which facts it looks at.

A step is a pure function, so as long as it has looked at no other fact than those that are known, it comes out the
same whatever the others are. So it is computed without facts first. When it has looked at none, none has to be loaded,
and a refusal is the answer. When it has looked only at such as lock nothing, those are loaded, and it is computed
again. Only when it has looked at others, or changes a balance that they lock, does it need all that its event
declares, under locks. Which events look at none is remembered (`habit`): they need no transaction either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from orderwright.runtime.command import Create, Send
from orderwright.runtime.journal import CREATED
from orderwright.runtime.ledger import booked_balances
from orderwright.runtime.transition import correlation_of
from orderwright.runtime.work import Work
from orderwright.statechart import Refused, StartRefused, Step, send, start

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from orderwright.runtime.command import Command
    from orderwright.runtime.fact import FactRequest, Facts
    from orderwright.runtime.instance import Instance
    from orderwright.runtime.ledger import Ledgers
    from orderwright.runtime.pool import Connection
    from orderwright.runtime.registry import Lifecycle
    from orderwright.runtime.ticket import Ticket


class Admitted(NamedTuple):
    """A ticket that may go on: `before` is the instance as it was read, `names` the facts that it needs.

    What is refused already goes on as well: what stands after the steps before it is part of the answer. `step` is
    what came of it where that is certain already, and `facts` those that it has looked at.
    """

    place: int
    ticket: Ticket
    lifecycle: Lifecycle
    before: Instance | None
    names: frozenset[str]
    refused: Refused | None = None
    step: Step | None = None
    facts: dict[str, object] = {}  # noqa: RUF012 (of those that look at none, which nobody changes)


async def glance(
    facts: Facts,
    ledgers: Ledgers,
    connection: Connection,
    asked: Sequence[tuple[Admitted, FactRequest]],
) -> list[tuple[Admitted, FactRequest]]:
    """Return the tickets in their order, each with the facts that it still needs, or with its step."""
    looked = [_glanced(facts, ledgers, one, request, {}) for one, request in asked]
    modest = [place for place, (_, free) in enumerate(looked) if free]
    if modest:
        wanted = [(looked[place][1], asked[place][1]) for place in modest]
        for place, known in zip(modest, await facts.load(connection, wanted), strict=True):
            looked[place] = _glanced(facts, ledgers, *asked[place], known)
    return [(one, request) for (one, _), (_, request) in zip(looked, asked, strict=True)]


def _glanced(
    facts: Facts, ledgers: Ledgers, one: Admitted, request: FactRequest, known: dict[str, object]
) -> tuple[Admitted, frozenset[str]]:
    """Compute a step with what is known; return also which facts it lacks, if all of those lock nothing."""
    if not one.names or not facts.are_shared(one.names):
        return one, frozenset()
    seen = Seen(known)
    found = _certain(facts, ledgers, one, one.before, request, seen)
    if isinstance(found, Refused):
        return one._replace(names=frozenset(), refused=found, facts=known), frozenset()
    if found is not None:
        return one._replace(names=frozenset(), step=found, facts=known), frozenset()
    missed = frozenset(seen.missed)
    return one, missed if missed <= facts.free(one.names) else frozenset()


def blindly(
    facts: Facts, ledgers: Ledgers, one: Admitted, before: Instance | None, request: FactRequest
) -> Step | Refused | None:
    """Return what comes of a ticket if it looks at no fact and changes no balance of those that it may look at."""
    return _certain(facts, ledgers, one, before, request, Seen({}))


def _certain(
    facts: Facts,
    ledgers: Ledgers,
    one: Admitted,
    before: Instance | None,
    request: FactRequest,
    seen: Seen,
) -> Step | Refused | None:
    """Return what comes of a ticket, unless it depends on a fact that is not known or has to be locked."""
    found = worked_out(one.ticket.command, one.lifecycle, before, facts=seen, at=request.now)
    if seen.missed:
        return None
    # Who changes a balance of its facts locks it with those who read it, in one order.
    booked = booked_balances(ledgers, found.effects) if isinstance(found, Step) else ()
    return None if booked and facts.cover(one.names, request, booked) else found


def worked_out(
    command: Command,
    lifecycle: Lifecycle,
    before: Instance | None,
    *,
    facts: Mapping[str, object],
    at: datetime,
) -> Step | Refused:
    """Return what comes of a command; `before` is None for a start alone."""
    with _Working(command, lifecycle, before):
        chart, behaviour = lifecycle.chart, lifecycle.behaviour
        if isinstance(command, Create):
            try:
                return start(chart, behaviour, context=command.context, facts=facts, now=at)
            except StartRefused as no:
                return no.refused
        assert before is not None
        step = send(chart, behaviour, before.snapshot, command.event, facts=facts, now=at)
        return step.refused or step


class _Working(Work):
    """A step that is being worked out."""

    __slots__ = ("_before", "_command", "_lifecycle")

    def __init__(self, command: Command, lifecycle: Lifecycle, before: Instance | None) -> None:
        self._command = command
        self._lifecycle = lifecycle
        self._before = before

    def names(self) -> Mapping[str, object]:
        """Return what the row will say that the step becomes."""
        command, before = self._command, self._before
        version = before.version + 1 if before else 1
        return {
            "correlation_id": correlation_of(command, version),
            "causation_id": command.cause.causation_id,
            "instance_id": command.instance_id,
            "chart": self._lifecycle.chart.id,
            "event": command.event.type if isinstance(command, Send) else CREATED,
        }


class Seen(Mapping[str, object]):
    """The facts that are known, which remember what else was looked for."""

    __slots__ = ("_known", "missed")

    def __init__(self, known: Mapping[str, object]) -> None:
        self._known = known
        self.missed: set[str] = set()

    def __bool__(self) -> bool:
        return True  # an empty mapping would not be handed on, and so not be looked at

    def __getitem__(self, name: str) -> object:
        if name not in self._known:
            self.missed.add(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        self.missed.add(_ALL)
        return iter(self._known)

    def __len__(self) -> int:
        self.missed.add(_ALL)
        return len(self._known)

    def __or__(self, other: Mapping[str, object]) -> dict[str, object]:
        return {**self, **other}

    def __ror__(self, other: Mapping[str, object]) -> dict[str, object]:
        return {**other, **self}


_ALL: Final = "*"
"""Missed by who asks for all there are; no fact has this name."""
