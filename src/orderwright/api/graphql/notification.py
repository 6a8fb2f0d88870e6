"""What a person was told, as the API shows it, and what they may say to that."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from orderwright.api.graphql.connection import PageInfo
from orderwright.api.graphql.context import Info
from orderwright.api.graphql.operations import First
from orderwright.api.graphql.results import Refusal, answered_plainly
from orderwright.app.notification import inbox
from orderwright.app.notification.notice import NOTICES
from orderwright.app.notification.notifier import root_of
from orderwright.app.notification.wording import LANGUAGES
from orderwright.app.page import Page


@strawberry.enum
class NotificationChannel(Enum):
    APP = "APP"
    MAIL = "MAIL"


@strawberry.type(description="Something that the person was told.")
class Notification:
    id: strawberry.ID
    event: str
    subject: str
    body: str
    link: str = strawberry.field(description="Its place in the console.")
    created_at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, one: inbox.Notification) -> Notification:
        """Show a notification."""
        return cls(
            id=strawberry.ID(one.id),
            event=one.event,
            subject=one.subject,
            body=one.body,
            link=one.link,
            created_at=one.created_at,
            read_at=one.read_at,
        )


@strawberry.type
class NotificationEdge:
    node: Notification
    cursor: str


@strawberry.type
class NotificationConnection:
    edges: list[NotificationEdge]
    page_info: PageInfo

    @classmethod
    def of(cls, page: Page[inbox.Notification]) -> NotificationConnection:
        """Show a page of notifications."""
        edges = [
            NotificationEdge(node=Notification.of(one), cursor=at.cursor())
            for at, one in page.rows
        ]
        return cls(edges=edges, page_info=PageInfo.of(page))

    @strawberry.field
    async def unread_count(self, info: Info) -> int:
        """How many of all have not been read."""
        return await info.context.app.notifications.unread(info.context.by)


@strawberry.type(description="Whether the person is told of an event by a channel.")
class NotificationPreference:
    event: str
    label: str = strawberry.field(description="What happened, in a few words.")
    channel: NotificationChannel
    is_wanted: bool

    @classmethod
    def of(cls, wish: inbox.Preference) -> NotificationPreference:
        """Show a preference."""
        channel = NotificationChannel(wish.channel)
        label = NOTICES[wish.event].label
        return cls(event=wish.event, label=label, channel=channel, is_wanted=wish.is_wanted)


@strawberry.type
class NotificationsRead:
    unread_count: int


@strawberry.type
class NotificationPreferenceSet:
    preference: NotificationPreference


@strawberry.type(description="In which language the person is told, and which there are.")
class NotificationLanguage:
    language: str
    languages: list[str]

    @classmethod
    def of(cls, language: str) -> NotificationLanguage:
        """Show a language among those that there are."""
        return cls(language=language, languages=list(LANGUAGES))


ReadNotificationsResult = Annotated[
    NotificationsRead | Refusal, strawberry.union("ReadNotificationsResult")
]
SetNotificationPreferenceResult = Annotated[
    NotificationPreferenceSet | Refusal, strawberry.union("SetNotificationPreferenceResult")
]

SetNotificationLanguageResult = Annotated[
    NotificationLanguage | Refusal, strawberry.union("SetNotificationLanguageResult")
]


@strawberry.type
class NotificationsQuery:
    @strawberry.field
    async def notifications(
        self,
        info: Info,
        *,
        unread: bool = False,
        first: First = 50,
        after: str | None = None,
    ) -> NotificationConnection:
        """What the person was told, the newest first; with `unread` only what they have not read."""
        page = await info.context.app.notifications.page(
            info.context.by, unread=unread, first=first, after=after
        )
        return NotificationConnection.of(page)

    @strawberry.field
    async def notification_preferences(self, info: Info) -> list[NotificationPreference]:
        """For every event and channel whether the person is told."""
        wishes = await info.context.app.notifications.preferences(info.context.by)
        return [NotificationPreference.of(wish) for wish in wishes]

    @strawberry.field
    async def notification_language(self, info: Info) -> NotificationLanguage:
        """In which language the person is told."""
        language = await info.context.app.notifications.language(info.context.by)
        return NotificationLanguage.of(language)


@strawberry.type
class NotificationsMutation:
    @strawberry.mutation
    async def read_notifications(
        self, info: Info, ids: list[strawberry.ID] | None = None
    ) -> ReadNotificationsResult:
        """Note that some, or without ids all, have been read. Repeating it changes nothing."""
        context = info.context
        given = [str(one) for one in ids] if ids is not None else None
        command = context.app.notifications.read(context.by, given)
        return await answered_plainly(
            command, lambda left: NotificationsRead(unread_count=left), context
        )

    @strawberry.mutation
    async def set_notification_preference(
        self, info: Info, event: str, channel: NotificationChannel, *, is_wanted: bool
    ) -> SetNotificationPreferenceResult:
        """Say whether to be told of an event by a channel. Repeating it changes nothing."""
        context = info.context
        wish = inbox.Preference(event=event, channel=channel.value, is_wanted=is_wanted)
        command = context.app.notifications.prefer(context.by, wish)
        return await answered_plainly(
            command,
            lambda _: NotificationPreferenceSet(preference=NotificationPreference.of(wish)),
            context,
        )

    @strawberry.mutation
    async def set_notification_language(
        self, info: Info, language: str
    ) -> SetNotificationLanguageResult:
        """Say in which language to be told, from now on. Repeating it changes nothing."""
        context = info.context
        command = context.app.notifications.speak(context.by, language)
        return await answered_plainly(
            command, lambda _: NotificationLanguage.of(language), context
        )


@strawberry.type(description="What the person was told, or has read, changed: ask again.")
class NotificationsChange:
    unread_count: int


@strawberry.type
class NotificationsSubscription:
    @strawberry.subscription
    async def notifications_changed(self, info: Info) -> AsyncGenerator[NotificationsChange, None]:
        context, own = info.context, root_of(info.context.by.id)
        with context.app.listener.subscribe() as changes:
            async for change in changes:
                if change.touches(own):
                    await context.refresh()
                    unread = await context.app.notifications.unread(context.by)
                    yield NotificationsChange(unread_count=unread)
