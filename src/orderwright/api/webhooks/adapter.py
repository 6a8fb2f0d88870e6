"""What an adapter does for a provider, and the words that all of them need to read what is sent."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

from orderwright.app.payment_reports import Report, ReportUnsigned
from orderwright.errors import InputInvalid

TOLERANCE: Final = timedelta(minutes=5)
"""How far the time of a signature may lie from ours, to either side."""

_DIGITS: Final = 40
"""Of an amount; more are beyond any, and Python reads no number of thousands."""

Json = Mapping[str, object]


class Adapter(Protocol):
    """Knows how a provider signs, and what it means."""

    def verify(
        self, body: bytes, headers: Mapping[str, str], secret: str, *, now: datetime
    ) -> None:
        """Let only what the provider has signed pass.

        Args:
            body: as it came, byte by byte.
            headers: with names in lower case.
            secret: which the provider signs with.
            now: the present moment; what was signed long before or after it is refused.

        Raises:
            ReportUnsigned: the signature is missing, wrong, or too old.
        """

    def read(self, event: Json, headers: Mapping[str, str]) -> Report | None:
        """Return what an event says of a payment; None if it says nothing that matters here.

        Raises:
            InputInvalid: it is of a kind that matters, and lacks what it should say.
        """


def unsigned() -> ReportUnsigned:
    """Return the one answer to everything that is not signed as it should be: it helps nobody to guess."""
    return ReportUnsigned("the signature is missing, wrong or too old")


def require_signature(given: Iterable[str], expected: str) -> None:
    """Let pass where one of the signatures is right, in a time that tells nothing of where they differ.

    Raises:
        ReportUnsigned: none is.
    """
    right = [hmac.compare_digest(one.encode(), expected.encode()) for one in given]
    if not any(right):
        raise unsigned()


def require_recent(seconds: str, *, now: datetime) -> None:
    """Hold the time of a signature, in seconds since 1970, against ours.

    Raises:
        ReportUnsigned: it is no such time, or too far from ours.
    """
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= len("9999999999")):
        raise unsigned()
    if abs(int(seconds) - now.timestamp()) > TOLERANCE.total_seconds():
        raise unsigned()


def part(source: Json, name: str) -> Json:
    """Return an object of an event."""
    value = source.get(name)
    if not isinstance(value, Mapping):
        raise InputInvalid(name, value, "an object")
    return value


def word(source: Json, *names: str) -> str:
    """Return the first of some texts that is there; numbers that serve as ids count as text."""
    for name in names:
        value = source.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and value:
            return value
    raise InputInvalid(names[0], source.get(names[0]), "text")


def words(source: Json, *names: str) -> str:
    """Return the first of some texts that is there; empty where none is."""
    try:
        return word(source, *names)
    except InputInvalid:
        return ""


def whole(source: Json, *names: str) -> int:
    """Return the first of some whole numbers that is there, perhaps written as text."""
    value = next((source[name] for name in names if source.get(name) is not None), None)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and len(value) <= _DIGITS and value.isascii() and value.isdigit():
        return int(value)
    raise InputInvalid(names[0], value if isinstance(value, str) else str(value), "a whole number")


def named(source: Json) -> dict[str, str]:
    """Return the order and the customer that the house has told the provider, where it is in what comes back."""
    return {"order": words(source, "orderId"), "customer": words(source, "customerId")}


def metadata(source: Json) -> Json:
    """Return what the house has told the provider of a payment; empty where that is nothing."""
    value = source.get("metadata")
    return value if isinstance(value, Mapping) else {}
