"""A KYC session is frozen by restricting its user; where the user lives with a host, that is the host's to do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest
from acting_house import (
    ADMIN,
    BOSS,
    as_,
    begin,
    holds,
    later,
    look,
    plan,
    row,
    staff,
    stored,
    tell,
)
from policy_house import APPROVE, document, open_house, publish

from orderwright import Event
from orderwright.app.permissions import Role
from orderwright.app.policies.acting import ATTEMPTS, POLICY_ACTION
from orderwright.app.policies.hosted import ActionSkipped, HostAction
from orderwright.json_text import load

if TYPE_CHECKING:
    from orderwright import Orderwright

pytestmark = pytest.mark.usefixtures("nothing_in_force")
FREEZE = {"action": "FREEZE_ORDER", "config": {"reason": "forged passport"}}
FIRST = {"field": "submissions", "operator": "==", "value": 1}
ANY = {"field": "kycSessionId", "operator": "is_not_null"}
CARLA = as_("carla", Role.COMPLIANCE)


class Host:
    """A host's system: it keeps whom it was asked to restrict, and fails as it is told to."""

    def __init__(self) -> None:
        self.asked: list[HostAction] = []
        self.failures: list[Exception] = []

    def freeze(self, action: HostAction) -> None:
        self.asked.append(action)
        if self.failures:
            raise self.failures.pop()


@pytest.fixture(scope="module")
def host() -> Host:
    return Host()


@pytest.fixture(scope="module")
async def app(shared_database_url: str, host: Host) -> AsyncIterator[Orderwright]:
    """A house whose host restricts users, unless a test takes the handler away."""
    handlers = {"FREEZE_ORDER": host.freeze}
    async with open_house(shared_database_url, action_handlers=handlers) as opened:
        await staff(opened, "carla")
        yield opened


@pytest.fixture(autouse=True)
def forgets(host: Host) -> None:
    host.asked.clear()
    host.failures.clear()


async def submit(app: Orderwright, user: str) -> str:
    """Submit a session of a user for the first time, which a policy is against."""
    await publish(app, "f", document(FIRST, does=[FREEZE], trigger="KYC_SUBMITTED"))
    await publish(app, "a", document(ANY, does=[APPROVE], trigger="KYC_SUBMITTED"))
    session = await begin(app, "KYC", userId=user)
    await tell(app, session, "DOCUMENTS_SUBMITTED", documentType="passport")
    await app.worker.drain()
    return session


async def frozen(app: Orderwright, session: str) -> dict[str, Any]:
    asked = (
        "select * from orderwright.policy_action where entity_id = $1 and action = 'FREEZE_ORDER'"
    )
    return await row(app, asked, session)


async def is_approved_when_it_is_submitted_again(app: Orderwright, session: str) -> bool:
    await tell(app, session, "DOCUMENTS_SUBMITTED", documentType="passport")
    await app.worker.drain()
    return (await look(app, session)).state == "APPROVED"


async def cases(app: Orderwright, session: str) -> list[tuple[str, str]]:
    asked = "select case_type, id from orderwright.case_record where root_id = $1"
    return [tuple(one) for one in await app.pool.fetch(asked, session)]


async def test_the_host_is_asked_once_to_restrict_the_user_and_the_session_is_not_approved(
    app: Orderwright, host: Host
):
    session = await submit(app, "theirs-1")
    action = await frozen(app, session)
    assert action["status"] == "applied"
    assert [(one.key, one.action, one.entity_type, one.entity_id) for one in host.asked] == [
        (action["id"], "FREEZE_ORDER", "User", "theirs-1")
    ]
    assert await holds(app, session) == []
    assert not await is_approved_when_it_is_submitted_again(app, session)
    assert len(host.asked) == 1


async def test_the_session_is_held_while_the_host_fails_and_after_its_last_failure_a_case_is_open(
    app: Orderwright, host: Host
):
    host.failures = [ConnectionError("away") for _ in range(ATTEMPTS)]
    session = await submit(app, "theirs-2")
    action = await frozen(app, session)
    assert (action["status"], await holds(app, session)) == ("queued", [action["id"]])
    while host.failures:
        await later(app, hours=1)
    assert (await frozen(app, session))["status"] == "failed"
    assert [one for one, _ in await cases(app, session)] == ["POLICY_ACTION_FAILED"]
    assert await holds(app, session) == [action["id"]]
    assert not await is_approved_when_it_is_submitted_again(app, session)
    [(_, letter)] = (
        await app.dead_letters.page(BOSS, name=POLICY_ACTION, first=1, after=None)
    ).rows
    await app.dead_letters.retry(letter.id, ADMIN)
    await app.worker.drain()
    assert ((await frozen(app, session))["status"], await holds(app, session)) == ("applied", [])


async def test_a_user_who_comes_to_live_here_while_the_host_is_at_work_is_restricted_here(
    app: Orderwright, host: Host
):
    host.failures = [ConnectionError("away")]
    session = await submit(app, "theirs-3")
    await begin(app, "User", "theirs-3")
    await later(app, hours=1)
    assert (await frozen(app, session))["status"] == "applied"
    assert (await look(app, "theirs-3")).state == "RESTRICTED"
    assert len(host.asked) == 1


@pytest.mark.parametrize(
    ("resolution", "state"), [("SOLVED", "PENDING"), ("DECLINED", "REJECTED")]
)
async def test_where_nobody_restricts_the_user_compliance_decides_on_the_session_that_is_held(
    app: Orderwright, host: Host, resolution: str, state: str
):
    host.failures = [ActionSkipped("we know no such user")]
    session = await submit(app, f"theirs-{resolution}")
    action = await frozen(app, session)
    assert action["status"] == "skipped"
    assert await holds(app, session) == [f"{action['id']}/unrestricted"]
    [(kind, case)] = await cases(app, session)
    assert kind == "ESCALATION"
    assert not await is_approved_when_it_is_submitted_again(app, session)
    assert await holds(app, session) == [f"{action['id']}/unrestricted"]
    event = Event("RESOLVE", {"resolution": resolution, "note": "looked into"})
    assert (await app.case_desk.send(case, event, CARLA)).refused is None
    await app.worker.drain()
    assert (await look(app, session)).state == state
    assert await holds(app, session) == []
    if state == "PENDING":
        assert not await is_approved_when_it_is_submitted_again(app, session)


async def test_subscribers_are_told_to_restrict_the_user_where_there_is_no_handler(
    shared_database_url: str,
):
    async with open_house(shared_database_url) as app:
        session = await begin(app, "KYC", userId="theirs-5")
        execution, [unheard] = await plan(app, "KYC", session, ("FREEZE_ORDER", FREEZE["config"]))
        await app.execute(execution)
        assert ((await stored(app, unheard)).status, (await stored(app, unheard)).code) == (
            "skipped",
            "entity.not_found",
        )
        assert await holds(app, session) == [f"{unheard}/unrestricted"]
        hook, _ = await app.webhooks.subscribe("https://host.example/", ["policy.*"], by="admin")
        execution, [heard] = await plan(app, "KYC", session, ("FREEZE_ORDER", FREEZE["config"]))
        await app.execute(execution)
        assert (await stored(app, heard)).status == "applied"
        assert await holds(app, session) == [f"{unheard}/unrestricted"]
        asked = "select payload as data from orderwright.outbox where name = $1 and payload::jsonb ->> 'actionId' = $2"
        data = (await row(app, asked, "policy.action_requested", heard))["data"]
        told = load(data)
        assert (told["entityType"], told["entityId"]) == ("User", "theirs-5")
        await app.webhooks.unsubscribe(hook)
