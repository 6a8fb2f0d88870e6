"""A request repeated under its key is answered as before, though what it asks for would not be granted any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from compliance_house import asked, open_house

from orderwright.app.compliance.payins import NewPayIn
from orderwright.app.compliance.users import NewUser
from orderwright.app.goods.stock_records import LocationClosed, Shelf
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Role
from orderwright.clock import DrivenClock
from orderwright.errors import InputInvalid

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from orderwright import Orderwright

BOSS = asked(Role.ADMIN, "boss")
LINES = [{"sku": "ANVIL", "quantity": 1, "unitPrice": "1.00"}]


@pytest.fixture(scope="module")
async def app(shared_database_url: str) -> AsyncIterator[Orderwright]:
    async with open_house(shared_database_url) as opened:
        yield opened


async def test_what_holds_until_a_moment_is_answered_after_it_and_begun_before_it_only(
    app: Orderwright,
):
    assert isinstance(app.clock, DrivenClock)
    ends = app.clock.now() + timedelta(minutes=5)
    person = await app.users.register(NewUser(email="kim@example.com"), BOSS)
    terms = NewTerms(
        customer_id="ada", channel="CONSUMER", currency="EUR", lines=LINES, valid_until=ends
    )
    money = NewPayIn(amount="1.00", currency="EUR", method="CARD", expires_at=ends)
    requests: dict[str, Callable[[Asked], Awaitable[Any]]] = {
        "quotation": lambda by: app.orders.create_quotation(terms, by),
        "payin": lambda by: app.pay_ins.expect(money, by),
        "kyc": lambda by: app.users.open_kyc(person.instance_id, ends, by),
    }
    for key, request in requests.items():
        assert (await request(replace(BOSS, idempotency_key=key))).refused is None
    app.clock.advance(timedelta(minutes=10))
    for key, request in requests.items():
        again = await request(replace(BOSS, idempotency_key=key))
        assert (again.refused, again.replayed) == (None, True)
        with pytest.raises(InputInvalid, match="a time in the future"):
            await request(replace(BOSS, idempotency_key=f"{key}, too late"))


async def test_goods_that_came_before_their_location_was_closed_are_answered_after_it(
    app: Orderwright,
):
    await app.location_desk.add("annex", "Annex", None, BOSS)
    shelf, key = Shelf("ANVIL", "annex"), replace(BOSS, idempotency_key="van")
    await app.stock_desk.receive(shelf, 3, "van", key)
    await app.stock_desk.adjust(shelf, -3, "sent on", BOSS)
    await app.location_desk.close("annex", BOSS)
    assert (await app.stock_desk.receive(shelf, 3, "van", key)).replayed
    with pytest.raises(LocationClosed):
        await app.stock_desk.receive(shelf, 3, "another van", BOSS)
    found = await app.stock_list.find(BOSS.by, shelf)
    assert found is not None
    assert found.on_hand == 0
