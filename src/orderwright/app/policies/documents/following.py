"""What follows from requests for documents: a consumer of the outbox.

documents.requested    whoever stands behind the entity is told, with the link; again in each round; where there is
                       nobody who can be told, a case asks compliance to hand the link over
documents.reminded     once more
documents.submitted    compliance is told, and the KYC session
documents.accepted     the hold is lifted, and nothing is left for compliance to decide
documents.cancelled    as if accepted
documents.overdue      compliance decides; what is handed in later is taken all the same

Who answers first, by the documents or by the case, has answered both. A case that is open therefore holds its entity,
and what compliance has declined, or looks into again, stays for it to decide.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from orderwright.app.cases import NewCase, Opening, open_case
from orderwright.app.notification.message import Message, Messenger
from orderwright.app.permissions import Role
from orderwright.app.policies import action_record as record
from orderwright.app.policies.documents.link import link_for
from orderwright.app.policies.documents.requesting import required, types_of
from orderwright.app.policies.entity import Work, has_ended
from orderwright.app.policies.recipient import address_of, link_of, own_ids
from orderwright.app.policies.reviewing import escalate_anew, evidence_of, withdraw
from orderwright.domain.reading import integer, moment, text
from orderwright.runtime.consumer import Consumer, work_of
from orderwright.runtime.identity import derived_id
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.policies.entity import House
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

UNTOLD: Final = Opening(
    case_type="DOCUMENTS_UNTOLD",
    title="Nobody could be told which documents are asked for",
    role=Role.COMPLIANCE,
    priority="NORMAL",
    sla_minutes=24 * 60,
)
"""The case for who is to hand a link over."""
_NAME: Final = "policy-documents"
_KYC: Final = "KYC"


class DocumentsFollowed:
    """Reacts to what becomes of requests for documents; `address` is where people reach this house."""

    def __init__(self, house: House, address: str) -> None:
        self._house = house
        self._address = address
        self._reactions: Mapping[str, Callable[[Work, DomainEvent], Awaitable[None]]] = {
            "documents.requested": self._ask,
            "documents.reminded": self._remind,
            "documents.submitted": self._show,
            "documents.accepted": _accepted,
            "documents.cancelled": _cancelled,
            "documents.overdue": _overdue,
        }

    def consumer(self) -> Consumer:
        """Return the consumer that the relay feeds."""
        events = frozenset(self._reactions)
        return Consumer(name=_NAME, events=events, handle=self._react, batch=1)

    async def _react(self, connection: Connection, event: DomainEvent) -> None:
        action = await record.lock(connection, text(event.data, "requestId"))
        if action is None:
            return
        caused = replace(action, event_id=event.event_id, correlation_id=event.correlation_id)
        work = Work(house=self._house, connection=connection, action=caused)
        with work_of(_NAME, event):
            await self._reactions[event.name](work, event)

    async def _ask(self, work: Work, event: DomainEvent) -> None:
        again = integer(event.data, "round") > 1
        if again and work.action.entity_type == _KYC:
            message = text(event.data, "message")
            asked = required(types_of(work.action.config), message, work.action.policy_id)
            await work.send(work.action.entity_id, asked)
        subject = "Your documents will not do" if again else "We need documents from you"
        if not await self._tell(work, event, subject):
            await _hand_over(work, event)

    async def _remind(self, work: Work, event: DomainEvent) -> None:
        entity = await work.entity()
        if entity is not None and has_ended(entity):
            return  # about to be withdrawn
        await self._tell(work, event, "We still need documents from you")

    async def _tell(self, work: Work, event: DomainEvent, subject: str) -> bool:
        """Tell whoever stands behind the entity, and return whether there is such; nobody else gets the link."""
        messenger = Messenger(work.house.engine, work.house.jobs)
        message = await self._message(work, event, subject)
        if await messenger.tell_people(work.connection, await own_ids(work), message):
            return True
        address = await address_of(work)
        if address is None or not messenger.has_mail:
            return False
        await messenger.write(work.connection, address, message)
        return True

    async def _message(self, work: Work, event: DomainEvent, subject: str) -> Message:
        # As of the event, so that a repetition says the same.
        due, then = moment(event.data, "dueAt"), event.occurred_at
        link = await link_for(work.connection, work.action.id, due or then, then)
        url = f"{self._address}{link.path}"
        types = ", ".join(types_of(work.action.config))
        said = text(event.data, "message")
        until = f"{due:%Y-%m-%d}" if due else ""
        body = "\n\n".join(part for part in (said, f"{types}, by {until}", url) if part)
        told = _said(work, event, subject, body)
        return replace(told, link=link.path)

    async def _show(self, work: Work, event: DomainEvent) -> None:
        action = work.action
        if action.entity_type == _KYC:
            data = {"documentType": ", ".join(types_of(action.config)), "reference": action.id}
            await work.send(action.entity_id, Event("DOCUMENTS_SUBMITTED", data))
        body = f"{action.entity_type} {action.entity_id}: {', '.join(types_of(action.config))}"
        messenger = Messenger(work.house.engine, work.house.jobs)
        told = _said(work, event, "Documents were handed in", body)
        await messenger.tell_role(work.connection, Role.COMPLIANCE, told)


async def _hand_over(work: Work, event: DomainEvent) -> None:
    """Have the link handed over by people; it is their work, and no judgement of the policy."""
    action = work.action
    new = NewCase(
        id=derived_id(f"case/{event.event_id}/untold"),
        kind=UNTOLD,
        subject_type=action.entity_type,
        subject_id=action.entity_id,
        root_id=action.root_id,
        opened_at=work.house.engine.clock.now(),
        evidence={**evidence_of(action), "requestId": action.id, "types": types_of(action.config)},
    )
    await open_case(work.house.engine, new, work.cause, connection=work.connection)
    await work.send(action.id, Event("NOBODY_TOLD", {"caseId": new.id}))  # may be settled already


async def _accepted(work: Work, event: DomainEvent) -> None:
    await _settled(work, event, "accepted", "the documents were accepted")


async def _cancelled(work: Work, event: DomainEvent) -> None:
    await _settled(work, event, "cancelled", "the documents are not needed any more")


async def _settled(work: Work, event: DomainEvent, outcome: str, why: str) -> None:
    """Let the entity go, and close the cases that were opened because its documents were overdue."""
    action, connection = work.action.id, work.connection
    if await connection.fetchval(_DECIDED_ANEW, action, event.recorded_at):
        return
    await work.lift(outcome)
    entity = await work.entity()
    if entity is not None and has_ended(entity):
        return  # what is open about it is closed with it, or stays to be looked into
    for row in await connection.fetch(_OPEN, action):
        await withdraw(work.house.engine, connection, event, row["case_id"], why)


async def _overdue(work: Work, event: DomainEvent) -> None:
    entity = await work.entity()
    if entity is not None and has_ended(entity):
        settled = Event("CANCEL", {"reason": "what they were asked for has ended"})
        await work.send(work.action.id, settled)
        return
    types = ", ".join(types_of(work.action.config))
    await escalate_anew(work, f"overdue/{event.event_id}", f"overdue documents: {types}")


def _said(work: Work, event: DomainEvent, subject: str, body: str) -> Message:
    action = work.action
    return Message(
        id=event.event_id,
        kind=event.name,
        subject=subject,
        body=body,
        link=link_of(action.entity_type, action.entity_id),
        channels=("APP", "MAIL"),
        root_id=action.root_id,
        correlation_id=event.correlation_id,
        causation_id=event.event_id,
        at=event.recorded_at,
    )


_OPEN: Final = """
select case_id from orderwright.policy_case where action_id = $1 and resolution is null order by 1
"""
# A request is cancelled because its case was resolved, too; somebody may have reopened that by now.
_DECIDED_ANEW: Final = """
select exists (
    select from orderwright.policy_case as c where c.action_id = $1 and (
        c.resolution = 'DECLINED'
        or c.resolution is null and exists (
            select from orderwright.log as l
            where l.instance_id = c.case_id and l.event_type = 'REOPEN' and l.recorded_at > $2)))
"""
