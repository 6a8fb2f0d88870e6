"""The repair of stale-sale expiry.

An unpaid sale expires by a timer of its own, exactly at the end of its term. This sweep, at the slots of
`SALE_EXPIRY_CRON`, makes up for timers that were lost (a table restored alone, a row deleted by hand) or that
keep failing: each open sale whose term is over for more than a minute gets its SALE_EXPIRED. The chart decides as
ever: one that is part-paid stays as it is. One that cannot be expired stands in nobody's way.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from orderwright.runtime import timers
from orderwright.runtime.schedule import Schedule
from orderwright.runtime.slot_action import SCHEDULE
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.live_settings import LiveSettings
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection
    from orderwright.runtime.slots import Slot

ACTION: Final = "sale.expiry"
GRACE: Final = timedelta(minutes=1)
"""How late a timer may be before the sweep steps in."""

_EXPIRED: Final = Event("SALE_EXPIRED")
_OPEN: Final = (
    "AWAITING_PAYMENT_METHOD",
    "PAYMENT_INITIATED",
    "PAYMENT_PENDING_CONFIRMATION",
    "PAYMENT_FAILED",
    "OVERRIDE_REVIEW",
)

_logger = structlog.get_logger(__name__)


class SaleExpiry:
    """Sweeps over the open sales, a batch of `SALE_EXPIRY_BATCH_SIZE` in each transaction."""

    def __init__(self, engine: Engine, settings: LiveSettings) -> None:
        self._engine = engine
        self._settings = settings

    @property
    def schedule(self) -> Schedule:
        """When the sweep runs: of slots that were missed, the latest makes up for all."""
        return Schedule(
            name=ACTION, cron=self._settings.told.sale_expiry_cron, missed="latest", action=ACTION
        )

    async def sweep(self, connection: Connection, slot: Slot) -> str | None:
        """Expire a batch; return the id of its last sale when there may be more, else None.

        Does nothing where `SALE_PENDING_EXPIRY_MINUTES` is 0: then sales do not expire.
        """
        settings = await self._settings.current(connection)
        if not settings.sale_pending_expiry_minutes:
            return None
        most = settings.sale_expiry_batch_size
        late = self._engine.clock.now() - GRACE
        rows = await connection.fetch(_OVERDUE + f"limit {most}", slot.mark or "", late, _OPEN)
        for row in rows:
            await self._expire(connection, slot, row["instance_id"])
        return rows[-1]["instance_id"] if len(rows) == most else None

    async def _expire(self, connection: Connection, slot: Slot, sale_id: str) -> None:
        names = {"instance_id": sale_id, "slot": slot.id}
        try:
            result = await self._engine.send(
                sale_id, _EXPIRED, actor=SCHEDULE, causation_id=slot.id, connection=connection
            )
        except Exception as error:
            if connection.is_closed():
                raise
            _logger.exception("sale_expiry_failed", **names)
            subject = f"{sale_id}/{_EXPIRED.type}"
            self._engine.alarm.raise_for("step", subject, "sale_expiry", str(error), names)
            return
        if result.refused is not None:
            _logger.info("sale_expiry_refused", **names, code=result.refused.code)
            return
        await timers.drop(connection, sale_id, _EXPIRED.type)
        _logger.info("sale_expired_late", **names)


# By id, so that instances are locked in key order, and a batch goes on where the one before ended.
_OVERDUE = """
select i.instance_id
from orderwright.instance as i
where i.chart_id = 'sale' and i.status = 'active' and i.state = any($3::text[]) and i.instance_id > $1
  and ((i.snapshot::jsonb) -> 'context' ->> 'expiresAt')::timestamptz <= $2
  and not exists (
    select from orderwright.timer as t
    where t.instance_id = i.instance_id and t.timer_id = 'SALE_EXPIRED' and t.due_at > $2)
order by i.instance_id
"""
