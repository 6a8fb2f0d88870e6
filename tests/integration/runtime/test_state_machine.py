"""The engine against a model of it: whatever is asked in whatever order, both answer the same and come to the same.

After each step the log of each instance folds to its snapshot and to the model's, hash chains hold, timers, domain
events, ledger rows and idempotency keys are the model's, and consumers have seen the events in order, each once.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from engine_room import Deaf, close
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from jsonschema import FormatChecker
from kiosk import BY_PEOPLE, KIOSK, asking, kiosk, mapping
from kiosk_model import ATTEMPTS, Answer, Model
from listing import TABLE
from parcel import START
from structlog.testing import capture_logs

from orderwright.clock import DrivenClock
from orderwright.runtime import habit, outbox, parking
from orderwright.runtime.command import Actor, Cause, Send
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.engine import Engine
from orderwright.runtime.fact import FactRequest, SharedFact
from orderwright.runtime.firing import fire_due
from orderwright.runtime.instance import InstanceNotFound
from orderwright.runtime.job import JobKind
from orderwright.runtime.job_runner import JobRunner
from orderwright.runtime.migration import Migrations
from orderwright.runtime.pool import open_pool
from orderwright.runtime.registry import Registry
from orderwright.runtime.relay import Standing, relay
from orderwright.runtime.replay import Replay
from orderwright.runtime.reply import IdempotencyMismatch
from orderwright.runtime.ticket import Result
from orderwright.runtime.wakeup import Announcer
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from orderwright.runtime.job import JobRun
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection, Pool

NAMES = st.sampled_from("abc")
KEYS = st.none() | st.sampled_from(["k1", "k2", "k3"])
ADDITIONS = st.builds(lambda n: ("ADD", {"n": n}), st.integers(0, 4))
VALID = st.sampled_from(BY_PEOPLE).map(lambda name: (name, {}))
STRANGE = st.sampled_from(
    [
        ("NONSENSE", {}),
        ("REMIND", {}),
        ("NUDGE", {}),
        ("TOUCH", {"n": 1}),
        ("done.invoke.call", {"output": 1}),
    ]
)
EVENTS = st.one_of(ADDITIONS, VALID, VALID, STRANGE)
SENDS = st.lists(st.tuples(NAMES, EVENTS, KEYS), min_size=1, max_size=7)
BY = "ann"

_runs = itertools.count(1)


class Undo(Exception):
    """Makes a caller's transaction roll back."""


class House:
    """What all runs share: a database, a loop, and a clock that only goes forward."""

    def __init__(self, runner: asyncio.Runner, pool: Pool) -> None:
        self.run = runner.run
        self.pool = pool
        self.clock = DrivenClock(START)


class Kiosks(RuleBasedStateMachine):
    """A run: kiosks of a chart of its own."""

    house: House

    @initialize()
    def open(self) -> None:
        self.prefix = f"run{next(_runs)}"
        self.model = Model(self.prefix)
        self.clock = self.house.clock
        self.do = self.house.run
        self.is_failing = False
        self.troubled: set[str] = set()
        self.set_aside: set[str] = set()
        self.consumer = Consumer(name="listing", events=None, handle=self._hear)
        self.do(self._open())

    async def _open(self) -> None:
        pool = self.house.pool
        kind = JobKind(name="call", handle=self._answer, attempts=ATTEMPTS)
        self.registry = Registry(lambda _id, _version: KIOSK)
        self.engine, self.other = (self._process(kind) for _ in range(2))
        await self._publish(1)
        await outbox.enrol(pool, "listing", at=START)

    def _process(self, kind: JobKind) -> Engine:
        """Return an engine that keeps what it writes, and hears of nothing that the other one does."""
        pool = self.house.pool
        engine = Engine(
            pool,
            self.registry,
            self.clock,
            facts={"isOpen": SharedFact(load=_always)},
            formats=FormatChecker(),
            wakeup=Announcer(pool),
            kinds={"call": kind},
        )
        engine.keep(Deaf())
        return engine

    # --- what callers do ---

    @rule()
    def go_to_the_other_process(self) -> None:
        self.engine, self.other = self.other, self.engine

    @rule(name=NAMES, count=st.sampled_from([0, 0, 8]), key=KEYS)
    def create(self, name: str, count: int, key: str | None) -> None:
        context = {"count": count} if count else {}
        expected = self.model.create(self._id(name), context, self._key(key), self.now)
        made = self.engine.create(
            self.prefix,
            self._id(name),
            context=context,
            actor=BY,
            idempotency_key=self._key(key),
        )
        self._agree(self.do(_answer_of(made)), expected)

    @rule(name=NAMES, event=EVENTS, key=KEYS)
    def send(self, name: str, event: tuple[str, dict[str, Any]], key: str | None) -> None:
        expected = self.model.send(self._id(name), *event, self._key(key), self.now)
        self._agree(self.do(_answer_of(self._send(name, event, key))), expected)

    @rule(sends=SENDS)
    def send_many(self, sends: list[tuple[str, tuple[str, dict[str, Any]], str | None]]) -> None:
        """Keys are each instance's own: which of two instances comes first is nobody's promise."""
        commands: list[Send] = []
        expected: list[Answer] = []
        for name, event, key in sends:
            own = self._key(key and f"{name}{key}")
            cause = Cause(actor=Actor(BY), idempotency_key=own)
            commands.append(Send(instance_id=self._id(name), event=Event(*event), cause=cause))
            expected.append(self.model.send(self._id(name), *event, own, self.now))
        errors = {one.word for one in expected} & {"missing", "mismatch"}
        if errors:
            with pytest.raises((InstanceNotFound, IdempotencyMismatch)):
                self.do(self.engine.send_many(commands))
            return
        for result, one in zip(self.do(self.engine.send_many(commands)), expected, strict=True):
            self._agree(_answer(result), one)

    @rule(sends=SENDS, commits=st.booleans())
    def join(
        self, sends: list[tuple[str, tuple[str, dict[str, Any]], str | None]], commits: bool
    ) -> None:
        """In a transaction of the caller's, which commits or not, all is seen that it did itself."""
        model = self.model if commits else copy.deepcopy(self.model)
        expected = [
            model.send(self._id(name), *event, self._key(key), self.now)
            for name, event, key in sends
        ]
        found: list[Answer] = []

        async def work() -> None:
            async with self.house.pool.acquire() as connection, connection.transaction():
                for name, event, key in sends:
                    found.append(await _answer_of(self._send(name, event, key, connection)))
                if not commits:
                    raise Undo

        if commits:
            self.do(work())
        else:
            with pytest.raises(Undo):
                self.do(work())
        for one, other in zip(found, expected, strict=True):
            self._agree(one, other)

    # --- what workers do ---

    @rule(seconds=st.sampled_from([1, 29, 30, 60, 600]))
    def advance_and_fire(self, seconds: int) -> None:
        self.clock.advance(timedelta(seconds=seconds))
        self.model.fire(self.now)
        self.do(self._fire())

    @rule(output=st.sampled_from(["yes", "no", None]))
    def call(self, output: str | None) -> None:
        """A moment later, so that what failed before is due again."""
        self.clock.advance(timedelta(seconds=2))
        self.model.call(output, self.now)
        self.output = output
        self.do(JobRunner(self.engine).run_due())

    @rule(troubled=st.sets(NAMES, max_size=2))
    def relay(self, troubled: set[str]) -> None:
        """The consumer fails on some roots: theirs may wait, all others have been handed everything."""
        self.troubled = {self._id(name) for name in troubled}
        self.set_aside |= self.troubled
        self.do(self._relay())
        self._assert_seen(set(self.model.kiosks) - self.set_aside)

    @rule()
    def mend(self) -> None:
        """The consumer can handle everything, and parked roots are tried again."""
        self.troubled, self.set_aside = set(), set()
        self.do(self._mend())
        self._assert_seen(set(self.model.kiosks))

    @precondition(lambda self: any(one.chart_version == 1 for one in self.model.kiosks.values()))
    @rule()
    def migrate(self) -> None:
        expected = self.model.migrate(self.now)
        report = self.do(self._migrate())
        assert (report.moved, report.stuck) == (expected, ())

    # --- what must hold ---

    @invariant()
    def the_database_is_the_model(self) -> None:
        self.do(self._compare())

    def teardown(self) -> None:
        """Let everything come to its end: nothing is left waiting."""
        if not hasattr(self, "engine"):
            return
        for _ in range(ATTEMPTS):
            self.call("yes")
        self.advance_and_fire(3600)
        self.mend()
        self.the_database_is_the_model()
        self.do(self._close())

    # --- ways there ---

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def _id(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def _key(self, key: str | None) -> str | None:
        return key and f"{self.prefix}-{key}"

    def _send(
        self,
        name: str,
        event: tuple[str, dict[str, Any]],
        key: str | None,
        connection: Connection | None = None,
    ) -> Awaitable[Result]:
        return self.engine.send(
            self._id(name),
            Event(*event),
            actor=BY,
            idempotency_key=self._key(key),
            connection=connection,
        )

    def _agree(self, found: Answer, expected: Answer) -> None:
        assert found == expected

    async def _answer(self, _: JobRun) -> str:
        if self.output is None:
            raise ConnectionError("nobody answers")
        return self.output

    async def _hear(self, connection: Connection, event: DomainEvent) -> None:
        insert = "insert into seen (consumer, event_id) values ('listing', $1)"
        await connection.execute(insert, event.event_id)
        if event.root_id in self.troubled:
            raise ConnectionError("nobody listens")

    async def _publish(self, version: int) -> None:
        text = json.dumps(asking(kiosk(self.prefix, version)))
        await self.registry.publish(self.house.pool, text, at=START)

    async def _migrate(self) -> Any:
        await self._publish(2)
        migrations = Migrations(self.engine, batch=2)
        return await migrations.migrate(self.prefix, 1, 2, mapping(self.prefix), actor=BY)

    async def _fire(self) -> None:
        while await fire_due(self.engine):
            pass

    async def _relay(self) -> None:
        standing = Standing.MORE
        while standing is not Standing.DONE:
            standing = (await relay(self.house.pool, self.consumer, self.clock)).standing

    async def _mend(self) -> None:
        async with self.house.pool.acquire() as connection:
            for root in await parking.list_parked(connection, consumer="listing"):
                await parking.retry(connection, "listing", [root.root_id], at=self.now)
        await self._relay()

    async def _close(self) -> None:
        for engine in (self.engine, self.other):
            await close(engine)

    async def _compare(self) -> None:
        rows = await self.house.pool.fetch(_INSTANCES, f"{self.prefix}-")
        assert {row["instance_id"] for row in rows} == set(self.model.kiosks)
        seen = await self._seen()
        for row in rows:
            one = self.model.kiosks[row["instance_id"]]
            standing = (row["version"], row["chart_version"], row["state"])
            assert standing == (one.version, one.chart_version, one.state)
            assert json.loads(row["snapshot"])["context"] == one.context
            assert sorted(json.loads(row["timers"])) == sorted(
                [name, timer.type, timer.version, int(timer.due.timestamp() * 1000)]
                for name, timer in one.timers.items()
            )
            assert [
                (event_id, name, json.loads(payload))
                for event_id, name, payload in json.loads(row["events"])
            ] == one.events
            assert [tuple(entry) for entry in json.loads(row["entries"])] == one.ledger
            assert row["calls"] == (one.state == "CALLING")
            told = [event_id for event_id, _, _ in one.events]
            heard = seen.get(one.name, [])
            assert heard == told[: len(heard)]
            assert await Replay(self.house.pool).verify(one.name) == ()
        keys = await self.house.pool.fetch(_KEYS, f"{self.prefix}-")
        assert {row["key"]: (row["instance_id"], row["version"]) for row in keys} == {
            key: (name, version) for key, (_, name, version) in self.model.keys.items()
        }

    async def _seen(self) -> dict[str, list[str]]:
        rows = await self.house.pool.fetch(
            "select event_id from seen where event_id ^@ $1 order by n", f"{self.prefix}-"
        )
        seen: dict[str, list[str]] = {}
        for row in rows:
            seen.setdefault(row["event_id"].split("/")[0], []).append(row["event_id"])
        return seen

    def _assert_seen(self, names: set[str]) -> None:
        seen = self.do(self._seen())
        for name in names:
            told = [event_id for event_id, _, _ in self.model.kiosks[name].events]
            assert seen.get(name, []) == told


def _answer(result: Result) -> Answer:
    word = "replayed" if result.replayed else "applied"
    if result.refused is not None:
        word = result.refused.code
    assert result.snapshot is not None
    state = result.snapshot.configuration[-1].rpartition(".")[2]
    return Answer(word, result.version, state, dict(result.snapshot.context))


async def _answer_of(asked: Awaitable[Result]) -> Answer:
    try:
        return _answer(await asked)
    except IdempotencyMismatch:
        return Answer("mismatch")
    except InstanceNotFound:
        return Answer("missing")


async def _always(_: Connection, requests: Sequence[FactRequest]) -> list[bool]:
    return [True] * len(requests)


async def _prepared(url: str) -> Pool:
    pool = await open_pool(url, max_size=6)
    await pool.execute(TABLE)
    return pool


@pytest.fixture
def machine(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Kiosks]]:
    """Machines on one database, in a loop of their own; what they log of failures that are meant is not written.

    An event that has looked at no fact once is trusted not to look.
    """
    monkeypatch.setattr(habit, "TRUSTED", 1)
    with asyncio.Runner() as runner, capture_logs():
        pool = runner.run(_prepared(database_url))
        yield type("Machine", (Kiosks,), {"house": House(runner, pool)})
        runner.run(pool.close())


_ANYHOW = settings(
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def test_the_engine_does_what_its_model_does(machine: Callable[[], Kiosks]):
    """The same runs every time."""
    how = settings(_ANYHOW, derandomize=True, max_examples=120, stateful_step_count=30)
    run_state_machine_as_test(machine, settings=how)


@pytest.mark.soak
def test_the_engine_does_what_its_model_does_for_long(machine: Callable[[], Kiosks]):
    """Other runs every time; a failure prints what repeats it."""
    how = settings(_ANYHOW, max_examples=500, stateful_step_count=60)
    run_state_machine_as_test(machine, settings=how)


_INSTANCES = """
select i.instance_id, i.version, i.chart_version, i.state, i.snapshot,
    (select coalesce(json_agg(json_build_array(
                timer_id, event_type, instance_version, (extract(epoch from due_at) * 1000)::bigint)), '[]')::text
     from orderwright.timer as t where t.instance_id = i.instance_id) as timers,
    (select coalesce(json_agg(json_build_array(event_id, name, payload) order by ord, id), '[]')::text
     from orderwright.outbox as o where o.instance_id = i.instance_id) as events,
    (select coalesce(json_agg(json_build_array(version, (data::json ->> 'n')::int) order by version), '[]')::text
     from orderwright.ledger_entry as l where l.instance_id = i.instance_id) as entries,
    (select count(*) from orderwright.job as j
     where j.instance_id = i.instance_id and j.status in ('waiting', 'running')) as calls
from orderwright.instance as i where i.instance_id ^@ $1
"""
_KEYS = "select key, instance_id, version from orderwright.idempotency_key where key ^@ $1"
