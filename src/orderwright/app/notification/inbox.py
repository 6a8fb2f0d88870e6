"""What people were told, what of it they have read, and which channels they want: everybody their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from orderwright.app.notification.notice import NOTICES
from orderwright.app.notification.notifier import root_of
from orderwright.app.notification.wording import LANGUAGES
from orderwright.app.page import Page, Place, size
from orderwright.app.permissions import Identity, require
from orderwright.errors import InputInvalid

if TYPE_CHECKING:
    from orderwright.runtime.engine import Engine

Channel: TypeAlias = Literal["APP", "MAIL"]
CHANNELS: Final[tuple[Channel, ...]] = get_args(Channel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """Something that a person was told; `link` is its place in the console."""

    id: str
    event: str
    subject: str
    body: str
    link: str
    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """Whether a person wants to be told of an event by a channel."""

    event: str
    channel: Channel
    is_wanted: bool


class NotificationInbox:
    """Reads and changes the notifications of the asking person, and nobody else's."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def page(
        self, by: Identity, *, unread: bool, first: int, after: str | None
    ) -> Page[Notification]:
        """Return a page, the newest first.

        Raises:
            RoleMissing, InputInvalid.
        """
        require(by, "notification.read")
        most, place = size(first), Place.read(after) if after is not None else None
        start = (place.at, place.id) if place else (None, None)
        async with self._engine.pool.acquire() as connection:
            rows = await connection.fetch(_PAGE, by.id, unread, *start, most + 1)
        found = [Notification(**dict(row)) for row in rows]
        placed = [(Place(one.created_at, one.id), one) for one in found[:most]]
        return Page(rows=placed, has_next=len(rows) > most, has_previous=after is not None)

    async def unread(self, by: Identity) -> int:
        """Return how many have not been read.

        Raises:
            RoleMissing.
        """
        require(by, "notification.read")
        async with self._engine.pool.acquire() as connection:
            return int(await connection.fetchval(_UNREAD, by.id))

    async def read(self, by: Identity, ids: Sequence[str] | None) -> int:
        """Note that some, or without ids all, have been read; return how many are left. Repeating it changes nothing.

        Raises:
            RoleMissing.
        """
        require(by, "notification.read")
        async with self._engine.pool.acquire() as connection:
            given = list(ids) if ids is not None else None
            await connection.execute(_READ, by.id, given, self._engine.clock.now())
        self._engine.wakeup.announce(root_of(by.id))
        return await self.unread(by)

    async def preferences(self, by: Identity) -> list[Preference]:
        """Return what the person wants to be told, for every event and channel.

        Raises:
            RoleMissing.
        """
        require(by, "notification.read")
        async with self._engine.pool.acquire() as connection:
            rows = await connection.fetch(_PREFERENCES, by.id)
        said = {(row["event"], row["channel"]): row["is_wanted"] for row in rows}
        return [
            Preference(event=event, channel=channel, is_wanted=said.get((event, channel), True))
            for event in NOTICES
            for channel in CHANNELS
        ]

    async def prefer(self, by: Identity, wish: Preference) -> None:
        """Note whether the person wants to be told of an event by a channel, from now on.

        Raises:
            RoleMissing.
            InputInvalid: nobody is told of such an event.
        """
        require(by, "notification.set")
        if wish.event not in NOTICES:
            raise InputInvalid("event", wish.event, f"one of {', '.join(NOTICES)}")
        async with self._engine.pool.acquire() as connection:
            await connection.execute(_PREFER, by.id, wish.event, wish.channel, wish.is_wanted)

    async def language(self, by: Identity) -> str:
        """Return the language in which the person is told; one that is not spoken any more counts as the first.

        Raises:
            RoleMissing.
        """
        require(by, "notification.read")
        async with self._engine.pool.acquire() as connection:
            language = str(await connection.fetchval(_LANGUAGE, by.id))
        return language if language in LANGUAGES else LANGUAGES[0]

    async def speak(self, by: Identity, language: str) -> None:
        """Note in which language the person is told, from now on.

        Raises:
            RoleMissing.
            InputInvalid: there are no texts in the language.
        """
        require(by, "notification.set")
        if language not in LANGUAGES:
            raise InputInvalid("language", language, f"one of {', '.join(LANGUAGES)}")
        async with self._engine.pool.acquire() as connection:
            await connection.execute(_SPEAK, by.id, language)


OLD: Final = """
with gone as (
    delete from orderwright.notification where id in (
        select id from orderwright.notification
        where created_at < $1
        order by created_at
        limit {batch}
        for update skip locked)
    returning 1
)
select count(*) from gone
"""
"""Deletes notifications that are old, read or not."""
_PAGE: Final = """
select id, event, subject, body, link, created_at, read_at from orderwright.notification
where person_id = $1 and in_app and (read_at is null or not $2)
  and ($3::timestamptz is null or (created_at, id) < ($3, $4))
order by created_at desc, id desc limit $5
"""
_UNREAD: Final = """
select count(*) from orderwright.notification where person_id = $1 and in_app and read_at is null
"""
_READ: Final = """
update orderwright.notification set read_at = $3
where person_id = $1 and in_app and read_at is null and ($2::text[] is null or id = any($2))
"""
_PREFERENCES: Final = """
select event, channel, is_wanted from orderwright.notification_preference where person_id = $1
"""
_PREFER: Final = """
insert into orderwright.notification_preference (person_id, event, channel, is_wanted) values ($1, $2, $3, $4)
on conflict (person_id, event, channel) do update set is_wanted = excluded.is_wanted
"""
_LANGUAGE: Final = "select language from orderwright.person where id = $1"
_SPEAK: Final = "update orderwright.person set language = $2 where id = $1"
