"""The consumer that tells people: a row for each person and event, and a mail for who has an address.

The row is what keeps a repeated event from telling anybody twice: only who gets a new one gets a mail. A channel
that a person does not want is left out; the row is there all the same. What an import takes over is told nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import Template
from typing import TYPE_CHECKING, Final

from orderwright.app.notification.mail import MAIL
from orderwright.app.notification.notice import NOTICES
from orderwright.app.notification.wording import Wording, worded
from orderwright.runtime.consumer import Consumer
from orderwright.runtime.identity import derived_id

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.runtime.engine import Engine
    from orderwright.runtime.job_queue import JobQueue
    from orderwright.runtime.outbox import DomainEvent
    from orderwright.runtime.pool import Connection

Order = Mapping[str, object]


def root_of(person_id: str) -> str:
    """Return under which name a change of a person's notifications is announced."""
    return f"person/{person_id}"


class Notifier:
    """Tells people of domain events; by mail only where the engine has a kind of job for it."""

    def __init__(self, engine: Engine, jobs: JobQueue) -> None:
        self._engine = engine
        self._jobs = jobs

    def consumer(self) -> Consumer:
        """Return the consumer that the relay feeds."""
        return Consumer(name="notifications", events=frozenset(NOTICES), handle=self._tell)

    async def _tell(self, connection: Connection, event: DomainEvent) -> None:
        if event.origin == "import":
            return
        row = await connection.fetchrow(_ORDER, event.root_id)
        order: Order = dict(row) if row else {}
        values = {**event.data, "orderNumber": order.get("number", event.root_id)}
        link = Template(NOTICES[event.name].link).substitute(values)
        for person in await _audience(connection, event, order):
            said = worded(event.name, person["language"], values)
            row_id = derived_id(f"notification/{person['id']}/{event.event_id}")
            if await connection.fetchval(_ADD, row_id, *_row(event, person, said, link)):
                self._engine.wakeup.announce(root_of(person["id"]), again=True)
                await self._mail(connection, event, person, said)

    async def _mail(
        self, connection: Connection, event: DomainEvent, person: Record, said: Wording
    ) -> None:
        if MAIL not in self._engine.kinds or not person["email"] or not person["by_mail"]:
            return
        await self._jobs.enqueue(
            MAIL,
            {"to": person["email"], "subject": said.subject, "body": said.body},
            key=f"mail/{person['id']}/{event.event_id}",
            root_id=event.root_id,
            correlation_id=event.correlation_id,
            causation_id=event.event_id,
            connection=connection,
        )


async def _audience(connection: Connection, event: DomainEvent, order: Order) -> Sequence[Record]:
    notice = NOTICES[event.name]
    customer = order.get("customer_id") if notice.to_customer else None
    return await connection.fetch(
        _AUDIENCE, event.name, notice.roles_of(event), customer, notice.person_of(event)
    )


def _row(event: DomainEvent, person: Record, said: Wording, link: str) -> tuple[object, ...]:
    return (
        person["id"],
        event.event_id,
        event.name,
        said.subject,
        said.body,
        link,
        person["in_app"],
        event.recorded_at,
    )


_ORDER: Final = "select number, customer_id from orderwright.sale_order where id = $1"
_AUDIENCE: Final = """
select p.id, p.email, p.language,
       coalesce(app.is_wanted, true) as in_app, coalesce(mail.is_wanted, true) as by_mail
from orderwright.person as p
left join orderwright.notification_preference as app
  on app.person_id = p.id and app.event = $1 and app.channel = 'APP'
left join orderwright.notification_preference as mail
  on mail.person_id = p.id and mail.event = $1 and mail.channel = 'MAIL'
where p.is_active and (p.roles && $2::text[] or p.customer_id = $3 or p.id = $4)
order by p.id
"""
_ADD: Final = """
insert into orderwright.notification (id, person_id, event_id, event, subject, body, link, in_app, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing returning id
"""
