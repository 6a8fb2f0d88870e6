"""What became of a decision before its entity lived here: from then on all is as if it had lived here all along."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from acting_house import CONFIGS, arrive, as_, begin, id_of, later, look, staff, stored, tell
from policy_house import clear, document, publish

from orderwright import Event, Orderwright
from orderwright.app.permissions import Role
from orderwright.app.policies.entity import has_ended
from orderwright.app.policies.hosted import HostAction
from orderwright.app.policies.telling import POLICIES
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.json_text import dump

CARLA = as_("carla", Role.COMPLIANCE)
WHY = {"reason": "as I see it"}
REJECT, FREEZE = "REJECT_TRANSACTION", "FREEZE_ORDER"
TRIGGERS = {
    "Order": ("ORDER_CREATED", "orderId"),
    "PayIn": ("PAYIN_RECEIVED", "payInId"),
    "PayOut": ("PAYOUT_REQUESTED", "payOutId"),
    "KYC": ("KYC_SUBMITTED", "kycSessionId"),
    "User": ("USER_REGISTERED", "userId"),
}
FORWARD = {
    "Order": ("PAYMENT_CAPTURED", {"amount": "100.00", "paymentId": "p"}),
    "PayIn": ("VERIFY", {}),
    "PayOut": ("PAYOUT_APPROVED", {"approvalId": "by-treasury"}),
    "KYC": ("APPROVE", {}),
    "User": ("ACTIVATE", {}),
}
"""What an entity wants next."""
_numbers = itertools.count(1)


class Host:
    """Who has what does not live here yet: it does what it is asked, and keeps that by the entity."""

    def __init__(self) -> None:
        self.asked: dict[str, list[tuple[str, str | None]]] = {}

    def do(self, action: HostAction) -> None:
        self.asked.setdefault(action.entity_id, []).append((action.action, action.follows_from))


@pytest.fixture(scope="module")
def host() -> Host:
    return Host()


@pytest.fixture(scope="module")
async def app(shared_database_url: str, host: Host) -> AsyncIterator[Orderwright]:
    clock = DrivenClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    settings = Settings(sale_pending_expiry_minutes=0)
    handlers = dict.fromkeys((REJECT, FREEZE), host.do)
    async with Orderwright.connect(
        shared_database_url, settings=settings, clock=clock, action_handlers=handlers
    ) as opened:
        await staff(opened, "carla", "chris")
        yield opened
        await clear(opened)
        assert await opened.pool.fetch("select * from orderwright.parked_root") == []
        assert [one async for one in opened.replay.verify_all()] == []


# --- what people make of it -----------------------------------------------------------------------

Step = Callable[[Orderwright, str], Awaitable[None]]
"""Something that happens to an action, by its id."""


def vote(decision: str, voter: str = "carla") -> Step:
    async def step(app: Orderwright, action: str) -> None:
        result = await app.engine.send(action, Event(decision, WHY), actor=voter)
        assert result.refused is None, result.refused

    return step


def resolve(resolution: str) -> Step:
    async def step(app: Orderwright, action: str) -> None:
        event = Event("RESOLVE", {"resolution": resolution, "note": "looked into"})
        assert (await app.case_desk.send(await case_of(app, action), event, CARLA)).refused is None

    return step


async def reopen(app: Orderwright, action: str) -> None:
    event = Event("REOPEN", {"reason": "news"})
    assert (await app.case_desk.send(await case_of(app, action), event, CARLA)).refused is None


def wait(**span: float) -> Step:
    async def step(app: Orderwright, _: str) -> None:
        await later(app, **span)

    return step


def say(event: str, **data: object) -> Step:
    async def step(app: Orderwright, action: str) -> None:
        await tell(app, action, event, **data)

    return step


async def case_of(app: Orderwright, action: str) -> str:
    found: str = await app.pool.fetchval(
        "select case_id from orderwright.policy_case where action_id = $1", action
    )
    return found


# --- the table ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ending:
    """What an action asks, what becomes of it, and the type of entity with which that cannot be.

    Where it does not live here, its host is `told` of one end at most.
    """

    action: str = "REQUIRE_APPROVAL"
    config: Mapping[str, object] = field(default_factory=dict)
    steps: Sequence[Step] = ()
    is_broken: bool = False
    not_for: str = ""
    told: str | None = None


SOON: Mapping[str, object] = {"deadline": "90m"}
Papers = partial(Ending, "REQUEST_DOCUMENT", {}, not_for="KYC")
FREEZING = {**SOON, "on_deny": "freeze"}
ESCALATING = {**SOON, "on_timeout": "escalate"}
TAKEN_BACK = (vote("APPROVE"), wait(), vote("REVOKE", "chris"), wait())
PAPER = say(
    "DOCUMENT_RECEIVED", documentId="d", type="passport", mediaType="application/pdf", bytes=1
)
OVERDUE_TWICE = (wait(days=3), PAPER, say("REJECT", reason="blurred"), wait(days=3))
ENDINGS = {
    "asked": Ending(),
    "approved": Ending(steps=[vote("APPROVE")]),
    "approved, no longer valid": Ending(steps=[vote("APPROVE"), wait(days=8)], not_for="PayOut"),
    "denied": Ending(steps=[vote("DENY")], told=REJECT),
    "denied, to be frozen": Ending(config=FREEZING, steps=[vote("DENY")], told=FREEZE),
    "expired": Ending(config=SOON, steps=[wait(minutes=90)], told=REJECT),
    "expired, to be frozen": Ending(config=FREEZING, steps=[wait(minutes=90)], told=FREEZE),
    "expired, escalated": Ending(config=ESCALATING, steps=[wait(minutes=90)]),
    "expired, escalated, solved": Ending(
        config=ESCALATING, steps=[wait(minutes=90), resolve("SOLVED")]
    ),
    "expired, escalated, declined": Ending(
        config=ESCALATING, steps=[wait(minutes=90), resolve("DECLINED")], told=REJECT
    ),
    "revoked": Ending(steps=TAKEN_BACK),
    "revoked, solved": Ending(steps=[*TAKEN_BACK, resolve("SOLVED")]),
    "revoked, declined": Ending(steps=[*TAKEN_BACK, resolve("DECLINED")], told=REJECT),
    "dead-lettered": Ending(is_broken=True),
    "escalated": Ending("ESCALATE_TO_COMPLIANCE"),
    "escalated, solved": Ending("ESCALATE_TO_COMPLIANCE", steps=[resolve("SOLVED")]),
    "escalated, declined": Ending(
        "ESCALATE_TO_COMPLIANCE", steps=[resolve("DECLINED")], told=REJECT
    ),
    "documents accepted": Papers([PAPER, say("ACCEPT")]),
    "documents cancelled": Papers([say("CANCEL", **WHY)]),
    "documents overdue, declined": Papers([wait(days=5), resolve("DECLINED")], told=REJECT),
    "documents overdue, solved": Papers([wait(days=5), resolve("SOLVED")]),
    "documents overdue, accepted": Papers([wait(days=5), PAPER, say("ACCEPT")]),
    "documents overdue, cancelled": Papers([wait(days=5), say("CANCEL", **WHY)]),
    "documents overdue twice, solved once": Ending(
        "REQUEST_DOCUMENT",
        {"due_days": 2},
        [*OVERDUE_TWICE, resolve("SOLVED")],
        not_for="KYC",
    ),
    "documents overdue, accepted, reopened": Papers(
        [wait(days=5), PAPER, say("ACCEPT"), reopen, resolve("SOLVED")]
    ),
}
"""A pay-out is not left waiting for its own consent for a week; a KYC session alone asks for no papers before it
lives here."""
BY_TIME = ("expired", "expired, to be frozen")
"""Where nobody answers: as the time passes, all that follows from that is done."""


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, kind) for name, one in ENDINGS.items() for kind in TRIGGERS if kind != one.not_for],
)
async def test_what_came_of_it_before_the_entity_lived_here_is_what_comes_of_it_here(
    app: Orderwright, host: Host, name: str, kind: str
):
    host.asked.clear()
    here = await played(app, ENDINGS[name], kind, lives_here=True)
    assert host.asked == {}
    entity_id, action = await play(app, ENDINGS[name], kind, lives_here=False)
    assert await seen(app, kind, entity_id, action) == here
    told = told_of(ENDINGS[name], kind)
    assert host.asked == ({entity_id: [(told, action)]} if told else {})


@pytest.mark.parametrize("kind", ["Order", "KYC"])
@pytest.mark.parametrize("name", [name for name, one in ENDINGS.items() if one.steps])
async def test_an_answer_that_is_not_told_yet_when_the_entity_comes_to_live_here_follows_once(
    app: Orderwright, host: Host, name: str, kind: str
):
    if kind == ENDINGS[name].not_for:
        kind = "User"
    host.asked.clear()
    here = await played(app, ENDINGS[name], kind, lives_here=True)
    assert await played(app, ENDINGS[name], kind, lives_here=False, is_told=False) == here
    if name not in BY_TIME:
        assert host.asked == {}


@pytest.mark.parametrize(
    "ending",
    [
        Ending("ESCALATE_TO_COMPLIANCE", steps=[resolve("SOLVED"), reopen]),
        Papers([wait(days=5)]),
    ],
    ids=["reopened", "overdue"],
)
async def test_what_compliance_has_still_to_decide_holds_by_one_hold_what_comes_to_live_here(
    app: Orderwright, ending: Ending
):
    here, late = [
        dict(await played(app, ending, "Order", lives_here=lives_here))
        for lives_here in (True, False)
    ]
    assert here.pop("holds")
    assert late.pop("holds").keys() == {"it"}
    assert (here, here["onward"]) == (late, "PAYMENT_PENDING_CONFIRMATION")


@pytest.mark.parametrize("lives_here", [True, False])
async def test_a_session_that_was_refused_and_is_opened_again_is_decided_on_by_what_is_new(
    app: Orderwright, *, lives_here: bool
):
    for name in ("denied", "escalated, declined"):
        session, action = await play(app, ENDINGS[name], "KYC", lives_here=lives_here)
        await clear(app)
        await tell(app, session, "RESUBMIT", **WHY)
        await arrive(app, "KYC", session)
        await later(app)
        found = await seen(app, "KYC", session, action)
        assert (found["isDecided"], found["holds"], found["onward"]) == (True, {}, "APPROVED")
        assert found["action"] == "applied"


def told_of(ending: Ending, kind: str) -> str | None:
    """What the host of an entity hears; a session that could be frozen would only have its user restricted."""
    return REJECT if ending.told and kind == "KYC" else ending.told


async def played(
    app: Orderwright, ending: Ending, kind: str, *, lives_here: bool, is_told: bool = True
) -> Mapping[str, Any]:
    """Play an ending and return what there is in the end."""
    entity_id, action = await play(app, ending, kind, lives_here=lives_here, is_told=is_told)
    return await seen(app, kind, entity_id, action)


async def play(
    app: Orderwright, ending: Ending, kind: str, *, lives_here: bool, is_told: bool = True
) -> tuple[str, str]:
    """Play an ending on an entity that lives here before it, or comes to live here after its last step.

    Where that step `is_told`, what follows from it is done before; else the entity comes at the same moment.
    """
    name = f"late-{next(_numbers)}"
    entity_id = id_of(kind, name)
    if lives_here:
        await come_to_live(app, kind, name)
    action = await acted(app, ending, kind, entity_id, name)
    for step in ending.steps:
        await later(app)
        await step(app, action)
    if is_told:
        await later(app)
    if not lives_here:
        await come_to_live(app, kind, name)
    await later(app)
    return entity_id, action


async def come_to_live(app: Orderwright, kind: str, name: str) -> None:
    await arrive(app, kind, await begin(app, kind, name))


async def acted(app: Orderwright, ending: Ending, kind: str, entity_id: str, name: str) -> str:
    """Have a host tell of an entity, and a policy do an action on it alone; return the action."""
    trigger, fact = TRIGGERS[kind]
    does = {"action": ending.action, "config": {**CONFIGS[ending.action], **ending.config}}
    if ending.action == "REQUIRE_APPROVAL":
        does["config"] = {**does["config"], "minimum": 1}
    this = {"field": fact, "operator": "==", "value": entity_id}
    await publish(app, name, document(this, does=[does], trigger=trigger))
    told = {fact: entity_id, **({"submissions": 1} if kind == "KYC" else {})}
    execution = await app.trigger(trigger, told)
    [action] = execution.actions
    if ending.is_broken:
        await app.pool.execute(_CONFIG, action.id, '{"role": "NOBODY"}')
    await app.execute(execution)
    await later(app)
    if ending.is_broken:
        await app.pool.execute(_CONFIG, action.id, dump(does["config"]))
    return action.id


async def seen(app: Orderwright, kind: str, entity_id: str, action: str) -> Mapping[str, Any]:
    entity = await look(app, entity_id)
    context = entity.snapshot.context
    cases = await app.pool.fetch(_CASES, entity_id)
    event, data = FORWARD[kind]
    onward = await app.engine.send(entity_id, Event(event, data), actor=POLICIES)
    reasons = onward.refused.reasons if onward.refused else ()
    return {
        "state": entity.state,
        "isDecided": context["isDecided"],
        "holds": {} if has_ended(entity) else _holds(context, action),
        "cases": [tuple(one) for one in cases],
        "action": (await stored(app, action)).status,
        "onward": [(one.code, one.unblockers) for one in reasons]
        if onward.refused
        else (await look(app, entity_id)).state,
    }


def _holds(context: Mapping[str, Any], action: str) -> Mapping[str, object]:
    held = context.get("holds", {}).items()
    return {one.replace(action, "it"): (hold["kind"], hold["reason"]) for one, hold in held}


_CONFIG = "update orderwright.policy_action set config = $2 where id = $1"
_CASES = """
select c.case_type, i.state, i.snapshot::jsonb #>> '{context,evidence,reason}'
from orderwright.case_record as c join orderwright.instance as i on i.instance_id = c.id
where i.snapshot::jsonb #>> '{context,subjectId}' = $1
    and c.case_type <> 'DOCUMENTS_UNTOLD' order by 1, 3
"""
