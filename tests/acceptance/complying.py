"""Steps about money on its way in and out, KYC sessions and users; each kind is named by its chart."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from acceptance.play import Play
from acceptance.scenario import Step
from orderwright import Event
from orderwright.app.compliance.payins import payin_id_of
from orderwright.app.policies.telling import POLICIES

_REFUSAL: Final = "__typename ... on Refusal { code reasons { code values unblockers } }"
_SENDING: Final[Mapping[str, str]] = {
    "payin": "sendPayInEvent(payInId: $id, event: $event, data: $data)",
    "payout": "sendPayOutEvent(payOutId: $id, event: $event, data: $data)",
    "kyc": "sendKycEvent(kycSessionId: $id, event: $event, data: $data)",
    "user": "sendUserEvent(userId: $id, event: $event, data: $data)",
}
_READING: Final[Mapping[str, str]] = {
    "payin": "payIn",
    "payout": "payOut",
    "kyc": "kycSession",
    "user": "user",
}
_numbers = itertools.count(1)

# --- beginnings -----------------------------------------------------------------------------------


def payin(amount: str = "100.00", *, days: float | None = None) -> Step:
    """Money is expected, perhaps within so many days."""
    query = f"""mutation ($input: PayInInput!) {{ expectPayIn(input: $input) {{ {_REFUSAL}
      ... on PayInApplied {{ payIn {{ id }} }} }} }}"""

    async def step(play: Play) -> None:
        ends = play.stage.clock.now() + timedelta(days=days) if days else None
        given = {"amount": amount, "currency": "EUR", "method": "TRANSFER"}
        given["expiresAt"] = ends.isoformat() if ends else None
        made = await play.command(query, by="tony", input=given)
        play.entities["payin"] = made["payIn"]["id"]

    return step


def payout(amount: str = "100.00", *, by: str = "tony") -> Step:
    """Somebody asks that money be sent."""
    query = f"""mutation ($input: PayOutInput!) {{ requestPayOut(input: $input) {{ {_REFUSAL}
      ... on PayOutApplied {{ payOut {{ id }} }} }} }}"""

    async def step(play: Play) -> None:
        given = {"amount": amount, "currency": "EUR", "reason": "a prize"}
        made = await play.command(query, by=by, input=given)
        play.entities["payout"] = made["payOut"]["id"]

    return step


def user() -> Step:
    """Somebody registers."""
    query = f"""mutation ($input: UserInput!) {{ registerUser(input: $input) {{ {_REFUSAL}
      ... on UserApplied {{ user {{ id }} }} }} }}"""

    async def step(play: Play) -> None:
        given = {"email": f"somebody{next(_numbers)}@example.com", "country": "NG"}
        made = await play.command(query, by="cora", input=given)
        play.entities["user"] = made["user"]["id"]

    return step


def kyc(*, days: float | None = None) -> Step:
    """A user who has just registered is to prove who they are, perhaps within so many days."""
    query = f"""mutation ($user: ID!, $ends: DateTime) {{
      openKycSession(userId: $user, expiresAt: $ends) {{ {_REFUSAL}
        ... on KycSessionApplied {{ session {{ id }} }} }} }}"""

    async def step(play: Play) -> None:
        await user()(play)
        ends = play.stage.clock.now() + timedelta(days=days) if days else None
        made = await play.command(
            query,
            by="cora",
            user=play.entities["user"],
            ends=ends.isoformat() if ends else None,
        )
        play.entities["kyc"] = made["session"]["id"]

    return step


def owned_payin() -> Step:
    """What follows is about the pay-in of the payment."""

    async def step(play: Play) -> None:
        play.entities["payin"] = payin_id_of(play.payments["p1"])

    return step


def owned_payout() -> Step:
    """What follows is about the pay-out of the refund."""
    query = """query ($id: ID!) { payOuts(filter: {orderId: $id}) { edges { node { id } } } }"""

    async def step(play: Play) -> None:
        [edge] = (await play.ask(query, by="tess", id=play.order))["edges"]
        play.entities["payout"] = edge["node"]["id"]

    return step


# --- what is done ---------------------------------------------------------------------------------


def send(chart: str, event: str, *, by: str, **data: Any) -> Step:
    """Send an event."""
    query = f"""mutation ($id: ID!, $event: String!, $data: JSON) {{
      {_SENDING[chart]} {{ {_REFUSAL} }} }}"""

    async def step(play: Play) -> None:
        await play.command(query, by=by, id=play.entities[chart], event=event, data=data)

    return step


def policies(chart: str, event: str, **data: Any) -> Step:
    """Policies say something, for which there is no other door."""

    async def step(play: Play) -> None:
        app = play.stage.app
        result = await app.engine.send(play.entities[chart], Event(event, data), actor=POLICIES)
        assert result.refused is None, result.refused
        play.answer = {"__typename": "EventApplied"}
        await play.stage.later(seconds=0)

    return step


def vote(decision: str, *, by: str) -> Step:
    """Vote on the pay-out."""
    query = f"""mutation ($id: ID!, $decision: PayOutDecision!) {{
      votePayOut(payOutId: $id, decision: $decision, reason: "looked at it") {{ {_REFUSAL} }} }}"""

    async def step(play: Play) -> None:
        await play.command(query, by=by, id=play.entities["payout"], decision=decision)

    return step


def take_back(*, by: str) -> Step:
    """Take back the consent to the pay-out."""
    asked = "query ($id: ID!) { payOut(id: $id) { approval { instanceId } } }"
    query = f"""mutation ($id: ID!) {{
      revokeApproval(id: $id, reason: "wrong account") {{ {_REFUSAL} }} }}"""

    async def step(play: Play) -> None:
        found = await play.ask(asked, by=by, id=play.entities["payout"])
        await play.command(query, by=by, id=found["approval"]["instanceId"])

    return step


# --- what is seen ---------------------------------------------------------------------------------


def at(chart: str, state: str, **expected: Any) -> Step:
    """It is in a state; fields of its context may be named."""
    query = (
        f"query ($id: ID!) {{ {_READING[chart]}(id: $id) {{ workflowState workflowContext }} }}"
    )

    async def step(play: Play) -> None:
        seen = await play.ask(query, by="cora", id=play.entities[chart])
        found = {key: seen["workflowContext"][key] for key in expected}
        assert (seen["workflowState"], found) == (state, expected)

    return step


def held_by(chart: str, *reasons: str) -> Step:
    """Holds stand for these reasons."""
    query = f"query ($id: ID!) {{ {_READING[chart]}(id: $id) {{ holds {{ reason }} }} }}"

    async def step(play: Play) -> None:
        seen = await play.ask(query, by="cora", id=play.entities[chart])
        assert [hold["reason"] for hold in seen["holds"]] == list(reasons)

    return step


def says(chart: str, event: str, *codes: str, by: str) -> Step:
    """A person sees that an event is blocked, and why; without reasons, that it is allowed."""
    query = f"""query ($id: ID!) {{ {_READING[chart]}(id: $id) {{ workflow {{
      allowedEvents {{ event }} blockedEvents {{ event reasons {{ code }} }} }} }} }}"""

    async def step(play: Play) -> None:
        seen = (await play.ask(query, by=by, id=play.entities[chart]))["workflow"]
        blocked = {
            one["event"]: {why["code"] for why in one["reasons"]} for one in seen["blockedEvents"]
        }
        allowed = {one["event"] for one in seen["allowedEvents"]}
        assert (event in allowed, blocked.get(event, set())) == (not codes, set(codes))

    return step


def waits(chart: str, *codes: str) -> Step:
    """What goes on by itself waits for these."""
    query = f"""query ($id: ID!) {{ {_READING[chart]}(id: $id) {{ workflow {{
      waitingFor {{ code }} }} }} }}"""

    async def step(play: Play) -> None:
        seen = await play.ask(query, by="cora", id=play.entities[chart])
        assert {why["code"] for why in seen["workflow"]["waitingFor"]} == set(codes)

    return step


def tells(chart: str, name: str, times: int = 1, **data: Any) -> Step:
    """A domain event was told so often; the last time with these data."""

    async def step(play: Play) -> None:
        root = play.entities["user" if chart == "kyc" else chart]
        found = [told for event, told in await play.told(root) if event == name]
        assert len(found) == times
        assert {key: found[-1][key] for key in data} == data if found else not data

    return step
