"""The steps by which a scenario ends: what is to be seen through the doors, and in the ledgers."""

from __future__ import annotations

from typing import Any

from acceptance.play import Play
from acceptance.scenario import Step

LABELS = {
    "AWAITING_PAYMENT_METHOD": "Awaiting payment method",
    "PAYMENT_INITIATED": "Payment initiated",
    "PAYMENT_PENDING_CONFIRMATION": "Payment pending",
    "OVERRIDE_REVIEW": "Override review",
    "PAYMENT_FAILED": "Payment failed",
    "FROZEN": "Frozen",
    "CLEARED_FOR_FULFILMENT": "Cleared for fulfilment",
    "COMPLETED": "Completed",
    "CANCELLED": "Cancelled",
    "REJECTED": "Rejected",
    "EXPIRED": "Expired",
    "DRAFT": "Draft",
    "IN_REVIEW": "In review",
    "REVISED": "Revised",
    "APPROVED_BY_BUYER": "Approved by buyer",
    "APPROVED_BY_SELLER": "Approved by seller",
    "MUTUALLY_APPROVED": "Mutually approved",
}
"""The word that people see for each state."""


def stands(state: str) -> Step:
    """The order is in a state, and its label says so."""

    async def step(play: Play) -> None:
        seen = await play.sale()
        assert (seen["workflowState"], seen["workflowLabel"]) == (state, LABELS[state])

    return step


def offered(state: str, **expected: Any) -> Step:
    """The quotation is in a state; `version`, `total`, `approvals` and `held_days` may be named."""

    async def step(play: Play) -> None:
        seen = await play.offered()
        assert (seen["workflowState"], seen["workflowLabel"]) == (state, LABELS[state])
        found = {
            "version": seen["version"],
            "total": seen["total"]["amount"],
            "approvals": sorted(seen["workflowContext"]["approvals"]),
            "order": seen["orderId"],
        }
        assert {key: found[key] for key in expected} == expected

    return step


def applied() -> Step:
    """What was sent last was taken."""

    async def step(play: Play) -> None:
        assert play.answer["__typename"] != "Refusal", play.answer

    return step


def refused(code: str, *reasons: str) -> Step:
    """What was sent last was refused, for these reasons."""

    async def step(play: Play) -> None:
        assert play.answer["__typename"] == "Refusal", play.answer
        found = [reason["code"] for reason in play.answer["reasons"]]
        assert (play.answer["code"], found if reasons else []) == (code, list(reasons))

    return step


def told(name: str, times: int = 1, **data: Any) -> Step:
    """A domain event of the order, or of the quotation before there is one, was told; the last one with these data."""

    async def step(play: Play) -> None:
        events = await play.told(play.order or play.quotation)
        found = [payload for event, payload in events if event == name]
        assert len(found) == times, [event for event, _ in events]
        assert {key: found[-1][key] for key in data} == data

    return step


def fulfilments(*states: str) -> Step:
    async def step(play: Play) -> None:
        assert [one["workflowState"] for one in (await play.sale())["fulfilments"]] == list(states)

    return step


def money(*, captured: str, due: str) -> Step:
    """What the order shows as captured and as due."""

    async def step(play: Play) -> None:
        seen = await play.sale()
        assert (seen["captured"]["amount"], seen["due"]["amount"]) == (captured, due)

    return step


def ledger(name: str, *minor: int) -> Step:
    """The rows of the order in a ledger, in minor units, in any order."""

    async def step(play: Play) -> None:
        assert await play.ledger(name) == sorted(minor, reverse=True)

    return step


def booked(*rows: str) -> Step:
    """What was booked of the order's pieces, in any order, as "available put_back +1"; reserving only if named."""

    async def step(play: Play) -> None:
        is_named = any(" reserve " in row for row in rows)
        found = [row for row in await play.pieces() if is_named or " reserve " not in row]
        assert found == sorted(rows)

    return step


def returns(*states: str) -> Step:
    """The returns of the last fulfilment, the oldest first."""

    async def step(play: Play) -> None:
        assert [one["workflowState"] for one in await play.returns()] == list(states)

    return step


def exposure(amount: str) -> Step:
    """What the customer owes on credit terms."""

    async def step(play: Play) -> None:
        assert (await play.credit())["exposure"]["amount"] == amount

    return step


def credit(**expected: str) -> Step:
    """The customer's credit: `tier`, `limit`, `completedSales`, `earnedLimit`."""

    async def step(play: Play) -> None:
        found = await play.credit()
        flat = {key: one["amount"] if isinstance(one, dict) else one for key, one in found.items()}
        assert {key: flat[key] for key in expected} == expected

    return step


def cases(*types: str) -> Step:
    """The cases of the order that nobody has resolved."""

    async def step(play: Play) -> None:
        query = """query ($filter: CaseFilter) {
          cases(filter: $filter) { edges { node { type } } } }"""
        edges = (await play.ask(query, filter={"orderId": play.order}))["edges"]
        assert sorted(edge["node"]["type"] for edge in edges) == sorted(types)

    return step


def waits_for(code: str, *, lifted_by: str, **values: str) -> Step:
    """One of the reasons for which the order does not clear, with its numbers and who can lift it."""

    async def step(play: Play) -> None:
        waiting = (await play.workflow("clerk"))["waitingFor"]
        [reason] = [one for one in waiting if one["code"] == code]
        assert lifted_by in reason["unblockers"]
        assert {key: reason["values"][key] for key in values} == values

    return step


def may(*events: str, by: str = "admin") -> Step:
    """The order lets somebody send these events."""

    async def step(play: Play) -> None:
        allowed = {one["event"] for one in (await play.workflow(by))["allowedEvents"]}
        assert set(events) <= allowed, allowed

    return step


def may_not(code: str, *events: str, by: str = "admin") -> Step:
    """The order says before anybody tries that these events are blocked, and why."""

    async def step(play: Play) -> None:
        blocked = (await play.workflow(by))["blockedEvents"]
        reasons = {one["event"]: {why["code"] for why in one["reasons"]} for one in blocked}
        assert {event: code in reasons.get(event, ()) for event in events} == dict.fromkeys(
            events, True
        ), reasons

    return step


def override(kind: str, state: str, **expected: Any) -> Step:
    """The override request of a kind; `amount`, `approved`, `voters`, `approvers` and `including` may be named."""

    async def step(play: Play) -> None:
        seen = await play.override(kind)
        found = {
            "amount": seen["amount"]["amount"],
            "approved": seen["approvedAmount"] and seen["approvedAmount"]["amount"],
            "voters": sorted(vote["by"]["name"] for vote in seen["votes"]),
            "approvers": seen["quorum"]["approvers"],
            "including": seen["quorum"]["including"],
        }
        assert (seen["kind"], seen["workflowState"]) == (kind, state)
        assert {key: found[key] for key in expected} == expected

    return step


def notified(event: str, *people: str) -> Step:
    """Each of these people was told of an event of the order, and found it in the application."""

    async def step(play: Play) -> None:
        query = "{ notifications(first: 50) { edges { node { event link } } } }"
        for one in people:
            nodes = [edge["node"] for edge in (await play.ask(query, by=one))["edges"]]
            found = [node for node in nodes if play.order in node["link"]]
            assert [node["event"] for node in found] == [event], one

    return step
