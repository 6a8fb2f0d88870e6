"""Who counts what: the events that policies count, and by which key, so that those who count the same take turns.

An event that is counted takes the turn of whatever is counted of its kind, and of what its own policies read. Of two
events at once, one sees the other, also where the one reads velocities of the other's kind and the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from orderwright.domain.trigger import VELOCITIES

if TYPE_CHECKING:
    from orderwright.policy import Threshold
    from orderwright.policy.trigger import Trigger


class Counting(NamedTuple):
    """Events of a trigger, counted by a key."""

    trigger: str
    key: str


def countings(
    asked: Mapping[Trigger, frozenset[str]], thresholds: Iterable[Threshold]
) -> dict[str, frozenset[Counting]]:
    """Return what has to be locked to decide on an event, by its trigger.

    Args:
        asked: the facts that policies read, by trigger.
        thresholds: those that some policy waits for.
    """
    read = {trigger: _read(paths) for trigger, paths in asked.items()}
    for line in thresholds:
        own = {Counting(line.of, line.key)}
        read[line.of] = read.get(line.of, frozenset()) | read.get(line, frozenset()) | own
    every = frozenset[Counting]().union(*read.values())
    names = {one for one in read if isinstance(one, str)} | {one.trigger for one in every}
    return {
        name: read.get(name, frozenset()) | {one for one in every if one.trigger == name}
        for name in names
    }


def _read(paths: frozenset[str]) -> frozenset[Counting]:
    words = (path.split(".") for path in VELOCITIES.keys() & paths)
    return frozenset(Counting(trigger, key) for _, trigger, _, key, _ in words)
