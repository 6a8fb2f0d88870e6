"""What outsiders read of each event of a lifecycle was chosen, event by event, from what the event brings."""

from __future__ import annotations

import pytest
from story import CHARTS

from orderwright.app.permissions import Identity, Role
from orderwright.app.public_data import HOUSE_ONLY, PUBLIC
from orderwright.app.sight import event_data_for, refused_for
from orderwright.statechart import Reason, Refused

BOB = Identity(
    id="bob", login="bob", name="Bob", roles=frozenset({Role.CUSTOMER}), customer_id="bob"
)
CLERK = Identity(id="clerk", login="clerk", name="Clerk", roles=frozenset({Role.BILLER}))
CELLS = [(chart.id, event) for chart in CHARTS.values() for event in chart.events]


def test_every_chart_is_for_the_house_alone_or_has_a_table():
    assert PUBLIC.keys().isdisjoint(HOUSE_ONLY)
    assert PUBLIC.keys() | HOUSE_ONLY == CHARTS.keys()


@pytest.mark.parametrize("chart_id", PUBLIC)
def test_a_table_has_every_event_of_its_chart_and_no_other(chart_id: str):
    assert PUBLIC[chart_id].keys() == {"create", *CHARTS[chart_id].events}


@pytest.mark.parametrize("chart_id", PUBLIC)
def test_what_is_public_is_what_the_event_brings(chart_id: str):
    chart = CHARTS[chart_id]
    for event, keys in PUBLIC[chart_id].items():
        schema = {} if event == "create" else chart.events[event].data or {}
        brought = chart.context if event == "create" else schema.get("properties", {})
        assert keys <= set(brought), event


@pytest.mark.parametrize(("chart_id", "event"), CELLS)
def test_no_word_of_the_house_is_public(chart_id: str, event: str):
    told = dict.fromkeys(("reason", "policy", "policyName", "note", "holds", "new"), "secret")
    shown = event_data_for(BOB, chart_id, event, told, is_own=False)
    # Why goods are not taken back is said to whom they came from.
    is_said = (chart_id, event) in {("return", "REJECT"), ("fulfilment", "RETURN_REJECTED")}
    assert shown == ({"reason": "secret"} if is_said else {})
    assert event_data_for(CLERK, chart_id, event, told, is_own=False) == told


def test_an_outsider_reads_what_they_have_sent():
    told = {"reason": "changed my mind"}
    assert event_data_for(BOB, "sale", "CANCEL_REQUESTED", told, is_own=True) == told


def test_a_refusal_tells_outsiders_no_more_than_that_it_is_looked_into():
    values = {"reason": "stolen card", "policyName": "Cards"}
    why = Reason("sale.frozen", "frozen by policy Cards: stolen card", values, ("COMPLIANCE",))
    other = Reason("payment.outstanding", "1.00 EUR are missing", {"leftMinor": 100})
    said = f"{why.message}; {other.message}"
    refused = Refused("blocked", said, {"event": "SET_PAYMENT_METHOD"}, (why, other))
    shown = refused_for(BOB, refused)
    assert [one.code for one in shown.reasons] == ["sale.frozen", "payment.outstanding"]
    assert (shown.code, shown.reasons[1]) == ("blocked", other)
    assert "stolen" not in str(shown)
    assert "Cards" not in str(shown)
    assert other.message in shown.message
    assert refused_for(CLERK, refused) == refused
    plain = Refused("blocked", other.message, {}, (other,))
    assert refused_for(BOB, plain) == plain
    own = Refused(why.code, why.message, values)
    assert "stolen" not in str(refused_for(BOB, own))
