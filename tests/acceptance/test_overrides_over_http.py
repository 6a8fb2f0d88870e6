"""Every way of an override, from the request to what the order makes of it, over HTTP.

The server runs in this process, so that the clock is the test's: what is to happen later happens through timers and
the relay, never by calling who handles it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from acceptance.harness import PASSWORD, Client
from orderwright import Orderwright
from orderwright.api.server import create_server
from orderwright.app.permissions import Role
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
REFUSAL = "... on Refusal { code message reasons { code message unblockers } }"
CHANGED = f"""
  __typename {REFUSAL}
  ... on OverrideChanged {{ replayed override {{ id workflowState }} }}
"""
REQUEST = f"""
mutation ($order: ID!, $kind: OverrideKind!, $key: String) {{
  requestOverride(orderId: $order, kind: $kind, reason: "they always pay", idempotencyKey: $key) {{
    __typename {REFUSAL} ... on OverrideRequested {{ overrideId replayed order {{ workflowState }} }} }} }}
"""
VOTE = f"""
mutation ($id: ID!, $decision: OverrideDecision!, $amount: String, $key: String) {{
  voteOverride(id: $id, decision: $decision, reason: "seen", approvedAmount: $amount, idempotencyKey: $key) {{
    {CHANGED} }} }}
"""
REVOKE = f'mutation ($id: ID!) {{ revokeOverride(id: $id, reason: "news") {{ {CHANGED} }} }}'
WITHDRAW = f'mutation ($id: ID!) {{ withdrawOverride(id: $id, reason: "oops") {{ {CHANGED} }} }}'
ONE = """
query ($id: ID!) { overrideRequest(id: $id) { workflowState reason kind expiresAt endedReason
  amount { amount } approvedAmount { amount } order { id } requestedBy { name }
  quorum { approvers approved roles including }
  votes { by { name } decision amount { amount } }
  workflow { allowedEvents { event } blockedEvents { event reasons { code } } waitingFor { code } } } }
"""
LIST = """
query ($filter: OverrideFilter, $first: Int, $after: String) {
  overrideRequests(filter: $filter, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { id kind } } } }
"""
WAITING = """
query ($id: ID!) { saleWorkflow(orderId: $id) { state waitingFor { code values } } }
"""


@dataclass(frozen=True)
class House:
    """The product with people at its door: a clerk who asks, managers who decide."""

    app: Orderwright
    clerk: Client
    mia: Client
    max: Client
    admin: Client

    async def later(self, **span: float) -> None:
        """Let time pass, and timers and relay do their work."""
        assert isinstance(self.app.clock, DrivenClock)
        self.app.clock.advance(timedelta(**span))
        await self.app.worker.drain()

    async def order(self, customer: str, price: str, method: str = "CARD") -> str:
        """Place an order with a way to pay; bob has a limit of 500.00 EUR, ada none."""
        lines = [{"sku": "ANVIL", "quantity": 1, "unitPrice": price}]
        given = {"customerId": customer, "currency": "EUR", "lines": lines}
        query = "mutation ($i: OrderInput!) { createOrder(input: $i) { ... on OrderCreated { order { id } } } }"
        order_id: str = (await self.clerk.ask(query, i=given))["createOrder"]["order"]["id"]
        await self.clerk.sale(order_id, "SET_PAYMENT_METHOD", {"method": method})
        return order_id

    async def request(self, order_id: str, kind: str) -> str:
        asked = (await self.clerk.ask(REQUEST, order=order_id, kind=kind))["requestOverride"]
        assert asked["__typename"] == "OverrideRequested", asked
        assert asked["order"]["workflowState"] == "OVERRIDE_REVIEW"
        await self.later(seconds=0)
        return str(asked["overrideId"])

    async def vote(self, who: Client, override_id: str, decision: str, **more: str) -> Any:
        answer = await who.ask(VOTE, id=override_id, decision=decision, **more)
        await self.later(seconds=0)
        return answer["voteOverride"]

    async def state(self, order_id: str) -> str:
        return str((await self.clerk.order(order_id))["workflowState"])

    async def fulfilments(self, order_id: str) -> list[str]:
        order = await self.clerk.order(order_id)
        return [one["workflowState"] for one in order["fulfilments"]]

    async def override(self, override_id: str, who: Client | None = None) -> Any:
        return (await (who or self.clerk).ask(ONE, id=override_id))["overrideRequest"]


@pytest.fixture
async def house(furnished_url: str) -> AsyncIterator[House]:
    settings = Settings(sale_pending_expiry_minutes=0, session_lifetime_hours=24 * 90)
    async with AsyncExitStack() as stack:
        opening = Orderwright.connect(furnished_url, settings=settings, clock=DrivenClock(NOON))
        app = await stack.enter_async_context(opening)
        for login in ("mia", "max"):
            await app.people.enrol(login, login.title(), PASSWORD, [Role.MANAGER])
        server = create_server(app, console=None, with_worker=False)

        async def enter(login: str) -> Client:
            door = httpx.ASGITransport(server)
            http = httpx.AsyncClient(transport=door, base_url="http://127.0.0.1")
            await stack.enter_async_context(http)
            given = {"login": login, "password": PASSWORD}
            assert (await http.post("/api/v1/session", json=given)).status_code == 200
            return Client(http)

        people = {login: await enter(login) for login in ("clerk", "mia", "max", "admin")}
        yield House(app=app, **people)


def codes(refusal: Any) -> list[str]:
    assert refusal["__typename"] == "Refusal", refusal
    return [reason["code"] for reason in refusal["reasons"]]


async def test_an_admin_override_waives_payment_and_ends_by_expiry(house: House):
    order_id = await house.order("bob", "400.00")
    override = await house.request(order_id, "ADMIN")
    found = await house.override(override)
    assert (found["amount"]["amount"], found["kind"]) == ("400.00", "ADMIN")
    assert (found["requestedBy"]["name"], found["order"]["id"]) == ("Clerk", order_id)
    assert found["quorum"] == {
        "approvers": 1,
        "approved": 0,
        "roles": ["MANAGER", "ADMIN", "SUPERADMIN"],
        "including": [],
    }

    voted = await house.vote(house.mia, override, "APPROVE", key="v1")
    assert (voted["override"]["workflowState"], voted["replayed"]) == ("APPROVED", False)
    assert (await house.vote(house.mia, override, "APPROVE", key="v1"))["replayed"] is True
    assert await house.state(order_id) == "CLEARED_FOR_FULFILMENT"
    assert await house.fulfilments(order_id) == ["PICK_PACK"]
    found = await house.override(override)
    assert found["expiresAt"] == "2026-03-08T12:00:00+00:00"
    assert [vote["by"]["name"] for vote in found["votes"]] == ["Mia"]

    await house.later(days=6, hours=23, minutes=59)
    assert await house.state(order_id) == "CLEARED_FOR_FULFILMENT"
    await house.later(minutes=1)
    assert (await house.override(override))["workflowState"] == "EXPIRED"
    assert await house.state(order_id) == "PAYMENT_INITIATED"
    assert await house.fulfilments(order_id) == ["ON_HOLD"]


async def test_an_admin_override_never_lifts_the_limit_and_a_credit_override_does(house: House):
    """And clearing again resumes the fulfilments that an earlier end has held."""
    order_id = await house.order("ada", "400.00")
    admin = await house.request(order_id, "ADMIN")
    await house.vote(house.mia, admin, "APPROVE")
    assert await house.state(order_id) == "PAYMENT_INITIATED"
    waiting = (await house.clerk.ask(WAITING, id=order_id))["saleWorkflow"]["waitingFor"]
    assert "credit.exceeded" in [reason["code"] for reason in waiting]

    credit = await house.request(order_id, "CREDIT")
    await house.vote(house.max, credit, "APPROVE")
    assert await house.state(order_id) == "CLEARED_FOR_FULFILMENT"

    revoked = (await house.max.ask(REVOKE, id=credit))["revokeOverride"]
    assert revoked["override"]["workflowState"] == "REVOKED"
    await house.later(seconds=0)
    assert await house.state(order_id) == "PAYMENT_INITIATED"
    assert await house.fulfilments(order_id) == ["ON_HOLD"]
    assert (await house.override(credit))["endedReason"] == "news"

    await house.vote(house.mia, await house.request(order_id, "CREDIT"), "APPROVE")
    assert await house.state(order_id) == "CLEARED_FOR_FULFILMENT"
    assert await house.fulfilments(order_id) == ["PICK_PACK"]


async def test_a_grant_too_small_for_the_overage_clears_nothing_and_another_may_be_asked(
    house: House,
):
    order_id = await house.order("bob", "900.00", "INVOICE")
    override = await house.request(order_id, "CREDIT")
    assert (await house.override(override))["amount"]["amount"] == "400.00"
    await house.vote(house.mia, override, "APPROVE", amount="399.99")
    assert (await house.override(override))["approvedAmount"]["amount"] == "399.99"
    workflow = (await house.clerk.ask(WAITING, id=order_id))["saleWorkflow"]
    [credit] = [one for one in workflow["waitingFor"] if one["code"] == "credit.exceeded"]
    assert workflow["state"] == "OVERRIDE_REVIEW"
    assert (credit["values"]["overage"], credit["values"]["approved"]) == ("400.00", "399.99")
    await house.vote(house.mia, await house.request(order_id, "CREDIT"), "APPROVE")
    assert await house.state(order_id) == "CLEARED_FOR_FULFILMENT"


async def test_a_denial_on_credit_terms_asks_for_another_way_to_pay(house: House):
    order_id = await house.order("ada", "400.00", "INVOICE")
    override = await house.request(order_id, "CREDIT")
    again = (await house.clerk.ask(REQUEST, order=order_id, kind="CREDIT"))["requestOverride"]
    keyed = {"order": order_id, "kind": "ADMIN", "key": "once"}
    first, same = [(await house.clerk.ask(REQUEST, **keyed))["requestOverride"] for _ in "12"]
    assert same == {**first, "replayed": True}
    assert codes(again) == ["override.pending"]
    denied = await house.vote(house.mia, override, "DENY")
    assert denied["override"]["workflowState"] == "DENIED"
    assert await house.state(order_id) == "AWAITING_PAYMENT_METHOD"
    assert codes(await house.vote(house.max, override, "APPROVE")) == ["done"]


async def test_four_eyes_one_vote_and_roles_hold_at_the_door(house: House):
    order_id = await house.order("bob", "5000.00")
    asked = (await house.mia.ask(REQUEST, order=order_id, kind="ADMIN"))["requestOverride"]
    override = asked["overrideId"]
    await house.later(seconds=0)
    assert codes(await house.vote(house.mia, override, "APPROVE")) == ["approval.own_request"]
    assert codes(await house.vote(house.clerk, override, "APPROVE")) == ["access.denied"]
    await house.vote(house.max, override, "APPROVE")
    assert codes(await house.vote(house.max, override, "DENY")) == ["approval.voted_already"]

    seen = {
        login: await house.override(override, getattr(house, login)) for login in ("mia", "max")
    }
    told = {
        login: {one["event"]: [r["code"] for r in one["reasons"]] for one in w["blockedEvents"]}
        for login, w in ((login, one["workflow"]) for login, one in seen.items())
    }
    assert told["mia"]["APPROVE"] == ["approval.own_request"]
    assert told["max"]["APPROVE"] == ["approval.voted_already"]
    assert [one["event"] for one in seen["mia"]["workflow"]["allowedEvents"]] == ["WITHDRAW"]
    assert [one["code"] for one in seen["max"]["workflow"]["waitingFor"]] == [
        "approval.votes_missing"
    ]

    await house.vote(house.admin, override, "APPROVE")
    assert (await house.override(override))["workflowState"] == "APPROVED"


async def test_an_answer_that_comes_while_the_order_is_frozen_counts_on_release(house: House):
    order_id = await house.order("bob", "400.00")
    override = await house.request(order_id, "ADMIN")
    await house.admin.sale(order_id, "FREEZE", {"reason": "check"})
    assert codes(
        (await house.clerk.ask(REQUEST, order=order_id, kind="CREDIT"))["requestOverride"]
    )
    await house.vote(house.mia, override, "APPROVE")
    assert await house.state(order_id) == "FROZEN"
    await house.admin.sale(order_id, "RELEASE")
    await house.later(seconds=0)
    assert await house.state(order_id) == "CLEARED_FOR_FULFILMENT"


async def test_requests_are_withdrawn_by_who_asked_and_when_the_order_ends_and_all_are_listed(
    house: House,
):
    first, second = await house.order("bob", "100.00"), await house.order("bob", "200.00")
    one, other = await house.request(first, "ADMIN"), await house.request(second, "ADMIN")
    assert codes((await house.mia.ask(WITHDRAW, id=one))["withdrawOverride"]) == [
        "approval.not_requester"
    ]
    withdrawn = (await house.clerk.ask(WITHDRAW, id=one))["withdrawOverride"]
    assert withdrawn["override"]["workflowState"] == "REVOKED"
    await house.later(seconds=0)
    assert await house.state(first) == "PAYMENT_INITIATED"
    await house.clerk.sale(second, "CANCEL_REQUESTED", {"reason": "no"})
    await house.later(seconds=0)
    assert (await house.override(other))["endedReason"] == "the order was cancelled"

    await house.request(first, "ADMIN")
    listed = (await house.clerk.ask(LIST, first=2))["overrideRequests"]
    rest = (await house.clerk.ask(LIST, first=2, after=listed["pageInfo"]["endCursor"]))[
        "overrideRequests"
    ]
    ids = [edge["node"]["id"] for page in (listed, rest) for edge in page["edges"]]
    assert (len(set(ids)), listed["totalCount"], rest["pageInfo"]["hasNextPage"]) == (3, 3, False)
    for narrowed, count in (
        ({"states": ["PENDING"]}, 1),
        ({"orderId": first}, 2),
        ({"kind": "CREDIT"}, 0),
        ({"search": "bob l"}, 3),
        ({"search": "100%"}, 0),
    ):
        assert (await house.clerk.ask(LIST, filter=narrowed))["overrideRequests"][
            "totalCount"
        ] == count
    nobody = (await house.mia.ask(VOTE, id="none", decision="DENY"))["voteOverride"]
    assert codes(nobody) == ["override.not_found"]
