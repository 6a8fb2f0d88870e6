"""Compare ways on a machine that others use: short rounds in turn, so that all meet the same disturbances."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

Way = Callable[[], Awaitable[float]]
"""Does a round of work and returns its rate: more is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The rates that the rounds gave, in pairs."""

    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        """Ours by theirs, round by round."""
        return [ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    def __str__(self) -> str:
        """Show median rates, the median ratio, its middle half, and all of it."""
        low, median, high = quartiles(self.ratios)
        rates = f"{statistics.median(self.ours):10,.0f} {statistics.median(self.theirs):10,.0f}"
        spread = f"{low:5.2f} to {high:5.2f}   {min(self.ratios):5.2f} to {max(self.ratios):5.2f}"
        return f"{rates}   {median:5.2f}   {spread}"


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the median between the bounds of the middle half; a single value is all three."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, median, high


def yardstick() -> float:
    """Return how many milliseconds of CPU a fixed piece of Python takes: how fast this machine is at the moment.

    The cores of a virtual machine are not always its own: CPU times of two runs compare only where this is the same.
    """
    began = time.process_time()
    words = [str(number) for number in range(50_000)]
    places = {word: number for number, word in enumerate(words)}
    sum(places[word] for word in sorted(words))
    return (time.process_time() - began) * 1e3


def heading(theirs: str) -> str:
    """Return the heading of the columns of a shown comparison."""
    return f"{'ours':>10} {theirs:>10}   ratio      middle half       all rounds"


async def compare(ours: Sequence[Way], theirs: Way, *, rounds: int) -> list[Comparison]:
    """Run each of ours in turn with theirs, after a first round that is not counted.

    Who begins changes from round to round.
    """
    found = [Comparison() for _ in ours]
    for number in range(rounds + 1):
        for way, comparison in zip(ours, found, strict=True):
            if number % 2:
                rates = await way(), await theirs()
            else:
                second = await theirs()
                rates = await way(), second
            if number:
                comparison.ours.append(rates[0])
                comparison.theirs.append(rates[1])
    return found
