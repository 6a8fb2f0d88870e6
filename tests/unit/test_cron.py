from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from orderwright.runtime.cron import Cron, ScheduleInvalid

if TYPE_CHECKING:
    from collections.abc import Container

BERLIN = "Europe/Berlin"
LORD_HOWE = "Australia/Lord_Howe"
SPRING = datetime(2026, 3, 28, 12, tzinfo=UTC)  # the day before 02:00 becomes 03:00
AUTUMN = datetime(2026, 10, 24, 12, tzinfo=UTC)  # the day before 03:00 becomes 02:00


def slots(cron: Cron, start: datetime, count: int) -> list[datetime]:
    found = [cron.after(start)]
    while len(found) < count:
        found.append(cron.after(found[-1]))
    return found


def shown(cron: Cron, start: datetime, count: int) -> list[str]:
    return [f"{slot:%d %H:%M}" for slot in slots(cron, start, count)]


@pytest.mark.parametrize(
    ("expression", "zone", "start", "expected"),
    [
        (
            "30 2 * * *",
            BERLIN,
            SPRING,
            ["29 01:00", "30 00:30"],
        ),  # the gap ends at 03:00 = 01:00 UTC
        ("0 3 * * *", BERLIN, SPRING, ["29 01:00", "30 01:00"]),
        ("*/30 2 * * *", BERLIN, SPRING, ["30 00:00", "30 00:30"]),
        ("30 2 * * *", BERLIN, AUTUMN, ["25 00:30", "26 01:30"]),  # the first 02:30 only
        ("0 3 * * *", BERLIN, AUTUMN, ["25 02:00", "26 02:00"]),
        ("*/30 2 * * *", BERLIN, AUTUMN, ["25 00:00", "25 00:30", "25 01:00", "25 01:30"]),
        (
            "30 1 * * *",
            "America/New_York",
            datetime(2026, 10, 31, 12, tzinfo=UTC),
            ["01 05:30", "02 06:30"],
        ),
        ("0 9 1 * *", "UTC", SPRING, ["01 09:00", "01 09:00"]),
    ],
)
def test_a_slot_with_an_hour_comes_once_on_days_when_clocks_change(
    expression: str, zone: str, start: datetime, expected: list[str]
):
    assert shown(Cron(expression, zone), start, len(expected)) == expected


@pytest.mark.parametrize("start", [SPRING, AUTUMN])
def test_an_hourly_slot_follows_the_time_that_passes_when_clocks_change(start: datetime):
    found = slots(Cron("0 * * * *", BERLIN), start, 40)
    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(hours=1)}


@pytest.mark.parametrize("start", [SPRING, AUTUMN])
@pytest.mark.parametrize("zone", [BERLIN, "America/New_York", LORD_HOWE, "UTC"])
@pytest.mark.parametrize(
    "expression", ["30 2 * * *", "*/20 * * * *", "15,45 1-3 * * *", "30 */2 * * *"]
)
def test_the_last_slot_until_a_moment_is_the_one_that_counting_forwards_finds(
    expression: str, zone: str, start: datetime
):
    cron = Cron(expression, zone)
    found = slots(cron, start - timedelta(days=2), 3)
    while found[-1] < start + timedelta(days=2):
        found.append(cron.after(found[-1]))
    for minutes in range(0, 2 * 24 * 60, 7):
        moment = start + timedelta(minutes=minutes, microseconds=minutes % 2)
        expected = [slot for slot in found if slot <= moment]
        assert cron.until(moment) == expected[-1]
        assert cron.after(moment) == found[len(expected)]


@pytest.mark.parametrize(
    "day", [datetime(2026, 4, 4, tzinfo=UTC), datetime(2026, 10, 3, tzinfo=UTC)]
)
@pytest.mark.parametrize(
    ("expression", "minutes", "hours"),
    [
        ("*/20 * * * *", {0, 20, 40}, range(24)),
        ("16,54 */6 * * *", {16, 54}, range(0, 24, 6)),
        ("* 1-2 * * *", range(60), {1, 2}),
        ("0 * * * *", {0}, range(24)),
    ],
)
def test_where_clocks_change_by_half_an_hour_a_slot_is_whenever_they_show_it(
    day: datetime, expression: str, minutes: Container[int], hours: Container[int]
):
    cron = Cron(expression, LORD_HOWE)
    passing = [day + timedelta(minutes=minute) for minute in range(2 * 24 * 60)]
    clocks = {moment: moment.astimezone(ZoneInfo(LORD_HOWE)) for moment in passing}
    expected = [at for at in passing if clocks[at].minute in minutes and clocks[at].hour in hours]
    for moment in passing[::13]:
        later = [slot for slot in expected if slot > moment]
        assert cron.after(moment) == (later[0] if later else cron.after(passing[-1]))
        if moment >= expected[0]:
            assert cron.until(moment) == expected[-len(later) - 1]


def test_a_slot_counts_at_its_very_moment():
    cron = Cron("0 * * * *")
    noon = datetime(2026, 5, 5, 12, tzinfo=UTC)
    assert cron.until(noon) == noon
    assert cron.after(noon) == noon + timedelta(hours=1)
    assert cron.until(noon - timedelta(microseconds=1)) == noon - timedelta(hours=1)


@pytest.mark.parametrize(
    "expression", ["", "* * * *", "* * * * * *", "60 * * * *", "x * * * *", "0 0 31 2 *"]
)
def test_an_expression_without_meaning_is_refused(expression: str):
    with pytest.raises(ScheduleInvalid):
        Cron(expression)


@pytest.mark.parametrize("zone", ["Europe/Nowhere", "", "../etc/passwd", "CEST"])
def test_a_zone_that_does_not_exist_is_refused(zone: str):
    with pytest.raises(ScheduleInvalid):
        Cron("0 * * * *", zone)
