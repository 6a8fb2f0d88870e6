"""What a host's code raises that is no `Exception`: an error of that code, unless it ends the task or the process.

A task that is to end is told by a `CancelledError`, but the same error comes out of whatever awaits something else
that was cancelled, such as a refresh that several callers share. Taken for the first, the second would end a loop, or
leave undone what others wait for, and nobody would hear of it. `Task.cancelling` tells them apart. A library in Rust
that panics raises a `BaseException` of its own.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TypeVar

from orderwright.errors import EXITS, RuntimeFault

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import TracebackType

T = TypeVar("T")


class WorkCancelled(RuntimeFault):
    """Code of a host ended as cancelled, though nobody had cancelled it; it has failed."""

    code = "work.cancelled"
    retryable = True


class WorkPanicked(RuntimeFault):
    """Code of a host raised what is no `Exception`; it has failed."""

    code = "work.panicked"
    retryable = True


def is_end(error: BaseException) -> bool:
    """Tell whether an error ends the present task or the process; any other is one of the code that raised it."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0
    return isinstance(error, EXITS)


def fault_of(error: BaseException, what: str) -> Exception:
    """Return an error as one that may be handled; `what` is the code that raised it."""
    if isinstance(error, Exception):
        return error
    fault: RuntimeFault
    if isinstance(error, asyncio.CancelledError):
        fault = WorkCancelled(f"{what} was cancelled, but not by who waits for it")
    else:
        fault = WorkPanicked(f"{what} raised {type(error).__name__}: {error}")
    fault.__cause__ = error
    return fault


def faults_of(what: str) -> AbstractContextManager[None]:
    """Raise what is no `Exception` as one, unless it is an end; `what` is the code inside.

    Raises:
        WorkCancelled: the code inside ended as cancelled, and nobody had cancelled it.
        WorkPanicked: it raised anything else that is no `Exception`.
    """
    return _Faults(what)


class _Faults(AbstractContextManager[None]):
    """A class, since one is entered for each event at the door: a generator takes several times as long."""

    __slots__ = ("_what",)

    def __init__(self, what: str) -> None:
        self._what = what

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None or isinstance(error, Exception) or is_end(error):
            return
        raise fault_of(error, self._what) from error


async def to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Await work that is not to be cut off, and return its result or raise its error.

    A cancellation that comes meanwhile comes to the task at its next wait, unless whoever asked for it takes it back
    before, as a time limit does at the end of its block.
    """
    task = asyncio.current_task()
    assert task is not None
    before, asked = task.cancelling(), None
    working = asyncio.get_running_loop().create_task(work)
    while not working.done():
        try:
            await asyncio.wait((working,))
        except asyncio.CancelledError:
            asked = asked or min(before + 1, task.cancelling())
    if asked:
        asyncio.get_running_loop().call_soon(_cancel_again, task, asked)
    return working.result()


def _cancel_again(task: asyncio.Task[object], asked: int) -> None:
    """Cancel a task that has come to its next wait, without counting that as one more, if it still is to be."""
    if not task.done() and task.cancelling() >= asked:
        task.uncancel()
        task.cancel()
