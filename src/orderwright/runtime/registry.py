"""Published charts and the behaviour that goes with each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from orderwright.errors import DefinitionInvalid, NotFound
from orderwright.runtime.soundness import require_sound
from orderwright.statechart import Behaviour, Chart, load

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from jsonschema import FormatChecker

    from orderwright.runtime.pool import Connection
    from orderwright.statechart import Event


class ChartChanged(DefinitionInvalid):
    """A published version was edited; what has been published never changes."""

    code = "chart.changed"


class ChartNotFound(NotFound):
    """This version of the chart was never published, or has no behaviour here."""

    code = "chart.not_found"


Behaviours: TypeAlias = (
    "Mapping[str, Mapping[int, Behaviour]] | Callable[[str, int], Behaviour | None]"
)


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
        return frozenset(declared.facts if declared else ())


class Registry:
    """The charts that this process runs, by id and version.

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
        self._declared_facts: dict[str, frozenset[str]] = {}
        self._declaring_charts: dict[str, tuple[str, ...]] = {}

    async def publish(self, connection: Connection, definition: str, *, at: datetime) -> Chart:
        """Store a definition, unless the very same is stored already, and keep it in memory.

        What is stored already is not checked again: checks that a later release brings stop nobody who runs it.

        Raises:
            ChartInvalid: the definition has no meaning.
            ChartChanged: another text was published under this version.
            ChartUnsound: the checks of charts find something in it.
            ChartNotFound: there is no behaviour for it.
        """
        chart = load(definition)
        lifecycle = self._with_behaviour(chart)
        stored = await connection.fetchval(_DEFINITION, chart.id, chart.version)
        if stored is None:
            require_sound(
                chart,
                lifecycle.behaviour,
                facts=self._facts,
                formats=self._formats,
                kinds=self._kinds,
            )
            await connection.execute(_PUBLISH, chart.id, chart.version, chart.hash, definition, at)
            stored = await connection.fetchval(_DEFINITION, chart.id, chart.version)
        if stored != definition:
            raise _changed(chart)
        self._keep(lifecycle)
        return chart

    async def get(self, connection: Connection, chart_id: str, version: int) -> Lifecycle:
        """Return a version from memory, else from the database.

        Raises:
            ChartNotFound: it was never published, or has no behaviour here.
        """
        known = self.known(chart_id, version)
        return known or await self._fetch(connection, chart_id, version)

    def known(self, chart_id: str, version: int | None = None) -> Lifecycle | None:
        """Return a version that is in memory, by default the highest there; None asks for the database."""
        if version is None:
            version = max((v for one, v in self._loaded if one == chart_id), default=0)
        return self._loaded.get((chart_id, version))

    async def latest(self, connection: Connection, chart_id: str) -> Lifecycle:
        """Return the highest version that this process knows, else the highest published one.

        A version that a newer process published is not taken up: its behaviour may not be here.

        Raises:
            ChartNotFound: there is none.
        """
        known = self.known(chart_id)
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

    def _keep(self, lifecycle: Lifecycle) -> Lifecycle:
        chart = lifecycle.chart
        self._note_facts(chart)
        return self._loaded.setdefault((chart.id, chart.version), lifecycle)

    async def _fetch(self, connection: Connection, chart_id: str, version: int) -> Lifecycle:
        definition = await connection.fetchval(_DEFINITION, chart_id, version)
        if definition is None:
            raise _missing(chart_id, version, "was never published")
        return self._keep(self._with_behaviour(load(definition)))

    def _with_behaviour(self, chart: Chart) -> Lifecycle:
        if callable(self._behaviours):
            behaviour = self._behaviours(chart.id, chart.version)
        else:
            behaviour = self._behaviours.get(chart.id, {}).get(chart.version)
        if behaviour is None:
            raise _missing(chart.id, chart.version, "has no behaviour in this process")
        return Lifecycle(chart, behaviour)


def _changed(chart: Chart) -> ChartChanged:
    return ChartChanged(
        f"chart {chart.id} v{chart.version} is published and cannot change; give the new"
        f" definition the version {chart.version + 1}",
        values={"chart": chart.id, "version": chart.version},
    )


def _missing(chart_id: str, version: int, why: str) -> ChartNotFound:
    return ChartNotFound(
        f"chart {chart_id} v{version} {why}", values={"chart": chart_id, "version": version}
    )


_PUBLISH = """
insert into orderwright.chart (chart_id, version, hash, definition, published_at)
values ($1, $2, $3, $4, $5)
on conflict (chart_id, version) do nothing
"""
_DEFINITION = "select definition from orderwright.chart where chart_id = $1 and version = $2"
_LATEST = "select max(version) from orderwright.chart where chart_id = $1"
