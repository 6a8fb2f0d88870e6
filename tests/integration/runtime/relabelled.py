"""The second version of the parcel, in which OPEN is called READY and REMIND is called NUDGE; and the way there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from parcel import BEHAVIOUR, PARCEL, START

if TYPE_CHECKING:
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.migration import MigrationReport, Migrations

_NAMES: Final = {"OPEN": "READY", "REMIND": "NUDGE"}


def renamed(source: Any) -> Any:
    """Return a part of a chart under the names of the second version."""
    if isinstance(source, dict):
        return {_NAMES.get(key, key): renamed(member) for key, member in source.items()}
    if isinstance(source, list):
        return [renamed(member) for member in source]
    return _NAMES.get(source, source) if isinstance(source, str) else source


SECOND: Final = {**renamed(PARCEL), "version": 2, "context": {"count": 0, "grade": "B"}}
MAPPING: Final[dict[str, Any]] = {
    "states": {"parcel.OPEN": "parcel.READY"},
    "context": {"pieces": {"from": "context.count"}},
    "timers": {"REMIND": "NUDGE"},
}


async def publish_second(engine: Engine) -> None:
    """Publish the second version with an engine that knew the first alone."""
    engine.registry._behaviours = {"parcel": {1: BEHAVIOUR, 2: BEHAVIOUR}}
    async with engine.pool.acquire() as connection:
        await engine.registry.publish(connection, json.dumps(SECOND), at=START)


async def migrate(
    migrations: Migrations, mapping: Any = MAPPING, **options: Any
) -> MigrationReport:
    """Move the parcels to the second version."""
    return await migrations.migrate("parcel", 1, 2, mapping, actor="ann", **options)
