"""What people may do with policies: write them, and with a second person put them in force.

A command is done once for an idempotency key. What a lifecycle refuses is part of the answer; everything else that is
wrong is raised. Publishing and resuming are said by two people: the first asks, and the second, who says the same,
consents. A version is a row of its own that never changes; the chart counts versions, so two who save at the same time
get different numbers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.app.permissions import require
from orderwright.app.policies.life import POLICY
from orderwright.app.policies.policy_reading import (
    catalogue,
    read_policy,
    trigger_name,
    trigger_of,
)
from orderwright.app.policies.terms import WHOLE, take_out_of_force
from orderwright.domain.policy_life import PUBLISH, RESUME
from orderwright.domain.reading import integer, mapping, text
from orderwright.errors import Conflict, InputInvalid, RefusedError
from orderwright.json_text import dump
from orderwright.runtime.command import Actor, Cause, Create, Send
from orderwright.runtime.identity import derived_id, fresh_id
from orderwright.runtime.observation import told_on_commit
from orderwright.runtime.once import is_replay
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.orders import Asked
    from orderwright.app.policies.policy_list import PolicyList, PolicyRow
    from orderwright.policy import Policy
    from orderwright.policy.result import Mode
    from orderwright.policy.trigger import Triggers
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection
    from orderwright.statechart import Refused

_LONGEST: Final = 2000
_Do = Callable[["Connection"], Awaitable["Result"]]


class NothingPending(RefusedError):
    """Nothing of this policy waits for a second person."""

    code = "policy.nothing_pending"


class ConsentUnderWay(Conflict):
    """The approval that was asked for is not there yet; a moment later it is."""

    code = "policy.consent_under_way"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to come into force: a version, by default the latest."""

    version: int | None = None
    mode: Mode = "enforce"
    rollout: int = WHOLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of a command on a policy."""

    policy_id: str
    refused: Refused | None = None
    replayed: bool = False


class _Undone(Exception):
    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.message)
        self.refused = refused


class PolicyDesk:
    """Commands on policies; each raises `RoleMissing` for who may not give it."""

    def __init__(self, engine: Engine, types: Triggers, listed: PolicyList) -> None:
        self._engine = engine
        self._types = types
        self._listed = listed

    # --- writing ---

    async def create(self, document: object, note: str | None, asked: Asked) -> Done:
        """Begin a policy with its first version.

        Raises:
            PolicyInvalid: with every mistake and its path; IdempotencyMismatch.
        """
        require(asked.by, "policy.write")
        policy_id = derived_id(f"policy/key/{asked.key}") if asked.key else fresh_id()
        policy = await self._read(document)

        async def do(connection: Connection) -> Result:
            given = {"policyId": policy_id, "name": policy.name, "trigger": trigger_name(policy)}
            result = await self._engine.carry_out(
                Create(
                    chart_id=POLICY,
                    instance_id=policy_id,
                    root_id=policy_id,
                    context=given,
                    cause=Cause(actor=Actor(asked.by.id)),
                ),
                connection=connection,
            )
            if result.refused is None:
                row = (policy_id, policy.name, given["trigger"], self._engine.clock.now())
                await connection.execute(_ADD, *row, asked.by.id)
                await self._add_version(connection, policy_id, 1, policy, note, asked)
            return result

        return await self._once(policy_id, asked, ("create", policy.fingerprint, note), do)

    async def save(
        self,
        policy_id: str,
        document: object,
        note: str | None,
        based_on: int | None,
        asked: Asked,
    ) -> Done:
        """Keep another version; what is in force stays in force.

        Raises:
            PolicyInvalid, PolicyNotFound, IdempotencyMismatch.
        """
        require(asked.by, "policy.write")
        await self._listed.required(asked.by, policy_id)
        policy = await self._read(document)
        said = {
            "name": policy.name,
            "trigger": trigger_name(policy),
            "fingerprint": policy.fingerprint,
        }
        base = {} if based_on is None else {"basedOn": based_on}

        async def do(connection: Connection) -> Result:
            event = Event("SAVE_VERSION", {**said, **base})
            result = await self._send(connection, policy_id, event, asked)
            if result.refused is None and result.snapshot is not None:
                version = integer(result.snapshot.context, "latestVersion")
                await self._add_version(connection, policy_id, version, policy, note, asked)
                await connection.execute(_NAME, policy_id, said["name"], said["trigger"])
            return result

        request = ("save", policy.fingerprint, note, based_on)
        return await self._once(policy_id, asked, request, do)

    async def _read(self, document: object) -> Policy:
        async with self._engine.pool.acquire() as connection:
            return read_policy(document, self._types, await catalogue(connection))

    async def _add_version(
        self,
        connection: Connection,
        policy_id: str,
        version: int,
        policy: Policy,
        note: str | None,
        asked: Asked,
    ) -> None:
        kept = (dump(policy.to_json()), policy.fingerprint, asked.by.id, self._engine.clock.now())
        await connection.execute(_ADD_VERSION, policy_id, version, *kept, note)

    # --- what takes two ---

    async def publish(self, policy_id: str, wish: Wish, reason: str, asked: Asked) -> Done:
        """Ask that a version comes into force, or consent where somebody else has asked for the same.

        Whatever else waits is not consented to: a newer version that was saved since is another one.

        Raises:
            PolicyNotFound, InputInvalid, IdempotencyMismatch, ConsentUnderWay.
        """
        require(asked.by, "policy.publish")
        policy = await self._listed.required(asked.by, policy_id)
        pending = mapping(policy.standing.context, "pending")
        wanted: dict[str, object] = {
            "version": wish.version or policy.latest_version,
            "mode": wish.mode,
            "rollout": wish.rollout,
        }
        is_asked = pending.get("kind") == PUBLISH and wanted.items() <= pending.items()
        async with self._engine.pool.acquire() as connection:
            trigger = await trigger_of(connection, policy_id, integer(wanted, "version"))
        said = {"trigger": trigger or policy.trigger, "reason": _said(reason)}
        event = Event("REQUEST_PUBLICATION", {**wanted, **said})
        request = (event.type, wish.version, wish.mode, wish.rollout, event.data["reason"])
        return await self._agree(policy, event, asked, request, is_asked=is_asked)

    async def resume(self, policy_id: str, version: int | None, reason: str, asked: Asked) -> Done:
        """Ask that a paused policy comes into force again as it was, or consent to it.

        Raises:
            PolicyNotFound, IdempotencyMismatch, ConsentUnderWay.
            InputInvalid: of the reason, or `version` is given and another one was paused.
        """
        require(asked.by, "policy.publish")
        policy = await self._listed.required(asked.by, policy_id)
        paused = mapping(policy.standing.context, "deployment").get("version", version)
        if version not in (None, paused):
            raise InputInvalid("version", version, f"{paused}, the version that was paused")
        is_asked = mapping(policy.standing.context, "pending").get("kind") == RESUME
        event = Event("REQUEST_RESUMPTION", {"reason": _said(reason)})
        request = (event.type, version, event.data["reason"])
        return await self._agree(policy, event, asked, request, is_asked=is_asked)

    async def _agree(
        self,
        policy: PolicyRow,
        event: Event,
        asked: Asked,
        request: tuple[object, ...],
        *,
        is_asked: bool,
    ) -> Done:
        """Ask or consent; the request is told by what was said, for what it comes to changes once it is done."""

        async def do(connection: Connection) -> Result:
            if not is_asked:
                return await self._send(connection, policy.id, event, asked)
            return await self._vote(connection, policy, "APPROVE", event.data["reason"], asked)

        return await self._once(policy.id, asked, request, do)

    async def deny(self, policy_id: str, reason: str, asked: Asked) -> Done:
        """Say no to what somebody else has asked for.

        Raises:
            PolicyNotFound, NothingPending, InputInvalid, IdempotencyMismatch, ConsentUnderWay.
        """
        return await self._answer(policy_id, "DENY", reason, asked)

    async def withdraw(self, policy_id: str, reason: str, asked: Asked) -> Done:
        """Take back what one has asked for.

        Raises:
            PolicyNotFound, NothingPending, InputInvalid, IdempotencyMismatch, ConsentUnderWay.
        """
        return await self._answer(policy_id, "WITHDRAW", reason, asked)

    async def _answer(self, policy_id: str, word: str, reason: str, asked: Asked) -> Done:
        require(asked.by, "policy.publish")
        policy, said = await self._listed.required(asked.by, policy_id), _said(reason)

        async def do(connection: Connection) -> Result:
            return await self._vote(connection, policy, word, said, asked)

        return await self._once(policy_id, asked, (word, said), do)

    async def _vote(
        self, connection: Connection, policy: PolicyRow, word: str, reason: object, asked: Asked
    ) -> Result:
        pending = mapping(policy.standing.context, "pending")
        if not pending:
            raise NothingPending(f"nothing of {policy.name} waits for a second person")
        approval = text(pending, "approvalId")
        if await self._engine.read(approval, connection=connection) is None:
            raise await _under_way(connection, pending)
        return await self._send(connection, approval, Event(word, {"reason": reason}), asked)

    # --- what takes one ---

    async def pause(self, policy_id: str, reason: str, asked: Asked) -> Done:
        """Take a policy out of force at once.

        Raises:
            PolicyNotFound, InputInvalid, IdempotencyMismatch.
        """
        return await self._end(policy_id, "PAUSE", reason, asked)

    async def archive(self, policy_id: str, reason: str, asked: Asked) -> Done:
        """Take a policy out of force for good.

        Raises:
            PolicyNotFound, InputInvalid, IdempotencyMismatch.
        """
        return await self._end(policy_id, "ARCHIVE", reason, asked)

    async def _end(self, policy_id: str, word: str, reason: str, asked: Asked) -> Done:
        require(asked.by, "policy.pause")
        await self._listed.required(asked.by, policy_id)
        event = Event(word, {"reason": _said(reason)})

        async def do(connection: Connection) -> Result:
            result = await self._send(connection, policy_id, event, asked)
            if result.refused is None:
                await take_out_of_force(connection, policy_id, self._engine.clock.now())
            return result

        return await self._once(policy_id, asked, (word, dict(event.data)), do)

    # --- once ---

    async def _send(
        self, connection: Connection, instance_id: str, event: Event, asked: Asked
    ) -> Result:
        return await self._engine.carry_out(
            Send(
                instance_id=instance_id,
                event=event,
                cause=Cause(actor=Actor(asked.by.id), reason=asked.reason),
            ),
            connection=connection,
        )

    async def _once(
        self, policy_id: str, asked: Asked, request: tuple[object, ...], do: _Do
    ) -> Done:
        """Do something in one transaction; a refusal leaves nothing behind, not even the key."""
        word, *rest = request
        try:
            async with self._turn(asked, (f"policy.{word}", policy_id, *rest)) as turn:
                if not turn.replayed:
                    _require_done(await do(turn.connection))
                return Done(policy_id=policy_id, replayed=turn.replayed)
        except _Undone as undone:
            return Done(policy_id=policy_id, refused=undone.refused)

    @asynccontextmanager
    async def _turn(self, asked: Asked, request: tuple[object, ...]) -> AsyncIterator[_Turn]:
        at = self._engine.clock.now()
        async with self._engine.pool.acquire() as connection, told_on_commit(connection):
            replayed = await is_replay(connection, asked.key, request, at=at)
            yield _Turn(connection=connection, replayed=replayed)


async def _under_way(connection: Connection, pending: Mapping[str, object]) -> ConsentUnderWay:
    """Return what is under way and who asked for it; what they asked for is there, only its approval is not yet."""
    asker, approval = text(pending, "requestedBy"), text(pending, "approvalId")
    name = await connection.fetchval(_NAME_OF, asker) or asker
    what = f"{text(pending, 'kind').lower()} version {pending['version']}"
    message = f"{name} has asked to {what} a moment ago; approval {approval} is on its way, say it again then"
    values = {key: pending[key] for key in ("approvalId", "requestedBy", "kind", "version")}
    return ConsentUnderWay(message, values=values)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    connection: Connection
    replayed: bool


def _require_done(result: Result) -> None:
    if result.refused is not None:
        raise _Undone(result.refused)


def _said(reason: str) -> str:
    said = reason.strip()
    if not 0 < len(said) <= _LONGEST:
        raise InputInvalid("reason", said[:20], f"1 to {_LONGEST} characters")
    return said


_NAME_OF: Final = "select name from orderwright.person where id = $1"
_ADD: Final = """
insert into orderwright.policy (id, name, trigger, created_at, created_by) values ($1, $2, $3, $4, $5)
"""
_NAME: Final = "update orderwright.policy set name = $2, trigger = $3 where id = $1"
_ADD_VERSION: Final = """
insert into orderwright.policy_version (policy_id, version, document, fingerprint, saved_by, saved_at, note)
values ($1, $2, $3, $4, $5, $6, $7)
"""
