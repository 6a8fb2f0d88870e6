"""The behaviour of the approval chart: one model for every question that takes other people's consent.

    four eyes   who asks does not vote, nor does who took part in what is asked about
    one vote    a person votes once, for or against
    quorum      so many distinct approvers of certain roles, and perhaps one of a higher role among them
    denial      one vote against decides
    amount      the least that an approver consents to; all that was asked when nobody says otherwise, and nothing else
                where there is no use for a part

The quorum is chosen by the amount when the request is made and kept with it: settings that change later change
nothing about it. Who votes, and with which roles, is a fact that the application loads; nobody can send it. What the
approval is about is a subject that only its owner understands: nothing here knows of orders.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from orderwright.domain.reading import (
    Json,
    integer,
    mapping,
    milliseconds_until,
    moment,
    rows,
    text,
)
from orderwright.errors import InputInvalid
from orderwright.money import Money
from orderwright.statechart import Behaviour, Outcome, Scope, Verdict

_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_DNS, "orderwright")


class LeastRole(StrEnum):
    """The role that one of the approvers has at least; MANAGER asks no more than that each of them may decide."""

    MANAGER = "MANAGER"
    ADMIN = "ADMIN"
    SUPERADMIN = "SUPERADMIN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    """What it takes to approve.

    Attributes:
        approvers: how many distinct people.
        roles: each of them has at least one of these.
        including: where not empty, one of them has at least one of these.
    """

    approvers: int
    roles: Sequence[str]
    including: Sequence[str] = ()

    def to_json(self) -> dict[str, Json]:
        """Return it as an approval's context holds it."""
        return {
            "approvers": self.approvers,
            "roles": list(self.roles),
            "including": list(self.including),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The quorum for amounts up to a limit in minor units, which belongs to the band; None for no limit."""

    up_to_minor: int | None
    quorum: Quorum


def quorum_for(bands: Sequence[Band], amount_minor: int) -> Quorum:
    """Return the quorum of the first band that an amount falls into.

    Raises:
        ValueError: the amount is above all bands.
    """
    for band in bands:
        if band.up_to_minor is None or amount_minor <= band.up_to_minor:
            return band.quorum
    raise ValueError(f"no band reaches to {amount_minor}")


def approval_id(subject_id: str, kind: str, number: int) -> str:
    """Return the id of the approval of a kind that is asked for on a subject for the nth time."""
    return str(uuid.uuid5(_NAMESPACE, f"approval/{subject_id}/{kind}/{number}"))


# --- who may decide -------------------------------------------------------------------------------

_NOBODY: Final[Mapping[str, Json]] = {"missing": ["facts.actor"]}
_UNKNOWN: Final = Verdict(None, "actor.unknown", "the actor is not known", _NOBODY)


def is_requester(scope: Scope) -> Verdict:
    """The actor is who asked."""
    actor, asked = mapping(scope.facts, "actor"), text(scope.context, "requestedBy")
    if not actor:
        return _UNKNOWN
    message = "only who has asked can withdraw the request"
    is_own = actor["id"] == asked
    return Verdict(is_own, "approval.not_requester", message, {"requestedBy": asked}, (asked,))


def is_not_requester(scope: Scope) -> Verdict:
    """The actor is somebody else than who asked or took part in what is asked about: four eyes."""
    actor, asked = mapping(scope.facts, "actor"), text(scope.context, "requestedBy")
    if not actor:
        return _UNKNOWN
    shut_out = [asked, *_excluded(scope)]
    message = "who asks does not decide; somebody else has to"
    values: Mapping[str, Json] = {"requestedBy": asked}
    if actor["id"] in shut_out[1:]:
        message = "who took part in it does not decide; somebody else has to"
        values = {**values, "excluded": list(shut_out[1:])}
    other = actor["id"] not in shut_out
    return Verdict(other, "approval.own_request", message, values, _roles(scope, "roles"))


def _excluded(scope: Scope) -> list[str]:
    """Return who took part; approvals that began before that was kept have nobody."""
    listed = scope.context.get("excluded", [])
    return [str(one) for one in listed] if isinstance(listed, list) else []


def has_not_voted(scope: Scope) -> Verdict:
    """The actor has not voted on this before."""
    actor = mapping(scope.facts, "actor")
    if not actor:
        return _UNKNOWN
    voters = [vote["by"] for vote in rows(scope.context, "votes")]
    message = "one person has one vote, and this person's is given"
    is_new = actor["id"] not in voters
    return Verdict(is_new, "approval.voted_already", message, {}, _roles(scope, "roles"))


def has_role(scope: Scope) -> Verdict:
    """The actor has one of the roles that decide on an amount like this."""
    actor, needed = mapping(scope.facts, "actor"), _roles(scope, "roles")
    if not actor:
        return _UNKNOWN
    held = _held(actor)
    message = f"takes one of the roles {', '.join(needed)}"
    values: Mapping[str, Json] = {"roles": list(needed), "held": list(held)}
    return Verdict(
        not set(needed).isdisjoint(held), "approval.role_missing", message, values, needed
    )


def _roles(scope: Scope, key: str) -> tuple[str, ...]:
    listed = mapping(scope.context, "quorum")[key]
    return tuple(map(str, listed)) if isinstance(listed, list) else ()


def _held(actor: Mapping[str, Json]) -> list[str]:
    roles = actor.get("roles")
    return [str(role) for role in roles] if isinstance(roles, list) else []


# --- votes ----------------------------------------------------------------------------------------


def amount_fits(scope: Scope) -> Verdict:
    """The amount that is consented to, where one is named, is above zero and up to what is asked, or just that."""
    asked, is_for_all = integer(scope.context, "amountMinor"), is_whole(scope.context)
    expected = f"an amount above zero and up to {_money(scope, asked)}"
    if is_for_all:
        expected = f"{_money(scope, asked)} or nothing: all of it is asked for, or none"
    try:
        amount = _consented(scope)
    except InputInvalid as invalid:
        return Verdict(False, invalid.code, invalid.message, invalid.values)
    is_enough = amount == asked if is_for_all else 0 < amount <= asked
    fits = scope.data.get("amount") is None or is_enough
    shown = {"field": "amount", "value": scope.data.get("amount"), "expected": expected}
    return Verdict(fits, "input.invalid", f"amount: expected {expected}", shown)


def is_whole(approval: Mapping[str, Json]) -> bool:
    """Tell whether nobody can consent to a part; approvals that began before that was kept do not say so."""
    return approval.get("isWhole", False) is True


def record_vote(scope: Scope) -> Outcome:
    """Add a vote with the voter's roles of this moment."""
    event, actor = scope.event, mapping(scope.facts, "actor")
    if event is None:
        raise TypeError("a vote is given by an event")
    vote: dict[str, Json] = {
        "by": actor["id"],
        "decision": event.type,
        "reason": event.data["reason"],
        "at": scope.now.isoformat(),
        "roles": list(_held(actor)),
    }
    if event.type == "APPROVE":
        vote["amountMinor"] = _consented(scope)
    return Outcome({"votes": [*rows(scope.context, "votes"), vote]})


def quorum_is_reached(scope: Scope) -> Verdict:
    """So many distinct people as it takes have approved, one of the higher roles among them where that is asked."""
    votes = _consents(scope)
    approvers = integer(mapping(scope.context, "quorum"), "approvers")
    roles, including = _roles(scope, "roles"), _roles(scope, "including")
    is_higher_there = not including or any(
        not set(including).isdisjoint(_held(vote)) for vote in votes
    )
    missing = max(approvers - len(votes), 0 if is_higher_there else 1)
    values: Mapping[str, Json] = {
        "approvers": approvers,
        "approved": len(votes),
        "missing": missing,
        "roles": list(roles),
        "including": [] if is_higher_there else list(including),
    }
    message = f"{len(votes)} of {approvers} votes are given, by {' or '.join(roles)}"
    if not is_higher_there:
        message += f"; one has to be by {' or '.join(including)}"
    lifted_by = including if missing == 1 and not is_higher_there else roles
    return Verdict(missing == 0, "approval.votes_missing", message, values, lifted_by)


def settle_amount(scope: Scope) -> Outcome:
    """Approve the least amount that an approver has consented to."""
    return Outcome(
        {"approvedMinor": min(integer(vote, "amountMinor") for vote in _consents(scope))}
    )


def _consents(scope: Scope) -> list[Mapping[str, Json]]:
    return [vote for vote in rows(scope.context, "votes") if vote["decision"] == "APPROVE"]


def _consented(scope: Scope) -> int:
    """Return the minor units that the voter consents to: all that is asked, unless the event says less.

    Raises:
        InputInvalid: it is not an amount of the currency.
    """
    amount = scope.data.get("amount")
    if amount is None:
        return integer(scope.context, "amountMinor")
    if not isinstance(amount, str):
        raise InputInvalid("amount", amount, "a decimal string in major units")
    return Money.parse(amount, text(scope.context, "currency")).minor


def _money(scope: Scope, minor: int) -> str:
    currency = text(scope.context, "currency")
    return str(Money(minor, currency)) if currency else "none: it is not about an amount"


# --- how long it holds ----------------------------------------------------------------------------


def begin_term(scope: Scope) -> Outcome:
    """Let a term begin: to decide when it is asked, to make use of it when it is approved.

    The time to decide may be another one than that for which it then holds.
    """
    is_asked = scope.context.get("approvedMinor") is None
    if is_asked and scope.context.get("termMinutes") is not None:
        ends = scope.now + timedelta(minutes=integer(scope.context, "termMinutes"))
    else:
        ends = scope.now + timedelta(days=integer(scope.context, "validityDays"))
    return Outcome({"expiresAt": ends.isoformat()})


def is_in_time(scope: Scope) -> Verdict:
    """The time to decide has not passed, whether its timer has fired or is late."""
    ends = moment(scope.context, "expiresAt")
    shown = {"expiresAt": ends.isoformat() if ends else None}
    message = f"the time to decide ended at {shown['expiresAt']}; it has to be asked again"
    asked = text(scope.context, "requestedBy")
    return Verdict(ends is None or scope.now < ends, "approval.too_late", message, shown, (asked,))


def until_expiry(scope: Scope) -> int | None:
    """Milliseconds to the end of the term."""
    return milliseconds_until(moment(scope.context, "expiresAt"), scope.now)


BEHAVIOUR: Final = Behaviour(
    guards={
        guard.__name__: guard
        for guard in (
            is_in_time,
            is_requester,
            is_not_requester,
            has_not_voted,
            has_role,
            amount_fits,
            quorum_is_reached,
        )
    },
    actions={action.__name__: action for action in (record_vote, settle_amount, begin_term)},
    delays={"until_expiry": until_expiry},
)
