"""Webhooks as an application offers them: subscriptions to catalogued domain events.

Who may call these is the caller's to decide. A subscriber sees the events of all customers, so they are for the
house's own staff.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderwright.domain.catalogue import CATALOGUE
from orderwright.errors import InputInvalid
from orderwright.runtime.webhook import delivery, delivery_list, subscription

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orderwright.clock import Clock
    from orderwright.runtime.pool import Pool
    from orderwright.runtime.webhook.delivery import Status
    from orderwright.runtime.webhook.delivery_list import DeliveryState
    from orderwright.runtime.webhook.subscription import Subscription


def require_catalogued(patterns: Sequence[str]) -> None:
    """Raise `InputInvalid` for a pattern that fits no event of the catalogue."""
    for pattern in patterns:
        if not any(subscription.fits(pattern, name) for name in CATALOGUE):
            expected = "the name of a catalogued event, sale.* or *"
            raise InputInvalid("patterns", pattern, expected)


class Webhooks:
    """Commands on subscriptions and their deliveries."""

    def __init__(self, pool: Pool, clock: Clock, *, allow_loopback: bool) -> None:
        self._pool = pool
        self._clock = clock
        self._allow_loopback = allow_loopback

    async def subscribe(self, url: str, patterns: Sequence[str], *, by: str) -> tuple[str, str]:
        """Subscribe an endpoint to events from now on; return its id and its secret, which is shown this once.

        Args:
            url: HTTPS, at a public address.
            patterns: names of domain events, `sale.*` or `*`.
            by: who subscribes.

        Raises:
            InputInvalid: the URL has no meaning, or a pattern fits no event of the catalogue.
            AddressRefused: the URL names an address that is not public.
        """
        require_catalogued(patterns)
        async with self._pool.acquire() as connection:
            return await subscription.subscribe(
                connection,
                url,
                patterns,
                created_by=by,
                at=self._clock.now(),
                allow_loopback=self._allow_loopback,
            )

    async def subscriptions(self) -> list[Subscription]:
        """Return every subscription, the oldest first; without secrets."""
        async with self._pool.acquire() as connection:
            return await subscription.list_subscriptions(connection)

    async def pause(self, subscription_id: str, *, reason: str) -> None:
        """Stop sending; nothing is lost.

        Raises:
            SubscriptionNotFound: there is none with this id.
        """
        async with self._pool.acquire() as connection:
            at = self._clock.now()
            await subscription.pause(connection, subscription_id, reason=reason, at=at)

    async def resume(self, subscription_id: str) -> None:
        """Send again, at once, what is waiting.

        Raises:
            SubscriptionNotFound: there is none with this id.
        """
        async with self._pool.acquire() as connection:
            await subscription.resume(connection, subscription_id, at=self._clock.now())

    async def rotate(self, subscription_id: str) -> str:
        """Give a subscription a new secret, which signs what is sent from now on, and return it.

        Raises:
            SubscriptionNotFound: there is none with this id.
        """
        async with self._pool.acquire() as connection:
            return await subscription.rotate(connection, subscription_id)

    async def unsubscribe(self, subscription_id: str) -> None:
        """Remove a subscription with its deliveries.

        Raises:
            SubscriptionNotFound: there is none with this id.
        """
        async with self._pool.acquire() as connection:
            await subscription.unsubscribe(connection, subscription_id)

    async def deliveries(
        self, subscription_id: str, *, status: Status | None = None, limit: int = 100
    ) -> list[DeliveryState]:
        """Return deliveries of a subscription, the newest first.

        Raises:
            SubscriptionNotFound: there is none with this id.
        """
        async with self._pool.acquire() as connection:
            await subscription.find(connection, subscription_id)
            return await delivery_list.list_deliveries(
                connection, subscription_id, status=status, limit=limit
            )

    async def retry_dead(
        self, subscription_id: str, message_ids: Sequence[str] | None = None
    ) -> list[str]:
        """Have dead deliveries sent again, all of them or those that are named; return their ids."""
        async with self._pool.acquire() as connection:
            at = self._clock.now()
            return await delivery.retry_dead(connection, subscription_id, message_ids, at=at)
