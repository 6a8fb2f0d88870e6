"""Telling of an event while others hold what it needs, in another order: PostgreSQL ends it, and it is told again.

Who decides and who acts lock in one order: entities by their ids, then actions.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
import pytest
from acting_house import CONFIGS, arrive, begin, look, plan, stored, tell
from policy_house import FLAG, document, open_house, order, place, publish

from acceptance.harness import until
from orderwright import Event
from orderwright.app.policies.occurrence import Entity

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
