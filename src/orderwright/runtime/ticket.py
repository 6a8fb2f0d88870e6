"""A command on its way through the engine, and what one attempt made of it."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from asyncpg import Record

    from orderwright.runtime.command import Command
    from orderwright.runtime.kept import Kept
    from orderwright.runtime.transition import Prepared
    from orderwright.statechart import Refused, Snapshot


class Result(NamedTuple):
    """What became of a command; a tuple, because one is made for every command.

    Attributes:
        version: the instance's version that the command led to; with a refusal the one that it
            stays at, 0 where it does not exist.
        snapshot: the instance at that version; None where it does not exist.
        refused: why nothing happened; None when it happened.
        replayed: True when an earlier call with the same idempotency key had done it.
    """

    instance_id: str
    root_id: str
    version: int
    snapshot: Snapshot | None
    refused: Refused | None = None
    replayed: bool = False


class Detour(Enum):
    """Why an attempt came to nothing."""

    OVERTAKEN = "somebody else wrote first: try again"
    NEEDS_TRANSACTION = "facts are to be loaded: try again in a transaction"
    LOCKED = "somebody else holds the instance: try again alone, where waiting hurts nobody"
    BEHIND = "what was asked of the instance before is put off: try again after it"
    CROWDED = "another step of the same batch is about the same balance: try again in the next"
    UNSURE = "it was decided from a kept row, and nothing was written that proves that: try again from the database"


Outcome: TypeAlias = Result | Detour | Exception
"""What an attempt made of a ticket; an exception is this ticket's alone."""


class Ticket:
    """A command that is attempted, perhaps more than once.

    Attributes:
        command: what is asked.
        trusted: whether events may enter that callers may not send.
        overtaken: how often somebody else wrote first.
        crowded: how often another step of its batch was about the same balance.
        written: the step that the last attempt handed to the database; None when it is certain that it was not
            stored. It outlives a lost connection: by its hash the log row is known.
        doubtful: what attempts before the last one handed over, whose connections were lost: it may yet be stored.
        foreseen: what the last attempt came to without a step, and the step behind it that proves it where it is
            stored: both started from where the instance stood.
    """

    __slots__ = (
        "_base",
        "_bases",
        "command",
        "crowded",
        "doubtful",
        "foreseen",
        "overtaken",
        "trusted",
        "written",
    )

    def __init__(self, command: Command, *, trusted: bool = False) -> None:
        self.command = command
        self.trusted = trusted
        self.overtaken = 0
        self.crowded = 0
        self.written: Prepared | None = None
        self.doubtful: tuple[Prepared, ...] = ()
        self.foreseen: tuple[Result, Prepared] | None = None
        self._bases: frozenset[int] = frozenset()
        self._base: int | None = None

    def hand_over(self, step: Prepared, base: int | None) -> None:
        """Note that a step goes to the database now.

        Args:
            step: the step.
            base: the version of the instance from which the call takes it on, with this step or one before it; None
                where nobody can lock the instance anew before the call is over for good.
        """
        self.doubtful, self._bases = self.handed_over, self.bases
        self.written, self._base = step, base

    @property
    def bases(self) -> frozenset[int]:
        """Versions of the instance behind which a call that was sent may yet store something of this."""
        if self.written is None or self._base is None:
            return self._bases
        return self._bases | {self._base}

    @property
    def is_wanted(self) -> bool:
        """Tell whether somebody still waits for it."""
        return True

    @property
    def handed_over(self) -> tuple[Prepared, ...]:
        """What may be stored, the newest last."""
        return self.doubtful if self.written is None else (*self.doubtful, self.written)


class Ahead:
    """What follows a batch, so that its instances can be read by the call that writes the batch.

    Args:
        choose: returns what follows, of other instances than the batch.

    Attributes:
        rows: the instances of what follows, if they were read: since each of its commands was asked for. They are
            looked into when its turn comes, for what is wrong with one of them is none of the batch's affair.
    """

    __slots__ = ("_choose", "rows")

    def __init__(self, choose: Callable[[], Sequence[Ticket]]) -> None:
        self._choose = choose
        self.rows: Sequence[Record] | None = None

    def ids(self, kept: Kept) -> list[str]:
        """Choose what follows, and return which instances are to be read; none where keys have to be read as well."""
        chosen = self._choose()
        if not chosen:
            return []
        missing = [one.command for one in chosen if kept.row(one.command.instance_id) is None]
        if any(command.cause.idempotency_key is not None for command in missing):
            return []
        return list(dict.fromkeys(command.instance_id for command in missing))
