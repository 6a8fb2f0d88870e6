"""The export of an anchor as a file: under an unfinished name until the anchor is committed, then under its own.

So a file that has its own name was recorded in the database, always: where the record of it is not there, somebody has
deleted it. An unfinished one may be of a process that is at it, or what a crash has left.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import secrets
import zlib
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, BinaryIO, Final, cast

if TYPE_CHECKING:
    from pathlib import Path

_UNFINISHED: Final = ".unfinished"
_CHUNK: Final = 1 << 20  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What an export says of itself: its day, how many lines follow its header, and the hash over them."""

    anchored_on: date
    instances: int
    hash: bytes


def named(folder: Path, day: date) -> Path:
    """Return the name of a day's export."""
    return folder / f"anchor-{day.isoformat()}.gz"


def unfinished(folder: Path, day: date) -> Path:
    """Return a name for an export that is being written; no two processes, on whatever host, have the same."""
    return folder / f"anchor-{day.isoformat()}.{secrets.token_hex(16)}{_UNFINISHED}"


def leftovers(folder: Path) -> list[Path]:
    """Return the unfinished exports of a folder, oldest day first."""
    return sorted(folder.glob(f"anchor-*{_UNFINISHED}"))


def create(file: Path) -> BinaryIO:
    """Open an export for writing, in a folder that is made where there is none."""
    file.parent.mkdir(parents=True, exist_ok=True)
    return cast("BinaryIO", gzip.open(file, "wb", compresslevel=1))


def finish(file: Path) -> None:
    """Bring an export onto the disk, and its unfinished name into the folder, for good."""
    for path in (file, file.parent):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def name(file: Path, target: Path) -> None:
    """Give an export its own name, unless another process has done it."""
    try:
        file.replace(target)
    except FileNotFoundError:
        if not target.exists():
            raise


def read(file: Path) -> Export | None:
    """Read an export to its end; return None where it was cut off or damaged."""
    digest, count = hashlib.sha256(), 0
    try:
        with gzip.open(file) as lines:
            day = date.fromisoformat(json.loads(lines.readline())["anchored_on"])
            while chunk := lines.read(_CHUNK):
                digest.update(chunk)
                count += chunk.count(b"\n")
    except (EOFError, gzip.BadGzipFile, zlib.error, ValueError, TypeError, KeyError):
        return None
    return Export(anchored_on=day, instances=count, hash=digest.digest())
