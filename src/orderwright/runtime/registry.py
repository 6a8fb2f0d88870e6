"""Published charts and the behaviour that goes with each.

The database has the definitions, a release has the behaviours. While hosts of two releases work side by side, the
newer one publishes versions that the older one cannot run: they are *foreign* to it, and it leaves what is to be done
for their instances to the others.

What is published in a transaction of the caller may come to nothing. Until that has ended the version is *tentative*:
whoever wants it asks the database, so that it is there for those alone who see its row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias

from orderwright.errors import DefinitionInvalid, NotFound, RuntimeFault
from orderwright.runtime.soundness import lacking, require_sound
from orderwright.statechart import Behaviour, Chart, load

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from asyncpg import Record
    from jsonschema import FormatChecker

    from orderwright.runtime.pool import Connection
    from orderwright.statechart import Event


class ChartChanged(DefinitionInvalid):
    """A published version was edited; what has been published never changes."""

    code = "chart.changed"


class ChartNotFound(NotFound):
    """This version of the chart was never published."""

    code = "chart.not_found"


class BehaviourMissing(RuntimeFault):
    """This process cannot run a version of a chart; a host of the release that published it can."""

    code = "chart.behaviour_missing"
    retryable = True


Behaviours: TypeAlias = (
    "Mapping[str, Mapping[int, Behaviour]] | Callable[[str, int], Behaviour | None]"
)


_NONE: Final = "it has no behaviour for it"
_SHOWN: Final = 3
_NO_FACTS: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A chart with its behaviour."""

    chart: Chart
    behaviour: Behaviour

    def facts_of(self, event: Event | None) -> frozenset[str]:
        """Return the names of the facts that an event declares; without an event, that any does."""
        if event is None:
            return frozenset(name for one in self.chart.events.values() for name in one.facts)
        declared = self.chart.events.get(event.type)
        return frozenset(declared.facts) if declared and declared.facts else _NO_FACTS


@dataclass(frozen=True, slots=True)
class _Tentative:
    """A version that a transaction has published or read, which may be undone.

    Attributes:
        writer: the transaction, as `pg_current_xact_id` tells it.
    """

    lifecycle: Lifecycle
    writer: str


@dataclass(frozen=True, slots=True)
class _Foreign:
    """A version that others run; the chart is None if it is not understood."""

    chart: Chart | None
    why: str


class Registry:
    """The charts that this process runs, by id and version.

    It runs what it publishes, and of what others have published the versions whose whole behaviour it has: every
    guard, action, delay, fact and format that they name. A process gets no new behaviour while it runs, so what is
    foreign to it stays so.

    `facts` and `formats` are what new charts may name: facts that somebody loads, formats that somebody checks.
    None asks nothing of them.
    """

    def __init__(
        self,
        behaviours: Behaviours,
        *,
        facts: Collection[str] | None = None,
        formats: FormatChecker | None = None,
        kinds: Collection[str] | None = None,
    ) -> None:
        self._kinds = kinds
        self._behaviours = behaviours
        self._facts = facts
        self._formats = formats
        self._loaded: dict[tuple[str, int], Lifecycle] = {}
        self._tentative: dict[tuple[str, int], _Tentative] = {}
        self._foreign: dict[tuple[str, int], _Foreign] = {}
        self._declared_facts: dict[str, frozenset[str]] = {}
        self._declaring_charts: dict[str, tuple[str, ...]] = {}

    async def publish(self, connection: Connection, definition: str, *, at: datetime) -> Chart:
        """Store a definition, unless the very same is stored already, and keep it in memory once that is committed.

        What is stored already is not checked again: checks that a later release brings stop nobody who runs it.

        Raises:
            ChartInvalid: the definition has no meaning.
            ChartChanged: another text was published under this version.
            ChartUnsound: the checks of charts find something in it.
            BehaviourMissing: there is no behaviour for it.
        """
        chart = load(definition)
        behaviour = self._behaviour_of(chart)
        if behaviour is None:
            raise _missing(chart.id, chart.version, _NONE)
        row = await self._read(connection, chart.id, chart.version)
        if row["definition"] is None:
            require_sound(
                chart,
                behaviour,
                facts=self._facts,
                formats=self._formats,
                kinds=self._kinds,
            )
            await connection.execute(_PUBLISH, chart.id, chart.version, chart.hash, definition, at)
            # The insert has waited for the end of whoever had published it in a transaction.
            self._tentative.pop((chart.id, chart.version), None)
            row = await self._read(connection, chart.id, chart.version)
        if row["definition"] != definition:
            raise _changed(chart)
        self._take_up(Lifecycle(chart, behaviour), row)
        return chart

    async def get(self, connection: Connection, chart_id: str, version: int) -> Lifecycle:
        """Return a version from memory, else from the database.

        Raises:
            ChartNotFound: it was never published.
            BehaviourMissing: it is foreign.
        """
        known = self.known(chart_id, version)
        return known or await self._fetch(connection, chart_id, version)

    async def chart(self, connection: Connection, chart_id: str, version: int) -> Chart:
        """Return a version as it is written, foreign or not.

        Raises:
            ChartNotFound: it was never published.
            BehaviourMissing: it is written in a way that this process does not understand.
        """
        try:
            return (await self.get(connection, chart_id, version)).chart
        except BehaviourMissing:
            found = self._foreign[chart_id, version].chart
            if found is None:
                raise
            return found

    async def is_foreign(self, connection: Connection, chart_id: str, version: int) -> bool:
        """Tell whether a version is for others to run; one that was never published is nobody's, and an error here."""
        try:
            await self.get(connection, chart_id, version)
        except ChartNotFound:
            return False
        except BehaviourMissing:
            return True
        return False

    @property
    def foreign(self) -> list[str]:
        """The versions that were met and are foreign, as `<chart>/<version>`; who claims work leaves out theirs."""
        return [f"{chart_id}/{version}" for chart_id, version in self._foreign]

    def known(self, chart_id: str, version: int | None = None) -> Lifecycle | None:
        """Return a version that is in memory, by default the highest there; None asks for the database."""
        if version is None:
            version = max((v for one, v in self._loaded if one == chart_id), default=0)
        return self._loaded.get((chart_id, version))

    async def latest(self, connection: Connection, chart_id: str) -> Lifecycle:
        """Return the highest version that this process knows and the connection sees, else the highest published one.

        A version that a newer process published is not taken up: its behaviour may not be here.

        Raises:
            ChartNotFound: there is none.
            BehaviourMissing: it is foreign.
        """
        known = self.known(chart_id)
        if self._tentative:
            known = await self._newer(connection, chart_id, known) or known
        if known is not None:
            return known
        version = await connection.fetchval(_LATEST, chart_id)
        if version is None:
            raise ChartNotFound(f"no chart {chart_id!r} was published", values={"chart": chart_id})
        return await self.get(connection, chart_id, version)

    def facts_anywhere(self, event_type: str) -> frozenset[str]:
        """Return the facts that any chart known here declares for an event: a hint that saves a read."""
        return self._declared_facts.get(event_type, _NO_FACTS)

    def charts_with_facts(self, event_type: str) -> tuple[str, ...]:
        """Return the ids of the charts known here that declare facts for an event."""
        return self._declaring_charts.get(event_type, ())

    def _note_facts(self, chart: Chart) -> None:
        for one in chart.events.values():
            if one.facts:
                self._declared_facts[one.type] = self.facts_anywhere(one.type) | set(one.facts)
                charts = {*self.charts_with_facts(one.type), chart.id}
                self._declaring_charts[one.type] = tuple(sorted(charts))

    async def _newer(
        self, connection: Connection, chart_id: str, known: Lifecycle | None
    ) -> Lifecycle | None:
        """Return the highest tentative version that the connection sees, if it is higher than what is known."""
        highest = known.chart.version if known else 0
        for version in sorted((v for one, v in self._tentative if one == chart_id), reverse=True):
            if version > highest:
                try:
                    return await self.get(connection, chart_id, version)
                except NotFound:
                    continue
        return None

    async def _read(self, connection: Connection, chart_id: str, version: int) -> Record:
        """Read a version, if it is there, and how things stand with the transaction that may undo it."""
        tentative = self._tentative.get((chart_id, version))
        writer = tentative.writer if tentative else None
        [row] = await connection.fetch(_READ, chart_id, version, writer)
        return row

    def _take_up(self, lifecycle: Lifecycle, row: Record) -> Lifecycle:
        """Keep what is committed, and remember of the rest who may undo it."""
        chart = lifecycle.chart
        key = (chart.id, chart.version)
        self._foreign.pop(key, None)
        if row["writer"] is not None:
            self._tentative[key] = _Tentative(lifecycle, row["writer"])
            return lifecycle
        self._tentative.pop(key, None)
        self._note_facts(chart)
        self._loaded[key] = lifecycle  # over what an older state of the database had
        return lifecycle

    async def _fetch(self, connection: Connection, chart_id: str, version: int) -> Lifecycle:
        key = (chart_id, version)
        if key not in self._foreign:
            tentative = self._tentative.get(key)
            row = await self._read(connection, *key)
            if row["definition"] is None:
                if row["writer"] is None and self._tentative.get(key) is tentative:
                    self._tentative.pop(key, None)
                raise _never_published(chart_id, version)
            if tentative and tentative.lifecycle.chart.definition == row["definition"]:
                return self._take_up(tentative.lifecycle, row)
            found = self._understood(row["definition"])
            if isinstance(found, Lifecycle):
                return self._take_up(found, row)
            self._foreign[key] = found
        raise _missing(chart_id, version, self._foreign[key].why)

    def _understood(self, definition: str) -> Lifecycle | _Foreign:
        try:
            chart = load(definition)
        except DefinitionInvalid as error:
            return _Foreign(None, error.message)
        behaviour = self._behaviour_of(chart)
        if behaviour is None:
            return _Foreign(chart, _NONE)
        found = lacking(chart, behaviour, facts=self._facts, formats=self._formats)
        problems = "; ".join(f"{one.path}: {one.message}" for one in islice(found, _SHOWN))
        return _Foreign(chart, problems) if problems else Lifecycle(chart, behaviour)

    def _behaviour_of(self, chart: Chart) -> Behaviour | None:
        if callable(self._behaviours):
            return self._behaviours(chart.id, chart.version)
        return self._behaviours.get(chart.id, {}).get(chart.version)


def _changed(chart: Chart) -> ChartChanged:
    return ChartChanged(
        f"chart {chart.id} v{chart.version} is published and cannot change; give the new"
        f" definition the version {chart.version + 1}",
        values={"chart": chart.id, "version": chart.version},
    )


def _never_published(chart_id: str, version: int) -> ChartNotFound:
    message = f"chart {chart_id} v{version} was never published"
    return ChartNotFound(message, values={"chart": chart_id, "version": version})


def _missing(chart_id: str, version: int, why: str) -> BehaviourMissing:
    return BehaviourMissing(
        f"this process cannot run chart {chart_id} v{version}: {why}",
        values={"chart": chart_id, "version": version},
    )


_PUBLISH = """
insert into orderwright.chart (chart_id, version, hash, definition, published_at)
values ($1, $2, $3, $4, $5)
on conflict (chart_id, version) do nothing
"""
# The writer is the transaction that may still undo what is read: the one that is remembered, until it has ended, or
# this very one if it has written anything. What others have written and is seen is committed.
_READ = """
select chart.definition,
       case when own.id = $3::text::xid8 then own.id::text
            when not pg_visible_in_snapshot($3::text::xid8, pg_current_snapshot()) then $3
            when $3 is null then own.id::text end as writer
from (select pg_current_xact_id_if_assigned() as id) as own
left join orderwright.chart as chart on chart.chart_id = $1 and chart.version = $2
"""
_LATEST = "select max(version) from orderwright.chart where chart_id = $1"
