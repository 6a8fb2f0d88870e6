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
  entityType entityId types message policy round dueAt documents { type mediaType bytes url } workflow { state }
  number reminders reminded executionId asked { name customerId } files { type round url } cases { number } } }"""
LISTED = """query ($filter: DocumentRequestFilter) { documentRequests(filter: $filter) { totalCount
  stateCounts { state count } edges { node { id number asked { name } } } } }"""
SEND = """mutation ($id: ID!, $event: String!, $data: JSON) {
  sendDocumentRequestEvent(requestId: $id, event: $event, data: $data) {
  ... on EventApplied { workflow { state } } ... on Refusal { code } } }"""
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
        await staff(opened, "sam", role=Role.SUPPORT)
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
        await hand_in(carla, asked.id, b"%PDF-1.7")
        shown = (await carla.ask(REQUESTS, id=asked.id))["documentRequest"]
        assert (shown["entityId"], shown["types"], shown["round"]) == (order, ["passport"], 1)
        [document] = shown["documents"]
        assert (await carla.http.get(document["url"])).content == b"%PDF-1.7"
        accepted = (await carla.ask(ACCEPT, id=asked.id))["acceptDocuments"]
        assert accepted["request"]["workflow"]["state"] == "ACCEPTED"
    await later(app)
    assert await holds(app, order) == []


async def test_requests_for_documents_are_found_by_subject_and_state_with_all_that_was_handed_in(
    app: Orderwright,
):
    order, other = await entity(app, "Order"), await entity(app, "Order")
    asked = await do(app, "Order", order, "REQUEST_DOCUMENT", due_days=2)
    await do(app, "Order", other, "REQUEST_DOCUMENT")
    about = {"entityType": "Order", "entityId": order}
    async with enter(app, "carla") as carla, enter(app, "mia") as mia:
        found = (await carla.ask(LISTED, filter=about))["documentRequests"]
        [edge] = found["edges"]
        assert edge["node"]["id"] == asked.id
        assert edge["node"]["asked"] == {"name": "Bob Ltd"}
        number = edge["node"]["number"]
        assert number.startswith("SO-")
        searched = (await carla.ask(LISTED, filter={"search": number.lower()}))["documentRequests"]
        assert searched["totalCount"] == 1

        await hand_in(carla, asked.id, b"%PDF-1.7 blurred")
        sent = await carla.ask(SEND, id=asked.id, event="REJECT", data={"reason": "not legible"})
        assert sent["sendDocumentRequestEvent"]["workflow"]["state"] == "REQUESTED"
        await hand_in(carla, asked.id, b"%PDF-1.7 sharp")
        shown = (await carla.ask(REQUESTS, id=asked.id))["documentRequest"]
        assert [one["round"] for one in shown["files"]] == [2, 1]
        assert (await carla.http.get(shown["files"][1]["url"])).content == b"%PDF-1.7 blurred"
        assert (shown["executionId"], shown["reminders"]) == (asked.execution_id, 1)
        await carla.ask(SEND, id=asked.id, event="REJECT", data={"reason": "not yours"})
        for event in ("ACCEPT", "NOTHING"):
            refused = await mia.ask(SEND, id=asked.id, event=event, data={})
            assert refused["sendDocumentRequestEvent"]["code"] == "access.denied"
    await later(app, days=3)
    async with enter(app, "carla") as carla:
        overdue = {**about, "states": ["OVERDUE"]}
        found = (await carla.ask(LISTED, filter=overdue))["documentRequests"]
        assert found["stateCounts"] == [{"state": "OVERDUE", "count": 1}]
        [case] = (await carla.ask(REQUESTS, id=asked.id))["documentRequest"]["cases"]
        assert case["number"].startswith("CA")
    async with enter(app, "sam") as sam:  # whose queue it is not in
        assert (await sam.ask(REQUESTS, id=asked.id))["documentRequest"]["cases"] == []


async def test_support_passes_on_links_to_what_still_takes_papers_and_opens_none(
    app: Orderwright,
):
    order = await entity(app, "Order")
    asked = await do(app, "Order", order, "REQUEST_DOCUMENT")
    about = {"entityType": "Order", "entityId": order}
    async with enter(app, "sam") as sam, enter(app, "carla") as carla:
        assert (await sam.ask(LISTED, filter=about))["documentRequests"]["totalCount"] == 1
        await hand_in(sam, asked.id, b"%PDF-1.7")
        shown = (await sam.ask(REQUESTS, id=asked.id))["documentRequest"]
        [file] = shown["files"]
        assert (shown["workflow"]["state"], file["type"]) == ("SUBMITTED", "passport")
        assert (await sam.http.get(file["url"])).status_code == 403
        assert (await sam.ask(ACCEPT, id=asked.id))["acceptDocuments"]["code"] == "access.denied"
        await carla.ask(ACCEPT, id=asked.id)
        assert (await sam.ask(REQUESTS, id=asked.id))["documentRequest"] is None
        settled = (await sam.ask(LISTED, filter=about))["documentRequests"]
        assert (settled["totalCount"], settled["stateCounts"]) == (0, [])


async def hand_in(who: Client, request_id: str, content: bytes) -> None:
    """Hand a passport in by a new link."""
    url = (await who.ask(LINK, id=request_id))["createDocumentLink"]["url"]
    file = {"file": ("p.pdf", content)}
    answer = await who.http.post(url.partition("8080")[2], data={"type": "passport"}, files=file)
    assert answer.status_code == 201
