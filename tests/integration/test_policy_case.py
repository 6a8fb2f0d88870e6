"""Facts whose case has no meaning meet lists and literals as people paste them, in stored policies as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from policy_house import ADMIN, BOSS, FLAG, clear, document, open_house, publish

from orderwright.app.policies.trial import Sample, Subject

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orderwright import Orderwright

DOMAIN, COUNTRY = "user.emailDomain", "user.country"
RULES = {
    "listed": {"field": DOMAIN, "operator": "in", "value": {"list": "pasted"}},
    "unlisted": {"field": DOMAIN, "operator": "not_in", "value": {"list": "pasted"}},
    "equal": {"field": DOMAIN, "operator": "==", "value": "Mailinator.COM"},
    "among": {"field": DOMAIN, "operator": "in", "value": ["Mailinator.COM"]},
    "pattern": {"field": DOMAIN, "operator": "matches", "value": "^Mailin"},
    "country": {"field": COUNTRY, "operator": "==", "value": "de"},
}


@pytest.fixture
async def app(shared_database_url: str) -> AsyncIterator[Orderwright]:
    async with open_house(shared_database_url) as opened:
        yield opened
        await clear(opened)


async def test_what_is_pasted_in_any_case_hits(app: Orderwright):
    lists = app.policy_office.lists
    await lists.create("pasted", "text", "As it was found", ADMIN)
    await lists.add("pasted", ["Mailinator.COM", "Other.Example"], ADMIN)
    for name, rule in RULES.items():
        await publish(app, name, document(rule, does=[FLAG], trigger="USER_REGISTERED"))
    told = {"userId": "u-case", "email": "eve@MAILINATOR.com", "country": "De"}
    execution = await app.trigger("USER_REGISTERED", told)
    assert {one.policy for one in execution.actions} == set(RULES) - {"unlisted"}
    assert execution.flagged == ()
    for name, rule in RULES.items():
        tried = await app.policy_office.trials.run(
            BOSS,
            Subject(document=document(rule, does=[FLAG], trigger="USER_REGISTERED")),
            Sample(execution_id=execution.id),
        )
        assert (tried.result.outcome == "hit") is (name != "unlisted"), name
    stored = await app.pool.fetchval(
        "select document from orderwright.policy_version where policy_id = 'equal'"
    )
    assert "Mailinator.COM" in stored
