"""Telling other processes that something changed, without slowing down those who change it.

A NOTIFY inside the hot transaction costs 60 to 70 % of the throughput: commits that notify queue up
behind one lock. So roots are collected and announced from a connection of their own, as many as came
together. An announcement is a hint: it may be lost, come early or be about nothing, and whoever must
not miss a change polls as well.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Final, Self

import asyncpg
import structlog

from orderwright.runtime.failure import BROKEN, words
from orderwright.runtime.pool import notice_silence, plain_url
from orderwright.runtime.time_limit import TookTooLong, in_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

    from orderwright.runtime.pool import Connection, Pool

CHANNEL: Final = "orderwright_changed"
_LARGEST: Final = 7900  # bytes; PostgreSQL's limit for a payload is 8000
_LATER_SECONDS: Final = 0.2
_PIDS: Final = 64  # more than a pool has connections, most of the time
_PAUSE_SECONDS: Final = 0.01  # between two notifications: each costs as much as a transition

_logger = structlog.get_logger(__name__)


class Announcer:
    """Announces changed roots after commit; many calls become few notifications."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._pids: deque[int] = deque(maxlen=_PIDS)
        self._waiting: dict[str, None] = {}
        self._later: dict[str, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._sending: asyncio.Task[None] | None = None

    def announce(self, root_id: str, *, again: bool = False) -> None:
        """Put a root on the list of the next notification; returns at once and never fails.

        The first goes out at once, what comes within 10 ms of one goes with the next.
        Use `again` while the change is not committed yet and the commit is somebody else's: it is
        announced once more a little later, when that has probably happened.
        """
        self._waiting[root_id] = None
        loop = asyncio.get_running_loop()
        if again:
            self._later[root_id] = None
            self._timer = self._timer or loop.call_later(_LATER_SECONDS, self._announce_later)
        if self._sending is None or self._sending.done():
            self._sending = loop.create_task(self._send())

    def is_own(self, pid: int) -> bool:
        """Tell whether it was this announcer that announced from a process of the server, as far as it remembers."""
        return pid in self._pids

    async def close(self) -> None:
        """Send what is waiting."""
        if self._timer is not None:
            self._timer.cancel()
            self._announce_later()
        if self._sending is not None:
            await self._sending

    def _announce_later(self) -> None:
        self._timer, self._later, later = None, {}, self._later
        for root_id in later:
            self.announce(root_id)

    async def _send(self) -> None:
        while self._waiting:
            self._waiting, roots = {}, self._waiting
            await self._notify(roots)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _notify(self, roots: Iterable[str]) -> None:
        try:
            async with self._pool.acquire() as connection:
                if not self.is_own(pid := connection.get_server_pid()):
                    self._pids.append(pid)
                for payload in _payloads(roots):
                    await connection.execute("select pg_notify($1, $2)", CHANNEL, payload)
        except BROKEN as error:  # a hint is lost; polling makes up for it
            _logger.warning("announcement_lost", error=str(error))


@dataclass(frozen=True, slots=True)
class Change:
    """Roots that changed; None when it is not known which, after a connection was lost."""

    roots: frozenset[str] | None

    def touches(self, root_id: str) -> bool:
        """Tell whether this root may have changed."""
        return self.roots is None or root_id in self.roots


class Listener:
    """Hears announcements on a connection of its own, which it renews, and passes them on.

    Use it as an asynchronous context manager; one serves a whole process.
    """

    def __init__(
        self, url: str, *, retry_seconds: float = 1.0, first_seconds: float = 10.0
    ) -> None:
        self._url = plain_url(url)
        self._retry_seconds = retry_seconds
        self._first_seconds = first_seconds
        self._failure: Exception | None = None
        self._subscriptions: set[Subscription] = set()
        self._watchers: list[Callable[[frozenset[str] | None, int], None]] = []
        self._listening = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to listen; returns when the first connection listens.

        Raises:
            ConnectionError: none does in time; says what stands in the way.
        """
        self._task = asyncio.create_task(self._keep_listening())
        try:
            async with in_time(self._first_seconds):
                await self._listening.wait()
        except TookTooLong as error:
            await self.__aexit__()
            why = words(self._failure) if self._failure else "no answer"
            raise ConnectionError(
                f"none listens after {self._first_seconds:g} s: {why}"
            ) from error
        except BaseException:
            await self.__aexit__()  # which nobody calls where this fails
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop to listen."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def watch(self, watcher: Callable[[frozenset[str] | None, int], None]) -> None:
        """Tell a watcher at once what is heard: the roots, and from which process of the server they were announced.

        The roots are None, as of `Change`, when it is not known which.
        """
        self._watchers.append(watcher)

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """Hand out what is heard from now on, for as long as the context lasts."""
        subscription = Subscription()
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    async def _keep_listening(self) -> None:
        while True:
            try:
                await self._listen_once()
            except BROKEN as error:
                self._failure = error
                _logger.warning("listener_lost", error=words(error))
            except Exception as error:
                self._failure = error
                _logger.exception("listener_failed")
            await asyncio.sleep(self._retry_seconds)

    async def _listen_once(self) -> None:
        connection = await asyncpg.connect(self._url)
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            await notice_silence(connection)
            await connection.add_listener(CHANNEL, self._hear)
            self._pass_on(None, 0)
            self._listening.set()
            await lost.wait()
        finally:
            connection.terminate()

    def _hear(self, _connection: Connection, pid: int, _channel: str, payload: object) -> None:
        self._pass_on(frozenset(json.loads(str(payload))), pid)

    def _pass_on(self, roots: frozenset[str] | None, pid: int) -> None:
        for watcher in self._watchers:
            watcher(roots, pid)
        for subscription in self._subscriptions:
            subscription.hear(roots)


class Subscription:
    """An asynchronous iterator of changes; what comes while nobody looks is merged into one."""

    def __init__(self) -> None:
        self._roots: set[str] = set()
        self._everything = False
        self._heard = asyncio.Event()

    def hear(self, roots: frozenset[str] | None) -> None:
        """Add to what is waiting."""
        self._roots.update(roots or ())
        self._everything = self._everything or roots is None
        self._heard.set()

    async def __aiter__(self) -> AsyncIterator[Change]:
        """Yield changes as they come, for ever."""
        while True:
            await self._heard.wait()
            self._heard.clear()
            roots = None if self._everything else frozenset(self._roots)
            self._roots, self._everything = set(), False
            yield Change(roots)


def _payloads(roots: Iterable[str]) -> Iterator[str]:
    """Write roots as JSON lists, each of a size that a notification can carry."""
    batch: list[str] = []
    size = 0
    for root in roots:
        written = encode_basestring_ascii(root)
        if batch and size + len(written) > _LARGEST:
            yield f"[{','.join(batch)}]"
            batch, size = [], 0
        batch.append(written)
        size += len(written) + 1
    yield f"[{','.join(batch)}]"
