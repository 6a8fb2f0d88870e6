"""A request of a caller, who may have a trace of their own: W3C Trace Context."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from orderwright.app.telemetry.lineage import Place

_TRACEPARENT: Final = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?"
)
_SAMPLED: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request under way.

    Attributes:
        place: in the caller's trace, below the caller's span; in a trace of its own if the caller has none.
        is_sampled: whether the caller wants it recorded.
    """

    place: Place
    began: datetime
    is_sampled: bool = True


def arrive(headers: Mapping[str, str], *, now: datetime) -> Visit:
    """Begin a visit; a `traceparent` that is malformed counts as none."""
    given = _TRACEPARENT.fullmatch(headers.get("traceparent", ""))
    span_id = secrets.randbits(64) or 1
    if given is None:
        return Visit(place=Place(secrets.randbits(128) or 1, span_id), began=now)
    trace_id, parent_id, flags = (int(part, 16) for part in given.groups()[:3])
    place = Place(trace_id, span_id, parent_id)
    return Visit(place=place, began=now, is_sampled=bool(flags & _SAMPLED))
