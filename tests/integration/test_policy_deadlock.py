"""Telling of an event while others hold what it needs, in another order: PostgreSQL ends it, and it is told again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
from policy_house import FLAG, document, open_house, order, place, publish

from acceptance.harness import until

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


_LOOK_FOR_NONE = "set local deadlock_timeout = '10min'"
_HOLD_VELOCITY = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
_WANT_ORDER = "select 1 from orderwright.instance where instance_id = $1 for update"
_WAITING = """
select count(*) from pg_stat_activity where datname = current_database() and $1 = any(pg_blocking_pids(pid))
"""
_STORED = "select id, status from orderwright.policy_execution where entity_id = $1"
