"""What the runtime tells of its work, as it happens, to whoever listens: figures, traces.

The runtime knows no listener. It hands each of them a *note*, a plain tuple, which costs next to nothing; what a
listener makes of it is its own affair, and one that fails is logged and harms nobody.

A note says what is so. What happens in a transaction that may still be rolled back is held back until that has ended
well (`told_on_commit`), and dropped otherwise. In a transaction of the host nobody knows how
that will end: there, notes are told when the engine's part is done.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

import structlog

from orderwright.errors import EXITS
from orderwright.runtime.command import Create
from orderwright.runtime.ticket import Detour, Result

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from orderwright.runtime.command import Command
    from orderwright.runtime.job_row import ClaimedJob
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection
    from orderwright.runtime.ticket import Ticket
    from orderwright.runtime.transition import Prepared
    from orderwright.statechart import Refused

_logger = structlog.get_logger(__name__)


class Applied(NamedTuple):
    """A step was stored."""

    step: Prepared


class Refusal(NamedTuple):
    """A command was refused."""

    command: Command
    chart_id: str
    refused: Refused


class Replayed(NamedTuple):
    """A command had been carried out before, under the same idempotency key."""

    command: Command
    chart_id: str


class Failed(NamedTuple):
    """A command came to nothing, with an error for its caller."""

    command: Command
    error: Exception


class Carried(NamedTuple):
    """A lane has carried so many commands to the database together."""

    size: int


class Diverted(NamedTuple):
    """A command came to nothing this time and is tried again."""

    detour: Detour


class Handled(NamedTuple):
    """A consumer was given events: those that it handled, and those that it could not, each with its error."""

    consumer: str
    events: Sequence[DomainEvent]
    failures: Sequence[tuple[DomainEvent, Exception]]
    began: datetime


class Fired(NamedTuple):
    """A timer was due."""

    chart_id: str
    outcome: Literal["fired", "refused", "failed"]
    late_seconds: float


class Attempted(NamedTuple):
    """An attempt at a job has ended.

    Attributes:
        outcome: done, dead (for the last time), too_late (somebody else has the job by now), or how it failed.
        seconds: how long it took; None when its host is gone.
    """

    job: ClaimedJob
    outcome: str
    seconds: float | None
    error: str | None = None


class Delivered(NamedTuple):
    """An attempt at a webhook delivery has ended.

    Attributes:
        outcome: how the delivery stands now.
        body: what was sent, JSON text.
        status: the HTTP status of the answer, if there was one.
    """

    subscription_id: str
    message_id: str
    outcome: Literal["delivered", "waiting", "dead"]
    body: str
    attempt: int
    status: int | None
    error: str | None
    seconds: float


Note: TypeAlias = (
    Applied
    | Refusal
    | Replayed
    | Failed
    | Carried
    | Diverted
    | Handled
    | Fired
    | Attempted
    | Delivered
)
Listener: TypeAlias = Callable[[Note], None]


class Observer:
    """Passes notes on to listeners, in the event loop's thread; a listener returns at once."""

    def __init__(self, *listeners: Listener) -> None:
        self._listeners = listeners

    def tell(self, note: Note) -> None:
        """Pass a note on; never fails."""
        held = _held.get()
        if held is not None:
            held.append((self, note))
            return
        for listen in self._listeners:
            try:
                listen(note)
            except BaseException as error:  # whoever only watches must not stop the work
                if isinstance(error, EXITS):
                    raise
                _logger.exception("listener_failed", note=type(note).__name__)


@contextmanager
def tentatively() -> Iterator[None]:
    """Hold back what is told inside until the block ends well; drop it when it ends with an error."""
    notes: list[tuple[Observer, Note]] = []
    token = _held.set(notes)
    try:
        yield
    finally:
        _held.reset(token)
    for observer, note in notes:
        observer.tell(note)


@asynccontextmanager
async def told_on_commit(connection: Connection) -> AsyncIterator[None]:
    """A transaction or savepoint; what is told inside shares its fate."""
    with tentatively():
        async with connection.transaction():
            yield


def note_of(ticket: Ticket, outcome: Result | Exception) -> Note:
    """Return what is to be told of a ticket that has come to its end."""
    command = ticket.command
    if isinstance(outcome, Exception):
        return Failed(command, outcome)
    if outcome.refused is not None:
        return Refusal(command, _chart(command, outcome), outcome.refused)
    if outcome.replayed or ticket.written is None:
        return Replayed(command, _chart(command, outcome))
    return Applied(ticket.written)


@contextmanager
def following() -> Iterator[list[tuple[Command, Result]]]:
    """Give a list that will hold what was asked of the engine inside, and what came of it."""
    found: list[tuple[Command, Result]] = []
    token = _followed.set(found)
    try:
        yield found
    finally:
        _followed.reset(token)


def follow(command: Command, result: Result) -> None:
    """Tell whoever follows the present task what came of a command."""
    followed = _followed.get()
    if followed is not None:
        followed.append((command, result))


def _chart(command: Command, result: Result) -> str:
    if isinstance(command, Create):
        return command.chart_id
    return result.snapshot.chart_id if result.snapshot else ""


QUIET: Final = Observer()
"""Tells nobody."""
_held: Final[ContextVar[list[tuple[Observer, Note]] | None]] = ContextVar("held", default=None)
_followed: Final[ContextVar[list[tuple[Command, Result]] | None]] = ContextVar(
    "followed", default=None
)
