"""Old executions of policies go when nothing follows from them any more, and stay for as long as something does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from acting_house import CONFIGS, as_, begin, do, entity, look, plan, staff, tell
from policy_house import order

from orderwright import Orderwright
from orderwright.app.keeping import keep
from orderwright.app.permissions import Role
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.runtime.retention import Retention
from orderwright.statechart import Event

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG = timedelta(days=Settings().policy_execution_retention_days, minutes=1)
CLEO = as_("cleo", Role.SUPPORT)


@pytest.fixture(scope="module")
async def app(shared_database_url: str) -> AsyncIterator[Orderwright]:
    clock = DrivenClock(START)
    async with Orderwright.connect(
        shared_database_url, settings=Settings(), clock=clock
    ) as opened:
        await staff(opened, "carla", "chris")
        yield opened


async def let_go(app: Orderwright, after: timedelta = timedelta(0)) -> None:
    """Delete what may go once time has passed, a few rows at a turn, and no timer has gone off."""
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(after)
    await Retention(app.pool, app.clock, keep(Settings()), batch=3).finish()


async def kept(app: Orderwright, *executions: str) -> list[str]:
    """Return those that are there, whose actions and evaluations are there as well."""
    rows = await app.pool.fetch(_KEPT, list(executions))
    assert all(row["has_rows"] for row in rows)
    assert await app.pool.fetchval(_LOST) == 0
    return [row["id"] for row in rows]


async def test_what_was_decided_goes_after_its_time_and_the_rest_of_its_rows_with_it(
    app: Orderwright,
):
    told = order("5.00", orderId="elsewhere", userId="u-1")
    first = await app.trigger("ORDER_CREATED", told)
    seen = [await do(app, "User", f"far-{n}", "SEND_NOTIFICATION") for n in range(4)]
    executions = [first.id, *(one.execution_id for one in seen)]
    await let_go(app, LONG - timedelta(minutes=2))
    assert len(await app.pool.fetch(_KEPT, executions)) == 5
    young = await app.trigger("ORDER_CREATED", {**told, "orderId": "younger"})
    await let_go(app, timedelta(minutes=2))
    assert [row["id"] for row in await app.pool.fetch(_KEPT, [*executions, young.id])] == [
        young.id
    ]
    assert await app.pool.fetchval(_LOST) == 0
    again = await app.trigger("ORDER_CREATED", told)
    assert (again.status, again.is_repeated, again.id) == ("decided", False, first.id)


async def test_what_still_follows_from_something_keeps_it_until_it_has_ended(app: Orderwright):
    waiting, _ = await plan(
        app, "User", "far", ("SEND_NOTIFICATION", CONFIGS["SEND_NOTIFICATION"])
    )
    flag = ("FLAG_FOR_REVIEW", CONFIGS["FLAG_FOR_REVIEW"])
    abroad, [elsewhere] = await plan(app, "Order", "far-away", flag, source="host")
    await app.execute(abroad)
    sale = await entity(app, "Order")
    ids = {
        action: await do(app, "Order", sale, action)
        for action in ("REQUIRE_APPROVAL", "FLAG_FOR_REVIEW", "FREEZE_ORDER")
    }
    about_sale = [one.execution_id for one in ids.values()]
    gone = (await do(app, "User", "far", "SEND_NOTIFICATION")).execution_id
    every = [waiting, abroad, *about_sale, gone]
    await let_go(app, LONG)
    assert set(await kept(app, *every)) == {waiting, abroad, *about_sale}

    await tell(app, sale, "REJECT", reason="fraud")
    await let_go(app)
    open_ones = {ids[action].execution_id for action in ("REQUIRE_APPROVAL", "FLAG_FOR_REVIEW")}
    assert set(await kept(app, *every)) == {waiting, abroad, *open_ones}

    solved = Event("RESOLVE", {"resolution": "SOLVED", "note": "looked into"})
    for case in (ids["FLAG_FOR_REVIEW"].id, elsewhere):
        assert (await app.case_desk.send(case, solved, CLEO)).refused is None
    await app.worker.drain()
    await let_go(app)
    assert set(await kept(app, *every)) == {waiting, abroad}


async def test_what_restricts_an_entity_that_nobody_has_found_is_kept_for_when_it_comes(
    app: Orderwright,
):
    executions = {}
    for action, code in (
        ("FREEZE_ORDER", "entity.not_found"),
        ("AUTO_APPROVE", "policy.restricted"),
    ):
        does = (action, CONFIGS[action])
        executions[action], _ = await plan(app, "User", "not-here-yet", does, source="host")
        report = await app.execute(executions[action])
        assert [(one.status, one.code) for one in report.actions] == [("skipped", code)]
    await let_go(app, LONG)
    assert await kept(app, *executions.values()) == [executions["FREEZE_ORDER"]]

    await begin(app, "User", "not-here-yet")
    await app.worker.drain()
    assert (await look(app, "not-here-yet")).state == "RESTRICTED"
    await let_go(app)
    assert await kept(app, *executions.values()) == [executions["FREEZE_ORDER"]]
    await tell(app, "not-here-yet", "BLOCK", reason="fraud")
    await let_go(app)
    assert await kept(app, *executions.values()) == []


async def test_a_freeze_that_was_there_already_is_kept_for_as_long_as_it_stands(app: Orderwright):
    user = await entity(app, "User")
    await tell(app, user, "RESTRICT", reason="looked into")
    frozen = await do(app, "User", user, "FREEZE_ORDER")
    assert (frozen.status, frozen.code) == ("skipped", "policy.frozen_already")
    await let_go(app, LONG)
    assert await kept(app, frozen.execution_id) == [frozen.execution_id]
    await tell(app, user, "BLOCK", reason="fraud")
    await let_go(app)
    assert await kept(app, frozen.execution_id) == []


_KEPT = """
select x.id, exists (select from orderwright.policy_action where execution_id = x.id) as has_rows
from orderwright.policy_execution as x where x.id = any($1::text[]) order by x.started_at, x.id
"""
_LOST = """
select (select count(*) from orderwright.policy_action as a
        where not exists (select from orderwright.policy_execution as x where x.id = a.execution_id))
     + (select count(*) from orderwright.policy_evaluation as e
        where not exists (select from orderwright.policy_execution as x where x.id = e.execution_id))
"""


async def test_a_submission_after_others_were_let_go_of_has_the_next_number_and_is_counted(
    app: Orderwright,
):
    told = {"kycSessionId": "far-session", "userId": "far-user"}
    first = [await app.trigger("KYC_SUBMITTED", told) for _ in range(2)]
    await let_go(app, LONG)
    assert await kept(app, *(one.id for one in first)) == []
    found = [await app.trigger("KYC_SUBMITTED", told) for _ in range(2)]
    assert [one.submission for one in found] == [3, 4]
    query = "select count(*) from orderwright.policy_event where entity_id = 'far-session'"
    assert await app.pool.fetchval(query) == 4
