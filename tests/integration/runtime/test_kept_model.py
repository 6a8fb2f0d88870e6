"""Two engines that keep rows and hear nothing of each other, against a model that does one command after the other.

The parcel here is weighed only when it is heavy, so that whether WEIGH looks at a fact depends on what stands before
it; and who has not looked once is trusted not to look.
"""

from __future__ import annotations

import asyncio
import itertools
import random  # noqa: TID251 (seeded)
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pytest
from engine_room import Deaf, build_engine, close
from parcel import weighed_when_heavy
from straight import assert_straight

from orderwright.runtime import attempt, carrier, habit
from orderwright.runtime.fact import SharedFact
from orderwright.runtime.reply import IdempotencyMismatch
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from parcel import Scales

    from orderwright.clock import DrivenClock
    from orderwright.runtime.engine import Engine, Result
    from orderwright.runtime.fact import FactLoader
    from orderwright.runtime.pool import Pool

EVENTS: Final = {
    "ADD": Event("ADD", {"n": 1}),
    "HOLD": Event("HOLD"),
    "RESUME": Event("RESUME"),
    "WEIGH": Event("WEIGH"),  # looks at a fact
}
NAMES: Final = ("p1", "p2", "p3")
ROUNDS: Final = 25


@dataclass
class Model:
    """One parcel."""

    version: int = 1
    state: str = "OPEN"
    keys: dict[str, tuple[str, int]] = field(default_factory=dict)

    def send(self, name: str, key: str | None) -> tuple[object, ...]:
        if key in self.keys:
            event, version = self.keys[key]
            return ("replayed", version) if event == name else ("mismatch",)
        if self.state != ("HELD" if name == "RESUME" else "OPEN"):
            return "refused", self.version, self.state
        self.version += 1
        self.state = "HELD" if name == "HOLD" else "OPEN"
        if key is not None:
            self.keys[key] = name, self.version
        return "done", self.version, self.state


def told(outcome: Result | BaseException) -> tuple[object, ...]:
    if isinstance(outcome, IdempotencyMismatch):
        return ("mismatch",)
    if isinstance(outcome, BaseException):
        raise outcome
    if outcome.replayed:
        return "replayed", outcome.version
    assert outcome.snapshot is not None
    what = "done" if outcome.refused is None else "refused"
    return what, outcome.version, outcome.snapshot.value


@pytest.fixture(params=["alone", "shared"])
async def engines(
    request: pytest.FixtureRequest,
    pool: Pool,
    clock: DrivenClock,
    scales: Scales,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[list[Engine]]:
    """Two processes, whose fact is loaded for each step alone or for several together."""
    monkeypatch.setattr(habit, "TRUSTED", 1)
    loader: FactLoader = scales.load
    if request.param == "shared":
        loader = SharedFact(load=scales.load_all)
    found = [
        await build_engine(pool, clock, {"weight": loader}, chart=weighed_when_heavy())
        for _ in "ab"
    ]
    for one in found:
        one.keep(Deaf())
    yield found
    for one in found:
        await close(one)


@pytest.fixture
def lossy(monkeypatch: pytest.MonkeyPatch) -> Callable[[random.Random], None]:
    """Have one of three calls that write be lost, before or after the database has carried it out."""

    def lose(chance: random.Random) -> None:
        for name in ("store", "store_and_read"):
            monkeypatch.setattr(attempt, name, _losing(getattr(attempt, name), chance))

    return lose


def _losing(real: Callable[..., Awaitable[Any]], chance: random.Random) -> Callable[..., Any]:
    async def lost(*what: Any, **how: Any) -> Any:
        drawn = chance.random()
        if drawn < 1 / 6:
            raise ConnectionResetError("before it came")
        done = await real(*what, **how)
        if drawn < 1 / 3 and not what[0].is_in_transaction():
            raise ConnectionResetError("after it was done")
        return done

    return lost


@pytest.mark.parametrize("seed", range(6))
async def test_what_is_answered_is_what_a_model_answers(
    engines: list[Engine], pool: Pool, seed: int
):
    await _compare(random.Random(seed), engines, pool)


@pytest.mark.parametrize("seed", range(6))
async def test_it_is_so_when_connections_are_lost(
    engines: list[Engine],
    pool: Pool,
    seed: int,
    lossy: Callable[[random.Random], None],
    monkeypatch: pytest.MonkeyPatch,
):
    """What was lost does not come later here, so that everything is certain but what has looked at nothing else."""
    monkeypatch.setattr(carrier, "_PAUSES", (0.0,) * 20)
    chance = random.Random(seed)
    lossy(chance)
    await _compare(chance, engines, pool)


async def _compare(chance: random.Random, engines: list[Engine], pool: Pool) -> None:
    for name in NAMES:
        await chance.choice(engines).create("parcel", name, actor="ann")
    models = {name: Model() for name in NAMES}
    names = map(str, itertools.count())  # else equal commands of one moment would leave equal rows
    for _ in range(ROUNDS):
        asked = [_drawn(chance) for _ in range(chance.randint(1, 8))]
        one = chance.choice(engines)
        outcomes = await asyncio.gather(
            *(
                one.send(
                    name,
                    EVENTS[event],
                    actor="ann",
                    idempotency_key=key,
                    correlation_id=next(names),
                )
                for name, event, key in asked
            ),
            return_exceptions=True,
        )
        expected = [models[name].send(event, key) for name, event, key in asked]
        assert [told(outcome) for outcome in outcomes] == expected, asked
    await assert_straight(pool)


def _drawn(chance: random.Random) -> tuple[str, str, str | None]:
    name = chance.choice(NAMES)
    key = chance.choice([None, f"{name}/{chance.randrange(5)}"])
    return name, chance.choice([*EVENTS, "HOLD", "RESUME"]), key
