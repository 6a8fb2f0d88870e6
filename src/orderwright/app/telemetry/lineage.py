"""Ids of traces and spans, derived from the ids that rows have anyway.

A trace is what belongs to one first cause: its id follows from the correlation id. A span stands for a row (a log row,
a domain event, a job), and its id follows from the row's; its parent's follows from the causation id. So whatever
process does a part of the work, now or in thirty days, knows where in the trace it belongs, and nothing more has to
be stored or passed on.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Final, NamedTuple

_ROW: Final = re.compile(r".+/[0-9]+", re.DOTALL)


class Place(NamedTuple):
    """Where a span stands: its trace, its own id, its parent's."""

    trace_id: int
    span_id: int
    parent_id: int | None = None


def trace_id_of(correlation_id: str) -> int:
    """Return the 128 bits that a correlation id always has."""
    return _hashed(correlation_id, 16)


def span_id_of(row_id: str) -> int:
    """Return the 64 bits that a row's id always has."""
    return _hashed(row_id, 8)


def is_row(causation_id: str | None) -> bool:
    """Tell whether a cause is a log row or a domain event, and not something outside, such as a slot."""
    return causation_id is not None and _ROW.fullmatch(causation_id) is not None


def shown(trace_id: int) -> str:
    """Write a trace's id as it is written everywhere."""
    return f"{trace_id:032x}"


def _hashed(text: str, size: int) -> int:
    """Return a hash; never 0, which means none."""
    return int.from_bytes(blake2b(text.encode(), digest_size=size).digest(), "big") or 1
