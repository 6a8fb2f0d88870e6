"""One request to a subscriber: to the address that was checked, bounded in time and size, and never redirected.

The transport is used without a client on purpose: no cookies, no proxies of the environment, no redirects. No
connection is kept, because two hosts may share an address and must not share a TLS connection.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final, cast

import httpx

from orderwright.runtime.failure import words
from orderwright.runtime.webhook.address import Resolver

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from datetime import datetime

SECONDS: Final = 15.0
"""How long an attempt may take, from the name's resolution to the answer; the specification says 15 to 30."""
_KEPT: Final = 500  # bytes of an answer, for the one who looks into a failure
_OK: Final = range(200, 300)
_LONGEST_WISH: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of an attempt.

    Attributes:
        status: of the response; None when there was none.
        error: why it failed, in words; None with success.
        retry_after: what the receiver asked for, at most a day.
    """

    status: int | None = None
    error: str | None = None
    retry_after: timedelta | None = None
    milliseconds: int = 0

    @property
    def is_success(self) -> bool:
        """Whether the subscriber has it; only 2xx says so."""
        return self.status in _OK


class Postman:
    """Posts webhooks; `close` it at the end."""

    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        seconds: float = SECONDS,
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        """Take the authorities that are trusted; by default those of the package `certifi`."""
        self._resolver = Resolver(allow_loopback=allow_loopback)
        self._seconds = seconds
        self._transport = httpx.AsyncHTTPTransport(
            verify=trusted or httpx.create_ssl_context(trust_env=False),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
            trust_env=False,
        )

    async def post(self, url: str, body: str, headers: dict[str, str], *, now: datetime) -> Answer:
        """Send a body and return what came of it; a failure is an answer, too."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._send(httpx.URL(url), body, headers, now)
        except (TimeoutError, httpx.TimeoutException):
            answer = Answer(error=f"no answer within {self._seconds:g} s")
        except Exception as error:  # noqa: BLE001 (whatever the subscriber's name or answer is, it is on record)
            answer = Answer(error=words(error))
        taken = int((time.monotonic() - began) * 1000)
        return Answer(
            status=answer.status,
            error=answer.error,
            retry_after=answer.retry_after,
            milliseconds=taken,
        )

    async def close(self) -> None:
        """Give back what the transport holds, and leave behind what is still being looked up."""
        self._resolver.close()
        await self._transport.aclose()

    async def _send(
        self, url: httpx.URL, body: str, headers: dict[str, str], now: datetime
    ) -> Answer:
        host = url.raw_host.decode("ascii")
        address = await self._resolver.resolve(host)
        request = httpx.Request(
            "POST",
            url.copy_with(host=str(address)),
            content=body.encode(),
            headers={
                **headers,
                "host": url.netloc.decode("ascii"),
                "content-type": "application/json",
                "accept-encoding": "identity",
                "user-agent": "orderwright",
            },
            extensions={
                "sni_hostname": host,
                "timeout": httpx.Timeout(self._seconds).as_dict(),
            },
        )
        response = await self._transport.handle_async_request(request)
        try:
            return await _read(response, now)
        finally:
            await response.aclose()


async def _read(response: httpx.Response, now: datetime) -> Answer:
    status = response.status_code
    if status in _OK:
        return Answer(status=status)
    text = (await _beginning(response)).decode(errors="replace").replace("\x00", "\\x00")
    wish = _retry_after(response.headers.get("retry-after"), now)
    return Answer(status=status, error=f"answered {status}: {text}", retry_after=wish)


async def _beginning(response: httpx.Response) -> bytes:
    kept = b""
    chunks = cast("AsyncGenerator[bytes, None]", response.aiter_raw(_KEPT))
    async with aclosing(chunks):
        async for chunk in chunks:
            kept += chunk
            if len(kept) >= _KEPT:
                break
    return kept[:_KEPT]


def _retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read seconds or a date, heard up to a day; what is neither, or past, is no wish."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), _LONGEST_WISH)
    try:
        wish = parsedate_to_datetime(value) - now
    except (TypeError, ValueError, OverflowError):
        return None
    return min(wish, _LONGEST_WISH) if wish > timedelta() else None
