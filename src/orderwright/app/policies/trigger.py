"""Set policies off: from lifecycles, as a consumer of the outbox, and from hosts, in their own transaction.

Whoever comes first decides; the other finds what was decided. What a lifecycle tells is acted on at once, by jobs;
what a host tells is acted on when the host says so, as in its own code it would.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import asyncpg
import structlog

from orderwright.app.policies.acting_port import Report
from orderwright.app.policies.execution import Execution
from orderwright.app.policies.execution_records import holding, stored
from orderwright.app.policies.occurrence import (
    AHEAD,
    LATE,
    Occurrence,
    Source,
    dated,
    entity_of,
    id_field,
    key_of,
    submission_in,
    transfer_of,
)
from orderwright.app.policies.own import IdTaken
from orderwright.app.policies.telling import POLICIES
from orderwright.app.policies.whose import OfAnotherHost, require_same_teller
from orderwright.app.policies.writing import record_failure
from orderwright.condition import Json
from orderwright.errors import InputInvalid
from orderwright.runtime.command import Cause, require_zone
from orderwright.runtime.failure import words
from orderwright.runtime.joining import JoinImpossible, joined
from orderwright.runtime.observation import told_on_commit

if TYPE_CHECKING:
    from datetime import datetime

    from orderwright.app.policies.acting_port import Acting
    from orderwright.app.policies.deciding import Deciding
    from orderwright.app.policies.ground import Ground, Told
    from orderwright.app.policies.telling import Telling
    from orderwright.clock import Clock
    from orderwright.runtime.joining import Joinable
    from orderwright.runtime.pool import Connection, Pool

_ATTEMPTS: Final = 3
_IN_THE_WAY: Final = (asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError)
"""What others may cause who decide at the same moment: locks in a circle, or the same decision."""

_logger = structlog.get_logger(__name__)


class Triggers:
    """What hosts call: `app.trigger` and `app.execute`."""

    def __init__(
        self, pool: Pool, clock: Clock, deciding: Deciding, telling: Telling, acting: Acting
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._deciding = deciding
        self._telling = telling
        self._acting = acting

    async def fire(  # noqa: PLR0913 (what a host can say of an event)
        self,
        name: str,
        context: Mapping[str, Json],
        *,
        entity: tuple[str, str] | None = None,
        occurrence: str | None = None,
        submission: int | None = None,
        occurred_at: datetime | None = None,
        correlation_id: str | None = None,
        causation_id: str | None = None,
        source: Source = "host",
        execute: bool = False,
        connection: Joinable | None = None,
    ) -> Execution:
        """Decide on an event of a host, and do what follows if it says so.

        With a `connection` the work is a savepoint of the caller's transaction and lives or dies with it. A policy
        that fails stops neither the others nor the caller. A trigger that fails as a whole is rolled back to the
        savepoint and recorded on a connection of its own; the execution that comes back has no actions, and an
        entity that lives here stays undecided and held.

        Args:
            name: of the trigger.
            context: what the host knows; amounts as decimals, beside their currency.
            entity: type and id; by default from the trigger's id field.
            occurrence: tells events of one trigger and entity apart, where there may be several.
            submission: the number that a submission of a KYC session got when it was told the first time; without it,
                each telling without a number is another submission.
            occurred_at: when it happened; by default now. More than five minutes ahead, or before 1970, it is taken as
                now and flagged: an event with an impossible time is decided on all the same, and blinds no threshold.
            correlation_id: what it belongs to; by default the execution itself.
            causation_id: what brought it about.
            source: which door it came through.
            execute: whether the actions are to be done at once.
            connection: of the caller, in a READ COMMITTED transaction.

        Raises:
            InputInvalid: there is no such trigger, the entity is none that it is about, or the time has no zone.
            JoinImpossible: the connection cannot be joined.
            OfAnotherHost: another host outside has told of it.
        """
        now = self._clock.now()
        if occurred_at is not None:
            require_zone(occurred_at)
        cause = Cause(actor=POLICIES, correlation_id=correlation_id, causation_id=causation_id)
        about = entity_of(name, context, entity)
        key = key_of(name, context, occurrence)
        one = Occurrence(
            trigger=name,
            entity=about,
            key=key,
            context=context,
            occurred_at=occurred_at or now,
            source=source,
            correlation_id=cause.correlation_id,
            causation_id=cause.causation_id,
            submission=submission_in(about, context) or submission,
            transfer=transfer_of(name, key),
        )
        one = dated(one, now)
        is_named = occurrence is not None
        try:
            return await self._tried(connection, one, is_named=is_named, execute=execute)
        except (JoinImpossible, OfAnotherHost):
            raise
        except IdTaken as taken:
            raise InputInvalid(id_field(name, entity), about.id, str(taken)) from None
        except Exception as error:
            _logger.exception("trigger_failed", trigger=name, entity_id=one.entity.id)
            return await self._failed(one, error)

    async def _tried(
        self, connection: Joinable | None, one: Occurrence, *, is_named: bool, execute: bool
    ) -> Execution:
        """Decide; in a transaction of our own again, where others were in the way."""
        for attempts_left in range(_ATTEMPTS - 1 if connection is None else 0, -1, -1):
            try:
                async with self._transaction(connection) as inner:
                    return await self._fire(inner, one, is_named=is_named, execute=execute)
            except _IN_THE_WAY:
                if not attempts_left:
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def execute(
        self, execution: Execution | str, *, connection: Joinable | None = None
    ) -> Report:
        """Do the actions that are stored under an execution: now what can be done now, the rest by jobs.

        Repeating it does nothing twice. An execution that failed has no actions.

        Raises:
            ExecutionNotFound: there is none of this id.
            JoinImpossible: the connection cannot be joined.
        """
        execution_id = execution if isinstance(execution, str) else execution.id
        async with self._transaction(connection) as inner:
            await stored(inner, execution_id)
            return await self._acting.execute(inner, execution_id)

    async def again(
        self, connection: Connection, execution_id: str, *, execute: bool
    ) -> Execution:
        """Return an execution as it stands, and do what follows from it if the host says so once more.

        Raises:
            ExecutionNotFound: there is none of this id.
        """
        execution = await stored(connection, execution_id)
        if not execute:
            return execution
        return replace(execution, report=await self._acting.execute(connection, execution_id))

    @asynccontextmanager
    async def _transaction(self, connection: Joinable | None) -> AsyncIterator[Connection]:
        if connection is not None:
            async with joined(connection) as inner:
                yield inner
        else:
            async with self._pool.acquire() as own, told_on_commit(own):
                yield own

    async def _fire(
        self, connection: Connection, one: Occurrence, *, is_named: bool, execute: bool
    ) -> Execution:
        ground, told = await self._deciding.meet(connection, one, is_named=is_named)
        one = told.occurrence
        if one.is_anew:
            await require_same_teller(connection, replace(one, is_anew=False))
        found = await self._deciding.decide(connection, ground, [told])
        await self.follow(connection, ground, [told], found, queue=False)
        if found:
            crossed = tuple(each.id for each in found[:-1])
            execution = replace(found[-1], crossed=crossed)
        else:
            await require_same_teller(connection, one)
            return await self.again(connection, one.execution_id, execute=execute)
        if not execute:
            return execution
        report = await self._acting.execute(connection, execution.id)
        return replace(execution, report=report)

    async def follow(
        self,
        connection: Connection,
        ground: Ground,
        told: Sequence[Told],
        found: Sequence[Execution],
        *,
        queue: bool,
    ) -> None:
        """Tell the entity what was decided, and have the actions done.

        Those of thresholds are always done by jobs, those of the event's own triggers with `queue`.
        """
        one, home = told[-1].occurrence, ground.home(told[-1].occurrence)
        own = {each.occurrence.execution_id for each in told}
        actions = [action for execution in found for action in execution.actions]
        if queue and one.execution_id not in {execution.id for execution in found}:
            await self._acting.queue(connection, one.execution_id)
        if queue and one.is_anew:  # what it restricts the entity with stays
            await self._acting.queue(connection, one.told_id)
        if queue and one.trigger == "PAYIN_RECEIVED" and one.key in {"", LATE}:
            # What a host has planned before the money came, or the pay-in lapsed, still holds it.
            for key in {AHEAD, ""} - {one.key}:
                await self._acting.queue(connection, replace(one, key=key).told_id)
        if home is not None and not home.is_decided and one.entity.id in ground.restricted:
            # Decided before it lived here, or before all that it waits for was: it hears of all of it at once.
            # What a host has done of it, in its own system, is done here too, and holds the entity until then;
            # so does what people have refused.
            await self._acting.take_up(connection, one.entity, home.known_holds)
            actions = await holding(connection, one.entity)
        await self._telling.tell(connection, ground, one, actions)
        for execution in found:
            if execution.actions and (queue or execution.id not in own):
                await self._acting.queue(connection, execution.id)

    async def _failed(self, one: Occurrence, error: Exception) -> Execution:
        said = words(error)
        try:
            failed = await record_failure(self._pool, one, said, self._clock.now())
        except Exception:
            _logger.exception("failure_unrecorded", trigger=one.trigger_name)
            failed = one.execution_id
        return Execution(
            id=failed,
            trigger=one.trigger_name,
            entity=one.entity,
            status="failed",
            error=said,
        )
