"""The writer of the soak, in a process of its own: it tells stories, several at once, and says when one is told.

`python -m soak.writer URL FOLDER FIRST [LAST]`: from FIRST on until killed, or up to and with LAST. A line of output
is the number of a story: with a plus when it begins, alone when it has been told.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

from orderwright import Orderwright
from orderwright.app.settings import Settings
from soak.errand import errands, kind
from soak.stories import Teller

if TYPE_CHECKING:
    from collections.abc import Iterable

LANES = 6


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def write(url: str, folder: Path, numbers: Iterable[int]) -> None:
    """Tell stories."""
    waiting = iter(numbers)
    settings = Settings(database_connections=12)
    connecting = Orderwright.connect(url, settings=settings, kinds=[kind("note", folder)])
    async with connecting as app, asyncio.TaskGroup() as group:
        teller = Teller(app, await errands(app, folder))

        async def lane() -> None:
            for number in waiting:
                _say(f"+{number}")
                await teller.tell(number)
                _say(f"{number}")

        for _ in range(LANES):
            group.create_task(lane())


if __name__ == "__main__":
    url, folder, first, *last = sys.argv[1:]
    numbers = range(int(first), int(last[0]) + 1) if last else itertools.count(int(first))
    uvloop.run(write(url, Path(folder), numbers))
