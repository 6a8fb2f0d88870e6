"""Rows of payments and of what providers have reported, on the connection of a running transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from orderwright.app.records import Channel
from orderwright.errors import NotFound
from orderwright.json_text import dump, load

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.runtime.pool import Connection


class PaymentNotFound(NotFound):
    """No payment has this id, or it is not the caller's to see."""

    code = "payment.not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """The head of a payment; where it stands is its lifecycle's to say.

    Attributes:
        order_id: None for money that nobody has registered.
        provider, reference: who moves the money, and under which name; None where people see to it.
    """

    id: str
    order_id: str | None
    channel: Channel
    method: str | None
    amount_minor: int
    currency: str
    provider: str | None
    reference: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHead:
    """What a payment has to agree with in its order."""

    customer_id: str
    channel: Channel
    currency: str


def context_of(payment: Payment) -> Mapping[str, object]:
    """Return the context that a payment starts with."""
    return {
        "paymentId": payment.id,
        "orderId": payment.order_id,
        "channel": payment.channel,
        "method": payment.method,
        "amountMinor": payment.amount_minor,
        "currency": payment.currency,
        "provider": payment.provider,
        "reference": payment.reference,
    }


async def order_head(connection: Connection, order_id: str) -> OrderHead | None:
    """Return the head of an order; None if there is no such order."""
    row = await connection.fetchrow(_ORDER, order_id)
    return OrderHead(**dict(row)) if row else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The order that a payment is for, and whose it is."""

    order_id: str
    order_number: str
    customer_id: str


async def owner_of(connection: Connection, payment_id: str) -> Owner | None:
    """Return whose a payment is; None where it is nobody's."""
    row = await connection.fetchrow(_OWNER, payment_id)
    return Owner(**dict(row)) if row else None


async def add_payment(connection: Connection, payment: Payment) -> None:
    """Store a payment; one that is there already stays as it is."""
    await connection.execute(
        _ADD,
        payment.id,
        payment.order_id,
        payment.channel,
        payment.method,
        payment.amount_minor,
        payment.currency,
        payment.provider,
        payment.reference,
        payment.created_at,
    )


async def customer_of_payment(connection: Connection, payment_id: str) -> str | None:
    """Return the customer whose payment this is; None where there is no payment, or nobody's."""
    found: str | None = await connection.fetchval(_CUSTOMER, payment_id)
    return found


async def payment_under(connection: Connection, provider: str, reference: str) -> Payment | None:
    """Return the payment that was registered for a reference of a provider."""
    row = await connection.fetchrow(_UNDER, provider, reference)
    return _payment(row) if row else None


async def hold_reference(connection: Connection, provider: str, reference: str) -> None:
    """Let nobody else register or report under a reference until this transaction ends."""
    await connection.execute(_HOLD, f"{provider}/{reference}")


async def add_report(  # noqa: PLR0913 (a row's columns)
    connection: Connection,
    *,
    provider: str,
    event_id: str,
    channel: Channel,
    reference: str,
    report: dict[str, object],
    at: datetime,
) -> bool:
    """Store what a provider has reported; False if it is there already."""
    added = await connection.fetchval(
        _ADD_REPORT, provider, event_id, channel, reference, dump(report), at
    )
    return added is not None


async def reports_under(
    connection: Connection, provider: str, reference: str
) -> list[tuple[Channel, dict[str, object]]]:
    """Return what was reported under a reference with the channel that it came by, in the order of arrival."""
    rows = await connection.fetch(_REPORTS, provider, reference)
    return [(row["channel"], load(row["report"])) for row in rows]


def _payment(row: Record) -> Payment:
    return Payment(**{name: row[name] for name in Payment.__slots__})


_COLUMNS: Final = (
    "id, order_id, channel, method, amount_minor, currency, provider, reference, created_at"
)
_ORDER: Final = """
select customer_id, channel, currency from orderwright.sale_order where id = $1
"""
_ADD: Final = f"""
insert into orderwright.payment ({_COLUMNS})
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (id) do nothing
"""  # noqa: S608 (ours)
_CUSTOMER: Final = """
select o.customer_id from orderwright.payment as p join orderwright.sale_order as o on o.id = p.order_id
where p.id = $1
"""
_OWNER: Final = """
select o.id as order_id, o.number as order_number, o.customer_id
from orderwright.payment as p join orderwright.sale_order as o on o.id = p.order_id where p.id = $1
"""
_UNDER: Final = f"""
select {_COLUMNS} from orderwright.payment
where provider = $1 and reference = $2 and order_id is not null
"""  # noqa: S608 (ours)
_HOLD: Final = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
_ADD_REPORT: Final = """
insert into orderwright.provider_report (provider, event_id, channel, reference, report, received_at)
values ($1, $2, $3, $4, $5, $6) on conflict (provider, event_id) do nothing
returning event_id
"""
_REPORTS: Final = """
select channel, report from orderwright.provider_report
where provider = $1 and reference = $2 order by received_at, event_id
"""
