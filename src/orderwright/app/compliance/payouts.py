"""Pay-outs: what people may ask of them, and what refunds ask of theirs.

Who asks is somebody else than who consents. The consent is an approval of the kind PAYOUT, begun when the pay-out is
requested; its id follows from the pay-out's, and what it takes from the amount.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.app.approval_desk import Decision, ballot, tell
from orderwright.app.approvals import bands_of
from orderwright.app.compliance import records
from orderwright.app.compliance.sending import PAYOUT, Sender
from orderwright.app.initiator import initiator_of
from orderwright.app.orders import id_for
from orderwright.app.permissions import Role, require, workers
from orderwright.app.phases import PhaseBroken
from orderwright.app.records import next_number
from orderwright.domain.approval import Quorum, approval_id, quorum_for
from orderwright.errors import InputInvalid
from orderwright.money import Money
from orderwright.runtime.command import Actor, Cause, Create, require_storable
from orderwright.runtime.identity import derived_id
from orderwright.runtime.observation import told_on_commit
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.live_settings import LiveSettings
    from orderwright.app.orders import Asked
    from orderwright.app.queries import Queries
    from orderwright.app.settings import Settings
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

KIND: Final = "PAYOUT"
"""What an approval of a pay-out is of."""
REFUNDS: Final = Actor("payments", "system")
"""Who asks for a pay-out where a refund does."""
_OWN_REFUND: Final = "REFUND"
"""The event of a payment by which the house gives money back; what a provider reports has left already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayOut:
    """Money that is to leave; the amount is a decimal string in major units."""

    amount: str
    currency: str
    reason: str
    user_id: str | None = None
    wallet_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """A pay-out with what its lifecycle knows beside its row."""

    payout: records.PayOut
    reason: str
    payment_id: str | None = None
    wallet: records.Wallet | None = None


def payout_id_of(payment_id: str, refund_id: str) -> str:
    """Return the id of the pay-out that a refund owns."""
    return derived_id(f"payout/{payment_id}/{refund_id}")


def quorum_of(settings: Settings, currency: str, amount_minor: int) -> Quorum:
    """Return who has to consent to an amount."""
    deciders = tuple(sorted(workers(Role.TREASURY)))
    return quorum_for(bands_of(settings, currency, deciders), amount_minor)


class PayOuts:
    """Commands on pay-outs."""

    def __init__(self, engine: Engine, queries: Queries, settings: LiveSettings) -> None:
        self._engine = engine
        self._settings = settings
        self._sender = Sender(engine, queries)

    async def request(self, new: NewPayOut, asked: Asked) -> Result:
        """Ask that money be sent, to a wallet of the user where one is named.

        Raises:
            RoleMissing, InputInvalid, UserNotFound, WalletNotFound, IdempotencyMismatch.
        """
        require(asked.by, "payout.request")
        amount = Money.parse(new.amount, new.currency)
        if amount.minor <= 0:
            raise InputInvalid("amount", new.amount, "an amount above zero")
        require_storable("reason", new.reason)
        if new.wallet_id is not None and new.user_id is None:
            raise InputInvalid("userId", None, "whose wallet it is")
        async with self._engine.pool.acquire() as connection, told_on_commit(connection):
            asking = await self._asking(connection, new, amount, asked)
            settings = await self._settings.current(connection)
            return await _start(self._engine, connection, asking, asked.cause, settings)

    async def _asking(
        self, connection: Connection, new: NewPayOut, amount: Money, asked: Asked
    ) -> _Request:
        user = wallet = None
        if new.user_id is not None:
            user = await records.require_user(connection, new.user_id)
        if new.user_id is not None and new.wallet_id is not None:
            wallet = await records.require_wallet(connection, new.user_id, new.wallet_id)
        payout_id = id_for("payout", asked.key)
        payout = records.PayOut(
            id=payout_id,
            number=await next_number(connection, "payout_number"),
            refund_id=None,
            order_id=None,
            customer_id=user.customer_id if user else None,
            user_id=new.user_id,
            approval_id=approval_id(payout_id, KIND, 1),
            amount_minor=amount.minor,
            currency=amount.currency,
            requested_by=asked.by.id,
            created_at=self._engine.clock.now(),
        )
        return _Request(payout=payout, reason=new.reason.strip(), wallet=wallet)

    async def vote(self, payout_id: str, decision: Decision, reason: str, asked: Asked) -> Result:
        """Vote for or against a pay-out that somebody else has asked for.

        Raises:
            RoleMissing, PayOutNotFound, IdempotencyMismatch, InstanceBusy.
        """
        require(asked.by, "payout.vote")
        await self._sender.require(PAYOUT, payout_id, asked)
        vote = ballot(decision, reason, None)
        return await tell(self._engine, approval_id(payout_id, KIND, 1), vote, asked)

    async def send(self, payout_id: str, event: Event, asked: Asked) -> Result:
        """Send an event to a pay-out.

        Raises:
            RoleMissing, PayOutNotFound, IdempotencyMismatch, InstanceBusy.
        """
        return await self._sender.send(PAYOUT, payout_id, event, asked)


class PayOutsOfRefunds:
    """Requests pay-outs for refunds, in the transaction that carries what payments say."""

    def __init__(self, engine: Engine, settings: LiveSettings) -> None:
        self._engine = engine
        self._settings = settings

    async def request(self, connection: Connection, refunded: DomainEvent) -> None:
        """Ask that the money of a refund be sent; one that a provider reports has sent it already."""
        row = await connection.fetchrow(_REFUND, refunded.instance_id, refunded.version)
        amount = refunded.data["amountMinor"]
        asker = await initiator_of(connection, refunded.causation_id)
        if (
            asker is None
            or row is None
            or row["event_type"] != _OWN_REFUND
            or not isinstance(amount, int)
        ):
            return
        if amount <= 0:
            return
        refund_id = str(refunded.data["refundId"])
        payout_id = payout_id_of(refunded.instance_id, refund_id)
        payout = records.PayOut(
            id=payout_id,
            number=await next_number(connection, "payout_number"),
            refund_id=refund_id,
            order_id=row["order_id"],
            customer_id=row["customer_id"],
            user_id=await records.user_of_customer(connection, row["customer_id"]),
            approval_id=approval_id(payout_id, KIND, 1),
            amount_minor=amount,
            currency=str(refunded.data["currency"]),
            requested_by=asker.id,
            created_at=refunded.occurred_at,
        )
        asking = _Request(
            payout=payout, reason=f"refund {refund_id}", payment_id=refunded.instance_id
        )
        settings = await self._settings.current(connection)
        await _start(self._engine, connection, asking, refunded.cause(REFUNDS), settings)


async def _start(
    engine: Engine,
    connection: Connection,
    asking: _Request,
    cause: Cause,
    settings: Settings,
) -> Result:
    """Start a pay-out in the caller's transaction; one that is there stays as it is."""
    payout = asking.payout
    about = _about(asking)
    quorum = quorum_of(settings, payout.currency, payout.amount_minor)
    result = await engine.carry_out(
        Create(
            chart_id="payout",
            instance_id=payout.id,
            root_id=payout.order_id or payout.id,
            context={
                "payOutId": payout.id,
                "number": payout.number,
                "approvers": quorum.approvers,
                **about,
            },
            request=about,
            cause=cause,
        ),
        connection=connection,
    )
    if result.refused is None and not result.replayed:
        await records.add_payout(connection, payout)
    elif result.refused is not None and result.refused.code != "instance_exists":
        raise PhaseBroken(f"pay-out {payout.id}: {result.refused.message}")
    return result


def _about(asking: _Request) -> dict[str, object]:
    payout, wallet = asking.payout, asking.wallet
    return {
        "refundId": payout.refund_id,
        "paymentId": asking.payment_id,
        "orderId": payout.order_id,
        "customerId": payout.customer_id,
        "userId": payout.user_id,
        "walletId": wallet.id if wallet else None,
        "walletAddress": wallet.address if wallet else None,
        "cryptoType": wallet.crypto_type if wallet else None,
        "amountMinor": payout.amount_minor,
        "currency": payout.currency,
        "reason": asking.reason,
        "requestedBy": payout.requested_by,
    }


_REFUND: Final = """
select l.event_type, p.order_id, o.customer_id
from orderwright.log as l
join orderwright.payment as p on p.id = l.instance_id
join orderwright.sale_order as o on o.id = p.order_id
where l.instance_id = $1 and l.version = $2
"""
