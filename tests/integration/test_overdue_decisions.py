"""A decision that does not come in time is a case, for every lifecycle of compliance that waits for one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from compliance_house import CORA, TONY, open_house

from orderwright import Event, Orderwright
from orderwright.app.compliance.payins import NewPayIn
from orderwright.app.compliance.payouts import NewPayOut
from orderwright.app.compliance.users import NewUser
from orderwright.clock import DrivenClock
from orderwright.runtime.firing import fire_next


@pytest.fixture(scope="module")
async def app(shared_database_url: str) -> AsyncIterator[Orderwright]:
    async with open_house(shared_database_url) as opened:
        yield opened


async def test_what_no_policy_has_decided_on_for_a_minute_is_a_case_of_its_own_and_waits_on(
    app: Orderwright,
):
    assert isinstance(app.clock, DrivenClock)
    async with app.pool.acquire() as held, held.transaction():
        await held.fetchval("select pg_current_xact_id()")  # the relay reads nothing younger
        waiting = await _begin(app)
        app.clock.advance(timedelta(seconds=59))
        assert not await fire_next(app.engine)
        app.clock.advance(timedelta(seconds=1))
        while await fire_next(app.engine):
            pass
    await app.worker.drain()
    rows = await app.pool.fetch(_CASES)
    assert {(row["subject_type"], row["subject_id"]) for row in rows} == waiting
    assert {row["role"] for row in rows} == {"COMPLIANCE"}
    left = "select count(*) from orderwright.timer where timer_id = 'DECISION_OVERDUE'"
    assert await app.pool.fetchval(left) == 0
    for _, entity_id in waiting:
        entity = await app.engine.read(entity_id)
        assert entity is not None
        assert entity.snapshot.context["isDecided"] is True


async def _begin(app: Orderwright) -> set[tuple[str, str]]:
    """Let one of each begin to wait for its decision; return their types and ids."""
    user = (await app.users.register(NewUser(email="ada@example.com"), CORA)).instance_id
    session = (await app.users.open_kyc(user, None, CORA)).instance_id
    papers = Event("DOCUMENTS_SUBMITTED", {"documentType": "PASSPORT"})
    assert (await app.users.send_kyc(session, papers, CORA)).refused is None
    money = {"amount": "10.00", "currency": "EUR"}
    due = NewPayIn(**money, method="TRANSFER", user_id=user)
    payin = (await app.pay_ins.expect(due, TONY)).instance_id
    transfer = Event("PAYIN_RECEIVED", {"amount": "10.00", "reference": "t1"})
    assert (await app.pay_ins.send(payin, transfer, TONY)).refused is None
    asking = NewPayOut(**money, reason="mine", user_id=user)
    payout = (await app.pay_outs.request(asking, TONY)).instance_id
    return {("User", user), ("KYC", session), ("PayIn", payin), ("PayOut", payout)}


_CASES = """
select c.role, i.snapshot::jsonb -> 'context' ->> 'subjectType' as subject_type,
       i.snapshot::jsonb -> 'context' ->> 'subjectId' as subject_id
from orderwright.case_record as c join orderwright.instance as i on i.instance_id = c.id
where c.case_type = 'UNDECIDED'
"""
