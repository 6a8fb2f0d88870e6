"""Each row of the domain's tables, given, when and then, through HTTP; a row that nobody plays is seen."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from acceptance.compliance_scenarios import COMPLIANCE
from acceptance.domain_rows import (
    ELSEWHERE,
    FULFILMENT,
    KYC,
    OVERDUE,
    PAYIN,
    PAYOUT,
    QUOTATION,
    ROWS,
    SALE,
    USER,
)
from acceptance.ending_scenarios import CALLED_OFF, EXPIRY, FULFILLED
from acceptance.goods_scenarios import GOODS
from acceptance.money_scenarios import CREDIT, PAYMENTS
from acceptance.override_scenarios import APPROVALS, OVERRIDES
from acceptance.play import Stage, open_stage
from acceptance.quotation_scenarios import QUOTATIONS
from acceptance.sale_scenarios import CLEARANCE, TO_PAY
from acceptance.scenario import Scenario
from orderwright.app.shipped import folder

SCENARIOS: tuple[Scenario, ...] = (
    *QUOTATIONS,
    *TO_PAY,
    *CLEARANCE,
    *OVERRIDES,
    *CALLED_OFF,
    *FULFILLED,
    *GOODS,
    *APPROVALS,
    *CREDIT,
    *PAYMENTS,
    *EXPIRY,
    *COMPLIANCE,
)
TABLES = {
    "quotation": QUOTATION,
    "sale": SALE,
    "fulfilment": FULFILMENT,
    "payin": PAYIN,
    "payout": PAYOUT,
    "kyc": KYC,
    "user": USER,
}


@pytest.fixture(scope="module")
async def stage(shared_database_url: str) -> AsyncIterator[Stage]:
    async with open_stage(shared_database_url) as opened:
        yield opened


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.says)
async def test_the_domain_holds(scenario: Scenario, stage: Stage):
    await scenario.play(stage)


def test_each_row_has_a_scenario_and_each_scenario_a_row():
    assert {row for one in SCENARIOS for row in one.rows} == ROWS


def test_each_event_of_the_charts_has_a_row():
    for chart, rows in TABLES.items():
        elsewhere = ELSEWHERE if chart == "sale" else {}
        if chart not in ("quotation", "fulfilment"):
            elsewhere = {**elsewhere, **OVERDUE}
        declared = json.loads((folder("charts") / f"{chart}.v1.json").read_text())["events"]
        assert set(declared) == {*elsewhere, *(event for row in rows.values() for event in row)}


def test_no_two_scenarios_say_the_same():
    said = [one.says for one in SCENARIOS]
    assert sorted(set(said)) == sorted(said)
