"""Ten thousand orders in a simulated week in which much goes wrong: what must hold holds every day, memory is flat."""

from __future__ import annotations

import asyncio
import itertools
import random  # noqa: TID251 (chance is what this is about)
import secrets
import shutil
import tempfile
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from acceptance.harness import furnish
from orderwright import Orderwright
from orderwright.app import embedded
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.runtime import dead_letter
from orderwright.runtime.command import Cause
from orderwright.runtime.retrying import Retry, retry
from soak.days import Days
from soak.errand import kind
from soak.stories import BY
from soak.week import HOUR, MONDAY, Mood, Moody, Week, at_work, failing, settle
from soak.witness import TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.soak

ORDERS = 10_000
HOURS = 7 * 24
PLACING = HOURS - 24
"""Hours in which orders are placed; on the last day stories come to their ends."""
AWAY = (range(30, 36), range(110, 113))
"""Hours in which no worker is there."""
RESTART = 75
"""The hour in which PostgreSQL is started again."""
LOSS = 100
"""The hour in which timers are lost."""
MONTH = timedelta(days=31)
"""After so long every order has expired that nobody paid."""


@pytest.fixture
def home(scratch: Path) -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="ow-week-", dir=scratch))
    path.chmod(0o711)  # as root the server runs as another account
    yield path
    embedded.stop(path, force=True)
    shutil.rmtree(path)


async def test_a_week_in_which_much_goes_wrong_ends_as_if_nothing_had(
    home: Path, tmp_path: Path
) -> None:
    url = embedded.start(home).url
    assert url is not None
    await furnish(url)
    seed = secrets.randbits(32)
    print(f"the seed of the week is {seed}")  # noqa: T201 (shown when the test fails)
    chance = random.Random(seed)
    clock, mood = DrivenClock(MONDAY), Mood(chance)
    moody = Moody(mood)
    settings = Settings(database_connections=16, anchors=tmp_path / "anchors")
    kinds = [failing(kind("note", tmp_path), mood)]
    async with Orderwright.connect(url, settings=settings, clock=clock, kinds=kinds) as app:
        await app.pool.execute(TABLE)
        week = Week(app, clock, chance)
        await week.invite()
        days = Days(app, week, clock)
        for shift in _shifts():
            is_away = shift in AWAY
            async with nullcontext() if is_away else at_work(app, moody.consumer()):
                for hour in shift:
                    await _pass(hour, week, home)
                    if not is_away:
                        await settle(week, clock)
                        if hour % 24 == 23:
                            await days.end()
        mood.is_over = (
            True  # what has failed is tried again as time goes on, and nothing fails any more
        )
        await _let_pass(HOUR, app, clock, week, moody)
        await days.assert_only_the_poison_is_left()
        moody.is_healed = True
        await _help(app)
        await _let_pass(MONTH, app, clock, week, moody)
        await days.assert_all_is_well(tmp_path)
    days.assert_memory_is_flat()


def _shifts() -> list[range]:
    """Return the hours of the week, cut where the worker comes and goes."""
    cuts = [0, *(hour for away in AWAY for hour in (away.start, away.stop)), HOURS]
    return [range(first, last) for first, last in itertools.pairwise(cuts)]


async def _pass(hour: int, week: Week, home: Path) -> None:
    first, last = (min(hour + more, PLACING) * ORDERS // PLACING for more in (0, 1))
    async with asyncio.TaskGroup() as group:
        group.create_task(week.hour(last - first))
        if hour == RESTART:
            group.create_task(_restart(home))
    if hour == LOSS:
        await week.lose_timers()


async def _let_pass(
    time: timedelta, app: Orderwright, clock: DrivenClock, week: Week, moody: Moody
) -> None:
    async with at_work(app, moody.consumer()):
        await settle(week, clock)
        clock.advance(time)
        await settle(week, clock)


async def _restart(home: Path) -> None:
    await asyncio.to_thread(embedded.stop, home, force=True)
    await asyncio.to_thread(embedded.start, home)


async def _help(app: Orderwright) -> None:
    """Have what the witness had given up on tried again, as a person does who has mended it."""
    async with app.pool.acquire() as connection:
        [letter] = await dead_letter.listed(connection)
    await retry(app.engine, Retry(letter_id=letter.id, cause=Cause(actor=BY)))
