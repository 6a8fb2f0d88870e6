"""The repair of stale-sale expiry.

An unpaid sale expires by a timer of its own, exactly at the end of its term. This sweep, at the slots of
`SALE_EXPIRY_CRON`, first brings the terms about that a changed setting calls for; see `term_pass`. Then it makes up
for timers that were lost (a table restored alone, a row deleted by hand) or that keep failing: each open sale whose
term is over for more than a minute gets its SALE_EXPIRED. The chart decides as ever: one that is part-paid stays as
it is. One that fails stands in nobody's way.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from orderwright.app.credit.locking import hold_sales
from orderwright.app.term_pass import Pass, due_pass, next_sales, remember
from orderwright.runtime import timers
from orderwright.runtime.command import Cause, Send
from orderwright.runtime.failure import IN_THE_WAY
from orderwright.runtime.schedule import Schedule, put_schedule
from orderwright.runtime.slot_action import SCHEDULE
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.live_settings import LiveSettings
    from orderwright.app.settings import Settings
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection
    from orderwright.runtime.slots import Slot

ACTION: Final = "sale.expiry"
GRACE: Final = timedelta(minutes=1)
"""How late a timer may be before the sweep steps in."""

_EXPIRED: Final = Event("SALE_EXPIRED")
_TERMS_DONE: Final = ""
"""The mark after a whole pass: what is overdue has a transaction of its own, which locks all that it needs at once."""
_CHANGED: Final = Event("TERM_CHANGED")
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

    async def schedule(self, connection: Connection) -> Schedule:
        """Return when the sweep runs; nobody changes that until the caller's transaction ends."""
        cron = (await self._settings.held(connection)).sale_expiry_cron
        return Schedule(name=ACTION, cron=cron, missed="latest", action=ACTION)

    async def rearm(self, connection: Connection, _: int) -> None:
        """Go by other times from now on, in the transaction that changes them; a slot that is due is done first."""
        schedule = await self.schedule(connection)
        await put_schedule(connection, schedule, at=self._engine.clock.now())

    async def sweep(self, connection: Connection, slot: Slot) -> str | None:
        """Change the terms of a batch, or expire one; return a mark to go on from when there may be more, else None.

        Nothing expires where `SALE_PENDING_EXPIRY_MINUTES` is 0.
        """
        settings = await self._settings.current(connection)
        going = await self._pass(connection, slot, settings.sale_pending_expiry_minutes)
        if going is not None:
            further = await self._change_terms(connection, slot, going, settings)
            return further.to_mark() if further else _TERMS_DONE
        if not settings.sale_pending_expiry_minutes:
            return None
        return await self._expire_overdue(connection, slot, slot.mark or _TERMS_DONE, settings)

    async def _pass(self, connection: Connection, slot: Slot, minutes: int) -> Pass | None:
        """Return the pass over the terms that is under way or due; one of another length begins anew."""
        going, now = Pass.from_mark(slot.mark), self._engine.clock.now()
        if going is not None:
            return going if going.minutes == minutes else going.again(minutes, at=now)
        return None if slot.mark is not None else await due_pass(connection, minutes, at=now)

    async def _change_terms(
        self, connection: Connection, slot: Slot, going: Pass, settings: Settings
    ) -> Pass | None:
        """Change the terms of a batch; return how far the pass is, None when it is whole."""
        rows = await next_sales(connection, going, most=settings.sale_expiry_batch_size)
        await hold_sales(connection, [row["id"] for row in rows])
        for sale_id in sorted(row["id"] for row in rows):
            await self._send(connection, slot, sale_id, _CHANGED)
        if len(rows) == settings.sale_expiry_batch_size:
            return replace(going, placed_at=rows[-1]["placed_at"], order_id=rows[-1]["id"])
        await remember(connection, going)
        _logger.info("sale_terms_changed", slot=slot.id, minutes=going.minutes)
        return None

    async def _expire_overdue(
        self, connection: Connection, slot: Slot, after: str, settings: Settings
    ) -> str | None:
        most = settings.sale_expiry_batch_size
        late = self._engine.clock.now() - GRACE
        rows = await connection.fetch(_OVERDUE + f"limit {most}", after, late, _OPEN)
        await hold_sales(connection, [row["instance_id"] for row in rows])
        for row in rows:
            await self._expire(connection, slot, row["instance_id"])
        return rows[-1]["instance_id"] if len(rows) == most else None

    async def _expire(self, connection: Connection, slot: Slot, sale_id: str) -> None:
        result = await self._send(connection, slot, sale_id, _EXPIRED)
        if result is not None and result.refused is None:
            await timers.drop(connection, sale_id, _EXPIRED.type)
            _logger.info("sale_expired_late", instance_id=sale_id, slot=slot.id)

    async def _send(
        self, connection: Connection, slot: Slot, sale_id: str, event: Event
    ) -> Result | None:
        """Send an event; one that fails raises an alarm, and None is returned.

        Raises:
            LockNotAvailableError, DeadlockDetectedError: others are in the way; the slot is struck again.
        """
        names = {"instance_id": sale_id, "slot": slot.id}
        try:
            result = await self._engine.carry_out(
                Send(
                    instance_id=sale_id,
                    event=event,
                    cause=Cause(actor=SCHEDULE, causation_id=slot.id),
                ),
                connection=connection,
            )
        except IN_THE_WAY:
            raise
        except Exception as error:
            if connection.is_closed():
                raise
            _logger.exception("sale_expiry_failed", **names)
            subject = f"{sale_id}/{event.type}"
            self._engine.alarm.raise_for("step", subject, "sale_expiry", str(error), names)
            return None
        if result.refused is not None:
            _logger.info("sale_expiry_refused", **names, code=result.refused.code)
        return result


# By id, so that a batch goes on where the one before ended.
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
