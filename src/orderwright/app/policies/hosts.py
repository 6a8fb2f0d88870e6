"""Hosts that call over the network: they set policies off, and have what was decided done, each only their own.

A host is known by the name of its token, so that a new token can take over from an old one. What another host has set
off is not there for it: one that tells of the same event is refused, lest it take no actions for nothing to do, and
learns only that somebody else sees to what was decided. What a lifecycle of this house has set off is everybody's: it
is done by itself, and a host that tells of the same event again finds it done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from orderwright.app.orders import Asked
from orderwright.app.permissions import Identity, Role
from orderwright.app.policies.execution import Execution, ExecutionNotFound
from orderwright.app.policies.whose import is_of
from orderwright.condition import Json, plain
from orderwright.errors import InputInvalid
from orderwright.json_text import is_storable
from orderwright.runtime.observation import told_on_commit
from orderwright.runtime.once import is_replay, made_by, note_made, note_outcome, outcome_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orderwright.app.api_tokens import ApiToken
    from orderwright.app.policies.acting_port import Report
    from orderwright.app.policies.list_desk import ListDesk
    from orderwright.app.policies.trigger import Triggers
    from orderwright.clock import Clock
    from orderwright.runtime.pool import Connection, Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a host tells of an event; see `Triggers.fire`."""

    trigger: str
    context: Mapping[str, Json]
    entity: tuple[str, str] | None = None
    occurrence: str | None = None
    occurred_at: datetime | None = None
    execute: bool = False

    @property
    def words(self) -> tuple[object, ...]:
        """What tells this request from every other."""
        at = self.occurred_at.isoformat() if self.occurred_at else None
        return (self.trigger, plain(self.context), self.entity, self.occurrence, at, self.execute)


class _Failed(Exception):
    def __init__(self, execution: Execution) -> None:
        super().__init__(execution.error)
        self.execution = execution


class Hosts:
    """What tokens open."""

    def __init__(self, pool: Pool, clock: Clock, triggers: Triggers, lists: ListDesk) -> None:
        self._pool = pool
        self._clock = clock
        self._triggers = triggers
        self._lists = lists

    async def trigger(self, token: ApiToken, told: Told, key: str | None) -> Execution:
        """Decide on an event of a host; told again by the same key, the same execution is answered.

        So it is where the entity has come to live here since, and was decided on anew. Where the execution was let go
        of, a submission without a number is told again by the one that it got.

        Raises:
            ScopeMissing, InputInvalid, IdempotencyMismatch.
            OfAnotherHost: another host has told of it.
        """
        token.require("trigger")
        if told.execute:
            token.require("execute")
        if key is None:
            return await self._fire(token, told, None)
        request = ("trigger", *told.words)
        try:
            async with self._pool.acquire() as connection, told_on_commit(connection):
                owned = _key(token, key)
                if await is_replay(connection, owned, request, at=self._clock.now()):
                    return await self._again(token, told, connection, owned)
                execution = _decided(await self._fire(token, told, connection))
                await note_made(connection, owned, execution.id)
                if execution.submission is not None:
                    await note_outcome(connection, owned, execution.submission)
                return execution
        except _Failed as failed:
            return failed.execution

    async def _again(
        self, token: ApiToken, told: Told, connection: Connection, key: str | None
    ) -> Execution:
        try:
            made = await made_by(connection, key)
            return await self._triggers.again(connection, made, execute=told.execute)
        except ExecutionNotFound:
            number = await outcome_of(connection, key)
            return _decided(await self._fire(token, told, connection, number or None))

    async def _fire(
        self,
        token: ApiToken,
        told: Told,
        connection: Connection | None,
        submission: int | None = None,
    ) -> Execution:
        return await self._triggers.fire(
            told.trigger,
            told.context,
            entity=told.entity,
            occurrence=told.occurrence,
            submission=submission,
            occurred_at=told.occurred_at,
            causation_id=_host(token),
            source="http",
            execute=told.execute,
            connection=connection,
        )

    async def execute(
        self, token: ApiToken, execution_id: str, entity: tuple[str, str] | None, key: str | None
    ) -> Report:
        """Do the actions that are stored under an execution, and report on each.

        Raises:
            ScopeMissing, IdempotencyMismatch.
            ExecutionNotFound: there is none of this id for this host, or it is about another entity.
        """
        token.require("execute")
        request = ("execute", execution_id, entity)
        async with self._pool.acquire() as connection, told_on_commit(connection):
            await is_replay(connection, _key(token, key), request, at=self._clock.now())
            await _require_own(connection, token, execution_id, entity)
            return await self._triggers.execute(execution_id, connection=connection)

    async def change_list(
        self,
        token: ApiToken,
        name: str,
        *,
        add: Sequence[str],
        remove: Sequence[str],
        key: str | None,
    ) -> tuple[int, int]:
        """Add entries to a list and take others away, both or neither; return how many of each.

        Raises:
            ScopeMissing, ListNotFound, IdempotencyMismatch.
            InputInvalid: there is nothing to do, or an entry can be none.
        """
        token.require("lists")
        if not add and not remove:
            raise InputInvalid("add", 0, "entries to add, or to remove")
        by = Identity(
            id=_host(token),
            login=token.name,
            name=token.name,
            roles=frozenset({Role.COMPLIANCE}),  # the scope stands for it
        )
        added = removed = 0
        request = ("list", name, list(add), list(remove))
        async with self._pool.acquire() as connection, connection.transaction():
            # Each half answers a repetition by a key of its own; this one tells it from another request.
            await is_replay(connection, _key(token, key), request, at=self._clock.now())
            if add:
                asked = Asked(by=by, idempotency_key=f"{key}/add" if key else None)
                added = (await self._lists.add(name, add, asked, connection=connection)).count
            if remove:
                asked = Asked(by=by, idempotency_key=f"{key}/remove" if key else None)
                done = await self._lists.remove(name, remove, asked, connection=connection)
                removed = done.count
        return added, removed


def _decided(execution: Execution) -> Execution:
    if execution.status == "failed":
        raise _Failed(execution)  # nothing was applied: the key stays free
    return execution


def _host(token: ApiToken) -> str:
    return f"host/{token.name}"


def _key(token: ApiToken, key: str | None) -> str | None:
    return f"{_host(token)}/{key}" if key else None


async def _require_own(
    connection: Connection,
    token: ApiToken,
    execution_id: str,
    entity: tuple[str, str] | None,
) -> None:
    known = is_storable(execution_id) and await is_of(connection, execution_id, _host(token))
    if not known or (entity and not await connection.fetchval(_IS_ABOUT, execution_id, *entity)):
        raise ExecutionNotFound(
            f"no execution {execution_id!r}", values={"execution": execution_id}
        )


_IS_ABOUT: Final = """
select true from orderwright.policy_execution where id = $1 and entity_type = $2 and entity_id = $3
"""
