"""What commands that keep running share: the open application, and a clean end on Ctrl-C and SIGTERM."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

import uvloop

from orderwright.app.bootstrap import Orderwright
from orderwright.app.database import AWAY, DatabaseUnreachable, opened
from orderwright.app.log import configure_log
from orderwright.app.orders import Asked
from orderwright.app.permissions import Identity, Role
from orderwright.app.settings import Settings, load_settings

T = TypeVar("T")

READER: Final = Identity(id="cli", login="cli", name="cli", roles=frozenset({Role.READ_ONLY}))
"""Who reads where nobody has to say who they are: whoever can open the database."""
_YOUNG: Final = 100_000
"""By how many containers there must be more before the garbage collector looks; some twenty megabytes.

A look costs 0.2 us for each. What a call of `send_many` holds, some ten for each event, is gone without it mostly.
"""


@asynccontextmanager
async def application(settings: Settings) -> AsyncIterator[Orderwright]:
    """Open the database of the settings and the application on it.

    What exists by then lives as long as the process. It is taken out of sight of the garbage collector, which would
    look through all of it again and again; and it looks at what is new less often than is usual, because nearly
    all of that goes by itself.
    """
    async with opened(settings) as url, Orderwright.connect(url, settings=settings) as app:
        gc.collect()
        gc.freeze()
        gc.set_threshold(_YOUNG)
        yield app


def run(work: Callable[[Settings], Awaitable[T]], *, quiet: bool = False) -> T:
    """Read the settings and run a coroutine on the fast event loop; SIGTERM ends it as Ctrl-C does.

    Args:
        work: what is run.
        quiet: log warnings only, unless the settings name a level.

    Raises:
        SettingInvalid: a setting is unknown or wrong.
        DatabaseUnreachable: the connection to the database was lost on the way, or no other one was to be had.
    """
    settings = load_settings()
    if quiet and "log_level" not in settings.model_fields_set:
        settings = settings.model_copy(update={"log_level": "warning"})
    configure_log(settings)

    async def main() -> T:
        if threading.current_thread() is threading.main_thread():  # others are sent no signals
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGTERM, signal.raise_signal, signal.SIGINT)
        return await work(settings)

    try:
        return uvloop.run(main())
    except AWAY as error:
        raise DatabaseUnreachable(f"the database does not answer any more: {error}") from error


def acting(
    login: str,
    work: Callable[[Orderwright, Asked], Awaitable[T]],
    *,
    key: str | None = None,
) -> T:
    """Run a command on the application in the name of somebody who has a login, perhaps under an idempotency key.

    Raises:
        SettingInvalid: a setting is unknown or wrong.
        PersonNotFound: nobody has the login.
    """

    async def main(settings: Settings) -> T:
        async with application(settings) as app:
            return await work(app, Asked(by=await app.people.named(login), idempotency_key=key))

    return run(main, quiet=True)


@asynccontextmanager
async def stop_signal() -> AsyncIterator[asyncio.Event]:
    """Give an event that is set when the process is asked to end."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    asked = (signal.SIGINT, signal.SIGTERM)
    for number in asked:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in asked:
            loop.remove_signal_handler(number)
