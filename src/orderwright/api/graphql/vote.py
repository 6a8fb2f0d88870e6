"""Votes and what it takes to approve, as the API shows them of approvals of every kind."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from orderwright.api.graphql.context import Context
from orderwright.api.graphql.trade import Money, money
from orderwright.api.graphql.workflow import Actor


@strawberry.enum
class OverrideDecision(Enum):
    APPROVE = "APPROVE"
    DENY = "DENY"


@strawberry.type
class OverrideVote:
    by: Actor
    decision: OverrideDecision
    reason: str
    amount: Money | None = strawberry.field(description="What an approver consents to.")
    at: datetime


@strawberry.type(description="What it takes to approve.")
class OverrideQuorum:
    approvers: int
    approved: int
    roles: list[str] = strawberry.field(description="Each approver has one of these.")
    including: list[str] = strawberry.field(
        description="One approver has one of these, if there are any."
    )


def quorum_of(context: Any) -> OverrideQuorum:
    """Show what it takes, and what of it is there."""
    approved = [one for one in context["votes"] if one["decision"] == "APPROVE"]
    return OverrideQuorum(**context["quorum"], approved=len(approved))


async def votes_of(known: Any, context: Context) -> list[OverrideVote]:
    """Show the votes in the context of an approval."""
    return [await _vote(context, vote, known["currency"]) for vote in known["votes"]]


async def person(context: Context, person_id: str) -> Actor:
    """Show somebody."""
    return Actor(id=person_id, kind="user", name=await context.names.load(person_id))


async def _vote(context: Context, vote: dict[str, Any], currency: str) -> OverrideVote:
    minor = vote.get("amountMinor")
    return OverrideVote(
        by=await person(context, vote["by"]),
        decision=OverrideDecision(vote["decision"]),
        reason=vote["reason"],
        amount=money(minor, currency) if minor is not None and currency else None,
        at=datetime.fromisoformat(vote["at"]),
    )
