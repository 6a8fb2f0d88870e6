"""The time to pay, of another length: open sales that were placed under the old one get the new one.

A pass goes over the open sales, those placed first first, a batch in each transaction, and sends TERM_CHANGED to each
whose term does not end when it would by the length in force. What the chart makes of it sets the timer anew. A pass
is made when the length was changed since the last whole pass began; a table remembers that one, so that a slot costs
one look when nothing was changed. A change shortly before a pass calls for another at the next slot: until
`LATE`, some process may still have placed sales by what it knew before.

A sale without a term was cleared before, or its part-paid end was told and people decide, or an import brought it: it
stays without one. Where the length was 0 since the last whole pass, it may also have begun so, and then gets a term.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.runtime.pool import Connection

LATE: Final = timedelta(minutes=1)
"""After so long every process knows a changed setting; see `live_settings.FRESH`."""
SETTING: Final = "sale_pending_expiry_minutes"
_OURS: Final = "terms"
_BEGINNING: Final = datetime.fromisoformat("0001-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """A pass over the open sales.

    Attributes:
        minutes: the length that it brings about; 0 for no term.
        begun_at: when it began.
        was_off: the length was 0 at some time since the last whole pass.
        placed_at, order_id: of the last sale that it has been at.
    """

    minutes: int
    begun_at: datetime
    was_off: bool
    placed_at: datetime = _BEGINNING
    order_id: str = ""

    def again(self, minutes: int, *, at: datetime) -> Pass:
        """Return a pass from the beginning that brings another length about."""
        was_off = self.was_off or not self.minutes
        return Pass(minutes=minutes, begun_at=at, was_off=was_off)

    def to_mark(self) -> str:
        """Return it as the mark of a slot."""
        flag = int(self.was_off)
        times = (self.begun_at.isoformat(), self.placed_at.isoformat())
        return "|".join((_OURS, str(self.minutes), str(flag), *times, self.order_id))

    @classmethod
    def from_mark(cls, mark: str | None) -> Pass | None:
        """Read what `to_mark` wrote; None for no mark, and for one of other work."""
        ours, *parts = (mark or "").split("|", 5)
        if ours != _OURS or not parts:
            return None
        minutes, was_off, begun_at, placed_at, order_id = parts
        return cls(
            minutes=int(minutes),
            was_off=was_off == "1",
            begun_at=datetime.fromisoformat(begun_at),
            placed_at=datetime.fromisoformat(placed_at),
            order_id=order_id,
        )


async def due_pass(connection: Connection, minutes: int, *, at: datetime) -> Pass | None:
    """Return a pass that begins now; None when the last whole one brought about what is in force."""
    [row] = await connection.fetch(_CHANGED, SETTING, LATE)
    if row["value"] == minutes and not row["changes"]:
        return None
    was_off = 0 in (row["value"], *row["changes"])
    return Pass(minutes=minutes, begun_at=at, was_off=was_off)


async def next_sales(connection: Connection, going: Pass, *, most: int) -> list[Record]:
    """Return the id and time of placing of the sales that a pass has to change next, at most so many."""
    place = (going.placed_at, going.order_id)
    rows: list[Record] = await connection.fetch(_NEXT, *place, going.minutes, going.was_off, most)
    return rows


async def remember(connection: Connection, done: Pass) -> None:
    """Store that a pass is whole."""
    await connection.execute(_REMEMBER, SETTING, done.minutes, done.begun_at)


_CHANGED = """
with applied as (select value, begun_at from orderwright.applied_setting where name = $1),
     change as (
       select before, after from orderwright.live_setting_change
       where name = $1
         and changed_at >= coalesce((select begun_at from applied) - $2::interval, '-infinity'))
select (select value from applied) as value,
       array(select before from change union select after from change) as changes
"""
# The order's record says when the sale phase began; a sale that was reopened began anew.
_NEXT = """
select so.id, so.placed_at
from orderwright.sale_order as so
join orderwright.instance as i on i.instance_id = so.id
cross join lateral (
    select (i.snapshot::jsonb) -> 'context' as context offset 0) as s
cross join lateral (
    select (s.context ->> 'expiresAt')::timestamptz as ends,
           case when $3::int > 0 then coalesce(
               (select max(occurred_at) from orderwright.log
                where instance_id = so.id and event_type = 'REOPEN'),
               so.placed_at) + make_interval(mins => $3::int) end as due) as term
where (so.placed_at, so.id) > ($1, $2)
  and i.status = 'active'
  and i.state in ('AWAITING_PAYMENT_METHOD', 'PAYMENT_INITIATED', 'PAYMENT_PENDING_CONFIRMATION',
                  'PAYMENT_FAILED', 'OVERRIDE_REVIEW', 'FROZEN')
  and (s.context ->> 'clearance')::int = 0
  and term.ends is distinct from term.due
  and (term.ends is not null
       or $4 and exists (
           select from orderwright.log where instance_id = so.id and version = 1 and origin <> 'import'))
order by so.placed_at, so.id
limit $5
"""
_REMEMBER = """
insert into orderwright.applied_setting (name, value, begun_at) values ($1, $2, $3)
on conflict (name) do update set value = excluded.value, begun_at = excluded.begun_at
"""
