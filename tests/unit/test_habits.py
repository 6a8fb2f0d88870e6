"""Which events look at no fact where their instances stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderwright.runtime import habit
from orderwright.runtime.habit import TRUSTED, Habits

if TYPE_CHECKING:
    import pytest

    from orderwright.runtime.instance import Row


def row(*, chart: str = "sale", version: int = 1, state: str = "OPEN") -> Row:
    return "s1", "s1", chart, version, 7, "active", state, "{}", b"", None, None


def told(habits: Habits, times: int, *, is_blind: bool = True) -> bool:
    for _ in range(times):
        habits.note(row(), "RELEASE", is_blind=is_blind)
    return habits.is_blind(row(), "RELEASE")


def test_an_event_is_trusted_once_it_has_looked_at_nothing_for_a_while() -> None:
    habits = Habits()
    assert not told(habits, TRUSTED - 1)
    assert told(habits, 1)
    assert told(habits, 100)


def test_one_look_at_a_fact_and_it_has_to_begin_again() -> None:
    habits = Habits()
    assert told(habits, 100)
    assert not told(habits, 1, is_blind=False)
    assert not told(habits, TRUSTED - 1)
    assert told(habits, 1)


def test_another_event_state_version_or_chart_is_another_matter() -> None:
    habits = Habits()
    assert told(habits, TRUSTED)
    assert not habits.is_blind(row(), "CANCEL")
    for other in (row(state="HELD"), row(version=2), row(chart="fulfilment")):
        assert not habits.is_blind(other, "RELEASE")


def test_what_is_remembered_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(habit, "MOST", 3)
    habits = Habits()
    assert told(habits, TRUSTED)
    for state in "ABC":
        habits.note(row(state=state), "RELEASE", is_blind=True)
    assert not habits.is_blind(row(), "RELEASE"), "all were forgotten to make room"
    assert told(habits, TRUSTED)
