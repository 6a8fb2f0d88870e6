"""What people answer about an entity that lives with its host reaches the host, once, or else somebody."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from acting_house import ADMIN, CONFIGS, as_, begin, later, look, plan, row, staff, stored

from orderwright import Event, Orderwright
from orderwright.app.permissions import Role
from orderwright.app.policies.acting import ATTEMPTS, POLICY_ACTION
from orderwright.app.policies.hosted import ActionSkipped, HostAction
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock

CARLA = as_("carla", Role.COMPLIANCE)
WHY = {"reason": "as I see it"}
_numbers = itertools.count(1)
REJECT, FREEZE = "REJECT_TRANSACTION", "FREEZE_ORDER"


class Host:
    """A host's system: it keeps what it was asked, refuses some of it, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.asked: list[HostAction] = []
        self.refuses: set[str] = set()
        self.failures = 0

    def do(self, action: HostAction) -> Mapping[str, object]:
        self.asked.append(action)
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the host's system is away")
        if action.action in self.refuses:
            raise ActionSkipped("it has gone out already")
        return {"done": True}


@asynccontextmanager
async def house(url: str, *handled: str) -> AsyncIterator[tuple[Orderwright, Host]]:
    """Open a house whose host has handlers for some actions."""
    clock, host = DrivenClock(datetime(2026, 3, 1, 12, tzinfo=UTC)), Host()
    async with Orderwright.connect(
        url, settings=Settings(), clock=clock, action_handlers=dict.fromkeys(handled, host.do)
    ) as app:
        await staff(app, "carla", "chris")
        yield app, host
        assert await app.pool.fetch("select * from orderwright.parked_root") == []
        assert [one async for one in app.replay.verify_all()] == []


@pytest.fixture
async def handled(shared_database_url: str) -> AsyncIterator[tuple[Orderwright, Host]]:
    async with house(shared_database_url, REJECT, FREEZE) as opened:
        yield opened


@pytest.fixture
async def unhandled(shared_database_url: str) -> AsyncIterator[Orderwright]:
    async with house(shared_database_url) as (app, _):
        yield app


def theirs() -> str:
    """Return the id of something else that lives with the host."""
    return f"theirs-{next(_numbers)}"


async def ask(app: Orderwright, kind: str, entity_id: str, **config: object) -> str:
    """Have people asked for consent to something of a host's; return the action."""
    asking = ("REQUIRE_APPROVAL", {"role": "COMPLIANCE", "minimum": 1, **config})
    execution, [action] = await plan(app, kind, entity_id, asking, source="host")
    await app.execute(execution)
    return action


async def escalate(app: Orderwright, kind: str, entity_id: str) -> str:
    asking = ("ESCALATE_TO_COMPLIANCE", CONFIGS["ESCALATE_TO_COMPLIANCE"])
    execution, [action] = await plan(app, kind, entity_id, asking, source="host")
    await app.execute(execution)
    return action


async def vote(app: Orderwright, approval: str, decision: str) -> None:
    assert (await app.engine.send(approval, Event(decision, WHY), actor="carla")).refused is None
    await later(app)


async def decline(app: Orderwright, case: str) -> None:
    event = Event("RESOLVE", {"resolution": "DECLINED", "note": "looked into"})
    assert (await app.case_desk.send(case, event, CARLA)).refused is None
    await later(app)


async def followed(app: Orderwright, action: str) -> list[tuple[Any, ...]]:
    """What has followed from the answer to an action, and what became of it."""
    rows = await app.pool.fetch(_FOLLOWED, action)
    return [tuple(one) for one in rows]


async def cases(app: Orderwright, entity_id: str) -> list[str]:
    rows = await app.pool.fetch(_CASES, entity_id)
    return [one["case_type"] for one in rows]


@pytest.mark.parametrize(
    ("config", "answer", "asked", "reason"),
    [
        ({"on_deny": "reject"}, "DENY", REJECT, "consent was denied: as I see it"),
        ({"on_deny": "freeze"}, "DENY", FREEZE, "consent was denied: as I see it"),
        (
            {"deadline": "90m", "on_timeout": "deny"},
            None,
            REJECT,
            "nobody has consented in time",
        ),
        (
            {"deadline": "90m", "on_timeout": "deny", "on_deny": "freeze"},
            None,
            FREEZE,
            "nobody has consented in time",
        ),
    ],
    ids=["denied", "denied, to be frozen", "expired", "expired, to be frozen"],
)
async def test_consent_that_is_not_given_reaches_the_hosts_handler_once(
    handled: tuple[Orderwright, Host],
    config: Mapping[str, object],
    answer: str | None,
    asked: str,
    reason: str,
):
    app, host = handled
    entity = theirs()
    action = await ask(app, "PayOut", entity, **config)
    if answer:
        await vote(app, action, answer)
    await later(app, hours=2)
    await later(app, hours=2)
    [told] = host.asked
    assert (told.action, told.entity_type, told.entity_id) == (asked, "PayOut", entity)
    assert (told.follows_from, told.config["reason"]) == (action, reason)
    assert told.key != action
    assert await followed(app, action) == [(told.key, asked, "applied", None)]
    assert (await stored(app, action)).status == "applied"
    assert await cases(app, entity) == []


async def test_what_compliance_declines_reaches_the_hosts_handler_at_each_answer(
    handled: tuple[Orderwright, Host],
):
    app, host = handled
    entity = theirs()
    action = await escalate(app, "Order", entity)
    await decline(app, action)
    again = Event("REOPEN", {"reason": "news"})
    assert (await app.case_desk.send(action, again, CARLA)).refused is None
    await later(app)
    await decline(app, action)
    assert [one.action for one in host.asked] == [REJECT, REJECT]
    assert len({one.key for one in host.asked}) == 2
    assert host.asked[0].config == {
        "category": "REFUSED",
        "reason": "compliance has declined it: looked into",
    }


async def test_what_the_host_cannot_reject_is_frozen_and_what_takes_neither_is_a_case(
    handled: tuple[Orderwright, Host],
):
    app, host = handled
    entity, other = theirs(), theirs()
    host.refuses = {REJECT}
    action = await ask(app, "PayOut", entity)
    await vote(app, action, "DENY")
    assert [one.action for one in host.asked] == [REJECT, FREEZE]
    assert [one[1:] for one in await followed(app, action)] == [
        (REJECT, "skipped", "policy.action_skipped"),
        (FREEZE, "applied", None),
    ]
    assert await cases(app, entity) == []

    host.refuses = {REJECT, FREEZE}
    action = await ask(app, "PayOut", other, on_deny="freeze")
    await vote(app, action, "DENY")
    assert [one.action for one in host.asked[2:]] == [FREEZE, REJECT]
    assert await cases(app, other) == ["ANSWER_NOT_DONE"]


async def test_a_handler_that_goes_on_failing_is_a_dead_letter_and_a_case_until_it_is_retried(
    handled: tuple[Orderwright, Host],
):
    app, host = handled
    entity = theirs()
    host.failures = ATTEMPTS
    action = await ask(app, "PayOut", entity)
    await vote(app, action, "DENY")
    for _ in range(ATTEMPTS):
        await later(app, hours=2)
    [(key, *became)] = await followed(app, action)
    assert became == [REJECT, "failed", "policy.action_failed"]
    assert {one.key for one in host.asked} == {key}
    assert await cases(app, entity) == ["POLICY_ACTION_FAILED"]
    page = await app.dead_letters.page(ADMIN.by, name=POLICY_ACTION, first=10, after=None)
    [letter] = [letter for _, letter in page.rows]
    assert letter.key == key
    await app.dead_letters.retry(letter.id, ADMIN)
    await later(app)
    assert await followed(app, action) == [(key, REJECT, "applied", None)]


async def test_without_a_handler_subscribers_are_told_of_the_end_and_of_consent(
    unhandled: Orderwright,
):
    app = unhandled
    entity, other = theirs(), theirs()
    patterns = ["policy.action_requested", "approval.*"]
    hook, _ = await app.webhooks.subscribe("https://host.example/hooks", patterns, by="admin")
    action = await ask(app, "PayOut", entity)
    await vote(app, action, "DENY")
    [(key, *became)] = await followed(app, action)
    assert became == [REJECT, "applied", None]
    told = await told_to_subscribers(app, "policy.action_requested")
    assert [(one["actionId"], one["followsFrom"], one["action"]) for one in told] == [
        (key, action, REJECT)
    ]
    assert await cases(app, entity) == []

    granted = await ask(app, "PayOut", other)
    await vote(app, granted, "APPROVE")
    told = await told_to_subscribers(app, "approval.approved")
    assert [(one["approvalId"], one["subjectId"]) for one in told] == [(granted, other)]
    assert await followed(app, granted) == []
    await app.webhooks.unsubscribe(hook)


async def test_where_nobody_takes_the_answer_compliance_has_a_case_that_judges_no_policy(
    unhandled: Orderwright,
):
    app = unhandled
    entity = theirs()
    action = await ask(app, "PayOut", entity)
    await vote(app, action, "DENY")
    assert [one[1:] for one in await followed(app, action)] == [
        (REJECT, "skipped", "entity.not_found"),
        (FREEZE, "skipped", "entity.not_found"),
    ]
    case = await row(app, _CASES, entity)
    assert (case["case_type"], case["role"]) == ("ANSWER_NOT_DONE", "COMPLIANCE")
    evidence = (await look(app, case["id"])).snapshot.context["evidence"]
    assert evidence["actionId"] == action
    assert evidence["reason"] == "consent was denied: as I see it"
    assert "no handler is registered" in evidence["error"]
    counted = "select count(*) from orderwright.policy_case where action_id = $1"
    assert await app.pool.fetchval(counted, action) == 0
    await decline(app, case["id"])  # that it was not done is no answer
    assert len(await followed(app, action)) == 2


async def test_what_nobody_was_told_of_follows_here_once_it_lives_here(unhandled: Orderwright):
    app = unhandled
    entity = theirs()
    action = await ask(app, "User", entity)
    await vote(app, action, "DENY")
    await begin(app, "User", entity)
    await later(app)
    user = await look(app, entity)
    assert user.state == "BLOCKED"
    blocked = (
        "select count(*) from orderwright.log where instance_id = $1 and event_type = 'BLOCK'"
    )
    assert await app.pool.fetchval(blocked, entity) == 1
    case = await look(app, (await row(app, _CASES, entity))["id"])
    assert (case.state, case.snapshot.context["resolution"]["word"]) == ("RESOLVED", "NO_ACTION")


async def test_what_comes_to_live_here_before_its_host_is_asked_is_not_its_hosts_any_more(
    handled: tuple[Orderwright, Host],
):
    app, host = handled
    entity = theirs()
    host.failures = 1
    action = await ask(app, "User", entity)
    await vote(app, action, "DENY")
    await begin(app, "User", entity)
    await later(app)
    await later(app, hours=2)
    assert (await look(app, entity)).state == "BLOCKED"
    assert len(host.asked) == 1
    assert [one[1:] for one in await followed(app, action)] == [
        (REJECT, "skipped", "entity.lives_here")
    ]
    assert await cases(app, entity) == []


async def test_what_follows_is_no_action_of_the_decision_that_hosts_are_told_of(
    handled: tuple[Orderwright, Host],
):
    app, _ = handled
    entity = theirs()
    action = await ask(app, "PayOut", entity)
    await vote(app, action, "DENY")
    execution = (await stored(app, action)).execution_id
    report = await app.execute(execution)
    assert [one.id for one in report.actions] == [action]


async def told_to_subscribers(app: Orderwright, name: str) -> list[Mapping[str, Any]]:
    rows = await app.pool.fetch(_TOLD, name)
    return [json.loads(one["body"])["data"] for one in rows]


_FOLLOWED = """
select id, action, status, code from orderwright.policy_action where follows_from = $1 order by rank
"""
_TOLD = """
select body from orderwright.webhook_delivery where name = $1 order by created_at, message_id
"""
_CASES = """
select c.id, c.case_type, c.role
from orderwright.case_record as c join orderwright.instance as i on i.instance_id = c.id
where i.snapshot::jsonb #>> '{context,subjectId}' = $1 order by c.opened_at
"""
