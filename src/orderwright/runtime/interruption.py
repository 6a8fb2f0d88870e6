"""What a host's code raises that is no `Exception`: an error of that code, unless it ends the task or the process.

A task that is to end is told by a `CancelledError`, but the same error comes out of whatever awaits something else
that was cancelled, such as a refresh that several callers share. Taken for the first, the second would end a loop, or
leave undone what others wait for, and nobody would hear of it. `Task.cancelling` tells them apart. A library in Rust
that panics raises a `BaseException` of its own.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orderwright.errors import EXITS, RuntimeFault

if TYPE_CHECKING:
    from collections.abc import Iterator


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


@contextmanager
def faults_of(what: str) -> Iterator[None]:
    """Raise what is no `Exception` as one, unless it is an end; `what` is the code inside.

    Raises:
        WorkCancelled: the code inside ended as cancelled, and nobody had cancelled it.
        WorkPanicked: it raised anything else that is no `Exception`.
    """
    try:
        yield
    except Exception:
        raise
    except BaseException as error:
        if is_end(error):
            raise
        raise fault_of(error, what) from error
