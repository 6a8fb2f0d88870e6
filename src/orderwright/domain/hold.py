"""Holds: what policies keep an entity back with, until somebody or something lifts it.

    held    = there is a hold
    decided = the policies' decision on how the entity began is recorded

Both are guards of what lets an entity go forward, and so of the same words in every lifecycle that policies decide on.
A hold has an id, and each id is placed once: one that was lifted does not come back, even where the message that
places it comes after the one that lifts it. What was never held may do without the keys `holds` and `lifted` in its
context, which spares every sale the room for them. A hold has the name of its policy as it was when it was placed. The
charts say, in the parameters of the actions, which domain event tells of a hold (`tells`) and which key of the context
names the entity (`entity`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.domain.reading import Json, mapping, text
from orderwright.statechart import Emit, Outcome, Scope, Verdict

DECISION_TERM_MS: Final = 60_000
"""How long an entity waits for its decision before a case says so; charts that wait from the start write it down."""
LIFTERS: Final[Mapping[str, tuple[str, ...]]] = {
    "action": ("COMPLIANCE",),
    "approval": ("COMPLIANCE", "MANAGER"),
    "escalation": ("COMPLIANCE",),
}
"""Who can do something about a hold, by its kind."""
_WORDS: Final[Mapping[str, Json]] = {"type": "string", "minLength": 1}
_MAYBE: Final[Mapping[str, Json]] = {"type": ["string", "null"]}
HELD: Final[Mapping[str, Mapping[str, Json]]] = {
    "holdId": _WORDS,
    "kind": {"enum": list(LIFTERS)},
    "reason": _WORDS,
    "policy": _MAYBE,
    "policyName": _MAYBE,
    "version": {"type": ["integer", "null"]},
}
"""What a domain event tells of a hold that is placed, beside the entity."""
LIFTED: Final[Mapping[str, Mapping[str, Json]]] = {"holdId": _WORDS, "outcome": _WORDS}
"""What one tells of a hold that is lifted."""


# --- guards ---------------------------------------------------------------------------------------


def is_decided(scope: Scope) -> Verdict:
    """The policies' decision is recorded, whatever it was."""
    message = "the policies have not decided on this yet"
    decided = scope.context["isDecided"] is True
    return Verdict(decided, "policy.undecided", message, {}, ("COMPLIANCE",))


def is_undecided(scope: Scope) -> Verdict:
    """No decision is recorded."""
    message = "the policies have decided on this already"
    return Verdict(scope.context["isDecided"] is False, "policy.already_decided", message)


def is_not_held(scope: Scope) -> Verdict:
    """No hold of a policy is in place."""
    holds = [
        {"holdId": key, **_hold(scope.context, key)} for key in mapping(scope.context, "holds")
    ]
    message = "; ".join(_told(hold) for hold in holds)
    lifters = sorted({role for hold in holds for role in LIFTERS[text(hold, "kind")]})
    return Verdict(not holds, "policy.held", message, {"holds": holds}, tuple(lifters))


def hold_is_new(scope: Scope) -> Verdict:
    """The hold was neither placed nor lifted before."""
    hold = text(scope.data, "holdId")
    message = f"hold {hold} is known already"
    return Verdict(_is_new(scope.context, hold), "policy.hold_known", message, {"holdId": hold})


def known_holds(context: Mapping[str, Json]) -> frozenset[str]:
    """Return the ids of the holds that were placed or lifted; none of them is placed again."""
    lifted = (one for one in _lifted(context) if isinstance(one, str))
    return frozenset((*mapping(context, "holds"), *lifted))


def by_policy(stop: Mapping[str, Json]) -> str:
    """Return which policy something is stopped by, to follow what is said of it; empty where it is none.

    What was stopped before names were kept has the id for a name.
    """
    name = stop.get("policyName") or stop.get("policy")
    version = f", version {stop['version']}" if stop.get("version") else ""
    return f" by policy {name}{version}" if name else ""


def policy_of(data: Mapping[str, Json]) -> dict[str, Json]:
    """Return what is kept of the policy that stops something: id, version, and name where they are told."""
    told = {key: data[key] for key in ("version", "policyName") if data.get(key) is not None}
    return {"policy": data.get("policy"), **told}


def _hold(context: Mapping[str, Json], hold_id: str) -> Mapping[str, Json]:
    return mapping(mapping(context, "holds"), hold_id)


def _told(hold: Mapping[str, Json]) -> str:
    return f"held{by_policy(hold)}: {text(hold, 'reason')}"


def _is_new(context: Mapping[str, Json], hold_id: str) -> bool:
    return hold_id not in known_holds(context)


def _lifted(context: Mapping[str, Json]) -> list[Json]:
    lifted = context.get("lifted", [])
    if not isinstance(lifted, list):
        raise TypeError(f"lifted is {lifted!r}, not a list")
    return lifted


# --- actions --------------------------------------------------------------------------------------


def record_decision(scope: Scope) -> Outcome:
    """Remember that the policies have decided, and what they hold the entity with."""
    placed = place_holds(scope)
    return Outcome({**placed.assign, "isDecided": True}, effects=placed.effects)


def place_holds(scope: Scope) -> Outcome:
    """Hold the entity with all that a decision asks for, whether or not it is the one that is waited for."""
    asked = mapping(scope.data, "holds")
    return _placed(scope, {key: mapping(asked, key) for key in asked})


def place_hold(scope: Scope) -> Outcome:
    """Hold the entity with one thing more; a hold that is known changes nothing."""
    return _placed(scope, {text(scope.data, "holdId"): scope.data})


def lift_hold(scope: Scope) -> Outcome:
    """Take a hold away and remember that it is gone; one that has not been placed yet is not told of."""
    context, hold = scope.context, text(scope.data, "holdId")
    holds, lifted = mapping(context, "holds"), _lifted(context)
    if hold in lifted:
        return Outcome()
    left = {key: value for key, value in holds.items() if key != hold}
    data = {"holdId": hold, "outcome": scope.data["outcome"]}
    told = [_emit(scope, data)] if hold in holds else []
    return Outcome({"holds": left, "lifted": [*lifted, hold]}, effects=told)


def _placed(scope: Scope, asked: Mapping[str, Mapping[str, Json]]) -> Outcome:
    new = {
        key: {
            "kind": text(hold, "kind"),
            "reason": text(hold, "reason"),
            **policy_of(hold),
            "since": scope.now.isoformat(),
        }
        for key, hold in asked.items()
        if _is_new(scope.context, key)
    }
    if not new:
        return Outcome()
    told = [
        _emit(scope, {**{name: hold.get(name) for name in HELD}, "holdId": key})
        for key, hold in new.items()
    ]
    return Outcome({"holds": {**mapping(scope.context, "holds"), **new}}, effects=told)


def _emit(scope: Scope, data: Mapping[str, Json]) -> Emit:
    entity = text(scope.params, "entity")
    return Emit(text(scope.params, "tells"), {entity: scope.context[entity], **data})
