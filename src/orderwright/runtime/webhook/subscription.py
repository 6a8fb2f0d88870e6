"""Subscriptions: who gets which events, and whether they are paused.

A paused subscription loses nothing: its deliveries go on being written and wait until it is resumed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx

from orderwright.errors import InputInvalid, NotFound
from orderwright.runtime.identity import fresh_id, fresh_secret
from orderwright.runtime.webhook.address import literal, require_allowed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from asyncpg import Record

    from orderwright.runtime.pool import Connection

_LONGEST_URL: Final = 2000
_LONGEST_NAME, _LONGEST_LABEL = 253, 63  # characters of a host's name and of its parts
_PATTERN: Final = re.compile(r"\*|[a-z0-9_]+(\.[a-z0-9_]+)*(\.\*)?")


class SubscriptionNotFound(NotFound):
    """No webhook subscription has this id."""

    code = "webhook.not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """An endpoint that gets events.

    Attributes:
        patterns: names of domain events; `sale.*` for all that begin so, `*` for all.
        created_by: who subscribed.
        paused_at: since when nothing is sent; None while it is.
        pause_reason: why; in words for a person.
        failing_since: the first failure after the last success; None after a success.
    """

    subscription_id: str
    url: str
    patterns: tuple[str, ...]
    created_by: str
    created_at: datetime
    paused_at: datetime | None
    pause_reason: str | None
    failing_since: datetime | None


async def subscribe(  # noqa: PLR0913 (what a subscription is made of)
    connection: Connection,
    url: str,
    patterns: Sequence[str],
    *,
    created_by: str,
    at: datetime,
    allow_loopback: bool = False,
    subscription_id: str | None = None,
) -> tuple[str, str]:
    """Add a subscription to events from now on; return its id and its secret, which is shown this once.

    It gets a fresh id unless one is given.

    Raises:
        InputInvalid: the URL or a pattern has no meaning, or the URL is not HTTPS.
        AddressRefused: the URL names an address that is not public.
    """
    _check_url(url, allow_loopback=allow_loopback)
    for pattern in patterns:
        if not _PATTERN.fullmatch(pattern):
            raise InputInvalid("patterns", pattern, "an event's name, sale.* or *")
    if not patterns:
        raise InputInvalid("patterns", "", "at least one")
    subscription_id, secret = subscription_id or fresh_id(), fresh_secret()
    values = (subscription_id, url, list(patterns), secret, created_by, at)
    await connection.execute(_SUBSCRIBE, *values)
    return subscription_id, secret


def fits(pattern: str, name: str) -> bool:
    """Tell whether a pattern takes an event in, as `fan_out` does in the database."""
    return pattern in ("*", name) or (pattern.endswith(".*") and name.startswith(pattern[:-1]))


async def list_subscriptions(connection: Connection) -> list[Subscription]:
    """Return every subscription, the oldest first; without secrets."""
    return [_subscription(row) for row in await connection.fetch(_LIST + _IN_ORDER)]


async def find(connection: Connection, subscription_id: str) -> Subscription:
    """Return a subscription, without its secret.

    Raises:
        SubscriptionNotFound: there is none with this id.
    """
    row = await connection.fetchrow(_LIST + "where subscription_id = $1", subscription_id)
    _require(row, subscription_id)
    assert row is not None
    return _subscription(row)


async def secret_of(connection: Connection, subscription_id: str) -> str:
    """Return a secret again, for whoever repeats the request that made it.

    Raises:
        SubscriptionNotFound: there is no subscription with this id.
    """
    secret = await connection.fetchval(_SECRET_OF, subscription_id)
    _require(secret, subscription_id)
    return str(secret)


async def rotate(connection: Connection, subscription_id: str) -> str:
    """Give a subscription a new secret, which signs whatever is sent from now on, and return it.

    Raises:
        SubscriptionNotFound: there is none with this id.
    """
    secret = fresh_secret()
    _require(await connection.fetchval(_ROTATE, subscription_id, secret), subscription_id)
    return secret


async def pause(
    connection: Connection, subscription_id: str, *, reason: str, at: datetime
) -> None:
    """Stop sending; what is waiting waits on.

    Raises:
        SubscriptionNotFound: there is none with this id.
    """
    _require(await connection.fetchval(_PAUSE, subscription_id, reason, at), subscription_id)


async def resume(connection: Connection, subscription_id: str, *, at: datetime) -> None:
    """Send again, at once, what is waiting.

    Raises:
        SubscriptionNotFound: there is none with this id.
    """
    _require(await connection.fetchval(_RESUME, subscription_id, at), subscription_id)


async def unsubscribe(connection: Connection, subscription_id: str) -> None:
    """Remove a subscription with its deliveries.

    Raises:
        SubscriptionNotFound: there is none with this id.
    """
    async with connection.transaction():
        # Each waits for who is at it, and only the next statement sees what those have written: whoever fans out locks
        # the subscription, and whoever records an attempt the delivery.
        _require(await connection.fetchval(_REMOVE, subscription_id), subscription_id)
        await connection.execute(_REMOVE_DELIVERIES, subscription_id)
        await connection.execute(_REMOVE_ATTEMPTS, subscription_id)


def _subscription(row: Record) -> Subscription:
    return Subscription(**{**dict(row), "patterns": tuple(row["patterns"])})


def _check_url(url: str, *, allow_loopback: bool) -> None:
    try:
        parts = httpx.URL(url)
        host = parts.host
    except (httpx.InvalidURL, UnicodeError):  # of a host that no name of the net can be
        raise InputInvalid("url", url, "an HTTPS URL") from None
    schemes = ("https", "http") if allow_loopback else ("https",)
    if parts.scheme not in schemes or not host or parts.userinfo or len(url) > _LONGEST_URL:
        raise InputInvalid("url", url, "an HTTPS URL with a host and without a password")
    address = literal(host)
    if address is None and not _is_name(parts.raw_host.decode("ascii")):
        raise InputInvalid("url", url, "a host whose labels have 1 to 63 characters")
    if address is not None:
        require_allowed(address, allow_loopback=allow_loopback)


def _is_name(host: str) -> bool:
    labels = host.removesuffix(".").split(".")
    return len(host) <= _LONGEST_NAME and all(0 < len(label) <= _LONGEST_LABEL for label in labels)


def _require(found: object, subscription_id: str) -> None:
    if not found:
        raise SubscriptionNotFound(
            f"no webhook subscription {subscription_id!r}", values={"id": subscription_id}
        )


_SUBSCRIBE = """
insert into orderwright.webhook_subscription (subscription_id, url, patterns, secret, created_by, created_at)
values ($1, $2, $3, $4, $5, $6)
"""
_LIST = """
select subscription_id, url, patterns, created_by, created_at, paused_at, pause_reason, failing_since
from orderwright.webhook_subscription
"""
_IN_ORDER = "order by created_at, subscription_id"
_SECRET_OF = "select secret from orderwright.webhook_subscription where subscription_id = $1"  # noqa: S105 (a query)
_ROTATE = """
update orderwright.webhook_subscription set secret = $2 where subscription_id = $1 returning true
"""
_PAUSE = """
update orderwright.webhook_subscription set paused_at = coalesce(paused_at, $3), pause_reason = $2
where subscription_id = $1
returning true
"""
_RESUME = """
with due as (
    update orderwright.webhook_delivery set next_attempt_at = $2
    where subscription_id = $1 and status = 'waiting' and next_attempt_at > $2)
update orderwright.webhook_subscription
set paused_at = null, pause_reason = null, failing_since = null, not_before = null
where subscription_id = $1
returning true
"""
_REMOVE = "delete from orderwright.webhook_subscription where subscription_id = $1 returning true"
_REMOVE_DELIVERIES = "delete from orderwright.webhook_delivery where subscription_id = $1"
_REMOVE_ATTEMPTS = "delete from orderwright.webhook_attempt where subscription_id = $1"
