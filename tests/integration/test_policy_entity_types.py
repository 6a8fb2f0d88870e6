"""An event is about entities of one type: told of another one it is refused, by every door."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from acting_house import begin, look
from policy_house import ADMIN, APPROVE, document, open_house, publish

from orderwright import Orderwright
from orderwright.app.policies.hosts import Told
from orderwright.app.policies.occurrence import entity_of
from orderwright.domain.entity import ENTITIES
from orderwright.domain.event_trigger import NAMED, about
from orderwright.errors import InputInvalid

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("nothing_in_force")
ABOUT = {
    "ORDER_CREATED": ("Order", "orderId"),
    "PAYIN_RECEIVED": ("PayIn", "payInId"),
    "PAYOUT_REQUESTED": ("PayOut", "payOutId"),
    "KYC_SUBMITTED": ("KYC", "kycSessionId"),
    "USER_REGISTERED": ("User", "userId"),
    "WALLET_ADDED": ("User", "userId"),
}
OTHERS = [
    (trigger, other) for trigger in ABOUT for other in ENTITIES if other != ABOUT[trigger][0]
]
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
async def app(shared_database_url: str) -> AsyncIterator[Orderwright]:
    async with open_house(shared_database_url) as opened:
        yield opened


async def untouched(app: Orderwright, entity_id: str) -> bool:
    """Whether nothing was decided on an entity by a host, and it waits for its decision."""
    count = "select count(*) from orderwright.policy_execution where entity_id = $1"
    context = (await look(app, entity_id)).snapshot.context
    return await app.pool.fetchval(count, entity_id) == 0 and context["isDecided"] is False


@pytest.mark.parametrize(("trigger", "other"), OTHERS)
async def test_an_event_about_an_entity_of_another_type_is_refused(
    app: Orderwright, trigger: str, other: str
):
    right, _ = ABOUT[trigger]
    always = {"field": "userId", "operator": "is_not_null"}
    await publish(app, "always", document(always, does=[APPROVE], trigger=trigger))
    entity_id = await begin(app, other)
    with pytest.raises(InputInvalid) as refused:
        await app.trigger(trigger, {"userId": "u"}, entity=(other, entity_id), execute=True)
    values = refused.value.values
    assert (values["field"], values["value"]) == ("entity.type", other)
    assert f"{right}, which {trigger} is about" in refused.value.message
    assert await untouched(app, entity_id)


@pytest.mark.parametrize(("trigger", "other"), OTHERS)
@pytest.mark.parametrize("is_given", [True, False])
async def test_an_id_that_something_else_has_here_is_refused(
    app: Orderwright, trigger: str, other: str, *, is_given: bool
):
    right, field = ABOUT[trigger]
    entity_id = await begin(app, other)
    entity = (right, entity_id) if is_given else None
    context = {} if is_given else {field: entity_id}
    async with app.pool.acquire() as connection, connection.transaction():
        with pytest.raises(InputInvalid, match=f"{right}.*{other}") as refused:
            await app.trigger(trigger, context, entity=entity, connection=connection)
        assert await connection.fetchval("select 1") == 1
    values = refused.value.values
    assert (values["field"], values["value"]) == (
        "entity.id" if is_given else f"context.{field}",
        entity_id,
    )
    assert await untouched(app, entity_id)


@pytest.mark.parametrize(("event", "trigger"), NAMED.items())
def test_what_a_lifecycle_tells_is_about_the_type_that_hosts_tell_it_of(event: str, trigger: str):
    it = about(event)
    assert it is not None
    assert entity_of(trigger, {it.key: "x"}, None) == (it.entity, "x")


async def test_over_http_it_is_refused_too_and_takes_no_key(app: Orderwright):
    pay_out = await begin(app, "PayOut")
    made = await app.api_tokens.make("types", ["trigger", "execute"], ADMIN, expires_at=None)
    for entity in (("PayOut", pay_out), ("Order", pay_out)):
        told = Told(trigger="ORDER_CREATED", context={}, entity=entity, execute=True)
        with pytest.raises(InputInvalid):
            await app.hosts.trigger(made.token, told, "types")
    assert await untouched(app, pay_out)
    right = Told(trigger="PAYOUT_REQUESTED", context={}, entity=("PayOut", pay_out))
    assert (await app.hosts.trigger(made.token, right, "types")).status == "decided"
