"""Dead letters for people: who may see them, and who may have them tried again."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from orderwright.app.page import Page, Place, size
from orderwright.app.permissions import Identity, require
from orderwright.runtime import dead_letter
from orderwright.runtime.job_queue import payload_text
from orderwright.runtime.retrying import Retried, Retry, retry

if TYPE_CHECKING:
    from orderwright.app.orders import Asked
    from orderwright.runtime.dead_letter import DeadLetter
    from orderwright.runtime.engine import Engine


class DeadLetters:
    """Shows dead letters and has them tried again."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def page(
        self, by: Identity, *, name: str | None, first: int, after: str | None
    ) -> Page[DeadLetter]:
        """Return a page, the latest first; of one kind of job or one consumer if a name is given.

        Raises:
            RoleMissing: the person may not see them.
            InputInvalid: `first` or `after` is wrong.
        """
        require(by, "deadletter.read")
        wanted, place = size(first), Place.read(after) if after is not None else None
        async with self._engine.pool.acquire() as connection:
            found = await dead_letter.listed(
                connection,
                name=name,
                after=(place.at, place.id) if place else None,
                most=wanted + 1,
            )
        rows = [(Place(one.died_at or one.created_at, one.id), one) for one in found[:wanted]]
        return Page(rows=rows, has_next=len(found) > wanted, has_previous=after is not None)

    async def count(self, by: Identity, *, name: str | None) -> int:
        """Return how many there are.

        Raises:
            RoleMissing: the person may not see them.
        """
        require(by, "deadletter.read")
        async with self._engine.pool.acquire() as connection:
            return await dead_letter.count(connection, name=name)

    async def retry(self, letter_id: str, asked: Asked, payload: object = None) -> Retried:
        """Have one tried again, with another payload unless that is None.

        Raises:
            RoleMissing: the person may not do this.
            DeadLetterNotFound, NotDead, InputInvalid, IdempotencyMismatch: see `retrying.retry`.
        """
        require(asked.by, "deadletter.retry")
        text = None if payload is None else payload_text(_plain(payload))
        return await retry(
            self._engine, Retry(letter_id=letter_id, cause=asked.cause, payload=text)
        )


def _plain(value: object) -> object:
    """Write numbers that were read exactly as JSON has them; one that a float does not hold becomes text."""
    if isinstance(value, Mapping):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if isinstance(value, Decimal):
        return float(value) if Decimal(repr(float(value))) == value else format(value, "f")
    return value
