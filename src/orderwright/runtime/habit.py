"""Which events look at none of the facts that they declare, where their instances stand.

Facts are loaded in a transaction that locks. A step that looks at none of them needs neither, but whether it does
shows only when it is computed. So it is remembered how it went with the same event in the same state, and what has
looked at none for a while is tried without a transaction. Nothing but time depends on it: a step that looks at a fact
after all comes to nothing, and is tried again in one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from orderwright.runtime.instance import Instance

if TYPE_CHECKING:
    from orderwright.runtime.instance import Row

TRUSTED: Final = 8
"""How often in a row it must have been so: what is tried in vain costs a pass."""
MOST: Final = 10_000
"""Habits; there are as many as events in states, and whoever draws parallel ones by the dozen has too many of them."""

_Place: TypeAlias = "tuple[str, int, str, str]"


class Habits:
    """How often in a row each event has looked at no fact, by chart, version and state."""

    def __init__(self) -> None:
        self._streaks: dict[_Place, int] = {}

    def note(self, instance: Row, event_type: str, *, is_blind: bool) -> None:
        """Take in whether an event has looked at no fact."""
        place = _place(instance, event_type)
        if not is_blind:
            self._streaks.pop(place, None)
            return
        streak = self._streaks.get(place, 0)
        if streak < TRUSTED:
            if len(self._streaks) >= MOST:
                self._streaks.clear()
            self._streaks[place] = streak + 1

    def is_blind(self, instance: Row, event_type: str) -> bool:
        """Tell whether an event will most likely look at no fact."""
        return self._streaks.get(_place(instance, event_type), 0) >= TRUSTED


def _place(instance: Row, event_type: str) -> _Place:
    return instance[_CHART], instance[_VERSION], instance[_STATE], event_type


_CHART, _VERSION, _STATE = map(Instance._fields.index, ("chart_id", "chart_version", "state"))
