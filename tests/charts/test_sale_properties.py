"""Random lives of a sale: what no order of events may break."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given, settings, strategies as st
from story import Story, credit, fulfilments, sale

from orderwright.statechart import Post

EVENTS = sorted(sale().chart.events)
METHODS = ["CARD", "BANK", "INVOICE", "PO"]
moves = st.lists(
    st.tuples(st.sampled_from(EVENTS), st.integers(0, 9), st.sampled_from([0, 0, 1, 30])),
    max_size=25,
)


def live(start: Story, events: list[tuple[str, int, int]]) -> Story:
    """Send each event whatever comes of it, with data and facts that its number picks."""
    for move in events:
        event, number, hours = move
        start.wait(hours=hours)
        start.facts["credit"] = credit(number * 20, 10)
        start.facts["fulfilments"] = fulfilments(
            ["PICK_PACK", "COMPLETED", "CANCELLED"][number % 3]
        )
        start.send(event, **data_of(move, len(start.steps)))
    return start


def data_of(move: tuple[str, int, int], turn: int) -> dict[str, str]:
    event, number, _ = move
    data = {
        "PAYMENT_CAPTURED": {"amount": f"{number * 12}.50", "paymentId": f"p{turn % 7}"},
        "SET_PAYMENT_METHOD": {"method": METHODS[number % 4]},
    }
    return data.get(event, {})


def posted(story: Story, ledger: str) -> list[Mapping]:
    effects = [e for step in story.steps for e in step.effects if isinstance(e, Post)]
    return [one.data for one in effects if one.ledger == ledger]


def due_of(values: Mapping) -> int:
    return values["grandTotalMinor"] - values["refundedLinesMinor"]


def is_clear(story: Story, limit: int) -> bool:
    """The rule, written down a second time."""
    found = story.values
    captured, due = found["capturedMinor"], due_of(found)

    def valid(kind: str) -> bool:
        override = found["overrides"].get(kind, {})
        return (
            override.get("status") == "GRANTED" and story.now.isoformat() < override["expiresAt"]
        )

    overage = max(1000 + max(due - captured, 0) - limit, 0)
    within = overage == 0 or (
        valid("CREDIT") and found["overrides"]["CREDIT"]["amountMinor"] >= overage
    )
    on_terms = found["method"] in ("INVOICE", "PO")
    is_held = bool(found.get("holds"))
    return not is_held and (captured >= due or (within and (valid("ADMIN") or on_terms)))


@given(moves, st.integers(0, 9))
@settings(max_examples=150, deadline=None)
def test_after_a_recheck_the_sale_is_cleared_exactly_when_the_rule_holds(
    events: list[tuple[str, int, int]], number: int
):
    story = live(sale(), events)
    story.facts["credit"] = credit(number * 20, 10)
    story.facts["fulfilments"] = fulfilments(
        "PICK_PACK"
    )  # what has left the house is never un-cleared
    if story.send("RECHECK").refused is None and not story.values["isShipped"]:
        ended = ("EXPIRED", "COMPLETED", "CANCELLED")
        expected = is_clear(story, number * 2000)
        assert story.state in ended or (story.state == "CLEARED_FOR_FULFILMENT") is expected


@given(moves)
@settings(max_examples=100, deadline=None)
def test_money_is_conserved_and_clearances_are_numbered(events: list[tuple[str, int, int]]):
    story = live(sale(), events)
    entries = posted(story, "captures")
    assert sum(entry["amountMinor"] for entry in entries) == story.values["capturedMinor"]
    assert len({entry["paymentId"] for entry in entries}) == len(entries)
    numbers = [
        e.data["clearance"]
        for step in story.steps
        for e in step.effects
        if getattr(e, "type", "") == "sale.cleared"
    ]
    assert numbers == list(range(1, story.values["clearance"] + 1))


@given(moves)
@settings(max_examples=200, deadline=None)
def test_what_is_held_of_the_credit_is_what_is_owed_where_the_sale_is_cleared_and_else_nothing(
    events: list[tuple[str, int, int]],
):
    story = live(sale(), events)
    held, found = 0, story.values
    for entry in posted(story, "credit"):
        assert (entry["kind"] == "hold") is (entry["amountMinor"] > 0)
        held += entry["amountMinor"]
        assert held >= 0
    assert held == found["creditHeldMinor"]
    outstanding = max(due_of(found) - found["capturedMinor"], 0)
    owed = max(outstanding - found.get("writtenOffMinor", 0), 0)
    expected = {"CLEARED_FOR_FULFILMENT": owed, "COMPLETED": owed, "FROZEN": min(held, owed)}
    assert held == expected.get(story.state, 0)


@given(moves)
@settings(max_examples=100, deadline=None)
def test_no_event_with_known_facts_ends_in_an_error_and_no_one_rests_in_between(
    events: list[tuple[str, int, int]],
):
    story = live(sale(), events)
    codes = {step.refused.code for step in story.steps if step.refused}
    assert codes <= {"unhandled", "blocked", "done"}
    assert story.state != "WHERE_PAYMENT_STANDS"
    assert (story.state == "FROZEN") is (
        story.values["frozen"] is not None and story.snapshot.status == "active"
    )
