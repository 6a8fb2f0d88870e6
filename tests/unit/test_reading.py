from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from orderwright.domain import reading

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("value", ["1", 1.0, True, None, []])
def test_a_whole_number_is_nothing_else(value: object):
    assert reading.integer({"n": 7}, "n") == 7
    with pytest.raises(TypeError, match="not a whole number"):
        reading.integer({"n": value}, "n")


@pytest.mark.parametrize("value", [1, None, []])
def test_a_string_is_nothing_else(value: object):
    with pytest.raises(TypeError, match="not a string"):
        reading.text({"s": value}, "s")


def test_an_absent_object_is_empty_and_anything_else_is_an_error():
    assert reading.mapping({}, "o") == reading.mapping({"o": None}, "o") == {}
    with pytest.raises(TypeError, match="not an object"):
        reading.mapping({"o": [1]}, "o")


@pytest.mark.parametrize("value", [None, {}, [1], ["a"], "ab"])
def test_rows_are_a_list_of_objects(value: object):
    with pytest.raises(TypeError, match="not a list of objects"):
        reading.rows({"r": value}, "r")


def test_a_time_is_read_in_utc_and_null_is_none():
    assert reading.moment({"t": "2026-03-01T13:00:00+01:00"}, "t") == NOON
    assert reading.moment({"t": "2026-03-01T12:00:00"}, "t") == NOON
    assert reading.moment({"t": None}, "t") is None
    assert reading.moment({}, "t") is None
    with pytest.raises(TypeError, match="not a time"):
        reading.moment({"t": 5}, "t")


@pytest.mark.parametrize(
    ("span", "milliseconds"),
    [
        (timedelta(seconds=1), 1000),
        (timedelta(microseconds=1), 1),
        (timedelta(microseconds=1001), 2),
        (timedelta(0), 0),
        (timedelta(seconds=-5), 0),
    ],
)
def test_a_timer_waits_to_the_deadline_rounded_up_so_that_it_never_fires_early(
    span: timedelta, milliseconds: int
):
    assert reading.milliseconds_until(NOON + span, NOON) == milliseconds


def test_no_deadline_is_no_timer():
    assert reading.milliseconds_until(None, NOON) is None
