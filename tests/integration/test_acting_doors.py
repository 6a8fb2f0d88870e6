"""What people are asked by policies, over GraphQL: approvals of every kind in one list, and requests for documents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from acting_house import ADMIN, do, entity, holds, later, staff

from acceptance.harness import PASSWORD, Client
from orderwright import Orderwright
from orderwright.api.server import create_server
from orderwright.app.permissions import Role
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock

APPROVALS = """query ($filter: ApprovalFilter) { approvals(filter: $filter) { totalCount edges { node {
  id kind subjectType subjectId subject reason amount { amount } requestedBy { id } quorum { approvers approved roles }
  votes { by { name } decision reason } workflow { state } } } } }"""
VOTE = """mutation ($id: ID!, $decision: OverrideDecision!) {
  voteApproval(id: $id, decision: $decision, reason: "as I see it") {
    ... on ApprovalChanged { approval { workflow { state } votes { decision } } }
    ... on Refusal { code reasons { code } } } }"""
REQUESTS = """query ($id: ID!) { documentRequest(id: $id) {
  entityType entityId types message policy round dueAt documents { type mediaType bytes url } workflow { state } } }"""
LINK = "mutation ($id: ID!) { createDocumentLink(id: $id) { ... on DocumentLink { url } } }"
ACCEPT = """mutation ($id: ID!) { acceptDocuments(id: $id, note: "fine") {
  ... on DocumentRequestChanged { request { workflow { state } } } ... on Refusal { code } } }"""


@pytest.fixture(scope="module")
async def app(shared_database_url: str, tmp_path_factory: Any) -> AsyncIterator[Orderwright]:
    clock = DrivenClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    async with Orderwright.connect(shared_database_url, settings=settings, clock=clock) as opened:
        await staff(opened, "carla", "chris")
        await staff(opened, "mia", role=Role.MANAGER)
        yield opened


@asynccontextmanager
async def enter(app: Orderwright, login: str) -> AsyncIterator[Client]:
    server = create_server(app, console=None, with_worker=False)
    transport = httpx.ASGITransport(server)
    async with httpx.AsyncClient(transport=transport, base_url="http://house") as http:
        body = {"login": login, "password": PASSWORD}
        assert (await http.post("/api/v1/session", json=body)).status_code == 200
        yield Client(http)


async def listed(who: Client, **narrowed: str) -> dict[str, Any]:
    """What somebody may decide on, by what it is about."""
    page = (await who.ask(APPROVALS, filter=narrowed))["approvals"]
    nodes = [edge["node"] for edge in page["edges"]]
    assert page["totalCount"] == len(nodes)
    return {node["subjectId"]: node for node in nodes}


async def test_everybody_sees_what_they_may_decide_on_whatever_it_is_about_and_votes_in_one_way(
    app: Orderwright,
):
    order, payout = await entity(app, "Order"), await entity(app, "PayOut", number="PO-7")
    await app.overrides.request(order, "ADMIN", "they always pay", ADMIN)
    await later(app)
    asked = await do(app, "PayOut", payout, "REQUIRE_APPROVAL")
    async with (
        enter(app, "carla") as carla,
        enter(app, "mia") as mia,
        enter(app, "clerk") as clerk,
    ):
        assert (await listed(carla)).keys() == {payout}
        assert (await listed(mia)).keys() == {order}
        own = await listed(clerk)  # the consent of treasury, which the clerk has asked for
        assert [one["kind"] for one in own.values()] == ["PAYOUT"]
        shown = (await listed(carla, search="po-7", kind="POLICY", subjectType="PayOut"))[payout]
        assert (shown["subject"], shown["amount"]) == ("PO-7", None)
        assert shown["quorum"] == {
            "approvers": 2,
            "approved": 0,
            "roles": ["COMPLIANCE", "ADMIN", "SUPERADMIN"],
        }
        override = (await listed(mia))[order]
        assert (override["kind"], override["amount"]["amount"]) == ("ADMIN", "100.00")

        unseen = (await mia.ask(VOTE, id=asked.id, decision="APPROVE"))["voteApproval"]
        assert unseen["code"] == "approval.not_found"
        voted = (await carla.ask(VOTE, id=asked.id, decision="APPROVE"))["voteApproval"]
        assert voted["approval"]["workflow"]["state"] == "PENDING"
        again = (await carla.ask(VOTE, id=asked.id, decision="APPROVE"))["voteApproval"]
        assert [one["code"] for one in again["reasons"]] == ["approval.voted_already"]
        waived = (await mia.ask(VOTE, id=override["id"], decision="APPROVE"))["voteApproval"]
        assert waived["approval"]["workflow"]["state"] == "APPROVED"
    async with enter(app, "chris") as chris:
        await chris.ask(VOTE, id=asked.id, decision="APPROVE")
    await later(app)
    assert await holds(app, payout) == []


async def test_documents_are_asked_for_handed_in_by_a_link_of_staff_and_accepted(app: Orderwright):
    order = await entity(app, "Order")
    asked = await do(app, "Order", order, "REQUEST_DOCUMENT")
    async with enter(app, "carla") as carla:
        url = (await carla.ask(LINK, id=asked.id))["createDocumentLink"]["url"]
        file = {"file": ("p.pdf", b"%PDF-1.7")}
        path = url.partition("8080")[2]
        answer = await carla.http.post(path, data={"type": "passport"}, files=file)
        assert answer.status_code == 201
        shown = (await carla.ask(REQUESTS, id=asked.id))["documentRequest"]
        assert (shown["entityId"], shown["types"], shown["round"]) == (order, ["passport"], 1)
        [document] = shown["documents"]
        assert (await carla.http.get(document["url"])).content == b"%PDF-1.7"
        accepted = (await carla.ask(ACCEPT, id=asked.id))["acceptDocuments"]
        assert accepted["request"]["workflow"]["state"] == "ACCEPTED"
    await later(app)
    assert await holds(app, order) == []
