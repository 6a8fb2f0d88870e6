"""Group commit: what waits at the same time goes to the database in one call.

A command that comes in is put in the queue of its instance. A lane takes the first ones of whatever instances wait,
carries them through together, and hands each caller its own result. Nothing lingers: alone, a command is a batch of
one; batches grow by what arrives while the lanes are busy.

- At most one batch at a time has commands of an instance, so commands of one process never overtake each other, and
  those of one instance are carried out in the order of their arrival.
- Batches are of one kind: commands that need no transaction chain several of one instance; those that need one hold
  one of each instance. A kind has lanes of its own, because one may have to wait for locks.
- Where more waits than one batch may take, a lane chooses its next one when it writes the present one, and the same
  call reads what that needs.
- A command that met trouble (a lock that somebody holds for long, a deadlock, a lost connection, an error of its
  neighbour) goes on alone, outside the lanes, where it waits as long as it takes and hurts nobody; what locked nothing
  beforehand goes on where held instances are passed over first, if its event declares facts.
- A caller that is cancelled before its command was taken takes it back, also between two tries that met a lock; what
  is being tried then is carried out, if it meets none.
- Whatever ends a batch, the instances in it go on: what waits for one of them is called up, or it would wait for ever.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from contextlib import suppress
from contextvars import Context
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from orderwright.errors import RuntimeFault
from orderwright.runtime.command import Send
from orderwright.runtime.interruption import fault_of, is_end
from orderwright.runtime.observation import Carried, Diverted, Observer
from orderwright.runtime.ticket import Ahead, Detour, Outcome, Result, Ticket
from orderwright.runtime.waiting_room import Unwanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asyncpg import Record

    from orderwright.runtime.command import Command

LANES: Final = 3
"""How many batches of one kind are on their way at once."""
LONGEST: Final = 64
"""Commands of a batch."""
_WORTH: Final = 8
"""What waits is shared between lanes that are free, so that one computes while another waits for the database, but not
into batches smaller than this: each batch has its price."""
_PATIENCE: Final = 2
"""How often a command may be overtaken before it takes the lock."""

Kind: TypeAlias = "Hashable | None"
"""What may share a batch; None is what needs no transaction, or most likely none."""


class Alone:
    """The kind of what shares nothing."""


ALONE: Final = Alone()
_STEP: Final = "what a step asks of its host"


class EngineClosed(RuntimeFault):
    """The engine has been closed; nothing was done."""

    code = "engine.closed"


class _Waiting(Ticket):
    """A ticket with a caller who waits for it."""

    __slots__ = ("_over", "future", "kind")

    def __init__(
        self, command: Command, kind: Kind, future: asyncio.Future[Result], over: asyncio.Event
    ) -> None:
        super().__init__(command)
        self.kind = kind
        self.future = future
        self._over = over

    @property
    def is_wanted(self) -> bool:
        """Tell whether its caller is still there, and the engine too."""
        return not (self.future.done() or self._over.is_set())


class Carriage(Protocol):
    """Carries the batches of one lane."""

    async def carry(
        self, tickets: Sequence[Ticket], kind: Kind, rows: Sequence[Record] | None, ahead: Ahead
    ) -> Sequence[Outcome]:
        """Try tickets together, whose instances may have been read; what is ahead may be read meanwhile."""

    async def close(self) -> None:
        """End; the lane has nothing more."""


class Lanes:
    """Queues and lanes of one engine.

    Args:
        kind_of: tells what a command may share a batch with at first.
        kind_with_facts: tells it of one that cannot do without a transaction.
        carriage: makes what tries the tickets of a lane's batches, those of each together; an error of its own is
            about all of them.
        carry_alone: carries one ticket through, however long it takes, or raises `Unwanted` when nobody waits for it.
        note: is told of every result or error, whether its caller still waits or not.
        observer: is told of batches and detours.
    """

    def __init__(
        self,
        *,
        kind_of: Callable[[Command], Kind],
        kind_with_facts: Callable[[Command], Kind],
        carriage: Callable[[], Carriage],
        carry_alone: Callable[[Ticket], Awaitable[Result]],
        note: Callable[[Ticket, Result | Exception], None],
        observer: Observer,
    ) -> None:
        self._kind_of = kind_of
        self._kind_with_facts = kind_with_facts
        self._carriage = carriage
        self._carry_alone = carry_alone
        self._note = note
        self._observer = observer
        self._queues: dict[str, deque[_Waiting]] = {}
        self._ready: dict[Kind, deque[str]] = {}
        self._running: Counter[Kind] = Counter()
        self._starting: set[Kind] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False
        self._over = asyncio.Event()

    def put(self, command: Command) -> asyncio.Future[Result]:
        """Queue a command; the future has its result, or its error.

        Raises:
            EngineClosed: nothing is taken any more.
        """
        if self._is_closed:
            raise _closed()
        future = asyncio.get_running_loop().create_future()
        waiting = _Waiting(command, self._kind_of(command), future, self._over)
        queue = self._queues.get(command.instance_id)
        if queue is not None:
            queue.append(waiting)
        else:
            self._queues[command.instance_id] = deque((waiting,))
            self._call_up(command.instance_id, waiting)
        return future

    async def close(self, grace_seconds: float) -> None:
        """Take no more, and carry out what waits; after the time of grace give up what waits for a lock."""
        self._is_closed = True
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                await self._emptied()
        self._over.set()
        await self._emptied()

    async def _emptied(self) -> None:
        while self._tasks:
            await asyncio.wait(self._tasks)

    # --- lanes ---

    def _call_up(self, instance_id: str, first: _Waiting) -> None:
        """Let the first command of an instance be taken; a lane is opened if there may be one more."""
        kind = first.kind
        if kind is ALONE:
            self._spawn(self._run_alone(instance_id, first))
            return
        self._ready.setdefault(kind, deque()).append(instance_id)
        self._open(kind)

    def _open(self, kind: Kind) -> None:
        """Open a lane, if there may be one more."""
        if kind not in self._starting and self._running[kind] < LANES:
            self._starting.add(kind)  # until it takes, it takes what comes as well
            self._running[kind] += 1
            self._spawn(self._run(kind))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        """Begin work for whoever comes: it knows nothing of the caller who happened to come first."""
        task = asyncio.get_running_loop().create_task(work, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, kind: Kind) -> None:
        self._starting.discard(kind)
        carriage = self._carriage()
        rows: Sequence[Record] | None = None
        following: list[_Waiting] = []
        try:
            while batch := following or self._take(kind) or await self._take_next(kind):
                following = []
                ahead = Ahead(partial(self._take_ahead, kind, following))
                await self._serve(batch, kind, carriage, rows, ahead)
                rows = ahead.rows
        except BaseException:
            self._abandon(following)
            raise
        finally:
            self._running[kind] -= 1
            if self._ready.get(kind):
                self._open(kind)
            await carriage.close()

    def _take_ahead(self, kind: Kind, following: list[_Waiting]) -> Sequence[Ticket]:
        """Choose the next batch while the present one is about to be written.

        Only if more waits than that: else another lane may be free sooner.
        """
        if len(self._ready.get(kind, ())) > LONGEST:
            following.extend(self._take(kind))
        return following

    async def _take_next(self, kind: Kind) -> list[_Waiting]:
        """Let those who have just been answered come again; the lane stays open for them."""
        self._starting.add(kind)
        try:
            await asyncio.sleep(0)
        finally:
            self._starting.discard(kind)
        return self._take(kind)

    def _take(self, kind: Kind) -> list[_Waiting]:
        """Take what waits, sorted by instance."""
        ready = self._ready.get(kind)
        if not ready:
            return []
        free = LANES - self._running[kind] + 1
        longest = min(max(-(-len(ready) // free), _WORTH), LONGEST)
        taken: list[list[_Waiting]] = []
        count = 0
        while ready and count < longest:
            instance_id = ready.popleft()
            chain = self._chain(self._queues[instance_id], kind, LONGEST - count)
            if chain:
                taken.append(chain)
                count += len(chain)
            else:
                self._go_on(instance_id)
        if ready:
            self._open(kind)
        taken.sort(key=_instance_of)
        return [one for chain in taken for one in chain]

    def _chain(self, queue: deque[_Waiting], kind: Kind, longest: int) -> list[_Waiting]:
        """Take the first commands of an instance that may go together."""
        if len(queue) == 1 and queue[0].kind == kind and not queue[0].future.done():
            return [queue.popleft()]  # as mostly
        chain: list[_Waiting] = []
        while queue and queue[0].kind == kind and len(chain) < longest:
            if queue[0].future.done():  # its caller has gone
                queue.popleft()
                continue
            if chain and not (kind is None and isinstance(queue[0].command, Send)):
                break
            chain.append(queue.popleft())
            if not isinstance(chain[0].command, Send):
                break
        return chain

    async def _serve(
        self,
        batch: list[_Waiting],
        kind: Kind,
        carriage: Carriage,
        rows: Sequence[Record] | None,
        ahead: Ahead,
    ) -> None:
        self._observer.tell(Carried(len(batch)))
        try:
            outcomes: Sequence[Outcome] = await carriage.carry(batch, kind, rows, ahead)
        except BaseException as error:
            if is_end(error):
                self._abandon(batch)
                raise
            # Raised to the caller, or met again by each for itself.
            outcomes = [Detour.LOCKED] * len(batch) if batch[1:] else [fault_of(error, _STEP)]
        again: dict[str, list[_Waiting]] = {}
        for one, outcome in zip(batch, outcomes, strict=True):
            rest = again.setdefault(one.command.instance_id, [])
            if isinstance(outcome, Detour):
                self._divert(one, outcome)
                rest.append(one)
            else:
                self._settle(one, outcome)
        for instance_id, rest in again.items():
            self._queues[instance_id].extendleft(reversed(rest))
            self._go_on(instance_id)

    def _divert(self, one: _Waiting, detour: Detour) -> None:
        """Choose with what a command is tried again."""
        self._observer.tell(Diverted(detour))
        if detour is Detour.OVERTAKEN:
            one.overtaken += 1
            if one.overtaken >= _PATIENCE:
                one.kind = ALONE
        elif detour is Detour.CROWDED:
            one.crowded += 1
        elif detour is Detour.NEEDS_TRANSACTION:
            one.kind = self._in_transaction(one)
        elif detour is Detour.LOCKED:
            # Where instances are locked first, one that is held is passed over, and its neighbours go on together.
            is_elsewhere = one.kind is None and not one.handed_over
            one.kind = self._in_transaction(one) if is_elsewhere else ALONE

    def _in_transaction(self, one: _Waiting) -> Kind:
        kind = self._kind_with_facts(one.command)
        return ALONE if kind is None else kind

    def _go_on(self, instance_id: str) -> None:
        """Call up the next command of an instance, if any waits."""
        queue = self._queues[instance_id]
        while queue and queue[0].future.done():
            queue.popleft()
        if queue:
            first = queue[0]
            if first.kind is None:  # chosen when it came, and perhaps not any more
                first.kind = self._kind_of(first.command)
            self._call_up(instance_id, first)
        else:
            del self._queues[instance_id]

    async def _run_alone(self, instance_id: str, one: _Waiting) -> None:
        self._queues[instance_id].popleft()
        try:
            self._settle(one, await self._carry_alone(one))
        except Unwanted:
            if not one.future.done():
                one.future.set_exception(_closed())
        except BaseException as error:
            if is_end(error):
                one.future.cancel()
                raise
            self._settle(one, fault_of(error, _STEP))
        finally:
            self._go_on(instance_id)

    def _abandon(self, batch: Sequence[_Waiting]) -> None:
        """Give a batch up whose lane is ended, and let others have what waits behind it."""
        for one in batch:
            one.future.cancel()
        for instance_id in dict.fromkeys(one.command.instance_id for one in batch):
            self._go_on(instance_id)

    def _settle(self, one: _Waiting, outcome: Result | Exception) -> None:
        self._note(one, outcome)
        if one.future.done():
            return
        if isinstance(outcome, Result):
            one.future.set_result(outcome)
        else:
            one.future.set_exception(outcome)


def _closed() -> EngineClosed:
    return EngineClosed("the engine has been closed")


def _instance_of(chain: list[_Waiting]) -> str:
    return chain[0].command.instance_id


async def settled(futures: Iterable[asyncio.Future[Result]]) -> list[Result]:
    """Wait for all, and return their results; if some have errors, raise the first once all are settled."""
    waiting = list(futures)
    try:
        for future in waiting:  # the last of a batch: its neighbours need no wake of their own
            if not future.done():
                await asyncio.wait((future,))
    except asyncio.CancelledError:
        for future in waiting:
            future.cancel()
        raise
    errors = [future.exception() for future in waiting]
    for error in errors:
        if error is not None:
            raise error
    return [future.result() for future in waiting]
