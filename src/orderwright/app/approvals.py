"""Approvals and what they are about: a consumer of the outbox that carries questions and answers between them.

    override.requested                          -> the approval, with the quorum that its amount takes
    approval.approved, .denied                  -> ..._OVERRIDE_GRANTED, ..._OVERRIDE_DENIED to the sale
    approval.revoked, .expired                  -> OVERRIDE_REVOKED, OVERRIDE_EXPIRED to the sale
    sale.cleared, .expired, .cancelled, .rejected, .completed
                                                -> SUBJECT_ENDED to overrides of the order that are pending, but
                                                   not to one that a sale waits for that is open again; what
                                                   policies ask for ends by `policies.endings`

Ids follow from what is asked, so repeating a reaction is a no-op.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.app.initiator import initiator_of
from orderwright.app.permissions import Role, and_above
from orderwright.app.phases import PhaseBroken, pass_on
from orderwright.domain.approval import Band, LeastRole, Quorum, quorum_for
from orderwright.domain.orders.override import is_asked
from orderwright.domain.reading import integer, text
from orderwright.money import Money, exponent
from orderwright.runtime.command import Actor, Cause, Create
from orderwright.runtime.consumer import Consumer
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.live_settings import LiveSettings
    from orderwright.app.settings import Settings
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.instance import Instance
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

APPROVALS: Final = Actor("approvals", "system")
"""Who acts when an approval begins, and when its answer goes back."""
SALE: Final = "sale"
"""The type of the subject of overrides."""

_WAIVER: Final = "ADMIN"
"""The kind of override that waives payment, whatever is outstanding; one of the credit limit covers what it is of."""

_MOOT: Final = {
    "sale.cleared": "the order was cleared without it",
    "sale.expired": "the order has expired",
    "sale.cancelled": "the order was cancelled",
    "sale.rejected": "the order was rejected",
    "sale.completed": "the order is completed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApproval:
    """A question that other people than who asks must decide.

    Attributes:
        id: follows from what is asked, so that asking again is a no-op.
        subject_type, subject_id: what it is about; whoever owns subjects of the type listens to the answer.
        root_id: what the approval belongs to.
        requested_by: who may not vote.
        excluded: who may not vote either, because they took part in what it is about.
        validity_days: in which it is to be decided, and for which it then holds.
        amount_minor: what is asked for, in minor units of `currency`; 0 and no currency where it is no amount.
        is_whole: whether consent to less than the amount is of no use, and so is not taken.
        term_minutes: in which it is to be decided, where that is another time.
    """

    id: str
    subject_type: str
    subject_id: str
    root_id: str
    kind: str
    reason: str
    requested_by: str
    quorum: Quorum
    validity_days: int
    amount_minor: int = 0
    currency: str = ""
    is_whole: bool = False
    term_minutes: int | None = None
    excluded: Sequence[str] = ()


async def begin_approval(
    engine: Engine, connection: Connection, new: NewApproval, cause: DomainEvent
) -> None:
    """Start an approval that follows from a domain event; one that is there stays as it is.

    Raises:
        PhaseBroken: the engine refuses to create it.
    """
    await start_approval(engine, connection, new, cause.cause(APPROVALS))


async def start_approval(
    engine: Engine, connection: Connection, new: NewApproval, cause: Cause
) -> None:
    """Start an approval in the caller's transaction; one that is there stays as it is.

    Raises:
        PhaseBroken: the engine refuses to create it.
    """
    result = await engine.carry_out(
        Create(
            chart_id="approval",
            instance_id=new.id,
            root_id=new.root_id,
            context=_context(new),
            cause=cause,
        ),
        connection=connection,
    )
    if result.refused is None:
        row = (new.id, new.subject_type, new.subject_id, new.kind, new.requested_by)
        await connection.execute(_ADD, *row, cause.occurred_at or engine.clock.now())
    elif result.refused.code != "instance_exists":
        raise PhaseBroken(f"approval {new.id}: {result.refused.message}")


def _context(new: NewApproval) -> dict[str, object]:
    return {
        "approvalId": new.id,
        "subjectType": new.subject_type,
        "subjectId": new.subject_id,
        "kind": new.kind,
        "reason": new.reason,
        "amountMinor": new.amount_minor,
        "currency": new.currency,
        "isWhole": new.is_whole,
        "requestedBy": new.requested_by,
        "excluded": list(new.excluded),
        "quorum": new.quorum.to_json(),
        "validityDays": new.validity_days,
        "termMinutes": new.term_minutes,
    }


def was_consented(approval: Instance) -> bool:
    """Whether people had consented before an approval came to its end."""
    return approval.snapshot.context["approvedMinor"] is not None


class Approvals:
    """Begins approvals, and tells their subjects what came of them."""

    def __init__(self, engine: Engine, settings: LiveSettings) -> None:
        self._engine = engine
        self._settings = settings
        self._reactions: Mapping[str, Callable[[Connection, DomainEvent], Awaitable[None]]] = {
            "override.requested": self._begin_override,
            "approval.approved": self._answer,
            "approval.denied": self._answer,
            "approval.revoked": self._answer,
            "approval.expired": self._answer,
            **dict.fromkeys(_MOOT, self._withdraw),
        }

    def consumer(self) -> Consumer:
        """Return the consumer that the relay feeds."""
        # One event a transaction: an answer locks a sale, then its customer's credit, and holds no other sale.
        events = frozenset(self._reactions)
        return Consumer(name="approvals", events=events, handle=self._react, batch=1)

    async def _react(self, connection: Connection, event: DomainEvent) -> None:
        await self._reactions[event.name](connection, event)

    async def _begin_override(self, connection: Connection, event: DomainEvent) -> None:
        """Start the approval that a sale asks for, in the name of who caused the event."""
        data, currency = event.data, text(event.data, "currency")
        amount = integer(data, "amountMinor")
        settings = await self._settings.current(connection)
        asking = NewApproval(
            id=text(data, "approvalId"),
            subject_type=SALE,
            subject_id=event.root_id,
            root_id=event.root_id,
            kind=text(data, "kind"),
            reason=text(data, "reason"),
            requested_by=await _who_caused(connection, event),
            quorum=quorum_for(bands_of(settings, currency), amount),
            validity_days=settings.approval_validity_days,
            amount_minor=amount,
            currency=currency,
            is_whole=data["kind"] == _WAIVER,
        )
        await begin_approval(self._engine, connection, asking, event)

    async def _answer(self, connection: Connection, event: DomainEvent) -> None:
        if event.data["subjectType"] != SALE:
            return
        subject, answer = text(event.data, "subjectId"), _answer_of(event)
        await pass_on(self._engine, connection, APPROVALS, event, subject, answer)

    async def _withdraw(self, connection: Connection, event: DomainEvent) -> None:
        ended = Event("SUBJECT_ENDED", {"reason": _MOOT[event.name]})
        pending = await connection.fetch(_PENDING, event.root_id, SALE, event.recorded_at)
        if not pending:
            return
        sale = await self._engine.read(event.root_id, connection=connection)
        for row in pending:
            approval_id = row["instance_id"]
            if event.name != "sale.cleared" or not _is_wanted(sale, approval_id):
                await pass_on(self._engine, connection, APPROVALS, event, approval_id, ended)


def bands_of(
    settings: Settings, currency: str, deciders: Sequence[Role] = and_above(Role.MANAGER)
) -> Sequence[Band]:
    """Return how many people of which roles decide on amounts of a currency, by the settings in force.

    The first band that an amount fits in decides: with a low band that reaches as far as the middle one or further,
    the middle one is for no amount.
    """
    scale = 10 ** exponent(currency)
    low = _quorum(deciders, settings.approval_low_band_approvers, settings.approval_low_band_role)
    middle = _quorum(
        deciders, settings.approval_middle_band_approvers, settings.approval_middle_band_role
    )
    high = _quorum(
        deciders, settings.approval_high_band_approvers, settings.approval_high_band_role
    )
    return (
        Band(up_to_minor=settings.approval_low_band_up_to * scale, quorum=low),
        Band(up_to_minor=settings.approval_middle_band_up_to * scale, quorum=middle),
        Band(up_to_minor=None, quorum=high),
    )


def _quorum(deciders: Sequence[Role], approvers: int, least: LeastRole) -> Quorum:
    including = () if least is LeastRole.MANAGER else and_above(Role(least))
    return Quorum(approvers=approvers, roles=deciders, including=including)


def _answer_of(event: DomainEvent) -> Event:
    """Return what a sale is told about an approval that it has asked for."""
    data, kind = event.data, text(event.data, "kind")
    approval = {"approvalId": data["approvalId"]}
    match event.name:
        case "approval.approved":
            amount = Money(integer(data, "amountMinor"), text(data, "currency")).amount
            granted = {"amount": amount, "expiresAt": data["expiresAt"], **approval}
            return Event(f"{kind}_OVERRIDE_GRANTED", granted)
        case "approval.denied":
            return Event(f"{kind}_OVERRIDE_DENIED", {"reason": data["reason"], **approval})
        case "approval.revoked":
            return Event("OVERRIDE_REVOKED", {"kind": kind, **approval})
        case _:
            return Event("OVERRIDE_EXPIRED", {"kind": kind, **approval})


def _is_wanted(sale: Instance | None, approval_id: str) -> bool:
    """Tell whether a sale is open again since it was cleared, and still waits for the answer of an approval."""
    if sale is None or "sale.ACTIVE.OPEN" not in sale.snapshot.configuration:
        return False
    return is_asked(sale.snapshot.context, approval_id)


async def _who_caused(connection: Connection, event: DomainEvent) -> str:
    """Return the person behind an event, or else the actor of its log row."""
    found = await initiator_of(connection, event.causation_id)
    if found is None:
        raise PhaseBroken(f"{event.causation_id} is not in the log")
    return found.id


_ADD: Final = """
insert into orderwright.approval (id, subject_type, subject_id, kind, requested_by, requested_at)
values ($1, $2, $3, $4, $5, $6) on conflict (id) do nothing
"""
# What was asked for after the event is not answered by it.
_PENDING: Final = """
select i.instance_id from orderwright.instance as i join orderwright.approval as a on a.id = i.instance_id
where i.root_id = $1 and i.chart_id = 'approval' and i.state = 'PENDING' and a.subject_type = $2
    and a.requested_at <= $3
order by i.instance_id
"""
