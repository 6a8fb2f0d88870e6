"""A scenario of the trade: what is given, what is done, and what comes of it; a handful of steps in a play."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from acceptance.play import Play, Stage

Step: TypeAlias = Callable[[Play], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One scenario, and the rows of the domain's tables that it shows."""

    rows: Sequence[str]
    says: str
    given: Sequence[Step]
    when: Sequence[Step]
    then: Sequence[Step]

    async def play(self, stage: Stage) -> None:
        """Play it with an order and people of its own; only what is done last may be refused."""
        play = Play(stage=stage)
        *on_the_way, last = (*self.given, *self.when)
        for step in on_the_way:
            await step(play)
            assert play.answer.get("__typename") != "Refusal", play.answer
        for step in (last, *self.then):
            await step(play)


def scenario(
    rows: str | Sequence[str],
    says: str,
    *,
    given: Sequence[Step],
    when: Sequence[Step],
    then: Sequence[Step],
) -> Scenario:
    """Write a scenario down; one row may be named by itself."""
    named = (rows,) if isinstance(rows, str) else tuple(rows)
    return Scenario(rows=named, says=says, given=given, when=when, then=then)
