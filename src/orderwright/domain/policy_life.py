"""The behaviour of the policy chart: versions that are kept, and changes of what is in force that take two people.

One person saves, pauses and archives. What comes into force, a version or what was paused, is asked for by one person
and consented to by another, through an approval whose id follows from the policy and the number of the request. What
is asked for stands in `pending`; an answer to anything else has no effect. `deployment` is what is in force, or was
when the policy was paused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderwright.domain.approval import approval_id
from orderwright.domain.event import EventType
from orderwright.domain.reading import Json, integer, mapping, text
from orderwright.statechart import Behaviour, Emit, Outcome, Scope, Verdict

PUBLISH: Final = "PUBLISH"
RESUME: Final = "RESUME"
"""The kinds of approvals that policies ask for."""
_DEPLOYED: Final = ("version", "mode", "rollout")


# --- what may be done ------------------------------------------------------------------------------


def is_based_on_latest(scope: Scope) -> Verdict:
    """Nobody has saved a version since the one that was edited."""
    latest, based_on = integer(scope.context, "latestVersion"), scope.data.get("basedOn")
    message = f"version {latest} was saved meanwhile; look at it first"
    values: dict[str, Json] = {"latestVersion": latest, "basedOn": based_on}
    return Verdict(based_on in (None, latest), "policy.edited_meanwhile", message, values)


def keeps_trigger(scope: Scope) -> Verdict:
    """The trigger stays: what happens on other events is another policy."""
    trigger, given = text(scope.context, "trigger"), scope.data["trigger"]
    message = f"this policy waits for {trigger}; make another one for {given}"
    return Verdict(trigger == given, "policy.other_trigger", message, {"trigger": trigger})


def version_exists(scope: Scope) -> Verdict:
    """The version that is asked for has been saved."""
    latest, asked = integer(scope.context, "latestVersion"), integer(scope.data, "version")
    message = f"there is no version {asked}; the latest is {latest}"
    return Verdict(asked <= latest, "policy.no_version", message, {"latestVersion": latest})


def nothing_is_pending(scope: Scope) -> Verdict:
    """No other change waits for its second person."""
    pending = mapping(scope.context, "pending")
    message = "another change waits for its second person; have it decided or withdraw it"
    return Verdict(not pending, "policy.change_pending", message, pending)


def is_pending(scope: Scope) -> bool:
    """The answer is one to what is asked for."""
    pending = mapping(scope.context, "pending")
    return bool(pending) and pending["approvalId"] == scope.data["approvalId"]


# --- what is done ----------------------------------------------------------------------------------


def begin(scope: Scope) -> Outcome:
    """Tell of a new policy."""
    return Outcome(effects=[Emit("policy.created", {**_named(scope), **_trigger(scope)})])


def save_version(scope: Scope) -> Outcome:
    """Count a version, and go by its name."""
    version = integer(scope.context, "latestVersion") + 1
    said = {key: scope.data[key] for key in ("name", "trigger")}
    told = {
        "policyId": scope.context["policyId"],
        **said,
        "version": version,
        "fingerprint": scope.data["fingerprint"],
    }
    return Outcome(
        {"latestVersion": version, **said}, effects=[Emit("policy.version_saved", told)]
    )


def request_publication(scope: Scope) -> Outcome:
    """Ask for the consent of a second person to a version; from then on the policy waits for its trigger alone."""
    wanted = {key: scope.data[key] for key in _DEPLOYED}
    asking = _asking(scope, PUBLISH, wanted)
    return Outcome({**asking.assign, "trigger": scope.data["trigger"]}, effects=asking.effects)


def request_resumption(scope: Scope) -> Outcome:
    """Ask for the consent of a second person to go on as before the pause."""
    deployment = mapping(scope.context, "deployment")
    return _asking(scope, RESUME, {key: deployment[key] for key in _DEPLOYED})


def _asking(scope: Scope, kind: str, wanted: dict[str, Json]) -> Outcome:
    number = integer(scope.context, "requests") + 1
    pending: dict[str, Json] = {
        "approvalId": approval_id(text(scope.context, "policyId"), kind, number),
        "kind": kind,
        **wanted,
        "reason": scope.data["reason"],
        "requestedBy": text(mapping(scope.facts, "actor"), "id"),
    }
    told = Emit("policy.publication_requested", {**_named(scope), **pending})
    assign = {"requests": number, "pending": pending, "refusal": None}
    return Outcome(assign, effects=[told])


def take_effect(scope: Scope) -> Outcome:
    """Put in force what was asked for."""
    pending = mapping(scope.context, "pending")
    deployment = {
        **{key: pending[key] for key in _DEPLOYED},
        "approvalId": pending["approvalId"],
        "requestedBy": pending["requestedBy"],
        "approvedBy": scope.data["approvedBy"],
    }
    kept = {key: value for key, value in deployment.items() if key != "approvalId"}
    told = {**_named(scope), **kept, "kind": pending["kind"]}
    assign = {"deployment": deployment, "pending": None}
    return Outcome(assign, effects=[Emit("policy.published", told)])


def drop_request(scope: Scope) -> Outcome:
    """Let go of what was asked for, and keep why."""
    pending, reason = mapping(scope.context, "pending"), scope.data["reason"]
    refusal = {"kind": pending["kind"], "version": pending["version"], "reason": reason}
    told = Emit("policy.change_refused", {**_named(scope), **refusal})
    return Outcome({"pending": None, "refusal": refusal}, effects=[told])


def pause(scope: Scope) -> Outcome:
    """Tell that the policy is out of force; what waits for consent is dropped, for it was asked before."""
    deployment = mapping(scope.context, "deployment")
    told = {**_named(scope), "version": deployment["version"], "reason": scope.data["reason"]}
    return Outcome({"pending": None}, effects=[Emit("policy.paused", told)])


def archive(scope: Scope) -> Outcome:
    """Tell that the policy is out of force for good."""
    told = {**_named(scope), "reason": scope.data["reason"]}
    return Outcome({"pending": None}, effects=[Emit("policy.archived", told)])


def _named(scope: Scope) -> dict[str, Json]:
    return {key: scope.context[key] for key in ("policyId", "name")}


def _trigger(scope: Scope) -> dict[str, Json]:
    return {"trigger": scope.context["trigger"]}


BEHAVIOUR: Final = Behaviour(
    guards={
        guard.__name__: guard
        for guard in (
            is_based_on_latest,
            keeps_trigger,
            version_exists,
            nothing_is_pending,
            is_pending,
        )
    },
    actions={
        action.__name__: action
        for action in (
            begin,
            save_version,
            request_publication,
            request_resumption,
            take_effect,
            drop_request,
            pause,
            archive,
        )
    },
)

_ID: Final[Mapping[str, Json]] = {"type": "string", "minLength": 1}
_NAMED: Final[Mapping[str, Mapping[str, Json]]] = {"policyId": _ID, "name": _ID}
_VERSION: Final[Mapping[str, Json]] = {"type": "integer", "minimum": 1}
_KIND: Final = {"enum": [PUBLISH, RESUME]}
_DEPLOYMENT: Final[Mapping[str, Mapping[str, Json]]] = {
    "version": _VERSION,
    "mode": {"enum": ["enforce", "shadow"]},
    "rollout": {"type": "integer", "minimum": 0, "maximum": 10000},
}

EVENTS: Final = (
    EventType(
        name="policy.created",
        description="Somebody has begun a policy; nothing of it is in force.",
        properties={**_NAMED, "trigger": _ID},
    ),
    EventType(
        name="policy.version_saved",
        description="A policy has another version; what is in force stays in force.",
        properties={**_NAMED, "trigger": _ID, "version": _VERSION, "fingerprint": _ID},
    ),
    EventType(
        name="policy.publication_requested",
        description="Somebody asks that a version comes into force, or again after a pause; `rollout` is of 10,000.",
        properties={
            **_NAMED,
            "approvalId": _ID,
            "kind": _KIND,
            **_DEPLOYMENT,
            "reason": _ID,
            "requestedBy": _ID,
        },
    ),
    EventType(
        name="policy.published",
        description="A version is in force, for the first time, in place of another, or again after a pause.",
        properties={
            **_NAMED,
            **_DEPLOYMENT,
            "kind": _KIND,
            "requestedBy": _ID,
            "approvedBy": _ID,
        },
    ),
    EventType(
        name="policy.change_refused",
        description="What was asked for is denied, withdrawn, or was not decided in time.",
        properties={**_NAMED, "kind": _KIND, "version": _VERSION, "reason": _ID},
    ),
    EventType(
        name="policy.paused",
        description="A policy is out of force until two people say otherwise.",
        properties={**_NAMED, "version": _VERSION, "reason": _ID},
    ),
    EventType(
        name="policy.archived",
        description="A policy is out of force for good.",
        properties={**_NAMED, "reason": _ID},
    ),
)
"""Every domain event that the policy chart emits."""
