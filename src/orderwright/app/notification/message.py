"""Messages that somebody has worded: told to people in the application and by mail, or mailed to an address.

Domain events have their own consumer and their own words, see `notifier`. The row of a person and a message keeps it
from being told twice; a mail to an address has its key for that.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.app.notification.mail import MAIL
from orderwright.app.notification.notifier import root_of
from orderwright.runtime.identity import derived_id

if TYPE_CHECKING:
    from datetime import datetime

    from asyncpg import Record

    from orderwright.app.notification.inbox import Channel
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.job_queue import JobQueue
    from orderwright.runtime.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What people are told.

    Attributes:
        id: the same at every repetition.
        kind: what stands in the place of a domain event's name.
        link: where in the console, or on the web, it leads.
        channels: by which people are told; an address has mail alone.
    """

    id: str
    kind: str
    subject: str
    body: str
    link: str
    channels: Collection[Channel]
    root_id: str
    correlation_id: str
    causation_id: str
    at: datetime


class Messenger:
    """Tells people; by mail only where the engine has a kind of job for it."""

    def __init__(self, engine: Engine, jobs: JobQueue) -> None:
        self._engine = engine
        self._jobs = jobs

    @property
    def has_mail(self) -> bool:
        """Whether mail can be sent."""
        return MAIL in self._engine.kinds

    async def tell_role(self, connection: Connection, role: str, message: Message) -> int:
        """Tell everybody of a role and return how many that are."""
        return await self._tell(connection, await connection.fetch(_OF_ROLE, role), message)

    async def tell_people(
        self, connection: Connection, ids: Sequence[str], message: Message
    ) -> int:
        """Tell people by their own ids or those of their customers, and return how many they are."""
        return await self._tell(connection, await connection.fetch(_OF_IDS, list(ids)), message)

    async def write(self, connection: Connection, address: str, message: Message) -> None:
        """Mail to an address.

        Raises:
            JobKindUnknown: mail cannot be sent.
        """
        payload = {"to": address, "subject": message.subject, "body": message.body}
        await self._jobs.enqueue(
            MAIL,
            payload,
            key=f"mail/{derived_id(address)}/{message.id}",
            root_id=message.root_id,
            correlation_id=message.correlation_id,
            causation_id=message.causation_id,
            connection=connection,
        )

    async def _tell(
        self, connection: Connection, people: Sequence[Record], message: Message
    ) -> int:
        for person in people:
            row_id = derived_id(f"notification/{person['id']}/{message.id}")
            said = (message.id, message.kind, message.subject, message.body, message.link)
            in_app = "APP" in message.channels
            row = (row_id, person["id"], *said, in_app, message.at)
            if await connection.fetchval(_ADD, *row):
                self._engine.wakeup.announce(root_of(person["id"]), again=True)
                if "MAIL" in message.channels and person["email"] and self.has_mail:
                    await self.write(connection, person["email"], message)
        return len(people)


_OF_ROLE: Final = """
select id, email from orderwright.person where is_active and $1 = any(roles) order by id
"""
_OF_IDS: Final = """
select id, email from orderwright.person
where is_active and (id = any($1::text[]) or customer_id = any($1::text[])) order by id
"""
_ADD: Final = """
insert into orderwright.notification (id, person_id, event_id, event, subject, body, link, in_app, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing returning id
"""
