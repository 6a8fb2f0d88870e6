"""Acting: what was decided is done, once in effect, at once where somebody asks for it and by jobs else.

    planned -> applied | skipped             done at once
            -> queued -> applied | skipped   done by a job: ten attempts, with pauses that grow
                      -> failed              a dead letter; a retry by hand does it yet

What an action changes, its outcome and the lifting of its hold are one transaction, in which the action's row is
locked: a job and an `execute` at the same time do it once. An error leaves the hold where it is. A job that works
for a host's handler does that outside of any transaction, and then writes down what came of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, Literal, cast, get_args

import structlog

from orderwright.app.policies import action_record as record
from orderwright.app.policies.acting_port import Ending, Report, Reported
from orderwright.app.policies.action_record import BEGUN, OPEN, Done
from orderwright.app.policies.answering import catch_up
from orderwright.app.policies.approving import objection_to
from orderwright.app.policies.consequence import not_taken
from orderwright.app.policies.effects import ASKING, EFFECTS, OUTWARD
from orderwright.app.policies.entity import ActionBroken, ActionFailed, Work
from orderwright.app.policies.execution import BLOCKING
from orderwright.app.policies.failing import note_failure
from orderwright.app.policies.freezing import for_host, or_held, user_elsewhere
from orderwright.app.policies.hosted import (
    ActionSkipped,
    host_action,
    kept_answer,
    tell_subscribers,
)
from orderwright.app.policies.queueing import POLICY_ACTION, enqueue
from orderwright.app.policies.reviving import noted, revive
from orderwright.errors import OrderwrightError
from orderwright.policy.action import APPROVING
from orderwright.runtime.failure import IN_THE_WAY, sentence
from orderwright.runtime.interruption import faults_of
from orderwright.runtime.job import JobKind
from orderwright.runtime.joining import joined
from orderwright.runtime.observation import tentatively, told_on_commit
from orderwright.runtime.thread import in_thread

if TYPE_CHECKING:
    from collections.abc import Collection

    from orderwright.app.policies.action_record import ActionRow
    from orderwright.app.policies.entity import House
    from orderwright.app.policies.hosted import ActionHandlers
    from orderwright.app.policies.occurrence import Entity
    from orderwright.runtime.job import JobRun
    from orderwright.runtime.pool import Connection

ATTEMPTS: Final = 10

_ENDINGS: Final = frozenset(get_args(Ending))
_Way = Literal["here", "handler", "webhook", "gone", "against", "followed", "anew"]
_TO_DO: Final = OPEN | {"failed"}
"""What a job may still do: a dead letter that somebody retries has failed before."""
_LAST: Final = "the last attempt was begun and has not ended"
_UNDECIDED: Final = "policy.undecided"
_TOO_SOON: Final = "the policies have not decided on it yet; the approval comes after that"
_ELSEWHERE: Final = Done.skipped("entity.not_found", "the entity is gone")
_AGAINST: Final = Done.skipped(
    "policy.restricted", "what was decided since then stands against an approval"
)
_ANEW: Final = Done.skipped(
    "policy.decided_anew",
    "what was told before it lived here is otherwise, and was decided on anew",
)
_FOLLOWED: Final = Done.skipped(
    "entity.lives_here", "it lives here by now, where the answer follows"
)
_NOT_DONE: Final[Mapping[str, Done]] = {
    "gone": _ELSEWHERE,
    "against": _AGAINST,
    "followed": _FOLLOWED,
    "anew": _ANEW,
}
"""What becomes of an action that nobody is to do."""

_logger = structlog.get_logger(__name__)


class Actions:
    """Does stored actions; the `Acting` of those who decide."""

    def __init__(self, handlers: ActionHandlers | None = None) -> None:
        self._handlers = dict(handlers or {})
        self._house: House | None = None

    def serve(self, house: House) -> None:
        """Begin to work with the means of a house, of which the kind of job is a part already."""
        self._house = house

    @property
    def kind(self) -> JobKind:
        """The kind of job that does actions."""
        return JobKind(name=POLICY_ACTION, handle=self._work, attempts=ATTEMPTS)

    async def queue(self, connection: Connection, execution_id: str) -> None:
        """Have the planned actions of an execution done by jobs, once the transaction is committed."""
        await self._enqueue(connection, await record.planned(connection, execution_id))

    async def take_up(
        self, connection: Connection, entity: Entity, known: Collection[str]
    ) -> None:
        """Have done here, by jobs, what restricts an entity and was done or refused before it lived here."""
        # What was done elsewhere may have had a job, which is over: another key makes it another one.
        again = await record.done_elsewhere(connection, entity, known)
        await self._enqueue(connection, again, "/here")

    async def execute(self, connection: Connection, execution_id: str) -> Report:
        """Do at once what can be done in this transaction, queue the rest, and report on all of it.

        Repeating it does nothing twice. What has failed for the last time is reported and not tried again. Where
        others are in the way, all is queued.
        """
        try:
            async with joined(connection) as inner:
                actions = await record.lock_all(inner, execution_id)
        except IN_THE_WAY as error:
            # A host's transaction may hold, from its trigger on or by itself, what others lock after what is missing.
            _logger.info("policy_actions_delayed", execution_id=execution_id, error=str(error))
            return await self._leave(connection, execution_id)
        done = [await self._attempt(connection, action) for action in actions]
        return Report(execution_id=execution_id, actions=tuple(done))

    # --- at once ---

    async def _attempt(self, connection: Connection, action: ActionRow) -> Reported:
        if action.status not in OPEN:
            return _as_it_stands(action)
        try:
            with tentatively():
                async with joined(connection) as inner:
                    work = Work(house=self._means, connection=inner, action=action)
                    done = await self._do(work)
        except Exception:
            _logger.exception("policy_action_delayed", action_id=action.id, action=action.action)
            done = None
        if done is None:
            await self._enqueue(connection, [action])
            return _reported(action, "queued")
        return _reported(action, done.status, done.code, done.message)

    async def _leave(self, connection: Connection, execution_id: str) -> Report:
        """Leave to jobs what is still to be done, and report on all of it."""
        actions = await record.all_of(connection, execution_id)
        await self._enqueue(connection, [one for one in actions if one.status in OPEN])
        found = [
            _reported(one, "queued") if one.status in OPEN else _as_it_stands(one)
            for one in actions
        ]
        return Report(execution_id=execution_id, actions=tuple(found))

    async def _enqueue(
        self, connection: Connection, actions: list[ActionRow], where: str = ""
    ) -> None:
        await enqueue(self._means.jobs, connection, actions, where)

    # --- by a job ---

    async def _work(self, run: JobRun) -> Mapping[str, object]:
        """Do an action as an attempt at its job."""
        action_id = _action_id(run)
        try:
            return await self._worked(run, action_id)
        except Exception as error:
            if run.attempt >= ATTEMPTS or _is_hopeless(error):
                await note_failure(self._means, action_id, error)
            raise

    async def _worked(self, run: JobRun, action_id: str) -> Mapping[str, object]:
        engine = self._means.engine
        if run.attempt >= ATTEMPTS:  # if this host is lost now, nobody else would say so
            await record.failing(engine.pool, action_id, "policy.action_failed", _LAST)
        async with engine.pool.acquire() as connection, told_on_commit(connection):
            action = await record.lock(connection, action_id)
            if action is None:
                raise ActionBroken(f"action {action_id} is not on record")
            if action.status not in _TO_DO:
                return {"status": action.status}
            work = Work(house=self._means, connection=connection, action=action)
            if await self._way(work) != "handler":
                done = await self._done(work)
                if done is None:
                    raise ActionFailed(_TOO_SOON, values={"code": _UNDECIDED})
                return _kept(done)
            told = await for_host(work)
        return await self._hand_over(run, action, told)

    async def _hand_over(
        self, run: JobRun, action: ActionRow, told: ActionRow
    ) -> Mapping[str, object]:
        """Let the host's handler do an action, as it is told of it, and write down what came of it."""
        done = await self._handled(told, run.attempt)
        async with self._means.engine.pool.acquire() as connection, told_on_commit(connection):
            now = await record.lock(connection, action.id)
            if now is not None and now.status in _TO_DO:
                work = Work(house=self._means, connection=connection, action=now)
                if done.status == "applied" and await _has_come(work):
                    await self._done(work)
                else:
                    await self._settle(work, done)
        return _kept(done)

    async def _handled(self, action: ActionRow, attempt: int) -> Done:
        handle, told = self._handlers[action.action], host_action(action, attempt)
        try:
            with faults_of(f"the handler of {action.action}"):
                if inspect.iscoroutinefunction(handle):
                    result = await handle(told)
                else:
                    result = await in_thread(partial(handle, told), name=f"action {action.action}")
        except ActionSkipped as skipped:
            code = str(skipped.values.get("code", skipped.code))
            return Done.skipped(sentence(code), sentence(skipped.message))
        return Done(result={"handler": kept_answer(action, result)})

    # --- one action ---

    async def _do(self, work: Work) -> Done | None:
        """Do an action in the transaction at hand; None where only a job may, or may yet."""
        return None if await self._way(work) == "handler" else await self._done(work)

    async def _done(self, work: Work) -> Done | None:
        """Do an action and write down what came of it; None for an approval that comes before the decision."""
        done = await self._effect(work)
        if work.action.action == APPROVING and done.code == _UNDECIDED:
            return None
        return await self._settle(work, done)

    async def _effect(self, work: Work) -> Done:
        action = work.action
        way = await self._way(work)
        if way in _NOT_DONE:
            return _NOT_DONE[way]
        if way == "webhook":
            return await tell_subscribers(replace(work, action=await for_host(work)))
        effect = EFFECTS.get(action.action, {}).get(action.entity_type)
        if effect is None:
            message = f"{action.action} means nothing for {action.entity_type}"
            return Done.skipped("policy.not_applicable", message)
        if action.action in ASKING and await catch_up(work):
            return BEGUN
        return await effect(work)

    async def _settle(self, work: Work, done: Done) -> Done:
        done = await or_held(work, await revive(work, noted(work.action, done)))
        await record.ended(work.connection, work.action, done, self._means.engine.clock.now())
        if work.action.follows_from is None:
            if done.lifts:
                await work.lift(done.code or done.status)
        elif done.status == "skipped":  # what follows from an answer holds nothing itself
            await not_taken(work, done)
        return done

    async def _way(self, work: Work) -> _Way:
        """Return who does an action: what lives here we do; of what lives elsewhere its host does what moves it."""
        action = work.action
        lives_here = await work.entity() is not None or action.action == "SEND_NOTIFICATION"
        if not lives_here and action.event_id is not None:
            return "gone"
        if lives_here and action.follows_from is not None:
            return "followed"
        objection = await objection_to(work) if action.action == APPROVING else None
        if objection is not None:
            return objection
        if lives_here and await user_elsewhere(work) is None:
            return "here"
        if action.action in self._handlers:
            return "handler"
        return "webhook" if action.action in OUTWARD else "here"

    @property
    def _means(self) -> House:
        if self._house is None:
            raise ActionBroken("actions are done once the house is open")
        return self._house


async def _has_come(work: Work) -> bool:
    """Whether what an action restricts lives here by now, where it is then done too; answers follow by themselves."""
    action = work.action
    restricts = action.action in BLOCKING and action.follows_from is None
    if not restricts or await work.entity() is None:
        return False
    return await user_elsewhere(work) is None


def _action_id(run: JobRun) -> str:
    if not isinstance(run.payload, Mapping):
        raise ActionBroken(f"the payload of {run.job_id} names no action")
    return str(run.payload["actionId"])


def _is_hopeless(error: Exception) -> bool:
    return isinstance(error, OrderwrightError) and not error.retryable


def _kept(done: Done) -> Mapping[str, object]:
    return {"status": done.status, "code": done.code, "message": done.message}


def _as_it_stands(action: ActionRow) -> Reported:
    if action.status not in _ENDINGS:
        raise ActionBroken(f"action {action.id} is {action.status}")
    return _reported(action, cast("Ending", action.status), action.code, action.message)


def _reported(
    action: ActionRow,
    status: Ending,
    code: str | None = None,
    message: str | None = None,
) -> Reported:
    return Reported(
        id=action.id,
        action=action.action,
        policy=action.policy_id,
        version=action.version,
        status=status,
        code=code,
        message=message,
    )
