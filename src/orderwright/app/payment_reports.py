"""What providers report of payments, whichever provider it is.

A report counts once, however often it comes, and in whatever order. It finds its payment by the provider's reference.
What finds none is money of nobody: it stands as an unmatched payment, for which `payment.unmatched` is emitted, and
the report takes effect when the payment is registered. A report that does not agree with its payment in amount,
currency or channel, or in the order or customer that it names, changes nothing, and is told as unmatched as well.

A reference is no proof of whose the money is: where an outsider registers what was reported before, each report has
to name the order or the customer. Where one names neither, people decide.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from orderwright.app import payment_records as records
from orderwright.app.records import Channel
from orderwright.errors import AccessDenied, InputInvalid, RuntimeFault
from orderwright.money import LARGEST_MINOR, exponent
from orderwright.runtime.command import LONGEST_ID, Actor, Cause, Create, Send
from orderwright.runtime.identity import derived_id
from orderwright.runtime.observation import told_on_commit
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection
    from orderwright.statechart import Refused

_MISMATCH: Final = "payment.mismatch"
_UNCLAIMED: Final = (
    "it was reported before the customer registered it, and names neither order nor customer;"
    " confirm the payment by hand if the money is theirs"
)


class ReportRefused(RuntimeFault):
    """A report could not be taken; the provider is to send it again."""

    code = "payment.report_refused"
    retryable = True


class ReportUnsigned(AccessDenied):
    """Nobody knows who has sent a report: it is not signed, wrongly, too long ago, or no secret is set."""

    code = "payment.unsigned"


class Kind(StrEnum):
    """What a report says of the money."""

    CAPTURED = "CAPTURED"
    FAILED = "FAILED"
    REFUNDED = "REFUNDED"
    CHARGED_BACK = "CHARGED_BACK"
    CHARGEBACK_REVERSED = "CHARGEBACK_REVERSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Something that a provider says of a payment, in our words.

    Attributes:
        event_id: the provider's, the same at every delivery.
        reference: what the provider calls the payment.
        amount_minor, currency: of what is reported: the capture, the refund in all, the chargeback.
        part: the provider's id of the refund or chargeback; empty for the payment itself.
        reason: why an attempt failed; empty otherwise.
        order, customer: the order, by id or number, and the customer that it is for, where the provider knows them.
    """

    provider: str
    event_id: str
    kind: Kind
    reference: str
    amount_minor: int
    currency: str
    part: str = ""
    reason: str = ""
    order: str = ""
    customer: str = ""

    def __post_init__(self) -> None:
        exponent(self.currency)
        if not 0 <= self.amount_minor <= LARGEST_MINOR:
            raise InputInvalid("amount", str(self.amount_minor), "an amount that can be held")
        for name in ("event_id", "reference"):
            if not 0 < len(getattr(self, name)) <= LONGEST_ID:
                raise InputInvalid(name, "...", f"1 to {LONGEST_ID} characters")

    def to_json(self) -> dict[str, object]:
        """Return it as it is stored, without the names that it does not say."""
        unsaid = {name for name in ("order", "customer") if not getattr(self, name)}
        return {name: value for name, value in asdict(self).items() if name not in unsaid}

    @classmethod
    def read(cls, stored: dict[str, object]) -> Report:
        """Read what `to_json` gave."""
        names = {**stored, "kind": Kind(str(stored["kind"]))}
        return cls(**names)  # type: ignore[arg-type]


class Receipt(StrEnum):
    """What became of a report."""

    TAKEN = "taken"
    REPEATED = "repeated"
    UNMATCHED = "unmatched"


class PaymentReports:
    """Takes reports."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def receive(self, report: Report, channel: Channel) -> Receipt:
        """Take a report that came by the address of a channel.

        Raises:
            ReportRefused: something is not in order; nothing is stored.
        """
        async with self._engine.pool.acquire() as connection, told_on_commit(connection):
            await records.hold_reference(connection, report.provider, report.reference)
            is_new = await records.add_report(
                connection,
                provider=report.provider,
                event_id=report.event_id,
                channel=channel,
                reference=report.reference,
                report=report.to_json(),
                at=self._engine.clock.now(),
            )
            if not is_new:
                return Receipt.REPEATED
            payment = await records.payment_under(connection, report.provider, report.reference)
            if payment is None:
                if report.kind is not Kind.FAILED:  # no money is missing its payment
                    await self._keep(connection, report, channel)
                return Receipt.UNMATCHED
            return await self._apply(connection, payment, report, channel)

    async def catch_up(
        self, connection: Connection, payment: records.Payment, *, by_staff: bool
    ) -> None:
        """Let what was reported before a payment was registered take effect, in the caller's transaction.

        The caller holds the reference. What an outsider registers has to be named by each report.

        Raises:
            ReportRefused: see `receive`.
        """
        if payment.provider is None or payment.reference is None:
            return
        earlier = await records.reports_under(connection, payment.provider, payment.reference)
        reports = [(channel, Report.read(stored)) for channel, stored in earlier]
        unclaimed = [one for _, one in reports if not (by_staff or one.order or one.customer)]
        if unclaimed:
            await self._mismatch(connection, payment, unclaimed[0], _UNCLAIMED)
            return
        taken = [await self._apply(connection, payment, one, channel) for channel, one in reports]
        if not by_staff and Receipt.UNMATCHED in taken:
            return  # the money may be somebody else's
        unmatched = _unmatched_id(payment.provider, payment.reference)
        if await self._engine.read(unmatched, connection=connection) is not None:
            matched = Event("MATCHED", {"paymentId": payment.id})
            _require_taken(await self._send(connection, payment.provider, unmatched, matched))

    async def _apply(
        self, connection: Connection, payment: records.Payment, report: Report, channel: Channel
    ) -> Receipt:
        if channel != payment.channel:
            channels = f"it was reported for a {channel.lower()}, the payment is a {payment.channel.lower()}'s"
            return await self._mismatch(connection, payment, report, channels)
        other = await _other(connection, payment, report)
        if other:
            return await self._mismatch(connection, payment, report, other)
        result = await self._send(connection, report.provider, payment.id, _event(report))
        if result.refused is None:
            return Receipt.TAKEN
        why = _mismatch_of(result.refused)
        if why is None:
            _require_taken(result)
        return await self._mismatch(connection, payment, report, str(why))

    async def _mismatch(
        self, connection: Connection, payment: records.Payment, report: Report, why: str
    ) -> Receipt:
        data = {
            "eventId": report.event_id,
            "amountMinor": report.amount_minor,
            "currency": report.currency,
            "why": why,
        }
        event = Event("MISMATCH_REPORTED", data)
        _require_taken(await self._send(connection, report.provider, payment.id, event))
        return Receipt.UNMATCHED

    async def _keep(self, connection: Connection, report: Report, channel: Channel) -> None:
        """Let money that nobody has registered stand as a payment without an order, once for a reference."""
        payment_id = _unmatched_id(report.provider, report.reference)
        context = {
            "paymentId": payment_id,
            "channel": channel,
            "amountMinor": report.amount_minor,
            "currency": report.currency,
            "provider": report.provider,
            "reference": report.reference,
            "eventId": report.event_id,
        }
        result = await self._engine.carry_out(
            Create(
                chart_id="payment",
                instance_id=payment_id,
                root_id=payment_id,
                context=context,
                cause=Cause(actor=Actor(report.provider, "system")),
            ),
            connection=connection,
        )
        if result.refused is not None and result.refused.code == "instance_exists":
            return
        _require_taken(result)
        unmatched = records.Payment(
            id=payment_id,
            order_id=None,
            channel=channel,
            method=None,
            amount_minor=report.amount_minor,
            currency=report.currency,
            provider=report.provider,
            reference=report.reference,
            created_at=self._engine.clock.now(),
        )
        await records.add_payment(connection, unmatched)

    async def _send(
        self, connection: Connection, provider: str, payment_id: str, event: Event
    ) -> Result:
        cause = Cause(actor=Actor(provider, "system"))
        send = Send(instance_id=payment_id, event=event, cause=cause)
        return await self._engine.carry_out(send, connection=connection)


async def _other(connection: Connection, payment: records.Payment, report: Report) -> str | None:
    """Return what a report names that is another's than the payment; None where it fits, or says nothing."""
    owner = (
        await records.owner_of(connection, payment.id) if report.order or report.customer else None
    )
    if owner is None:
        return None
    if report.order and report.order not in (owner.order_id, owner.order_number):
        return f"the provider names order {report.order}, the payment is for {owner.order_number}"
    if report.customer and report.customer != owner.customer_id:
        return f"the provider names customer {report.customer}, the payment is another's"
    return None


def _unmatched_id(provider: str, reference: str) -> str:
    return derived_id(f"unmatched/{provider}/{reference}")


def _event(report: Report) -> Event:
    money = {"amountMinor": report.amount_minor, "currency": report.currency}
    named: dict[str, object] = {"eventId": report.event_id}
    match report.kind:
        case Kind.CAPTURED:
            return Event("CAPTURE_REPORTED", {**named, **money})
        case Kind.FAILED:
            reason = report.reason.replace("\0", "")  # a NUL is no reason to turn the report away
            return Event("FAILURE_REPORTED", {**named, "reason": reason or "it failed"})
        case Kind.REFUNDED:
            return Event("REFUND_REPORTED", {**named, **money, "refundId": report.part})
        case Kind.CHARGED_BACK:
            return Event("CHARGEBACK_REPORTED", {**named, **money, "chargebackId": report.part})
        case Kind.CHARGEBACK_REVERSED:
            return Event("CHARGEBACK_REVERSED", {**named, "chargebackId": report.part})


def _mismatch_of(refused: Refused) -> str | None:
    found = [reason.message for reason in refused.reasons if reason.code == _MISMATCH]
    return found[0] if found else None


def _require_taken(result: Result) -> None:
    if result.refused is not None:
        raise ReportRefused(
            f"the report was not taken: {result.refused.message}",
            values={"code": result.refused.code},
        )
