"""What callers ask of the engine: who asks, why, and for what."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from orderwright.errors import InputInvalid, shown
from orderwright.json_text import Unfit, canonical, is_storable, keep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderwright.statechart import Event

LONGEST_ID: Final = 255
"""Characters of an id or a key: an index holds them, and its entries have a limit."""

_EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
TOO_LATE: Final = datetime(3000, 1, 1, tzinfo=UTC)
_TIMES: Final = "a time in the years 1900 to 2999 of UTC"
"""Others are slips, and the first and the last that Python knows would be stored as infinite."""

Origin = Literal["live", "import", "migration"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. Events marked `by: system` are accepted from systems and policies only."""

    id: str
    kind: Literal["user", "system", "policy"] = "user"

    @classmethod
    def of(cls, actor: Actor | str) -> Actor:
        """Return the actor; a plain string is a user's id."""
        return actor if isinstance(actor, Actor) else cls(actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Who asks, why, and what led to it.

    Attributes:
        idempotency_key: with it, repeating the same request returns the first applied result.
        reason: a person's words, kept in the log.
        correlation_id: what this belongs to; by default the row's own "<instance>/<version>".
        causation_id: what brought it about: a log row or a domain event.
        occurred_at: when it happened, in the years 1900 to 2999 of UTC; by default now. It is the `now` that the
            chart sees.
        origin: whether it happens live, or is taken over from elsewhere.

    Raises:
        InputInvalid: a time without its zone or out of those years, or a text that is too long or cannot be stored.
    """

    actor: Actor
    idempotency_key: str | None = None
    reason: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    occurred_at: datetime | None = None
    origin: Origin = "live"

    def __post_init__(self) -> None:
        if self.occurred_at is not None:
            require_zone(self.occurred_at)
            if not may_happen_at(self.occurred_at):
                raise InputInvalid("occurredAt", self.occurred_at.isoformat(), _TIMES)
        require_storable("actor", self.actor.id)
        if self.idempotency_key is not None:
            require_id("idempotencyKey", self.idempotency_key)
        if self.reason is not None:
            require_storable("reason", self.reason)
        if self.correlation_id is not None:
            require_storable("correlationId", self.correlation_id)
        if self.causation_id is not None:
            require_storable("causationId", self.causation_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """Start an instance of the latest version of a chart."""

    chart_id: str
    instance_id: str
    root_id: str
    cause: Cause
    context: Mapping[str, object] = field(default_factory=dict)
    request: Mapping[str, object] | None = None
    """What the caller asked for, where the context holds more than that (a number, a deadline)."""

    def __post_init__(self) -> None:
        require_id("chartId", self.chart_id)
        require_id("instanceId", self.instance_id)
        require_id("rootId", self.root_id)
        _require_json("context", self.context)
        _require_json("request", self.request or {})

    @property
    def request_hash(self) -> bytes:
        """Tell this request from another one under the same key."""
        asked = self.context if self.request is None else self.request
        return _digest([self.instance_id, self.chart_id, dict(asked)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Send an event to an instance."""

    instance_id: str
    event: Event
    cause: Cause

    def __post_init__(self) -> None:
        require_id("instanceId", self.instance_id)

    @property
    def request_hash(self) -> bytes:
        """Tell this request from another one under the same key."""
        return _digest([self.instance_id, self.event.type, dict(self.event.data)])


Command: TypeAlias = Create | Send


def require_zone(moment: datetime) -> None:
    """Let a time pass that has its zone.

    Raises:
        InputInvalid: it has none, and may be any of the times in two days.
    """
    if moment.tzinfo is None:
        raise InputInvalid("occurredAt", moment.isoformat(), "a time with its zone")


def may_happen_at(moment: datetime) -> bool:
    """Tell whether anything can happen at a time: it has its zone and is in the years that are kept."""
    return moment.tzinfo is not None and _EARLIEST <= moment < TOO_LATE


def require_id(name: str, value: str) -> None:
    """Let an id pass that an index can hold and the database can keep.

    Raises:
        InputInvalid: it is empty, too long, or has what cannot be stored.
    """
    if not 0 < len(value) <= LONGEST_ID:
        raise InputInvalid(name, value[:LONGEST_ID], f"1 to {LONGEST_ID} characters")
    require_storable(name, value)


def unfit(name: str, value: object, error: TypeError | ValueError) -> InputInvalid:
    """Return the refusal of a field that `json_text.keep` did not write."""
    if isinstance(error, Unfit):
        return InputInvalid(error.field(name), shown(value), error.expected)
    return InputInvalid(name, shown(value), f"JSON ({error})")


def _digest(value: object) -> bytes:
    return hashlib.sha256(canonical(value).encode()).digest()


def _require_json(name: str, value: Mapping[str, object]) -> None:
    try:
        text = keep(dict(value))
    except (TypeError, ValueError) as error:
        raise unfit(name, value, error) from error
    require_storable(name, text)


def require_storable(name: str, value: str) -> None:
    """Let a text pass that the database can keep.

    Raises:
        InputInvalid: it has a NUL or half a surrogate pair.
    """
    if not is_storable(value):
        raise InputInvalid(name, ascii(value), "text without NUL or half surrogate pairs")
