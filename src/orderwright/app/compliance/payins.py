"""Pay-ins: what people may ask of them, and what payments ask of theirs.

The pay-in of a payment has an id that follows from it, so that asking twice is a no-op. What a payment says of its
money is told in the transaction in which its order hears of it:

    payment.registered    a pay-in is expected
    payment.confirmed     PAYMENT_CONFIRMED: the money is received, and verified as soon as it may be
    payment.failed        FAIL
    payment.refunded, .charged_back
                          REFUND, once nothing of the payment is left
    payment.refund_undone nothing: what was told stays told

Money for a pay-in that has ended is there all the same, and opens a case; where the pay-in was rejected, the order is
held until the money has gone back, and again if its refund is undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from orderwright.app.cases import CASES, NewCase, Opening, in_time, open_case
from orderwright.app.compliance import records
from orderwright.app.compliance.sending import PAYIN, Sender
from orderwright.app.ending import require_ahead, require_end
from orderwright.app.orders import id_for
from orderwright.app.payments import METHODS
from orderwright.app.permissions import Role, require
from orderwright.app.phases import PhaseBroken, pass_on, send_on
from orderwright.app.records import next_number
from orderwright.domain.reading import mapping
from orderwright.errors import InputInvalid
from orderwright.money import Money
from orderwright.runtime.alarm import FAULTS
from orderwright.runtime.command import Actor, Cause, Create
from orderwright.runtime.identity import derived_id
from orderwright.runtime.observation import told_on_commit
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.live_settings import LiveSettings
    from orderwright.app.orders import Asked
    from orderwright.app.queries import Queries
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.instance import Instance
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

PAYMENTS: Final = Actor("payments", "system")
"""Who acts when a payment says something of its money."""
_LATE: Final = Opening(
    case_type="LATE_PAYIN",
    title="Money arrived for a pay-in that has ended",
    role=Role.ACCOUNTANT,
    priority="HIGH",
)


REJECTED: Final = "the pay-in was rejected"
"""Why an order is held whose pay-in was."""
LAPSED: Final = frozenset({"FAILED", "EXPIRED"})
"""Where a pay-in has ended unless money comes late, on which is decided anew."""
ENDED: Final[Mapping[str, str]] = {
    "payin.rejected": REJECTED,
    "payin.refunded": "the money has gone back",
    "payin.failed": "the pay-in has failed",
    "payin.expired": "the pay-in has expired",
}
"""The events that end a pay-in, in words; it may have gone on since."""


def payin_id_of(payment_id: str) -> str:
    """Return the id of the pay-in that a payment owns."""
    return derived_id(f"payin/{payment_id}")


def rejection_hold(payin_id: str) -> str:
    """Return the id of the hold that a rejected pay-in is for its order."""
    return f"payin/{payin_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayIn:
    """Money that is expected, for no payment; the amount is a decimal string in major units."""

    amount: str
    currency: str
    method: str
    user_id: str | None = None
    expires_at: datetime | None = None


class PayIns:
    """Commands on pay-ins."""

    def __init__(self, engine: Engine, queries: Queries) -> None:
        self._engine = engine
        self._sender = Sender(engine, queries)

    async def expect(self, new: NewPayIn, asked: Asked) -> Result:
        """Expect money that no payment is registered for, such as a deposit.

        Raises:
            RoleMissing, InputInvalid, UserNotFound, IdempotencyMismatch.
        """
        require(asked.by, "payin.expect")
        now = self._engine.clock.now()
        minor = _checked(new)
        async with self._engine.pool.acquire() as connection, told_on_commit(connection):
            user = (
                await records.require_user(connection, new.user_id)
                if new.user_id is not None
                else None
            )
            payin = records.PayIn(
                id=id_for("payin", asked.key),
                number=await next_number(connection, "payin_number"),
                payment_id=None,
                order_id=None,
                customer_id=user.customer_id if user else None,
                user_id=new.user_id,
                method=new.method,
                expected_minor=minor,
                currency=new.currency,
                created_at=now,
            )
            result = await _open(self._engine, connection, payin, asked.cause, new.expires_at)
            if new.expires_at is not None and not result.replayed:
                require_ahead("expiresAt", new.expires_at, now)
            return result

    async def send(self, payin_id: str, event: Event, asked: Asked) -> Result:
        """Send an event to a pay-in.

        Raises:
            RoleMissing, PayInNotFound, IdempotencyMismatch, InstanceBusy.
        """
        return await self._sender.send(PAYIN, payin_id, event, asked)


class PayInsOfPayments:
    """Opens and moves the pay-ins of payments, in the transaction that carries what payments say."""

    def __init__(self, engine: Engine, settings: LiveSettings) -> None:
        self._engine = engine
        self._settings = settings

    def owned(self, payment_id: str) -> str:
        """Return the id of the pay-in of a payment."""
        return payin_id_of(payment_id)

    async def expect(self, connection: Connection, registered: DomainEvent) -> None:
        """Expect the money of a payment."""
        row = await connection.fetchrow(_PAYMENT, registered.instance_id)
        if row is None:
            raise PhaseBroken(f"{registered.event_id}: there is no such payment of an order")
        payin = records.PayIn(
            id=payin_id_of(registered.instance_id),
            number=await next_number(connection, "payin_number"),
            payment_id=registered.instance_id,
            **dict(row),
        )
        await _open(self._engine, connection, payin, registered.cause(PAYMENTS), None)

    async def verify(self, connection: Connection, confirmed: DomainEvent) -> None:
        """Receive what a payment has brought, to be verified as soon as it may be."""
        payin = await self._owned(connection, confirmed)
        if payin is None:
            await self.expect(connection, confirmed)  # the payment is older than pay-ins are
        event = Event("PAYMENT_CONFIRMED", {"paymentId": confirmed.instance_id})
        if await self._told(connection, confirmed, event):
            return
        if payin is not None and payin.state == "REJECTED":
            hold = rejection_hold(payin.instance_id)
            held = {"holdId": hold, "kind": "escalation", "reason": REJECTED}
            await self._tell_order(connection, confirmed, Event("HOLD_PLACED", held))
        await self._open_case(connection, confirmed)

    async def fail(self, connection: Connection, failed: DomainEvent) -> None:
        """Note that the money of a payment does not come."""
        if await self._owned(connection, failed) is not None:
            event = Event("FAIL", {"reason": failed.data["reason"]})
            await self._told(connection, failed, event)

    async def give_back(self, connection: Connection, gone: DomainEvent) -> None:
        """Note that nothing is left of the money of a payment; what was rejected holds its order no more."""
        payin = await self._owned(connection, gone)
        if payin is not None and payin.state == "REJECTED":
            for hold in await self._rejection_holds(connection, gone, payin.instance_id):
                lifted = {"holdId": hold, "outcome": "money has gone back"}
                await self._tell_order(connection, gone, Event("HOLD_LIFTED", lifted))
        elif payin is not None:
            await self._told(connection, gone, Event("REFUND", {"reason": gone.name}))

    async def take_back(self, connection: Connection, undone: DomainEvent) -> None:
        """Hold the order again for money of a rejected pay-in that has not gone back after all."""
        payin = await self._owned(connection, undone)
        if payin is not None and payin.state == "REJECTED":
            hold = (
                f"{rejection_hold(payin.instance_id)}/{undone.version}"  # what was lifted stays so
            )
            held = {"holdId": hold, "kind": "escalation", "reason": REJECTED}
            await self._tell_order(connection, undone, Event("HOLD_PLACED", held))

    async def _rejection_holds(
        self, connection: Connection, gone: DomainEvent, payin_id: str
    ) -> set[str]:
        """Return the first hold for a rejected pay-in, placed or not, and those that came of undone refunds."""
        order = await self._engine.read(gone.root_id, connection=connection)
        first = rejection_hold(payin_id)
        placed = mapping(order.snapshot.context, "holds") if order else {}
        return {first, *(hold for hold in placed if hold.startswith(first))}

    async def _told(self, connection: Connection, cause: DomainEvent, event: Event) -> bool:
        """Tell the pay-in of a payment; False where it does not take it."""
        payin_id = payin_id_of(cause.instance_id)
        result = await send_on(self._engine, connection, PAYMENTS, cause, payin_id, event)
        if result.refused is not None and result.refused.code in FAULTS:
            raise PhaseBroken(f"{event.type} to {payin_id}: {result.refused.message}")
        return result.refused is None

    async def _owned(self, connection: Connection, event: DomainEvent) -> Instance | None:
        return await self._engine.read(payin_id_of(event.instance_id), connection=connection)

    async def _tell_order(self, connection: Connection, cause: DomainEvent, event: Event) -> None:
        await pass_on(self._engine, connection, PAYMENTS, cause, cause.root_id, event)

    async def _open_case(self, connection: Connection, confirmed: DomainEvent) -> None:
        payin_id = payin_id_of(confirmed.instance_id)
        new = NewCase(
            id=derived_id(f"case/{payin_id}/{confirmed.event_id}"),
            kind=in_time(_LATE, await self._settings.current(connection)),
            subject_type="Order",
            subject_id=confirmed.root_id,
            root_id=confirmed.root_id,
            opened_at=confirmed.occurred_at,
            evidence={"payInId": payin_id, "eventId": confirmed.event_id, "data": confirmed.data},
        )
        cause = confirmed.cause(CASES)
        await open_case(self._engine, new, cause, connection=connection)


def _checked(new: NewPayIn) -> int:
    """Return the amount in minor units.

    Raises:
        InputInvalid: something is not as it has to be.
    """
    amount = Money.parse(new.amount, new.currency)
    if amount.minor <= 0:
        raise InputInvalid("amount", new.amount, "an amount above zero")
    if new.method not in METHODS:
        raise InputInvalid("method", new.method, f"one of {', '.join(METHODS)}")
    if new.expires_at is not None:
        require_end("expiresAt", new.expires_at)
    return amount.minor


async def _open(
    engine: Engine,
    connection: Connection,
    payin: records.PayIn,
    cause: Cause,
    ends: datetime | None,
) -> Result:
    """Start a pay-in in the caller's transaction; one that is there stays as it is."""
    about: dict[str, object] = {
        "paymentId": payin.payment_id,
        "orderId": payin.order_id,
        "customerId": payin.customer_id,
        "userId": payin.user_id,
        "method": payin.method,
        "expectedMinor": payin.expected_minor,
        "currency": payin.currency,
        "expiresAt": ends.isoformat() if ends else None,
    }
    result = await engine.carry_out(
        Create(
            chart_id="payin",
            instance_id=payin.id,
            root_id=payin.order_id or payin.id,
            context={"payInId": payin.id, "number": payin.number, **about},
            request=about,
            cause=cause,
        ),
        connection=connection,
    )
    if result.refused is None and not result.replayed:
        await records.add_payin(connection, payin)
    elif result.refused is not None and result.refused.code != "instance_exists":
        raise PhaseBroken(f"pay-in {payin.id}: {result.refused.message}")
    return result


_PAYMENT: Final = """
select p.order_id, o.customer_id, coalesce(p.method, '') as method, p.amount_minor as expected_minor, p.currency,
       p.created_at,
       (select u.id from orderwright.user_record as u where u.customer_id = o.customer_id
        order by u.created_at, u.id limit 1) as user_id
from orderwright.payment as p join orderwright.sale_order as o on o.id = p.order_id
where p.id = $1
"""
