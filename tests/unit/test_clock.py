from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from orderwright.clock import DrivenClock, SystemClock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_system_clock_tells_an_aware_time_in_utc():
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_the_system_clock_never_goes_back_between_two_looks():
    clock = SystemClock()
    assert clock.now() <= clock.now()


def test_a_driven_clock_stands_still_until_it_is_moved():
    clock = DrivenClock(NOON)
    assert clock.now() == clock.now() == NOON
    clock.advance(timedelta(minutes=90))
    assert clock.now() == NOON + timedelta(minutes=90)
    clock.set(NOON)
    assert clock.now() == NOON


def test_a_driven_clock_translates_other_zones_to_utc():
    lagos = timezone(timedelta(hours=1))
    clock = DrivenClock(datetime(2026, 3, 1, 13, tzinfo=lagos))
    assert clock.now() == NOON
    assert clock.now().tzinfo is UTC


def test_a_time_without_a_zone_is_ambiguous_and_refused():
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(ValueError, match="without a zone"):
        DrivenClock(naive)
    clock = DrivenClock(NOON)
    with pytest.raises(ValueError, match="without a zone"):
        clock.set(naive)
    assert clock.now() == NOON
