"""Overrides for people: ask for one, decide, take back, and see what waits.

Permission is checked first; then the sale decides whether it may be asked, and the approval whether this person may
vote. A refusal by a lifecycle is part of the result; everything else that is wrong is raised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from orderwright.app.approvals import SALE
from orderwright.app.page import Page, Place, size
from orderwright.app.permissions import Identity, require
from orderwright.app.rows import Standing
from orderwright.app.words import words_of
from orderwright.domain.reading import mapping
from orderwright.errors import NotFound
from orderwright.json_text import load
from orderwright.runtime.command import Actor
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from asyncpg import Record

    from orderwright.app.orders import Asked, Orders
    from orderwright.app.queries import Queries
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine

Kind = Literal["ADMIN", "CREDIT"]
Decision = Literal["APPROVE", "DENY"]

_REQUESTS: Final[Mapping[Kind, str]] = {
    "ADMIN": "ADMIN_OVERRIDE_REQUESTED",
    "CREDIT": "CREDIT_OVERRIDE_REQUIRED",
}


class OverrideNotFound(NotFound):
    """There is no override request with this id."""

    code = "override.not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which override requests; `search` is looked for in the order's number and the customer's name."""

    states: Sequence[str] = ()
    kind: Kind | None = None
    order_id: str | None = None
    search: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRow:
    """An override request; amounts in its context are minor units of the order's currency."""

    id: str
    order_id: str
    kind: Kind
    requested_by: str
    requested_at: datetime
    standing: Standing


class Overrides:
    """Commands and lists of override requests."""

    def __init__(self, engine: Engine, queries: Queries, orders: Orders) -> None:
        self._engine = engine
        self._queries = queries
        self._orders = orders

    # --- commands ---

    async def request(self, order_id: str, kind: Kind, reason: str, asked: Asked) -> Result:
        """Ask to waive payment, or to exceed the credit limit; the approval follows with the relay.

        Raises:
            RoleMissing, OrderNotFound, IdempotencyMismatch, InstanceBusy.
        """
        require(asked.by, "override.request")
        event = Event(_REQUESTS[kind], {"reason": reason.strip()})
        return await self._orders.send_sale_event(order_id, event, asked)

    async def vote(
        self, override_id: str, decision: Decision, reason: str, amount: str | None, asked: Asked
    ) -> Result:
        """Vote for or against a request; `amount` is what the voter consents to, in major units, if that is less.

        Raises:
            RoleMissing, OverrideNotFound, IdempotencyMismatch, InstanceBusy.
        """
        require(asked.by, "override.vote")
        less = {"amount": amount} if amount is not None else {}
        return await self._send(
            override_id, Event(decision, {"reason": reason.strip(), **less}), asked
        )

    async def revoke(self, override_id: str, reason: str, asked: Asked) -> Result:
        """Take back what was approved.

        Raises:
            RoleMissing, OverrideNotFound, IdempotencyMismatch, InstanceBusy.
        """
        require(asked.by, "override.revoke")
        return await self._send(override_id, Event("REVOKE", {"reason": reason.strip()}), asked)

    async def withdraw(self, override_id: str, reason: str, asked: Asked) -> Result:
        """Take back one's own request.

        Raises:
            RoleMissing, OverrideNotFound, IdempotencyMismatch, InstanceBusy.
        """
        require(asked.by, "override.request")
        return await self._send(override_id, Event("WITHDRAW", {"reason": reason.strip()}), asked)

    async def _send(self, override_id: str, event: Event, asked: Asked) -> Result:
        if await self._read(override_id) is None:
            message = f"no override request has the id {override_id!r}"
            raise OverrideNotFound(message, values={"id": override_id})
        return await self._engine.send(
            override_id,
            event,
            actor=Actor(asked.by.id),
            idempotency_key=asked.key,
            reason=asked.reason,
        )

    # --- lists ---

    async def page(
        self, by: Identity, wanted: Wanted, *, first: int, after: str | None
    ) -> Page[OverrideRow]:
        """Return a page of requests, the newest first.

        Raises:
            RoleMissing: the person may not see them.
            InputInvalid: `first` or `after` is wrong.
        """
        require(by, "override.read")
        most, place = size(first), Place.read(after) if after is not None else None
        at = (place.at, place.id) if place else (None, None)
        found = await self._engine.pool.fetch(f"{_LIST}limit {most + 1}", *_narrowed(wanted), *at)
        rows = [(Place(row["requested_at"], row["id"]), await self._row(row)) for row in found]
        return Page(rows=rows[:most], has_next=len(rows) > most, has_previous=after is not None)

    async def count(self, by: Identity, wanted: Wanted) -> int:
        """Return how many there are.

        Raises:
            RoleMissing: the person may not see them.
        """
        require(by, "override.read")
        found: int = await self._engine.pool.fetchval(_COUNT, *_narrowed(wanted))
        return found

    async def one(self, by: Identity, override_id: str) -> OverrideRow | None:
        """Return a request, or None if there is none.

        Raises:
            RoleMissing: the person may not see it.
        """
        require(by, "override.read")
        return await self._read(override_id)

    async def _read(self, override_id: str) -> OverrideRow | None:
        row = await self._engine.pool.fetchrow(_ONE, override_id, SALE)
        return await self._row(row) if row else None

    async def _row(self, row: Record) -> OverrideRow:
        chart = await self._queries.chart("approval", row["chart_version"])
        words, snapshot = words_of(chart, row["state"]), load(row["snapshot"])
        return OverrideRow(
            id=row["id"],
            order_id=row["subject_id"],
            kind=row["kind"],
            requested_by=row["requested_by"],
            requested_at=row["requested_at"],
            standing=Standing(words=words, context=mapping(snapshot, "context")),
        )


def _narrowed(wanted: Wanted) -> tuple[object, ...]:
    words = wanted.search.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    states = list(wanted.states) or None
    return SALE, states, wanted.kind, wanted.order_id, f"%{words}%"


_FROM: Final = """
from orderwright.approval as a
join orderwright.instance as i on i.instance_id = a.id
join orderwright.sale_order as o on o.id = a.subject_id
join orderwright.customer as c on c.id = o.customer_id
where a.subject_type = $1 and ($2::text[] is null or i.state = any($2))
  and ($3::text is null or a.kind = $3) and ($4::text is null or a.subject_id = $4)
  and (o.number ilike $5 or c.name ilike $5)
"""
_COLUMNS: Final = """
select a.id, a.subject_id, a.kind, a.requested_by, a.requested_at, i.chart_version, i.state, i.snapshot
"""
_LIST: Final = f"""
{_COLUMNS} {_FROM}
  and ($6::timestamptz is null or (a.requested_at, a.id) < ($6, $7::text))
order by a.requested_at desc, a.id desc
"""
_COUNT: Final = f"select count(*) {_FROM}"
_ONE: Final = f"""
{_COLUMNS} from orderwright.approval as a join orderwright.instance as i on i.instance_id = a.id
where a.id = $1 and a.subject_type = $2
"""
