"""Calling what blocks: each call in a thread of its own, which holds up nothing else if it never returns.

A pool would be full once as many calls hang as it has threads, and the interpreter waits at its end for the threads of
a pool. These are daemons: whoever stops waiting for one leaves it behind.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")


async def in_thread(call: Callable[[], _T], *, name: str) -> _T:
    """Return what a call returns, or raise what it raises; its context variables are the caller's.

    Cancelled, it returns at once; the call itself goes on, for a thread cannot be stopped.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[_T] = loop.create_future()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            result = context.run(call)
        except BaseException as error:  # noqa: BLE001 (it is raised where the call is awaited)
            raised = _raisable(error)
            tell(lambda: ended.set_exception(raised))
        else:
            tell(lambda: ended.set_result(result))

    def tell(settle: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(lambda: None if ended.done() else settle())

    threading.Thread(target=run, name=name, daemon=True).start()
    return await ended


def _raisable(error: BaseException) -> BaseException:
    """Return what a future can hold: it takes no `StopIteration`."""
    return RuntimeError(f"it raised {error!r}") if isinstance(error, StopIteration) else error
