"""Compare two ways on a machine that others use: short rounds in turn, so that both meet the same disturbances."""

from __future__ import annotations

import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What the rounds gave, in pairs; the unit is the caller's, and more is better."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """Ours by theirs, round by round."""
        return tuple(ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True))

    def __str__(self) -> str:
        low, middle, high = statistics.quantiles(self.ratios, n=4, method="inclusive")
        least, most = min(self.ratios), max(self.ratios)
        return f"{middle:5.2f}   {low:5.2f} to {high:5.2f}   {least:5.2f} to {most:5.2f}"


Way = Callable[[], Awaitable[float]]


async def compare(ours: Way, theirs: Way, *, rounds: int) -> Comparison:
    """Run both once to warm up and then in turn; who begins changes from round to round."""
    await ours()
    await theirs()
    found: list[tuple[float, float]] = []
    for number in range(rounds):
        if number % 2:
            second = await theirs()
            found.append((await ours(), second))
        else:
            first = await ours()
            found.append((first, await theirs()))
    return Comparison(ours=tuple(o for o, _ in found), theirs=tuple(t for _, t in found))


def middle(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)
