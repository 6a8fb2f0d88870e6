"""Which events may have ended a connection: those that a consumer had in hand when it was lost.

A lost connection does not tell why. Most often the server or the network is the cause, and no event is to blame; but
an event whose handling ends the connection would come again with every pass and stop its consumer for ever. So those
that were lost together do not go together again but in parts, and one that goes alone and is lost again has failed.
One loss is nobody's failure, nor is anything that happens before a connection can be had.

It is remembered by the process, from pass to pass; of several processes each comes to the same by itself.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from orderwright.errors import RuntimeFault
from orderwright.runtime.interruption import is_end
from orderwright.runtime.pool import is_gone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orderwright.runtime.outbox import Placed
    from orderwright.runtime.pool import Connection


class ConnectionEnded(RuntimeFault):
    """A consumer's connection was lost with an event in hand, and then again with that event alone; it has failed."""

    code = "consumer.connection_ended"
    retryable = True


class Suspicion:
    """What one consumer of one process remembers of lost connections, until a pass has dealt with it."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Suspect nobody."""
        self._suspects: frozenset[str] = frozenset()
        self._failed: str | None = None

    def last_of(self, events: Sequence[Placed]) -> Placed | None:
        """Return the last suspect where all of them are among the events, which then must not go together."""
        suspects = [one for one in events if one.event.event_id in self._suspects]
        if suspects and len(suspects) == len(self._suspects):
            return suspects[-1]
        return None

    def take_error_of(self, one: Placed) -> ConnectionEnded | None:
        """Return the error of an event that has failed; once, so that one failure is never counted twice."""
        if one.event.event_id != self._failed:
            return None
        self._failed = None
        return ConnectionEnded(
            "the connection was lost while the event was handled, and again when it was handled alone",
            values={"event": one.event.event_id},
        )

    @contextmanager
    def watch(self, connection: Connection, *, alone: bool) -> Iterator[list[Placed]]:
        """Suspect those that are put into the list that it gives, if the connection is lost inside."""
        begun: list[Placed] = []
        try:
            yield begun
        except BaseException as error:
            if begun and is_gone(connection) and not is_end(error):
                self._suspect(frozenset(one.event.event_id for one in begun), alone=alone)
            raise

    def _suspect(self, ids: frozenset[str], *, alone: bool) -> None:
        if alone and ids <= self._suspects:
            [self._failed] = ids
        self._suspects = ids
