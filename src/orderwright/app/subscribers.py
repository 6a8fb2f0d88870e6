"""Webhooks for people: who may see and change subscriptions, and what each request does once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from orderwright.app.page import Page, Place, size
from orderwright.app.permissions import Identity, require
from orderwright.app.webhooks import require_catalogued
from orderwright.runtime.identity import derived_id, fresh_id
from orderwright.runtime.once import is_replay
from orderwright.runtime.webhook import delivery, delivery_list, subscription

if TYPE_CHECKING:
    from orderwright.app.orders import Asked
    from orderwright.clock import Clock
    from orderwright.runtime.pool import Connection, Pool
    from orderwright.runtime.webhook.delivery import Status
    from orderwright.runtime.webhook.delivery_list import Attempted, DeliveryState
    from orderwright.runtime.webhook.subscription import Subscription

_PERMISSION = "webhook.manage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    """A subscription with a secret that is shown now and not again."""

    subscription: Subscription
    secret: str
    replayed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """The transaction in which a request is done, or found to have been done."""

    connection: Connection
    replayed: bool
    at: datetime


class Subscribers:
    """Commands on webhook subscriptions; each raises `RoleMissing` for who may not give it.

    A repeated request with its idempotency key changes nothing more, and answers what there is now.
    """

    def __init__(self, pool: Pool, clock: Clock, *, allow_loopback: bool) -> None:
        self._pool = pool
        self._clock = clock
        self._allow_loopback = allow_loopback

    async def subscriptions(self, by: Identity) -> list[Subscription]:
        """Return every subscription, the oldest first; without secrets."""
        require(by, _PERMISSION)
        async with self._pool.acquire() as connection:
            return await subscription.list_subscriptions(connection)

    async def subscribe(self, url: str, patterns: Sequence[str], asked: Asked) -> Subscribed:
        """Subscribe an endpoint to events from now on.

        Raises:
            InputInvalid, AddressRefused: see `Webhooks.subscribe`.
            SubscriptionNotFound: the request is repeated, and what it made has been removed.
        """
        require(asked.by, _PERMISSION)
        require_catalogued(patterns)
        new_id = derived_id(f"webhook:{asked.key}") if asked.key else fresh_id()
        async with self._turn(asked, "webhook.create", new_id, url, *patterns) as turn:
            if not turn.replayed:
                await subscription.subscribe(
                    turn.connection,
                    url,
                    patterns,
                    created_by=asked.by.id,
                    at=turn.at,
                    allow_loopback=self._allow_loopback,
                    subscription_id=new_id,
                )
            return await _subscribed(turn, new_id)

    async def rotate(self, subscription_id: str, asked: Asked) -> Subscribed:
        """Give a subscription a new secret.

        Raises:
            SubscriptionNotFound: there is none with this id.
        """
        async with self._turn(asked, "webhook.rotate", subscription_id) as turn:
            if not turn.replayed:
                await subscription.rotate(turn.connection, subscription_id)
            return await _subscribed(turn, subscription_id)

    async def pause(self, subscription_id: str, asked: Asked) -> Subscription:
        """Stop sending; nothing is lost.

        Raises:
            SubscriptionNotFound: there is none with this id.
        """
        reason = asked.reason or f"paused by {asked.by.name}"
        async with self._turn(asked, "webhook.pause", subscription_id, reason) as turn:
            if not turn.replayed:
                await subscription.pause(
                    turn.connection, subscription_id, reason=reason, at=turn.at
                )
            return await subscription.find(turn.connection, subscription_id)

    async def resume(self, subscription_id: str, asked: Asked) -> Subscription:
        """Send again, at once, what is waiting.

        Raises:
            SubscriptionNotFound: there is none with this id.
        """
        async with self._turn(asked, "webhook.resume", subscription_id) as turn:
            if not turn.replayed:
                await subscription.resume(turn.connection, subscription_id, at=turn.at)
            return await subscription.find(turn.connection, subscription_id)

    async def unsubscribe(self, subscription_id: str, asked: Asked) -> str:
        """Remove a subscription with its deliveries; return its id.

        Raises:
            SubscriptionNotFound: there is none with this id.
        """
        async with self._turn(asked, "webhook.delete", subscription_id) as turn:
            if not turn.replayed:
                await subscription.unsubscribe(turn.connection, subscription_id)
        return subscription_id

    async def redeliver(
        self, subscription_id: str, message_ids: Sequence[str] | None, asked: Asked
    ) -> list[str]:
        """Have dead deliveries sent again, all or those that are named; return the ids of those that are.

        Raises:
            SubscriptionNotFound: there is none with this id.
        """
        named = sorted(message_ids) if message_ids is not None else None
        async with self._turn(asked, "webhook.redeliver", subscription_id, named) as turn:
            await subscription.find(turn.connection, subscription_id)
            if turn.replayed:
                return []
            return await delivery.retry_dead(turn.connection, subscription_id, named, at=turn.at)

    async def deliveries(
        self,
        by: Identity,
        subscription_id: str,
        *,
        status: Status | None,
        first: int,
        after: str | None,
    ) -> Page[tuple[DeliveryState, list[Attempted]]]:
        """Return a page of deliveries with their attempts, the newest first.

        Raises:
            SubscriptionNotFound: there is no subscription with this id.
            InputInvalid: `first` or `after` is wrong.
        """
        require(by, _PERMISSION)
        most, place = size(first), Place.read(after) if after is not None else None
        async with self._pool.acquire() as connection:
            await subscription.find(connection, subscription_id)
            found = await delivery_list.list_deliveries(
                connection,
                subscription_id,
                status=status,
                after=(place.at, place.id) if place else None,
                limit=most + 1,
            )
            shown = found[:most]
            ids = [one.message_id for one in shown]
            tried = await delivery_list.attempts_at(connection, subscription_id, ids)
        rows = [
            (Place(one.created_at, one.message_id), (one, tried[one.message_id])) for one in shown
        ]
        return Page(rows=rows, has_next=len(found) > most, has_previous=after is not None)

    async def count(self, by: Identity, subscription_id: str, *, status: Status | None) -> int:
        """Return how many deliveries of a subscription there are."""
        require(by, _PERMISSION)
        async with self._pool.acquire() as connection:
            return await delivery_list.count_deliveries(connection, subscription_id, status=status)

    @asynccontextmanager
    async def _turn(self, asked: Asked, *request: object) -> AsyncIterator[_Turn]:
        require(asked.by, _PERMISSION)
        at = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            replayed = await is_replay(connection, asked.key, request, at=at)
            yield _Turn(connection=connection, replayed=replayed, at=at)


async def _subscribed(turn: _Turn, subscription_id: str) -> Subscribed:
    return Subscribed(
        subscription=await subscription.find(turn.connection, subscription_id),
        secret=await subscription.secret_of(turn.connection, subscription_id),
        replayed=turn.replayed,
    )
