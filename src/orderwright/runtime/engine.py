"""The engine: it creates instances and sends them events, one transaction each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from orderwright.runtime.admission import Admission
from orderwright.runtime.alarm import FAULTS, Alarm
from orderwright.runtime.attempt import Attempts, Result
from orderwright.runtime.carrier import Carrier
from orderwright.runtime.command import Actor, Cause, Command, Create, Origin, Send
from orderwright.runtime.fact import FactLoader, FactRequest, Facts
from orderwright.runtime.instance import Instance, found, read
from orderwright.runtime.joining import Joinable, Owned, driver_of, joined
from orderwright.runtime.journal import CREATED
from orderwright.runtime.lane import Lanes, settled
from orderwright.runtime.observation import QUIET, Observer, follow, note_of
from orderwright.runtime.ticket import Ticket
from orderwright.runtime.waiting_room import WaitingRoom
from orderwright.runtime.work import Work
from orderwright.statechart import Event, explain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from jsonschema import FormatChecker

    from orderwright.clock import Clock
    from orderwright.runtime.job import JobKinds
    from orderwright.runtime.ledger import Ledgers
    from orderwright.runtime.pool import Connection, Pool
    from orderwright.runtime.registry import Registry
    from orderwright.runtime.wakeup import Announcer, Listener
    from orderwright.statechart import Explanation, Refused

_logger = structlog.get_logger(__name__)


class Engine:
    """Runs charts on PostgreSQL.

    A refusal is part of the result and changes nothing. Errors are raised: the instance does not exist
    (`instance.not_found`), the idempotency key belongs to another request (`idempotency.mismatch`),
    others kept changing the instance (`instance.busy`).
    """

    def __init__(  # noqa: PLR0913 (the parts of an engine)
        self,
        pool: Pool,
        registry: Registry,
        clock: Clock,
        *,
        facts: Mapping[str, FactLoader],
        formats: FormatChecker,
        wakeup: Announcer,
        kinds: JobKinds | None = None,
        ledgers: Ledgers | None = None,
        observer: Observer = QUIET,
    ) -> None:
        self.pool = pool
        self.registry = registry
        self.clock = clock
        self.wakeup = wakeup
        self.observer = observer
        self.alarm = Alarm(pool, clock)
        self.kinds: JobKinds = dict(kinds or {})
        self.ledgers: Ledgers = dict(ledgers or {})
        self.facts = Facts(facts)
        self.admission = Admission(formats)
        attempts = Attempts(registry, clock, self.facts, self.admission, self.kinds, self.ledgers)
        self.kept = attempts.kept
        self.waiting_room = WaitingRoom(pool.get_max_size())
        self._carrier = Carrier(pool, attempts, self.waiting_room, observer)
        self._lanes = Lanes(
            kind_of=self._carrier.kind_of,
            kind_with_facts=self._carrier.kind_with_facts,
            carriage=self._carrier.carriage,
            carry_alone=self._carrier.carry_alone,
            note=self._note,
            observer=observer,
        )

    def keep(self, listener: Listener) -> None:
        """Keep instances as they are written from now on, until somebody else is heard to change them (`kept`)."""
        self.kept.open()
        listener.watch(self._overhear)

    def _overhear(self, roots: frozenset[str] | None, pid: int) -> None:
        if not self.wakeup.is_own(pid):
            self.kept.forget_roots(roots)

    async def close(self, *, grace_seconds: float = 10.0) -> None:
        """Carry out what was asked already, and take nothing more but on callers' connections.

        What waits for a lock that somebody holds for longer than the time of grace is given up, with `EngineClosed`.
        """
        self.waiting_room.hurry()
        await self._lanes.close(grace_seconds)

    async def create(  # noqa: PLR0913 (the interface is fixed)
        self,
        chart_id: str,
        instance_id: str,
        *,
        context: Mapping[str, object] | None = None,
        request: Mapping[str, object] | None = None,
        actor: Actor | str,
        root_id: str | None = None,
        idempotency_key: str | None = None,
        reason: str | None = None,
        correlation_id: str | None = None,
        causation_id: str | None = None,
        occurred_at: datetime | None = None,
        origin: Origin = "live",
        connection: Joinable | None = None,
    ) -> Result:
        """Start an instance of the latest version of a chart.

        `root_id` is what it belongs to, by default itself. `request` is what an idempotency key stands
        for, by default the context. If the start looks at facts, every fact that any of the chart's
        events declares is loaded.
        Refused with `instance_exists` when the id is taken.
        """
        cause = Cause(
            actor=Actor.of(actor),
            idempotency_key=idempotency_key,
            reason=reason,
            correlation_id=correlation_id,
            causation_id=causation_id,
            occurred_at=occurred_at,
            origin=origin,
        )
        command = Create(
            chart_id=chart_id,
            instance_id=instance_id,
            root_id=root_id or instance_id,
            context=context or {},
            request=request,
            cause=cause,
        )
        return await self.carry_out(command, connection=connection)

    async def send(  # noqa: PLR0913 (the interface is fixed)
        self,
        instance_id: str,
        event: Event,
        *,
        actor: Actor | str,
        idempotency_key: str | None = None,
        reason: str | None = None,
        correlation_id: str | None = None,
        causation_id: str | None = None,
        occurred_at: datetime | None = None,
        origin: Origin = "live",
        connection: Joinable | None = None,
    ) -> Result:
        """Send an event to an instance.

        With a `connection` the work is a savepoint of the caller's transaction and lives or dies with it.
        Beside the chart's own refusals: event_unknown, event_data, event_reserved, balance_guard.
        """
        cause = Cause(
            actor=Actor.of(actor),
            idempotency_key=idempotency_key,
            reason=reason,
            correlation_id=correlation_id,
            causation_id=causation_id,
            occurred_at=occurred_at,
            origin=origin,
        )
        command = Send(instance_id=instance_id, event=event, cause=cause)
        return await self.carry_out(command, connection=connection)

    async def carry_out(self, command: Command, *, connection: Joinable | None = None) -> Result:
        """Create an instance, or send it an event, because of a cause that is at hand.

        `create` and `send` are the same for callers who say in words who asks and why.
        """
        if connection is None:
            result = await self._lanes.put(command)
        else:
            result = await self._join(Ticket(command), connection)
        _answer(command, result)
        return result

    async def carry_out_all(
        self, commands: Sequence[Command], *, connection: Owned
    ) -> list[Result]:
        """Carry out commands together in a transaction of ours; return results in order.

        They are decided in order. Instances that are there are locked in the order of their ids, whatever the order of
        the commands; those that are made should be given in it. An error of one is an error of all.
        """
        tickets = [Ticket(command) for command in commands]
        try:
            results = await self._carrier.carry_together(connection.connection, tickets)
        except Exception as error:
            for ticket in tickets:
                self._note(ticket, error)
            raise
        for ticket, result in zip(tickets, results, strict=True):
            self._note(ticket, result, again=True)
            _answer(ticket.command, result)
        return results

    async def send_many(
        self, sends: Sequence[Send], *, connection: Joinable | None = None
    ) -> list[Result]:
        """Send events, each in a transaction or savepoint of its own; return results in order.

        Those of one instance are carried out in order. Without a `connection` those of different instances
        go together, and an error of one, raised when all are settled, ends nothing of the others.
        Idempotency keys make it safe to repeat.
        """
        if connection is None:
            return await settled([self._lanes.put(command) for command in sends])
        return [await self.carry_out(command, connection=connection) for command in sends]

    async def read(
        self, instance_id: str, *, connection: Joinable | None = None
    ) -> Instance | None:
        """Return an instance as it stands, or None."""
        if connection is None:
            async with self.pool.acquire() as own:
                return await read(own, instance_id)
        return await read(await driver_of(connection), instance_id)

    async def explain(self, instance_id: str, actor: Actor | str) -> Mapping[str, Explanation]:
        """Tell of each declared event whether it is allowed now, and if not, why.

        Raises:
            InstanceNotFound: there is no such instance.
        """
        now = self.clock.now()
        async with self.pool.acquire() as connection:
            instance = found(await read(connection, instance_id), instance_id)
            lifecycle = await self.registry.get(
                connection, instance.chart_id, instance.chart_version
            )
            request = _look(instance, Actor.of(actor), now)
            async with connection.transaction(readonly=True):
                names = lifecycle.facts_of(None)
                [facts] = await self.facts.load(connection, [(names, request)])
        chart, behaviour = lifecycle.chart, lifecycle.behaviour
        return explain(chart, behaviour, instance.snapshot, facts=facts, now=now)

    async def fire(self, connection: Connection, command: Send) -> Result:
        """Send an event that the engine itself scheduled, in the caller's transaction.

        The caller announces the root after its commit.
        """
        ticket = Ticket(command, trusted=True)
        result = await self._carrier.carry_held(connection, ticket)
        self.observer.tell(note_of(ticket, result))
        return result

    async def _join(self, ticket: Ticket, connection: Joinable) -> Result:
        try:
            async with joined(connection) as inner:
                result = await self._carrier.carry_held(inner, ticket)
        except Exception as error:
            self._note(ticket, error)
            raise
        self._note(ticket, result, again=True)
        return result

    def _note(self, ticket: Ticket, outcome: Result | Exception, *, again: bool = False) -> None:
        """Tell others what came of a command: that something changed, or that something is wrong."""
        self.observer.tell(note_of(ticket, outcome))
        if isinstance(outcome, Exception):
            return
        if outcome.refused is None:
            if not outcome.replayed:
                self.wakeup.announce(outcome.root_id, again=again)
        else:
            self.report(ticket.command, outcome.refused)

    def report(self, command: Command, refused: Refused) -> None:
        """Record a refusal that means that something is not in order, and no other; nobody waits for it."""
        if refused.code not in FAULTS:
            return
        event = _type_of(command)
        names = {"instance": command.instance_id, "event": event, **refused.values}
        subject = f"{command.instance_id}/{event}"
        self.alarm.raise_for("step", subject, refused.code, refused.message, names)


def _answer(command: Command, result: Result) -> None:
    """Tell who follows the task, and the log if it is a fault."""
    follow(command, result)
    if result.refused is not None and result.refused.code in FAULTS:
        _warn(command, result.refused)


def _type_of(command: Command) -> str:
    return command.event.type if isinstance(command, Send) else CREATED


def _warn(command: Command, refused: Refused) -> None:
    """Log in the caller's task, whose lines belong together."""
    cause = command.cause
    with Work(
        correlation_id=cause.correlation_id,
        causation_id=cause.causation_id,
        instance_id=command.instance_id,
        event=_type_of(command),
    ):
        _logger.warning("step_refused", code=refused.code, error=refused.message)


def _look(instance: Instance, actor: Actor, now: datetime) -> FactRequest:
    return FactRequest(
        instance_id=instance.instance_id,
        root_id=instance.root_id,
        chart_id=instance.chart_id,
        snapshot=instance.snapshot,
        event=None,
        actor=actor,
        now=now,
        lock=False,
    )
