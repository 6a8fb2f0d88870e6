"""What the present task works on, for the lines that it logs.

The names are kept as they are and looked at only when a line is written, because work is done far more often than it
is logged.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Work:
    """A context manager: inside, lines are logged with these names, and those of the work around it.

    Names: correlation_id, causation_id, root_id, instance_id, chart, event, and what kinds of work add to them.
    """

    __slots__ = ("_names", "_token")

    def __init__(self, **names: object) -> None:
        self._names = names
        self._token: Token[Mapping[str, object]] | None = None

    def __enter__(self) -> None:
        """Begin."""
        around = _WORK.get()
        self._token = _WORK.set({**around, **self._names} if around else self._names)

    def __exit__(self, *_: object) -> None:
        """End; who left without having entered is at fault."""
        assert self._token is not None
        _WORK.reset(self._token)


def work_at_hand() -> Mapping[str, object]:
    """Return the names of the present work; none of them is None."""
    return {name: value for name, value in _WORK.get().items() if value is not None}


_NOTHING: Final[Mapping[str, object]] = {}
_WORK: Final[ContextVar[Mapping[str, object]]] = ContextVar("work", default=_NOTHING)
