"""Every word that people see is there, and every name that a chart uses exists."""

from __future__ import annotations

import json
from collections.abc import Iterator

import jsonschema
import pytest
from acting_story import DOCUMENT_DATA
from compliance_story import KYC_DATA, PAYIN_DATA, PAYOUT_DATA, USER_DATA
from story import (
    APPROVAL_DATA,
    CASE_DATA,
    CHARTS,
    CREDIT_DATA,
    FULFILMENT_DATA,
    PAYMENT_DATA,
    POLICY_DATA,
    QUOTATION_DATA,
    RETURN_DATA,
    SALE_DATA,
    STOCK_DATA,
)

from orderwright.domain.orders import BEHAVIOURS
from orderwright.statechart import Chart
from orderwright.statechart.definition import (
    AllOf,
    AnyOf,
    Guard,
    NamedAction,
    NamedGuard,
    Not,
    SendLater,
    Transition,
)

TONES = {"neutral", "active", "waiting", "warning", "good", "bad"}
SAMPLES = {
    "quotation": QUOTATION_DATA,
    "sale": SALE_DATA,
    "fulfilment": FULFILMENT_DATA,
    "case": CASE_DATA,
    "approval": APPROVAL_DATA,
    "credit": CREDIT_DATA,
    "payment": PAYMENT_DATA,
    "policy": POLICY_DATA,
    "return": RETURN_DATA,
    "stock": STOCK_DATA,
    "reservation": {},
    "document_request": DOCUMENT_DATA,
    "host_action": {},
    "payin": PAYIN_DATA,
    "payout": PAYOUT_DATA,
    "kyc": KYC_DATA,
    "user": USER_DATA,
}


@pytest.fixture(params=CHARTS)
def chart(request: pytest.FixtureRequest) -> Chart:
    return CHARTS[request.param]


def test_every_state_has_a_label_a_tone_and_a_description_of_one_line(chart: Chart):
    for node in chart.nodes[1:]:
        if node.kind != "history":
            assert node.meta["label"], node.id
            assert node.meta["tone"] in TONES, node.id
            description = node.meta["description"]
            assert isinstance(description, str), node.id
            assert description.endswith("."), node.id
            assert "\n" not in description, node.id


def test_labels_of_the_states_of_a_chart_differ(chart: Chart):
    labels = [node.label for node in chart.nodes if node.kind in ("atomic", "final")]
    assert len(set(labels)) == len(labels)


def test_every_event_has_a_label_a_description_and_a_closed_data_schema(chart: Chart):
    for event in chart.events.values():
        assert event.label != event.type
        assert event.description.endswith("."), event.type
        assert event.data is not None, event.type
        jsonschema.Draft202012Validator.check_schema(event.data)
        assert event.data["additionalProperties"] is False, event.type
        for name, field in event.data["properties"].items():
            assert field["title"], (event.type, name)


def test_the_sample_data_of_these_tests_fits_the_schemas(chart: Chart):
    for event in chart.events.values():
        jsonschema.validate(SAMPLES[chart.id].get(event.type, {}), event.data)


def test_every_event_that_a_state_answers_is_declared(chart: Chart):
    internal = ("after.", "done.", "error.")
    answered = {
        name for node in chart.nodes for name in node.transitions if not name.startswith(internal)
    }
    assert answered == set(chart.events)


def test_every_timer_sends_a_declared_system_event(chart: Chart):
    for action in _actions(chart):
        if isinstance(action, SendLater):
            assert chart.events[action.type].by == "system"


def test_every_guard_action_and_delay_exists_and_none_is_left_over(chart: Chart):
    behaviour = BEHAVIOURS[chart.id]
    assert _guard_names(chart) == set(behaviour.guards)
    assert {one.name for one in _actions(chart) if isinstance(one, NamedAction)} == set(
        behaviour.actions
    )
    assert _delay_names(chart) == set(behaviour.delays)


def test_the_file_is_named_after_its_chart_and_version(chart: Chart):
    assert (chart.id, chart.version) in {(name, 1) for name in CHARTS}


def test_amounts_in_schemas_are_decimal_strings(chart: Chart):
    assert '"number"' not in json.dumps(
        [dict(event.data or {}) for event in chart.events.values()]
    )


def _transitions(chart: Chart) -> Iterator[Transition]:
    for node in chart.nodes:
        yield from node.always
        for listed in node.transitions.values():
            yield from listed
        if node.initial is not None:
            yield node.initial


def _actions(chart: Chart) -> list:
    own = [action for node in chart.nodes for action in (*node.entry, *node.exit)]
    return own + [action for transition in _transitions(chart) for action in transition.actions]


def _guard_names(chart: Chart) -> set[str]:
    return {name for one in _transitions(chart) if one.guard for name in _named(one.guard)}


def _named(guard: Guard) -> Iterator[str]:
    if isinstance(guard, NamedGuard):
        yield guard.name
    elif isinstance(guard, Not):
        yield from _named(guard.member)
    elif isinstance(guard, AllOf | AnyOf):
        for member in guard.members:
            yield from _named(member)


def _delay_names(chart: Chart) -> set[str]:
    after = [timer.delay for node in chart.nodes for timer in node.after]
    later = [action.delay for action in _actions(chart) if isinstance(action, SendLater)]
    return {delay for delay in (*after, *later) if isinstance(delay, str)}
