"""Telling of an event while others hold what it needs, in another order: PostgreSQL ends it, and it is told again.

Who decides and who acts lock in one order: entities by their ids, then actions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import asyncpg
import pytest
from acting_house import CONFIGS, arrive, begin, later, look, plan, stored, tell
from policy_house import FLAG, document, open_house, order, place, publish

from acceptance.harness import until
from orderwright import Event
from orderwright.app.policies.occurrence import Entity
from orderwright.runtime.job_runner import JobRunner

if TYPE_CHECKING:
    from orderwright import Orderwright
    from orderwright.app.policies.execution import Execution
    from orderwright.runtime.pool import Connection

SIXTH = {"field": "velocity.ORDER_CREATED.count.user.24h", "operator": ">", "value": 5}


def patient(url: str) -> str:
    """Let who waits look for a deadlock later than tests do otherwise."""
    return f"{url}&deadlock_timeout=1s"


async def told_against(app: Orderwright, rival: Connection, *, joined: bool) -> Execution:
    """Tell of an order while a rival holds its velocity and then wants the order; one of both has to give way.

    It is the telling, for it alone looks for a deadlock once both wait. That the rival gets the order proves it: the
    telling holds the order until it ends.
    """
    sale = await place(app)
    async with app.pool.acquire() as own, own.transaction():
        async with rival.transaction():
            await rival.execute(_LOOK_FOR_NONE)
            await rival.execute(_HOLD_VELOCITY, "velocity/ORDER_CREATED/user/ada")
            telling = asyncio.create_task(
                app.trigger(
                    "ORDER_CREATED",
                    order(orderId=sale, userId="ada"),
                    connection=own if joined else None,
                )
            )
            waiting = (_WAITING, rival.get_server_pid())
            await until(lambda: app.pool.fetchval(*waiting))
            await rival.execute(_WANT_ORDER, sale)
        return await telling


async def test_a_telling_that_is_ended_by_a_deadlock_is_told_again_and_decides_once(
    shared_database_url: str,
):
    async with open_house(patient(shared_database_url)) as app, app.pool.acquire() as rival:
        await publish(app, "often", document(SIXTH, does=[FLAG]))
        execution = await told_against(app, rival, joined=False)
        assert (execution.status, execution.is_repeated, execution.error) == (
            "decided",
            False,
            None,
        )
        rows = await app.pool.fetch(_STORED, execution.entity.id)
        assert [(row["id"], row["status"]) for row in rows] == [(execution.id, "decided")]


async def test_in_the_transaction_of_a_host_it_is_not_told_again_and_the_failure_is_on_record(
    shared_database_url: str,
):
    async with open_house(patient(shared_database_url)) as app, app.pool.acquire() as rival:
        await publish(app, "often", document(SIXTH, does=[FLAG]))
        execution = await told_against(app, rival, joined=True)
        assert execution.status == "failed"
        assert execution.error is not None
        assert execution.error.startswith(asyncpg.DeadlockDetectedError.__name__)
        rows = await app.pool.fetch(_STORED, execution.entity.id)
        assert [row["status"] for row in rows] == ["failed"]


async def test_what_lives_with_a_host_that_gave_way_is_decided_on_when_it_is_told_again(
    shared_database_url: str,
):
    async with open_house(shared_database_url) as app, app.pool.acquire() as rival:
        await publish(app, "often", document(SIXTH, does=[FLAG]))
        first = order(orderId="far-1", userId="fay")
        second = order(orderId="far-2", userId="gus")
        async with rival.transaction():
            await rival.execute(_LOOK_FOR_NONE)
            await rival.execute(_HOLD_VELOCITY, "velocity/ORDER_CREATED/user/gus")
            async with app.pool.acquire() as host, host.transaction():
                kept = await app.trigger("ORDER_CREATED", first, connection=host)
                wants = rival.execute(_HOLD_VELOCITY, "velocity/ORDER_CREATED/user/fay")
                wanting = asyncio.create_task(wants)
                waiting = (_WAITING, host.get_server_pid())
                await until(lambda: app.pool.fetchval(*waiting))
                failed = await app.trigger("ORDER_CREATED", second, connection=host)
            await wanting
        assert (kept.status, failed.status, failed.actions) == ("decided", "failed", ())
        rows = await app.pool.fetch(_STORED, "far-1")
        assert [(row["id"], row["status"]) for row in rows] == [(kept.id, "decided")]
        again = await app.trigger("ORDER_CREATED", second)
        assert (again.status, again.is_repeated) == ("decided", False)
        rows = await app.pool.fetch(_STORED, "far-2")
        assert {row["status"] for row in rows} == {"failed", "decided"}


# --- who decides and who acts -----------------------------------------------------------------------

FREEZE = ("FREEZE_ORDER", CONFIGS["FREEZE_ORDER"])
LIFT = ("FLAG_FOR_REVIEW", CONFIGS["FLAG_FOR_REVIEW"])


@pytest.mark.parametrize("by", ["execute", "job"])
async def test_who_acts_waits_for_who_has_decided_and_holds_no_action_meanwhile(
    shared_database_url: str, by: str
):
    async with open_house(shared_database_url) as app:
        user = f"acted-on-by-{by}"
        execution, [frozen, flagged] = await plan(app, "User", user, FREEZE, LIFT, source="host")
        await app.execute(execution)  # nobody hears of the freeze
        await begin(app, "User", user)
        await app.pool.execute(_PLANNED, flagged)
        if by == "job":
            async with app.pool.acquire() as connection, connection.transaction():
                await app.acts.actions.queue(connection, execution)
        async with app.pool.acquire() as decides, decides.transaction():
            await decides.execute(_WANT_ORDER, user)
            acts = app.execute(execution) if by == "execute" else app.worker.drain()
            acting = asyncio.create_task(acts)
            waiting = (_WAITING, decides.get_server_pid())
            await until(lambda: app.pool.fetchval(*waiting))
            await app.acts.actions.take_up(decides, Entity("User", user), ())
            await app.acts.actions.queue(decides, execution)
        await acting
        await app.worker.drain()
        assert [(await stored(app, one)).status for one in (frozen, flagged)] == ["applied"] * 2
        assert (await look(app, user)).state == "RESTRICTED"
        assert await app.pool.fetchval(_TROUBLED, [frozen, flagged]) == 0


@pytest.mark.parametrize("kind", ["KYC", "PayIn"])
async def test_what_a_freeze_stops_beside_its_entity_is_locked_in_the_order_of_ids(
    shared_database_url: str, kind: str
):
    async with open_house(shared_database_url) as app:
        if kind == "KYC":
            beside = await begin(app, "User", "z-user")
            subject = await begin(app, "KYC", "a-session", userId=beside)
        else:
            beside = await begin(app, "Order")
            subject = await begin(app, "PayIn", "z-money", orderId=beside)
        await arrive(app, kind, subject)
        await app.worker.drain()
        does = [FREEZE] if kind == "KYC" else [LIFT, FREEZE]
        execution, _ = await plan(app, kind, subject, *does)
        async with app.pool.acquire() as rival, rival.transaction():
            first, second = sorted((subject, beside))
            await rival.execute(_WANT_ORDER, first)
            acting = asyncio.create_task(app.execute(execution))
            waiting = (_WAITING, rival.get_server_pid())
            await until(lambda: app.pool.fetchval(*waiting))
            await rival.execute(_WANT_ORDER, second)
        report = await acting
        assert {one.status for one in report.actions} == {"applied"}
        assert (await look(app, beside)).state == ("RESTRICTED" if kind == "KYC" else "FROZEN")


async def test_what_is_done_elsewhere_at_the_moment_is_waited_for_and_then_taken_up(
    shared_database_url: str,
):
    async with open_house(shared_database_url) as app:
        _, [action] = await plan(app, "User", "just-now", FREEZE, source="host")
        async with app.pool.acquire() as host, host.transaction():
            await host.execute(_TOLD, action)
            await begin(app, "User", "just-now")
            told = app.trigger("USER_REGISTERED", {"userId": "just-now"})
            deciding = asyncio.create_task(told)
            waiting = (_WAITING, host.get_server_pid())
            await until(lambda: app.pool.fetchval(*waiting))
        await deciding
        await app.worker.drain()
        assert (await stored(app, action)).status == "applied"
        here = await look(app, "just-now")
        assert (here.state, here.snapshot.context["holds"]) == ("RESTRICTED", {})


async def test_papers_accepted_while_their_entity_comes_to_live_here_let_it_go(
    shared_database_url: str,
):
    asked = ("REQUEST_DOCUMENT", CONFIGS["REQUEST_DOCUMENT"])
    async with open_house(shared_database_url) as app:
        execution, [action] = await plan(app, "User", "with-papers", asked, source="host")
        await app.execute(execution)
        paper = {"documentId": "d", "type": "passport", "mediaType": "image/png", "bytes": 1}
        await tell(app, action, "DOCUMENT_RECEIVED", **paper)
        await app.worker.drain()
        async with app.pool.acquire() as host, host.transaction():
            async with app.pool.acquire() as desk, desk.transaction():
                await app.engine.send(action, Event("ACCEPT"), actor="carla", connection=desk)
                context = {"userId": "with-papers", "email": "w@home.example", "country": "NG"}
                await app.engine.create(
                    "user", "with-papers", context=context, actor="host", connection=host
                )
                told = {"userId": "with-papers"}
                await app.trigger("USER_REGISTERED", told, connection=host)
            following = asyncio.create_task(app.worker.drain())
            waiting = (_WAITING, host.get_server_pid())
            await until(lambda: app.pool.fetchval(*waiting))
        await following
        await app.worker.drain()
        here = await look(app, "with-papers")
        assert (here.snapshot.context["isDecided"], here.snapshot.context["holds"]) == (True, {})
        assert action in here.snapshot.context["lifted"]


# --- a host that tells and acts in one transaction -------------------------------------------------


@pytest.mark.parametrize("by_itself", [True, False], ids=["execute", "trigger"])
async def test_a_host_that_gives_way_when_it_acts_goes_on_and_a_job_does_what_it_has_decided(
    shared_database_url: str, *, by_itself: bool
):
    async with open_house(shared_database_url) as app:
        sale, money, other = await frozen_by_two(app)
        async with app.pool.acquire() as rival, rival.transaction():
            await rival.execute(_LOOK_FOR_NONE)
            freezing = partial(app.execute, other, connection=rival)
            execution = await told_and_done(app, money, freezing, by_itself=by_itself)
        assert (execution.status, execution.error) == ("decided", None)
        assert execution.report is not None
        assert [one.status for one in execution.report.actions] == ["queued"]
        await frozen_once(app, sale, money)


@pytest.mark.parametrize("by_itself", [True, False], ids=["execute", "trigger"])
async def test_a_job_that_gives_way_to_a_host_is_tried_again(
    shared_database_url: str, *, by_itself: bool
):
    async with open_house(patient(shared_database_url)) as app:
        sale, money, other = await frozen_by_two(app)
        async with app.pool.acquire() as connection, connection.transaction():
            await app.acts.actions.queue(connection, other)
        freezing = JobRunner(app.engine).run_due
        execution = await told_and_done(app, money, freezing, by_itself=by_itself, is_patient=True)
        assert execution.report is not None
        assert [one.status for one in execution.report.actions] == ["applied"]
        await frozen_once(app, sale, money)


async def frozen_by_two(app: Orderwright) -> tuple[str, str, str]:
    """Return an order, its pay-in, on which a policy decides when the host tells of it, and another freeze of it."""
    sale = await begin(app, "Order")
    money = await begin(app, "PayIn", f"z-{sale}", orderId=sale)
    await arrive(app, "PayIn", money)
    does = {"action": FREEZE[0], "config": FREEZE[1]}
    this = {"field": "payInId", "operator": "==", "value": money}
    await publish(app, "freezes", document(this, does=[does], trigger="PAYIN_RECEIVED"))
    other, _ = await plan(app, "PayIn", money, FREEZE)
    return sale, money, other


async def told_and_done(
    app: Orderwright,
    money: str,
    freezing: Callable[[], Awaitable[object]],
    *,
    by_itself: bool,
    is_patient: bool = False,
) -> Execution:
    """Tell of a pay-in and have it frozen in one transaction of a host, while another freezes it.

    The other holds the order and waits for the pay-in, which the host holds by then.
    """
    told = {"payInId": money, "amount": Decimal("100.00"), "currency": "EUR"}
    async with app.pool.acquire() as host:
        async with host.transaction():
            await host.execute("create temporary table own_work (id text)")
            if is_patient:
                await host.execute(_LOOK_FOR_NONE)
            if by_itself:
                execution = await app.trigger("PAYIN_RECEIVED", told, connection=host)
            else:
                await host.execute(_WANT_ORDER, money)
            other = asyncio.create_task(freezing())
            waiting = (_WAITING, host.get_server_pid())
            await until(lambda: app.pool.fetchval(*waiting))
            if by_itself:
                report = await app.execute(execution, connection=host)
                execution = replace(execution, report=report)
            else:
                execution = await app.trigger(
                    "PAYIN_RECEIVED", told, connection=host, execute=True
                )
            await host.execute("insert into own_work values ('done')")
        assert await host.fetchval("select id from own_work") == "done"
    await other
    return execution


async def frozen_once(app: Orderwright, sale: str, money: str) -> None:
    """Both are frozen by one of the two actions, and the other one has found that."""
    await later(app, seconds=1)
    for each in (sale, money):
        found = await look(app, each)
        assert (found.state, found.snapshot.context.get("holds", {})) == ("FROZEN", {})
        assert await app.pool.fetchval(_FROZEN, each) == 1
    rows = await app.pool.fetch(_ACTIONS, money)
    assert [(row["status"], row["code"]) for row in rows] == [
        ("applied", None),
        ("skipped", "policy.frozen_already"),
    ]
    rows = await app.pool.fetch(_STORED, money)
    assert {row["status"] for row in rows} == {"decided"}


_FROZEN = "select count(*) from orderwright.log where instance_id = $1 and event_type = 'FREEZE'"
_ACTIONS = (
    "select status, code from orderwright.policy_action where entity_id = $1 order by status"
)
_PLANNED = "update orderwright.policy_action set status = 'planned' where id = $1"
_TOLD = """
update orderwright.policy_action set status = 'applied', result = '{"told": "policy.action_requested"}' where id = $1
"""
_TROUBLED = """
select count(*) from orderwright.job where payload::jsonb ->> 'actionId' = any($1::text[]) and attempts > 1
"""
_LOOK_FOR_NONE = "set local deadlock_timeout = '10min'"
_HOLD_VELOCITY = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
_WANT_ORDER = "select 1 from orderwright.instance where instance_id = $1 for update"
_WAITING = """
select count(*) from pg_stat_activity where datname = current_database() and $1 = any(pg_blocking_pids(pid))
"""
_STORED = "select id, status from orderwright.policy_execution where entity_id = $1"
