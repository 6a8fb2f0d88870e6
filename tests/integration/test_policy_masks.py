"""What a host calls sensitive is nowhere in what is kept, wherever in what it tells it stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from policy_house import FLAG, document, open_house, publish

from orderwright.condition import FactField

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orderwright import Orderwright

pytestmark = pytest.mark.usefixtures("nothing_in_force")
SENSITIVE = FactField(type="text", sensitive=True)
FACTS = {
    "passport": SENSITIVE,
    "person.iban": SENSITIVE,
    "papers": FactField(type="list"),
    "box": FactField(type="object"),
    "shop.iban": FactField(type="text"),
}
PASSPORT, IBAN = "P-SECRET", "DE-SECRET"


@pytest.fixture(scope="module")
async def app(shared_database_url: str) -> AsyncIterator[Orderwright]:
    async with open_house(shared_database_url, facts={"KYC_SUBMITTED": FACTS}) as opened:
        yield opened


@pytest.mark.parametrize(
    "more",
    [
        {"documents": [{"passport": PASSPORT}], "person": [{"iban": IBAN}]},
        {"documents": [[{"a": {"passport": PASSPORT}}]], "person": {"iban": IBAN}},
        {"person.iban": IBAN, "iban": IBAN, "doc": {"passport": PASSPORT}},
        {"papers": [{"passport": PASSPORT}], "box": {"in": {"iban": IBAN}}},
    ],
    ids=["lists", "deep", "bare", "facts"],
)
async def test_what_is_sensitive_is_masked_wherever_it_stands(
    app: Orderwright, more: dict[str, object], request: pytest.FixtureRequest
):
    read = [{"field": name, "operator": "is_not_null"} for name in ("papers", "box", "passport")]
    two = {"field": "papers", "operator": "==", "value": {"fact": "papers"}}
    note = {"action": "FREEZE_ORDER", "config": {"reason": "{{papers}} {{box}} {{passport}}"}}
    await publish(app, "look", document(*read, two, does=[FLAG, note], trigger="KYC_SUBMITTED"))
    told = {"kycSessionId": request.node.name, "userId": "u", "passport": PASSPORT, **more}
    found = await app.trigger("KYC_SUBMITTED", {**told, "shop": {"iban": "public"}})
    kept = [
        [dict(row) for row in await app.pool.fetch(query, found.id)]
        for query in (
            "select * from orderwright.policy_execution where id = $1",
            "select * from orderwright.policy_evaluation where execution_id = $1",
            "select * from orderwright.policy_action where execution_id = $1",
        )
    ]
    text = json.dumps(kept, default=str)
    assert "***" in text
    assert (PASSPORT in text, IBAN in text) == (False, False), text
    assert json.loads(kept[0][0]["facts"])["shop.iban"] == "public"
