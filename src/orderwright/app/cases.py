"""Cases: what opens one, by a table, and how one comes to be.

A consumer of the outbox. To have cases opened by another domain event, give it a line in `OPENINGS`; nothing else is
to be done. The id of a case follows from the event, so that repeating one opens nothing twice. What an import takes
over opens none: that trouble is history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from orderwright.app import records
from orderwright.app.permissions import Role
from orderwright.domain.cases import due_at
from orderwright.domain.entity import ENTITY_TYPES
from orderwright.errors import RuntimeFault
from orderwright.runtime.command import Actor, Cause, Create
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.identity import derived_id

if TYPE_CHECKING:
    from orderwright.app.live_settings import LiveSettings
    from orderwright.app.settings import Settings
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

CASES: Final = Actor("cases", "system")
"""Who acts when a domain event opens a case."""
Priority: TypeAlias = Literal["LOW", "NORMAL", "HIGH", "URGENT"]


class CaseBroken(RuntimeFault):
    """A case could not be opened; the relay parks the order and tries again."""

    code = "case.broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A kind of case; `sla_minutes` is the time to resolve it in: 0 for no term, None for that of the settings."""

    case_type: str
    title: str
    role: Role
    priority: Priority = "NORMAL"
    sla_minutes: int | None = None


_UNDECIDED: Final[Mapping[str, str]] = {
    "sale": "an order",
    "payin": "a pay-in",
    "payout": "a pay-out",
    "kyc": "a KYC session",
    "user": "a user",
}
"""The lifecycles that wait for a decision, and what each is the lifecycle of."""
OPENINGS: Final[Mapping[str, Opening]] = {
    "payment.overcaptured": Opening(
        case_type="OVERCAPTURE", title="More was captured than is due", role=Role.ACCOUNTANT
    ),
    "payment.late": Opening(
        case_type="LATE_PAYMENT",
        title="Money arrived after the order had expired",
        role=Role.ACCOUNTANT,
        priority="HIGH",
    ),
    "payment.unmatched": Opening(
        case_type="UNMATCHED_PAYMENT",
        title="Money is reported that fits no payment",
        role=Role.ACCOUNTANT,
        priority="HIGH",
    ),
    "payment.refused": Opening(
        case_type="REFUSED_PAYMENT",
        title="The order did not take what became of a payment",
        role=Role.ACCOUNTANT,
        priority="HIGH",
    ),
    "payment.refund_undone": Opening(
        case_type="REFUND_NOT_SENT",
        title="Money of a refund was not sent",
        role=Role.ACCOUNTANT,
        priority="HIGH",
    ),
    "payment.charged_back": Opening(
        case_type="CHARGEBACK", title="The customer's bank took money back", role=Role.ACCOUNTANT
    ),
    **{
        f"{lifecycle}.undecided": Opening(
            case_type="UNDECIDED",
            title=f"The policies have not decided on {what}",
            role=Role.COMPLIANCE,
            priority="HIGH",
        )
        for lifecycle, what in _UNDECIDED.items()
    },
    "sale.held_after_shipping": Opening(
        case_type="HELD_AFTER_SHIPPING",
        title="A policy holds back what was shipped",
        role=Role.COMPLIANCE,
        priority="HIGH",
    ),
    "sale.uncovered_after_shipping": Opening(
        case_type="UNCOVERED",
        title="What was shipped is no longer covered",
        role=Role.MANAGER,
        priority="HIGH",
    ),
    "sale.fulfilment_failed": Opening(
        case_type="FAILED_FULFILMENT",
        title="Nothing of the order was delivered",
        role=Role.MANAGER,
        priority="HIGH",
    ),
    "payin.mismatched": Opening(
        case_type="PAYIN_MISMATCH",
        title="More money arrived than was expected",
        role=Role.ACCOUNTANT,
    ),
    "payout.held_under_way": Opening(
        case_type="HELD_UNDER_WAY",
        title="A policy holds back money that is under way",
        role=Role.COMPLIANCE,
        priority="HIGH",
    ),
    "return.refund_open": Opening(
        case_type="REFUND_OPEN",
        title="Money for a return is to go back by hand",
        role=Role.ACCOUNTANT,
        priority="HIGH",
    ),
    "sale.refund_due": Opening(
        case_type="REFUND_DUE",
        title="Money of an order that has ended is to go back",
        role=Role.ACCOUNTANT,
    ),
    "sale.expiry_part_paid": Opening(
        case_type="PART_PAID_EXPIRY",
        title="The time to pay is over, and a part is paid",
        role=Role.BILLER,
    ),
}
"""The domain events that open a case, each with the kind of case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """A case that is to be opened.

    Attributes:
        root_id: what it belongs to: the order of its subject, or the subject itself.
        evidence: what is known at the opening, JSON-ready.
    """

    id: str
    kind: Opening
    subject_type: str
    subject_id: str
    root_id: str
    opened_at: datetime
    evidence: Mapping[str, object] = field(default_factory=dict)


class CaseOpener:
    """Opens cases as domain events call for them."""

    def __init__(self, engine: Engine, settings: LiveSettings) -> None:
        self._engine = engine
        self._settings = settings

    def consumer(self) -> Consumer:
        """Return the consumer that the relay feeds."""
        return Consumer(name="cases", events=frozenset(OPENINGS), handle=self._open)

    async def _open(self, connection: Connection, event: DomainEvent) -> None:
        if event.origin == "import":
            return
        subject_type, subject_id = _subject(event)
        new = NewCase(
            id=derived_id(f"case/{event.event_id}"),
            kind=in_time(OPENINGS[event.name], await self._settings.current(connection)),
            subject_type=subject_type,
            subject_id=subject_id,
            root_id=event.root_id,
            opened_at=event.occurred_at,
            evidence={"event": event.name, "eventId": event.event_id, "data": event.data},
        )
        cause = event.cause(CASES)
        result = await open_case(self._engine, new, cause, connection=connection)
        if result.refused is not None and result.refused.code != "instance_exists":
            raise CaseBroken(f"case of {event.event_id}: {result.refused.message}")


def _subject(event: DomainEvent) -> tuple[str, str]:
    """Return the type and the id of what a case is about: money that belongs to no order is one of its own."""
    entity = ENTITY_TYPES.get(event.name.partition(".")[0], "Order")
    if entity != "Order":
        return entity, event.instance_id
    is_alone = event.name == "payment.unmatched" and event.root_id == event.instance_id
    return "Payment" if is_alone else "Order", event.root_id


def in_time(kind: Opening, settings: Settings) -> Opening:
    """Give a kind of case its term, by the settings in force where it has none of its own."""
    if kind.sla_minutes is not None:
        return kind
    is_urgent = kind.priority in ("HIGH", "URGENT")
    minutes = settings.case_urgent_sla_minutes if is_urgent else settings.case_sla_minutes
    return replace(kind, sla_minutes=minutes)


async def open_case(
    engine: Engine,
    new: NewCase,
    cause: Cause,
    *,
    connection: Connection,
    request: Mapping[str, object] | None = None,
) -> Result:
    """Open a case in the caller's transaction; one that is there stays as it is, refused with `instance_exists`.

    `request` is what an idempotency key stands for; the number and the term, which differ at every attempt, are no
    part of it.
    """
    number = await records.next_number(connection, "case_number")
    result = await engine.carry_out(
        Create(
            chart_id="case",
            instance_id=new.id,
            root_id=new.root_id,
            context=_context(new, number),
            request=request,
            cause=cause,
        ),
        connection=connection,
    )
    if result.refused is None and not result.replayed:
        await connection.execute(
            _ADD, new.id, number, new.kind.case_type, new.kind.role, new.root_id, new.opened_at
        )
    return result


def _context(new: NewCase, number: str) -> dict[str, object]:
    kind, minutes = new.kind, new.kind.sla_minutes or 0
    return {
        "caseId": new.id,
        "number": number,
        "caseType": kind.case_type,
        "title": kind.title,
        "subjectType": new.subject_type,
        "subjectId": new.subject_id,
        "evidence": dict(new.evidence),
        "role": str(kind.role),
        "priority": kind.priority,
        "slaMinutes": minutes,
        "dueAt": due_at(new.opened_at, minutes),
    }


_ADD = """
insert into orderwright.case_record (id, number, case_type, role, root_id, opened_at)
values ($1, $2, $3, $4, $5, $6) on conflict (id) do nothing
"""
