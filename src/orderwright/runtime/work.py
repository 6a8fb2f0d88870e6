"""What the present task works on, for the lines that it logs.

The names are looked at only when a line is written, because work is done far more often than it is logged.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Work:
    """A context manager: inside, lines are logged with these names, and those of the work around it.

    Names: correlation_id, causation_id, root_id, instance_id, chart, event, and what kinds of work add to them.
    Work that is done for every event makes its names of what it has at hand, when they are asked for.
    """

    __slots__ = ("_names", "_token")

    def __init__(self, **names: object) -> None:
        self._names = names

    def names(self) -> Mapping[str, object]:
        """Return the names; those that are None are not told."""
        return self._names

    def __enter__(self) -> None:
        """Begin."""
        self._token: Token[tuple[Work, ...]] = _WORK.set((*_WORK.get(), self))

    def __exit__(self, *_: object) -> None:
        """End."""
        _WORK.reset(self._token)


def work_at_hand() -> Mapping[str, object]:
    """Return the names of the present work, the innermost last; none of them is None."""
    names: dict[str, object] = {}
    for work in _WORK.get():
        names |= work.names()
    return {name: value for name, value in names.items() if value is not None}


_WORK: Final[ContextVar[tuple[Work, ...]]] = ContextVar("work", default=())
