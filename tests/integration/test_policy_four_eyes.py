"""Who took part in what a policy decides on has no vote on it, however it came about and whoever told of it first."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import pytest
from compliance_house import CORA, TONY, asked, open_house, order, state
from policy_house import clear, document, publish

from orderwright import Event, Orderwright
from orderwright.app.compliance.payins import payin_id_of
from orderwright.app.compliance.payouts import NewPayOut, payout_id_of
from orderwright.app.compliance.users import NewUser
from orderwright.app.orders import Asked
from orderwright.app.payments import NewPayment
from orderwright.app.permissions import Role

OLGA, RITA, ADAM = (asked(Role.ADMIN, name) for name in ("olga", "rita", "adam"))
ANY = {"field": "amount", "operator": "is_not_null"}
CONSENT = {"action": "REQUIRE_APPROVAL", "config": {"role": "COMPLIANCE", "minimum": 1}}
OWN = "approval.own_request"
Begin = Callable[[Orderwright], Awaitable[str]]


@pytest.fixture(scope="module")
async def app(shared_database_url: str) -> AsyncIterator[Orderwright]:
    async with open_house(shared_database_url) as opened:
        for who in (OLGA, RITA, ADAM):
            await opened.people.enrol(
                who.by.login, who.by.name, "a long enough word", who.by.roles
            )
        yield opened


@pytest.fixture(autouse=True)
async def consent_is_asked_for(app: Orderwright) -> AsyncIterator[None]:
    for trigger in ("PAYOUT_REQUESTED", "PAYIN_RECEIVED"):
        await publish(app, trigger.lower(), document(ANY, does=[CONSENT], trigger=trigger))
    yield
    await clear(app)


async def registered(app: Orderwright, by: Asked = TONY) -> str:
    """Money for an order is said to be on its way."""
    new = NewPayment(order_id=await order(app), amount="100.00", currency="EUR", method="TRANSFER")
    result = await app.payments.register_consumer(new, by)
    assert result.refused is None, result.refused
    await app.worker.drain()
    return result.instance_id


async def confirmed(app: Orderwright, payment: str, by: Asked) -> None:
    result = await app.payments.confirm(payment, by)
    assert result.refused is None, result.refused


async def told(app: Orderwright, trigger: str, context: Mapping[str, str]) -> None:
    """A host tells what has happened, before the relay does, and has it acted on."""
    done = await app.trigger(trigger, dict(context), execute=True)
    assert [one.action for one in done.actions] == ["REQUIRE_APPROVAL"]


async def a_refund(app: Orderwright) -> str:
    payment = await registered(app)
    await confirmed(app, payment, TONY)
    await app.worker.drain()
    result = await app.payments.refund(payment, "50.00", "late", OLGA)
    assert result.refused is None, result.refused
    found = await app.engine.read(payment)
    assert found is not None
    [refund] = found.snapshot.context["refunds"]
    return payout_id_of(payment, refund)


async def a_request(app: Orderwright) -> str:
    new = NewPayOut(amount="50.00", currency="EUR", reason="x")
    return (await app.pay_outs.request(new, OLGA)).instance_id


async def a_request_that_a_host_tells_first(app: Orderwright) -> str:
    payout = await a_request(app)
    await told(app, "PAYOUT_REQUESTED", {"payOutId": payout, "amount": "50.00", "currency": "EUR"})
    return payout


async def a_confirmation(app: Orderwright) -> str:
    payment = await registered(app)
    await confirmed(app, payment, OLGA)
    return payin_id_of(payment)


async def a_registration(app: Orderwright) -> str:
    payment = await registered(app, OLGA)
    await confirmed(app, payment, TONY)
    return payin_id_of(payment)


async def a_transfer_that_a_host_tells_first(app: Orderwright) -> str:
    payin = payin_id_of(await registered(app))
    transfer = {"amount": "100.00", "reference": "t1"}
    result = await app.pay_ins.send(payin, Event("PAYIN_RECEIVED", transfer), OLGA)
    assert result.refused is None, result.refused
    await told(app, "PAYIN_RECEIVED", {"payInId": payin, "amount": "100.00", "currency": "EUR"})
    return payin


@pytest.mark.parametrize(
    "begin",
    [
        a_refund,
        a_request,
        a_request_that_a_host_tells_first,
        a_confirmation,
        a_registration,
        a_transfer_that_a_host_tells_first,
    ],
)
async def test_who_took_part_in_what_a_policy_decides_on_has_no_vote_on_it(
    app: Orderwright, begin: Begin
):
    subject = await begin(app)
    await app.worker.drain()
    asked_for = await consents(app, subject)
    assert "POLICY" in asked_for
    for approval in asked_for.values():
        assert await vote(app, approval, OLGA) == [OWN]
    assert await vote(app, asked_for["POLICY"], CORA) == []
    assert await state(app, asked_for["POLICY"]) == "APPROVED"


async def test_who_registers_a_payment_and_who_confirms_it_are_both_shut_out(app: Orderwright):
    payment = await registered(app, RITA)
    await confirmed(app, payment, OLGA)
    await app.worker.drain()
    approval = (await consents(app, payin_id_of(payment)))["POLICY"]
    assert [await vote(app, approval, who) for who in (RITA, OLGA, ADAM)] == [[OWN], [OWN], []]


async def test_who_registers_a_user_has_no_vote_though_the_id_looks_like_a_row_of_another(
    app: Orderwright,
):
    known = {"field": "email", "operator": "is_not_null"}
    policy = document(known, does=[CONSENT], trigger="USER_REGISTERED")
    await publish(app, "user_registered", policy)
    for user, by in (("kim", RITA), ("kim/1", OLGA)):
        await app.users.register(NewUser(id=user, email=f"{len(user)}@example.com"), by)
    await told(app, "USER_REGISTERED", {"userId": "kim/1", "email": "5@example.com"})
    approval = (await consents(app, "kim/1"))["POLICY"]
    assert [await vote(app, approval, who) for who in (OLGA, RITA)] == [[OWN], []]


async def consents(app: Orderwright, subject: str) -> dict[str, str]:
    """The approvals that are asked for on something, by kind."""
    rows = await app.pool.fetch(
        "select kind, id from orderwright.approval where subject_id = $1", subject
    )
    return {row["kind"]: row["id"] for row in rows}


async def vote(app: Orderwright, approval: str, who: Asked) -> list[str]:
    """Vote for it; return why that is refused."""
    result = await app.approval_desk.vote(approval, "APPROVE", "fine", None, who)
    await app.worker.drain()
    return [reason.code for reason in result.refused.reasons] if result.refused else []
