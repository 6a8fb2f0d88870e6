"""What a policy was against is approved by no policy, whatever its action has come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from acting_house import CONFIGS, begin, look, tell
from policy_house import APPROVE, document, publish

from orderwright import Event
from orderwright.policy.action import ACTIONS, is_restrictive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderwright import Orderwright

pytestmark = pytest.mark.usefixtures("nothing_in_force")
AGAINST = [action for action in ACTIONS if is_restrictive(action)]
FREEZE, REJECT = "FREEZE_ORDER", "REJECT_TRANSACTION"
Rule = dict[str, object]


def _is(field: str, value: object) -> Rule:
    return {"field": field, "operator": "==", "value": value}


def _euros(operator: str, amount: str) -> Rule:
    return {"field": "amount", "operator": operator, "value": {"money": amount, "currency": "EUR"}}


@dataclass(frozen=True)
class Life:
    """A type of entity: on what a policy is against it, and on what another one would approve it.

    Attributes:
        against, approving: trigger and rule.
        first: what tells of what the policy is against, where that is not its beginning.
        again: what tells of what would be approved, where that is not its release.
        approval: what a person says instead, and where the entity then stands.
    """

    against: tuple[str, Rule]
    approving: tuple[str, Rule]
    approval: tuple[str, str]
    first: tuple[str, Mapping[str, object]] | None = None
    again: tuple[str, Mapping[str, object]] | None = None


SUBMITTED, RECEIVED = "DOCUMENTS_SUBMITTED", "PAYIN_RECEIVED"
LIVES = {
    "PayIn": Life(
        (RECEIVED, _euros("<", "50.00")),
        (RECEIVED, _euros(">=", "50.00")),
        ("VERIFY", "VERIFIED"),
        (RECEIVED, {"amount": "40.00", "reference": "t1"}),
        (RECEIVED, {"amount": "60.00", "reference": "t2"}),
    ),
    "PayOut": Life(
        ("PAYOUT_REQUESTED", _euros("==", "100.00")),
        ("payout.released", {"field": "payOutId", "operator": "is_not_null"}),
        ("PAYOUT_APPROVED", "QUEUED"),
    ),
    "KYC": Life(
        ("KYC_SUBMITTED", _is("documentType", "forged")),
        ("KYC_SUBMITTED", _is("documentType", "passport")),
        ("APPROVE", "APPROVED"),
        (SUBMITTED, {"documentType": "forged"}),
        (SUBMITTED, {"documentType": "passport"}),
    ),
    "User": Life(
        ("USER_REGISTERED", _is("country", "NG")),
        ("user.lifted", {"field": "userId", "operator": "is_not_null"}),
        ("ACTIVATE", "ACTIVE"),
    ),
}
WHY = {"reason": "the desk looks at it"}
STOPS: Mapping[str, Mapping[str, tuple[str, tuple[str, str] | None]]] = {
    "PayIn": {"frozen": ("FREEZE", ("it", "RELEASE"))},
    "PayOut": {"frozen": ("FREEZE", ("it", "RELEASE"))},
    "KYC": {
        "rejected": ("REJECT", ("it", "RESUBMIT")),
        "its user restricted": ("RESTRICT", ("user", "LIFT")),
        "its user blocked": ("BLOCK", None),
    },
    "User": {"restricted": ("RESTRICT", ("it", "LIFT"))},
}
"""What people have done before a policy's action is, and what lets it go."""
_UNHEARD = ("rejected", "restricted")
CELLS = [
    (kind, stop, action, is_let_go)
    for kind, stops in STOPS.items()
    for stop, (_, release) in stops.items()
    for action in AGAINST
    for is_let_go in (True, False)
    # A session that is rejected hears of no documents, and what waits for its release hears of nothing before it.
    if is_let_go <= (release is not None) and (is_let_go or stop not in _UNHEARD)
]


async def start(app: Orderwright, kind: str) -> tuple[str, str]:
    """Begin an entity, and its user where it has one; nobody has heard of it yet."""
    if kind != "KYC":
        entity_id = await begin(app, kind)
        return entity_id, entity_id
    user = await begin(app, "User")
    await app.worker.drain()
    return await begin(app, "KYC", userId=user), user


async def in_force(app: Orderwright, kind: str, *actions: str) -> None:
    """Have policies in force that do something where they are against an entity, and one that approves."""
    (trigger, rule), (when, easy) = LIVES[kind].against, LIVES[kind].approving
    for action in actions:
        does = [{"action": action, "config": _config(action)}]
        await publish(app, action, document(rule, does=does, trigger=trigger))
    await publish(app, "easy", document(easy, does=[APPROVE], trigger=when))


def _config(action: str) -> Mapping[str, object]:
    return {**CONFIGS[action], **({"minimum": 1} if action == "REQUIRE_APPROVAL" else {})}


async def happens(
    app: Orderwright, entity_id: str, event: tuple[str, Mapping[str, object]] | None
) -> None:
    """Have something happen to an entity, and all that follows."""
    if event is not None:
        name, data = event
        result = await app.engine.send(entity_id, Event(name, data), actor="customer")
        # What was rejected, and what is held back, may hear of nothing any more.
        assert result.refused is None or result.refused.code in {"done", "unhandled"}
    await app.worker.drain()


async def actions(app: Orderwright, entity_id: str) -> dict[str, tuple[str, str | None]]:
    rows = await app.pool.fetch(ACTIONS_OF, entity_id)
    return {row["action"]: (row["status"], row["code"]) for row in rows}


async def approve(app: Orderwright, kind: str, entity_id: str) -> None:
    """Approve an entity as people do; the consent to a pay-out is told by its approval."""
    event, state = LIVES[kind].approval
    await tell(app, entity_id, event, **({"approvalId": "treasury"} if kind == "PayOut" else {}))
    assert (await look(app, entity_id)).state == state


@pytest.mark.parametrize("kind", LIVES)
async def test_what_no_policy_is_against_is_approved_after_people_have_let_it_go(
    app: Orderwright, kind: str
):
    await in_force(app, kind)
    for stop, release in STOPS[kind].values():
        if release is None:
            continue
        ids = dict(zip(("it", "user"), await start(app, kind), strict=True))
        await app.worker.drain()
        await tell(app, ids[release[0]], stop, **WHY)
        await happens(app, ids[release[0]], (release[1], {}))
        if LIVES[kind].first is not None:
            event, data = LIVES[kind].again
            whole = {"amount": "100.00"} if kind == "PayIn" else {}
            await happens(app, ids["it"], (event, {**data, **whole}))
        assert (await look(app, ids["it"])).state == LIVES[kind].approval[1]


@pytest.mark.parametrize(("kind", "stop", "action", "is_let_go"), CELLS)
async def test_what_a_policy_was_against_is_approved_by_none_whatever_people_had_done_before(
    app: Orderwright, kind: str, stop: str, action: str, *, is_let_go: bool
):
    life, (event, release) = LIVES[kind], STOPS[kind][stop]
    await in_force(app, kind, action)
    entity_id, user = await start(app, kind)
    if life.first is not None:
        await tell(app, entity_id, life.first[0], **life.first[1])
    await tell(app, user if "user" in stop else entity_id, event, **WHY)
    await app.worker.drain()
    done, _ = (await actions(app, entity_id))[action]
    assert done in {"applied", "skipped"}
    if is_let_go and release is not None:
        await happens(app, entity_id if release[0] == "it" else user, (release[1], {}))
    await happens(app, entity_id, life.again)
    assert (await look(app, entity_id)).state != life.approval[1]
    assert (await actions(app, entity_id)).get("AUTO_APPROVE", ("", None))[0] != "applied"
    if done == "skipped" and is_let_go:
        await approve(app, kind, entity_id)


ACTIONS_OF = """
select action, status, code from orderwright.policy_action where entity_id = $1 order by planned_at, rank
"""
