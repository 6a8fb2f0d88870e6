"""Policies in force and what comes of them, over HTTP: papers that never come, and orders that are paid meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from acceptance.complying import at, kyc, says, send
from acceptance.play import Play, Stage, open_stage
from acceptance.policing import CREATE, euro, is_, policy, say, taken
from acceptance.scenario import Step

REQUEST = """query ($id: ID!) { documentRequests(filter: {entityType: "KYC", entityId: $id}) { edges { node {
  id workflowState types reminders reminded policyId cases { id } } } } }"""
HOLDS = "query ($id: ID!) { kycSession(id: $id) { holds { reason } } }"
CASE = "query ($id: ID!) { case(id: $id) { type role priority title evidence } }"
RESOLVE = """mutation ($id: ID!) { resolveCase(id: $id, resolution: ACCEPTED, note: "known for years") {
  __typename ... on Refusal { reasons { code } } } }"""
ORDER = """query ($id: ID!) { order(id: $id) { workflowState }
  saleWorkflow(orderId: $id) { waitingFor { code } } }"""
APPROVALS = """query ($id: ID!) { approvals(filter: {subjectType: "Order", subjectId: $id}) {
  edges { node { id workflowState } } } }"""
VOTE = """mutation ($id: ID!) { voteApproval(id: $id, decision: APPROVE, reason: "seen") {
  __typename ... on Refusal { reasons { code } } } }"""
ASKED = """query ($id: ID!) { approval(id: $id) { consequences { action status code followsFrom } } }"""
ACTIONS = """query ($id: ID!) { policyExecution(id: $id) { actions { action status code followsFrom } } }"""
OPEN = """query { cases(filter: {type: "ANSWER_NOT_DONE"}) { edges { node {
  consequences { action status code followsFrom } } } } }"""
PAID, CLEARED = "PAYMENT_PENDING_CONFIRMATION", "CLEARED_FOR_FULFILMENT"


@pytest.fixture(scope="module")
async def stage(shared_database_url: str) -> AsyncIterator[Stage]:
    async with open_stage(shared_database_url) as opened:
        yield opened


async def put_in_force(stage: Stage, document: dict[str, Any]) -> str:
    """Have Cora write and ask, and Carl consent."""
    cora, carl = stage.people["cora"], stage.people["carl"]
    policy_id = str(taken(await cora.ask(CREATE, document=document))["id"])
    for person in (cora, carl):
        taken(await say(person, "publishPolicy", policy_id))
        await stage.later(seconds=0)
    return policy_id


async def play(stage: Stage, *steps: Step) -> Play:
    """Play steps, none of which is refused."""
    found = Play(stage=stage)
    for step in steps:
        await step(found)
        assert found.answer["__typename"] != "Refusal", found.answer
    return found


# --- papers ----------------------------------------------------------------------------------------


async def test_papers_that_a_policy_asks_a_session_for_are_reminded_of_overdue_and_escalated(
    stage: Stage,
):
    asks = {"types": ["proof of address"], "due_days": 4, "reminders": 1, "message": "Show us"}
    rules = [is_("country", "NG")]
    policy_id = await put_in_force(
        stage, policy("KYC_SUBMITTED", rules, "Show where", "REQUEST_DOCUMENT", **asks)
    )
    papers = {"documentType": "PASSPORT", "country": "NG"}
    session = await play(stage, kyc(), send("kyc", "DOCUMENTS_SUBMITTED", by="cora", **papers))
    await at("kyc", "DOCUMENTS_REQUESTED", required=["proof of address"])(session)

    requested = await request(session)
    assert (requested["workflowState"], requested["types"]) == ("REQUESTED", asks["types"])
    assert requested["policyId"] == policy_id
    [untold] = requested["cases"]  # there is no mail here, so somebody has to pass the link on
    assert (await session.ask(CASE, by="cora", id=untold["id"]))["type"] == "DOCUMENTS_UNTOLD"
    await stage.later(days=2)
    assert (await request(session))["reminded"] == 1

    await stage.later(days=2)
    overdue = await request(session)
    [case] = [one for one in overdue["cases"] if one != untold]
    assert overdue["workflowState"] == "OVERDUE"
    escalated = await session.ask(CASE, by="cora", id=case["id"])
    assert (escalated["type"], escalated["role"], escalated["priority"]) == (
        "ESCALATION",
        "COMPLIANCE",
        "HIGH",
    )
    assert escalated["title"] == "Show where wants compliance to decide"
    assert escalated["evidence"]["reason"] == "overdue documents: proof of address"
    assert await held(session) == {"Show us", "overdue documents: proof of address"}
    await says("kyc", "APPROVE", "policy.held", "kyc.no_documents", by="cora")(session)

    await session.command(RESOLVE, by="cora", id=case["id"])
    assert await held(session) == set()
    await says("kyc", "APPROVE", "kyc.no_documents", by="cora")(session)
    assert (await request(session))["workflowState"] == "CANCELLED"


async def held(session: Play) -> set[str]:
    """Why the session is held back."""
    seen = await session.ask(HOLDS, by="cora", id=session.entities["kyc"])
    return {hold["reason"] for hold in seen["holds"]}


async def request(session: Play) -> Any:
    """What the session is asked for."""
    [edge] = (await session.ask(REQUEST, by="cora", id=session.entities["kyc"]))["edges"]
    return edge["node"]


# --- orders ----------------------------------------------------------------------------------------


async def test_an_order_that_a_policy_decides_on_while_it_is_paid_clears_when_people_have_approved(
    stage: Stage,
):
    consent = {"role": "COMPLIANCE", "minimum": 1}
    rules = [is_("amount", euro("105.00"))]
    await put_in_force(
        stage, policy("ORDER_CREATED", rules, "Look", "REQUIRE_APPROVAL", **consent)
    )
    clerk = stage.people["clerk"]
    before, *during = [(await clerk.create_order())["order"]["id"] for _ in range(4)]
    await pay(stage, before)
    assert await look(stage, before) == (PAID, ["policy.undecided"])
    await asyncio.gather(stage.later(seconds=0), *(pay(stage, one) for one in during))
    await stage.later(seconds=0)
    for order_id in (before, *during):
        assert await look(stage, order_id) == (PAID, ["policy.held"])
        await approve(stage, order_id)
        assert await look(stage, order_id) == (CLEARED, [])


async def pay(stage: Stage, order_id: str) -> None:
    """Pay in full; nothing that follows from it is done yet."""
    money = {"amount": "105.00", "paymentId": f"p-{order_id}"}
    sent = await stage.people["admin"].sale(order_id, "PAYMENT_CAPTURED", money)
    assert sent["__typename"] == "EventApplied", sent


async def look(stage: Stage, order_id: str) -> tuple[str, list[str]]:
    """Where an order stands, and what keeps it from going on."""
    seen = await stage.people["cora"].ask(ORDER, id=order_id)
    waiting = [reason["code"] for reason in seen["saleWorkflow"]["waitingFor"]]
    return seen["order"]["workflowState"], waiting


async def approve(stage: Stage, order_id: str) -> None:
    [edge] = (await stage.people["cora"].ask(APPROVALS, id=order_id))["approvals"]["edges"]
    voted = await stage.people["cora"].ask(VOTE, id=edge["node"]["id"])
    assert voted["voteApproval"]["__typename"] == "ApprovalChanged", voted
    await stage.later(seconds=0)


# --- what lives with a host ------------------------------------------------------------------------


async def test_what_a_host_was_asked_for_stands_with_the_approval_the_execution_and_the_case(
    stage: Stage,
):
    cora, told = stage.people["cora"], {"payOutId": "theirs", "userId": "u", "currency": "EUR"}
    await put_in_force(
        stage,
        policy(
            "PAYOUT_REQUESTED",
            [is_("amount", euro("777.00"))],
            "Ask",
            "REQUIRE_APPROVAL",
            role="COMPLIANCE",
            minimum=1,
        ),
    )
    asked = await stage.app.trigger("PAYOUT_REQUESTED", {**told, "amount": "777.00"}, execute=True)
    [action] = asked.actions
    assert (await cora.ask(ASKED, id=action.id))["approval"]["consequences"] == []
    denied = await cora.ask(VOTE.replace("APPROVE", "DENY"), id=action.id)
    assert denied["voteApproval"]["__typename"] == "ApprovalChanged", denied
    await stage.later(seconds=0)

    nobody = {"status": "skipped", "code": "entity.not_found", "followsFrom": action.id}
    follows = [{"action": name, **nobody} for name in ("REJECT_TRANSACTION", "FREEZE_ORDER")]
    assert (await cora.ask(ASKED, id=action.id))["approval"]["consequences"] == follows
    [first, *then] = (await cora.ask(ACTIONS, id=asked.id))["policyExecution"]["actions"]
    assert (first["action"], first["followsFrom"], then) == ("REQUIRE_APPROVAL", None, follows)
    [case] = (await cora.ask(OPEN))["cases"]["edges"]
    assert case["node"]["consequences"] == follows
