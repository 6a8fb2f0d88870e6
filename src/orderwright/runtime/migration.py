"""Migrations of running instances to another version of their chart.

A run keeps where it is in the database and commits that with each batch, so that one that was interrupted goes on when
it is asked for again with the same mapping; with another mapping it begins anew, and the run of the first is given up:
it moves nobody from then on. So is one that goes the other way, or the two would move the same instances to and fro
for ever. Two processes that ask for the same take turns. Instances that have ended stay where they are.

Hosts of the release before may create instances on the old version meanwhile, behind the place where the run is. So
behind the last one it begins anew, until none is left that it has not noted as one that cannot move.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from jsonschema import Draft202012Validator, SchemaError

from orderwright.json_text import Json, canonical
from orderwright.runtime import migration_run as runs
from orderwright.runtime.command import Actor, Cause
from orderwright.runtime.edition import published
from orderwright.runtime.move import (
    BUSY,
    Moves,
    Route,
    Stuck,
    lock_one,
    move_batch,
    move_one,
    rehearse_batch,
)
from orderwright.statechart.migration import MappingInvalid, Passage, read_mapping
from orderwright.statechart.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.migration_run import Run
    from orderwright.runtime.pool import Connection

_BATCH: Final = 50
_PATIENCE: Final = timedelta(seconds=5)  # for an instance that somebody else holds

Progress = Callable[[int, int], None]
"""Is told how many instances were dealt with, and of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationReport:
    """What a migration came to, or would come to.

    Attributes:
        moved: how many instances moved (in a dry run: would).
        stuck: every instance that cannot move, with its reasons.
        resumed: whether it went on with one that had been interrupted; `moved` counts both.
        given_up: whether it ended early, because it was asked for with another mapping, or the other way, meanwhile.
    """

    chart_id: str
    from_version: int
    to_version: int
    dry_run: bool
    moved: int
    stuck: tuple[Stuck, ...] = field(default=())
    resumed: bool = False
    given_up: bool = False


class Migrations:
    """Moves running instances between versions of their charts."""

    def __init__(
        self, engine: Engine, *, batch: int = _BATCH, patience: timedelta = _PATIENCE
    ) -> None:
        self._engine = engine
        self._batch = batch
        self._patience = patience

    async def migrate(  # noqa: PLR0913 (what is asked, and by whom)
        self,
        chart_id: str,
        from_version: int,
        to_version: int,
        mapping: Mapping[str, Json],
        *,
        dry_run: bool = False,
        actor: Actor | str,
        reason: str | None = None,
        progress: Progress | None = None,
    ) -> MigrationReport:
        """Move every running instance of one version that can move, beside live traffic.

        Args:
            chart_id: the chart.
            from_version: the published version that instances leave.
            to_version: the published version that they get; its behaviour must be in this process.
            mapping: see `orderwright.statechart.migration`; beside that `schema`, a JSON Schema that the new
                context of each instance must satisfy.
            dry_run: only say what would happen; nothing is written.
            actor: who asks for it; stands in the log of each instance.
            reason: a person's words, kept in the log.
            progress: is called after each batch.

        Raises:
            ChartNotFound: one of the versions is not published.
            BehaviourMissing: the version that they get has no behaviour here.
            MappingInvalid: the mapping has no meaning for these versions.
        """
        async with self._engine.pool.acquire() as connection:
            route = await self._route(connection, chart_id, from_version, to_version, mapping)
            total = await runs.running(connection, chart_id, from_version)
        tell = _Told(progress or _ignore, total)
        cause = Cause(actor=Actor.of(actor), reason=reason, origin="migration")
        if dry_run:
            return await self._rehearse(route, cause, tell)
        async with self._engine.pool.acquire() as connection:
            async with connection.transaction():
                now = self._engine.clock.now()
                run = await runs.begin(connection, route, canonical(dict(mapping)), at=now)
            cause = replace(cause, correlation_id=run.migration_id)
            await self._move_all(connection, route, run, cause, tell)
            return await self._report(connection, route, run)

    async def _route(
        self,
        connection: Connection,
        chart_id: str,
        from_version: int,
        to_version: int,
        mapping: Mapping[str, Json],
    ) -> Route:
        before = await published(connection, chart_id, from_version)
        after = await self._engine.registry.get(connection, chart_id, to_version)
        rest = {key: value for key, value in mapping.items() if key != "schema"}
        read = read_mapping(rest, before, after.chart)
        passage = Passage(before, after.chart, after.behaviour, read)
        schema = _schema(mapping.get("schema"))
        return Route(before=before, after=after.chart, passage=passage, schema=schema)

    async def _rehearse(self, route: Route, cause: Cause, tell: _Told) -> MigrationReport:
        moved, stuck, passed = 0, list[Stuck](), ""
        async with self._engine.pool.acquire() as connection:
            while True:
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    moves = await rehearse_batch(
                        connection,
                        route,
                        cause,
                        passed=passed,
                        limit=self._batch,
                        now=self._engine.clock.now(),
                    )
                if moves.last is None:
                    return _report(route, moved, stuck, dry_run=True)
                passed = moves.last
                moved += len(moves.roots)
                stuck.extend(moves.stuck)
                tell.more(moves)

    async def _move_all(
        self, connection: Connection, route: Route, run: Run, cause: Cause, tell: _Told
    ) -> None:
        """Move until nobody is left but those that cannot move, and close the run.

        Those that others had locked are tried one by one, once; as that may take a while, it looks for more then.
        """
        tried = set[str]()
        while await self._move_free(connection, route, run, cause, tell):
            stuck = await runs.stuck(connection, run.migration_id)
            busy = {one.instance_id for one in stuck if one.reasons[0].code == BUSY} - tried
            if not busy:
                await runs.finish(connection, run.migration_id, at=self._engine.clock.now())
                return
            tried |= busy
            for instance_id in sorted(busy):
                if not await self._move_one(connection, route, run, cause, instance_id):
                    return

    async def _move_free(
        self, connection: Connection, route: Route, run: Run, cause: Cause, tell: _Told
    ) -> bool:
        """Move those that nobody has locked; False when the run has ended, by another process or as given up."""
        while True:
            async with connection.transaction():
                passed = await runs.passed(connection, run.migration_id)
                if passed is None:
                    return False
                ids = await runs.ahead(
                    connection, route, run.migration_id, passed=passed, limit=self._batch
                )
                now = self._engine.clock.now()
                moves = await move_batch(connection, route, cause, ids, now=now)
                await runs.advance(connection, run.migration_id, moves, at=now)
            self._announce(moves)
            if moves.last is None:
                return True
            tell.more(moves)

    async def _move_one(
        self, connection: Connection, route: Route, run: Run, cause: Cause, instance_id: str
    ) -> bool:
        """Move an instance as soon as it can be locked; False when the run has ended while it was waited for."""
        async with connection.transaction():
            locked = await lock_one(connection, route, instance_id, patience=self._patience)
            if await runs.passed(connection, run.migration_id) is None:
                return False
            now = self._engine.clock.now()
            moves = await move_one(connection, route, cause, instance_id, locked, now=now)
            await runs.settle(connection, run.migration_id, instance_id, moves, at=now)
        self._announce(moves)
        return True

    async def _report(self, connection: Connection, route: Route, run: Run) -> MigrationReport:
        moved, given_up = await runs.outcome(connection, run.migration_id)
        stuck = await runs.stuck(connection, run.migration_id)
        return _report(route, moved, stuck, resumed=run.resumed, given_up=given_up)

    def _announce(self, moves: Moves) -> None:
        for root_id in moves.roots:
            self._engine.kept.forget_roots((root_id,))
            self._engine.wakeup.announce(root_id)


@dataclass(slots=True)
class _Told:
    """Counts for the one who watches."""

    progress: Progress
    total: int
    done: int = 0

    def more(self, moves: Moves) -> None:
        self.done += len(moves.roots) + len(moves.stuck)
        self.progress(self.done, max(self.total, self.done))


def _ignore(_done: int, _total: int) -> None:
    """Nobody watches."""


def _schema(source: Json) -> Draft202012Validator | None:
    if source is None:
        return None
    try:
        Draft202012Validator.check_schema(source)  # type: ignore[arg-type]  # it says what is no schema
    except SchemaError as error:
        raise MappingInvalid([Problem("schema", "schema.invalid", error.message)]) from error
    return Draft202012Validator(source)  # type: ignore[arg-type]


def _report(
    route: Route,
    moved: int,
    stuck: Sequence[Stuck],
    *,
    dry_run: bool = False,
    resumed: bool = False,
    given_up: bool = False,
) -> MigrationReport:
    return MigrationReport(
        chart_id=route.after.id,
        from_version=route.before.version,
        to_version=route.after.version,
        dry_run=dry_run,
        moved=moved,
        stuck=tuple(stuck),
        resumed=resumed,
        given_up=given_up,
    )
