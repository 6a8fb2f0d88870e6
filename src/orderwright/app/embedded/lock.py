"""File locks that the kernel takes back when a process ends, however it ends.

Descriptors made here are not inherited by programs that we start, so the server itself never holds one.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orderwright.app.embedded.fault import Busy, UnwritableDirectory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PATIENCE = 120.0  # seconds; the holder may be making a data directory on a slow disk
_STEP = 0.02


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a lock that one process has at a time, for the length of the block.

    Raises:
        Busy: somebody else holds it for too long.
    """
    descriptor = _open(path)
    try:
        _wait(descriptor, path)
        yield
    finally:
        os.close(descriptor)


def hold(path: Path) -> int:
    """Take a shared lock and return the descriptor that holds it until it is closed."""
    descriptor = _open(path)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def is_last(descriptor: int) -> bool:
    """Say whether nobody else shares the lock; the holder is about to give it up either way."""
    return _try_exclusive(descriptor)


def is_held(path: Path) -> bool:
    """Say whether anybody holds the lock; an absent file is held by nobody."""
    if not path.exists():
        return False
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return not _try_exclusive(descriptor)
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise UnwritableDirectory(
            f"{path} cannot be opened: {error.strerror}", values={"path": str(path)}
        ) from error


def _wait(descriptor: int, path: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not _try_exclusive(descriptor):
        if time.monotonic() > deadline:
            raise Busy(f"{path} has been held by another process for {_PATIENCE:.0f} s")
        time.sleep(_STEP)


def _try_exclusive(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
