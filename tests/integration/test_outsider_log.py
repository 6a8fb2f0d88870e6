"""Customers read what happened to what is theirs, and not what the house said of it for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from acting_house import begin, tell
from policy_house import document, open_house, publish
from shop import PACK, SHIP, act, fulfilments, open_goods, receive, sold

from orderwright import Event, Orderwright
from orderwright.app.permissions import Identity, Role

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ADA = Identity(
    id="ada-p", login="ada", name="Ada", roles=frozenset({Role.CUSTOMER}), customer_id="ada"
)
CLERK = Identity(id="c", login="c", name="C", roles=frozenset({Role.SUPPORT}))
SECRET = "suspected stolen card"


@pytest.fixture
async def app(shared_database_url: str) -> AsyncIterator[Orderwright]:
    async with open_house(shared_database_url) as opened:
        yield opened


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Orderwright]:
    async with open_goods(database_url) as opened:
        yield opened


async def read(app: Orderwright, instance_id: str, by: Identity) -> dict[str, object]:
    """What somebody reads of each event of a lifecycle, the last of its kind."""
    stand = await app.workflows.instance(instance_id)
    return {one.row.event_type: dict(one.data) for one in await app.workflows.log(stand, by)}


async def test_why_a_fulfilment_is_held_is_not_told_and_its_tracking_is(shop: Orderwright):
    await receive(shop, "LAMP", 3)
    [one] = await fulfilments(shop, await sold(shop, LAMP=1))
    for event in (Event("HOLD", {"reason": SECRET}), Event("RESUME"), PACK, SHIP):
        await act(shop, one.id, event)
    seen = await read(shop, one.id, ADA)
    assert (seen["HOLD"], SECRET in str(seen)) == ({}, False)
    assert seen["PACKAGE_SHIPPED"] == {"carrier": "DHL", "tracking": "T1"}
    assert (await read(shop, one.id, CLERK))["HOLD"] == {"reason": SECRET}


async def test_why_a_policy_approves_is_not_told(app: Orderwright):
    handed_in = {"field": "submissions", "operator": ">=", "value": 1}
    approve = {"action": "AUTO_APPROVE", "config": {"reason": SECRET}}
    await publish(app, "risk", document(handed_in, does=[approve], trigger="KYC_SUBMITTED"))
    user = await begin(app, "User", customerId="ada")
    session = await begin(app, "KYC", userId=user)
    await tell(app, session, "DOCUMENTS_SUBMITTED", documentType="passport")
    await app.worker.drain()
    seen = await read(app, session, ADA)
    assert seen["APPROVE"].keys() <= {"validUntil"}
    assert not {SECRET, "risk"} & set(map(str, seen["APPROVE"].values()))
    assert SECRET in str((await read(app, session, CLERK))["APPROVE"])
    assert seen["DOCUMENTS_SUBMITTED"] == {"documentType": "passport"}
    assert seen["create"]["userId"] == user
