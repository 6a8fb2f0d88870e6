"""Another rule for credit limits: all sales that turn on credit look at it again, the oldest first.

A change of the rule moves the limit of every customer without a custom one. In its transaction two passes are put
down as jobs: one at once, and one when every process knows the rule, for what was decided meanwhile by the one before.
A job does a batch and puts the next one down, in one transaction; so a pass goes on after a crash where it stood, and
what is repeated finds nothing left to do. A sale that fails raises an alarm and stands in nobody's way.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import asyncpg
import structlog

from orderwright.app.credit.reactions import CREDIT
from orderwright.app.credit.recheck import TURN_ON_CREDIT, look_again, recheck_sale
from orderwright.domain.orders.credit_terms import CREDIT_TERMS
from orderwright.domain.reading import integer, text
from orderwright.runtime.command import Cause
from orderwright.runtime.job import JobKind
from orderwright.runtime.job_queue import JobQueue
from orderwright.runtime.observation import told_on_commit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asyncpg import Record

    from orderwright.app.credit.recheck import Looking
    from orderwright.app.live_settings import LiveSettings
    from orderwright.app.setting_desk import Sequel
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.job import JobRun
    from orderwright.runtime.pool import Connection

KIND: Final = "credit-rule"
"""The kind of the jobs; the payload says which change it is, which pass, and what the last sale was."""
LATE: Final = timedelta(minutes=1)
"""After so long every process knows a changed rule; see `live_settings.FRESH`."""

_BATCH: Final = 50
"""Sales to a transaction, which holds the credit of as many customers."""
_TIMEOUT: Final = 600
_BEGINNING: Final = "0001-01-01T00:00:00+00:00"

_logger = structlog.get_logger(__name__)


class _House(NamedTuple):
    engine: Engine
    settings: LiveSettings


class RulePass:
    """Does what a change of the rule calls for."""

    def __init__(self) -> None:
        self._house: _House | None = None

    def serve(self, engine: Engine, settings: LiveSettings) -> Sequel:
        """Begin to work on an engine, of which the kind of job is a part already; return what begins a pass."""
        self._house = _House(engine, settings)
        return self._begin

    @property
    def kind(self) -> JobKind:
        """The kind of job that does a batch."""
        return JobKind(name=KIND, handle=self._work, timeout_seconds=_TIMEOUT)

    async def _begin(self, connection: Connection, change_id: int) -> None:
        now = self._ready().engine.clock.now()
        for number, due_at in enumerate((now, now + LATE), 1):
            first = {"change": change_id, "pass": number, "placedAt": _BEGINNING, "orderId": ""}
            await self._put_down(connection, first, due_at=due_at)

    async def _work(self, run: JobRun) -> None:
        """Have the sales of a batch look again by the rule in force, and put the next batch down."""
        payload, (engine, settings) = _mapping(run.payload), self._ready()
        async with engine.pool.acquire() as connection, told_on_commit(connection):
            rule = (await settings.fresh(connection)).credit_limit_rule
            rows = await _next_sales(connection, payload)
            cause = Cause(
                actor=CREDIT,
                reason=f"the rule for credit limits is {rule.value}",
                causation_id=f"{KIND}/{integer(payload, 'change')}",
            )
            ids = [row["id"] for row in rows]
            count = await look_again(
                engine, connection, ids, lambda _: cause, rule=rule, step=_look
            )
            _logger.info("credit_rule_pass", rule=rule.value, seen=len(rows), rechecked=count)
            if len(rows) == _BATCH:
                last = {"placedAt": rows[-1]["placed_at"].isoformat(), "orderId": rows[-1]["id"]}
                await self._put_down(connection, {**payload, **last})

    async def _put_down(
        self,
        connection: Connection,
        payload: Mapping[str, object],
        *,
        due_at: datetime | None = None,
    ) -> None:
        place = (payload[one] for one in ("change", "pass", "orderId"))
        await JobQueue(self._ready().engine).enqueue(
            KIND,
            payload,
            key="/".join((KIND, *map(str, place))),
            root_id=KIND,
            due_at=due_at,
            connection=connection,
        )

    def _ready(self) -> _House:
        if self._house is None:
            raise TypeError("a pass needs a house to work in: call serve")
        return self._house


async def _look(engine: Engine, connection: Connection, sale: Looking, cause: Cause) -> int:
    """Have a sale look again; one that fails raises an alarm, and holds what it held."""
    try:
        async with told_on_commit(connection):
            return await recheck_sale(engine, connection, sale, cause)
    except Exception as error:
        if connection.is_closed() or isinstance(error, asyncpg.DeadlockDetectedError):
            raise
        _logger.exception("credit_rule_recheck_failed", instance_id=sale.sale_id)
        subject, details = f"{sale.sale_id}/RECHECK", {"instance_id": sale.sale_id}
        engine.alarm.raise_for("step", subject, "credit_rule_recheck", str(error), details)
        return sale.held


async def _next_sales(connection: Connection, payload: Mapping[str, object]) -> list[Record]:
    place = (datetime.fromisoformat(text(payload, "placedAt")), text(payload, "orderId"))
    rows: list[Record] = await connection.fetch(_NEXT, *place, list(CREDIT_TERMS), _BATCH)
    return rows


def _mapping(payload: object) -> Mapping[str, object]:
    if not isinstance(payload, dict):
        raise TypeError(f"expected the payload of a pass, found {payload!r}")
    return payload


_NEXT: Final = (
    "select so.id, so.placed_at from orderwright.sale_order so"  # noqa: S608 (our own words)
    + TURN_ON_CREDIT.format(terms="$3::text[]", with_held="true")
    + "and (so.placed_at, so.id) > ($1, $2) order by so.placed_at, so.id limit $4"
)
