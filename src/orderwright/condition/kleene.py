"""Kleene's strong three-valued logic: True, False, and None for unknown."""

from __future__ import annotations

from collections.abc import Iterable


def join(combinator: str, results: Iterable[bool | None]) -> bool | None:
    """Join results: a False decides an `and`, a True decides an `or`; else an unknown stays unknown."""
    deciding = combinator == "or"
    joined: bool | None = not deciding
    for result in results:
        if result is deciding:
            return deciding
        if result is None:
            joined = None
    return joined


def negate(result: bool | None) -> bool | None:  # noqa: FBT001 (the value itself)
    """Turn a result around; unknown stays unknown."""
    return None if result is None else not result
