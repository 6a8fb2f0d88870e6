"""A step on its way into the database: what was computed, and what is stored of it."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from orderwright.runtime.command import Command, Create
from orderwright.runtime.instance import SNAPSHOT, Instance, found

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderwright.runtime.instance import Row
    from orderwright.runtime.job import JobKinds
    from orderwright.runtime.ledger import Ledgers
    from orderwright.statechart import Chart, Step


class Transition(NamedTuple):
    """A step that was computed and is to be stored.

    Attributes:
        before: what the step was computed from; None for a start.
        kinds: who does what the chart may invoke.
        ledgers: those that have balances.
    """

    command: Command
    chart: Chart
    before: Instance | None
    step: Step
    facts: Mapping[str, object]
    occurred_at: datetime
    recorded_at: datetime
    kinds: JobKinds = MappingProxyType({})
    ledgers: Ledgers = MappingProxyType({})

    @property
    def version(self) -> int:
        """The version that the instance has afterwards."""
        return self.before.version + 1 if self.before else 1

    @property
    def row_id(self) -> str:
        """The id of the log row that it becomes."""
        return f"{self.command.instance_id}/{self.version}"

    @property
    def correlation_id(self) -> str:
        """What it belongs to; the first row of a chain of causes is what the others belong to."""
        return correlation_of(self.command, self.version)

    @property
    def root_id(self) -> str:
        """What the instance belongs to."""
        return root_of(self.command, self.before)


def root_of(command: Command, before: Instance | None) -> str:
    """Return the root of the instance that a command is about; a start names it itself."""
    if isinstance(command, Create):
        return before.root_id if before else command.root_id
    return found(before, command.instance_id).root_id


def correlation_of(command: Command, version: int) -> str:
    """Return what the log row of a command belongs to, which has led its instance to a version."""
    return command.cause.correlation_id or f"{command.instance_id}/{version}"


class Prepared(NamedTuple):
    """A step as it will be stored.

    Attributes:
        transition: what it was made of.
        after: the instance as it stands afterwards.
        columns: what `apply_steps` takes for it, in its order.
        emits: name and payload of each domain event.
        has_bookings: whether it changes balances.
    """

    transition: Transition
    after: Instance
    columns: tuple[object, ...]
    emits: list[tuple[str, str]]
    has_bookings: bool

    def row(self) -> Row:
        """Return the row of the instance as it is once this is stored."""
        after = self.after
        return (*after[:SNAPSHOT], self.columns[_TEXT], *after[SNAPSHOT + 1 :])


_TEXT: Final = 8
"""Where the columns have the text of the snapshot."""
