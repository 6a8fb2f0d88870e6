"""What policies have come to: misses follow from what was in force when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from acting_house import begin
from policy_house import BIG, BOSS, FLAG, START, document, open_house, order, pause, publish

from orderwright.app.policies.execution_list import ExecutionsWanted
from orderwright.app.policies.statistics import Statistics, statistics
from orderwright.clock import DrivenClock

if TYPE_CHECKING:
    from orderwright import Orderwright


async def fire(app: Orderwright, name: str, *amounts: str | None) -> None:
    for number, amount in enumerate(amounts):
        told = {**order(orderId=f"{name}-{number}"), "amount": amount}
        await app.trigger("ORDER_CREATED", told)


async def executions(app: Orderwright, **wanted: Any) -> int:
    """Return how many are listed, which are as many as are counted."""
    listed, narrowed = app.policy_office.executions, ExecutionsWanted(**wanted)
    page = await listed.page(BOSS, narrowed, first=200, after=None)
    assert len(page.rows) == await listed.count(BOSS, narrowed)
    return len(page.rows)


async def test_executions_are_found_by_what_a_policy_came_to(shared_database_url: str):
    async with open_house(shared_database_url) as app:
        await publish(app, "large", document(BIG, name="Large"))
        await publish(app, "small", document({**BIG, "operator": "<="}, name="Small"))
        await fire(app, "by-outcome", "2000.00", "1.00", None)
        about = {"trigger": "ORDER_CREATED", "entity_type": "Order"}
        each = {"entity_id": "by-outcome-0", **about}
        assert await executions(app, outcome="hit", **each) == 1
        assert await executions(app, outcome="unknown", **each) == 0
        assert await executions(app, outcome="hit", policy_id="small", **each) == 0
        unknown = {**about, "entity_id": "by-outcome-2", "outcome": "unknown"}
        assert await executions(app, **unknown, policy_id="small") == 1
        await pause(app, "large", "small")


async def test_a_policy_was_asked_at_each_execution_while_it_was_in_force(
    shared_database_url: str,
):
    async with open_house(shared_database_url) as app:
        await fire(app, "before", "2000.00")
        await publish(app, "counted", document(BIG))
        await fire(app, "first", "2000.00", "1.00", "1.00", None)
        await pause(app, "counted")
        await fire(app, "paused", "2000.00")
        await publish(app, "counted", document(BIG, trigger="PAYIN_RECEIVED"))
        await fire(app, "elsewhere", "2000.00")
        await publish(app, "counted", document(BIG))
        await fire(app, "again", "2000.00")
        async with app.pool.acquire() as connection:
            found = await statistics(connection, ["counted", "unheard"], START)
        listed = {
            outcome: await executions(app, policy_id="counted", outcome=outcome)
            for outcome in ("hit", "unknown", "error")
        }
    one = found["counted"]
    assert (one.executions, one.hits, one.unknown, one.misses, one.hit_rate) == (5, 2, 1, 2, 0.4)
    assert one.p50_us is not None
    assert one.p95_us is not None
    assert 0 < one.p50_us <= one.p95_us
    assert one.last_hit_at == START
    assert listed == {"hit": 2, "unknown": 1, "error": 0}
    assert (found["unheard"], found["unheard"].hit_rate) == (Statistics(), None)


async def test_an_event_that_nobody_could_decide_on_is_told_until_it_is_decided(
    shared_database_url: str,
):
    told = order(orderId="undecided-0")

    async def figures(app: Orderwright) -> Statistics:
        async with app.pool.acquire() as connection:
            return (await statistics(connection, ["undecided"], START))["undecided"]

    async def fail(app: Orderwright) -> None:
        async with (
            app.pool.acquire() as other,
            app.pool.acquire() as host,
            other.transaction(),
            host.transaction(),
        ):
            await other.execute("lock table orderwright.policy_event in exclusive mode")
            await host.execute("set local lock_timeout = '50ms'")
            assert (await app.trigger("ORDER_CREATED", told, connection=host)).status == "failed"

    async with open_house(shared_database_url) as app:
        assert isinstance(app.clock, DrivenClock)
        await fire(app, "before-undecided", "2000.00")
        app.clock.advance(timedelta(seconds=1))
        await publish(app, "undecided", document(BIG))
        await fail(app)
        await fail(app)
        one = await figures(app)
        assert (one.undecided, one.failures, one.executions, one.misses) == (1, 0, 0, 0)
        app.clock.advance(timedelta(seconds=1))
        await app.trigger("ORDER_CREATED", told)
        one = await figures(app)
        assert (one.undecided, one.failures, one.executions, one.hits) == (0, 0, 1, 1)
        app.clock.advance(timedelta(seconds=1))
        await pause(app, "undecided")
        app.clock.advance(timedelta(seconds=1))
        told = order(orderId="undecided-1")
        await fail(app)
        assert (await figures(app)).undecided == 0


async def test_a_threshold_is_asked_when_its_own_line_is_crossed(shared_database_url: str):
    def line(at: int) -> dict[str, object]:
        return {
            "type": "AMOUNT_THRESHOLD",
            "aggregate": "count",
            "of": "PAYOUT_REQUESTED",
            "key": "user",
            "window": "24h",
            "threshold": at,
        }

    crossed = {"field": "count", "operator": ">=", "value": 3}
    async with open_house(shared_database_url) as app:
        await publish(app, "two", document(crossed, does=[FLAG], trigger=line(2)))
        await publish(app, "three", document(crossed, does=[FLAG], trigger=line(3)))
        for number in range(4):
            told = {"payOutId": f"st-{number}", "userId": "st", "amount": 1, "currency": "EUR"}
            await app.trigger("PAYOUT_REQUESTED", told)
        async with app.pool.acquire() as connection:
            found = await statistics(connection, ["two", "three"], START)
    assert [(one.executions, one.hits) for one in found.values()] == [(1, 0), (1, 1)]


async def test_a_threshold_that_is_crossed_by_what_is_decided_anew_is_asked_then(
    shared_database_url: str,
):
    line = {"type": "AMOUNT_THRESHOLD", "aggregate": "count", "of": "PAYOUT_REQUESTED"}
    first = {**line, "key": "user", "window": "24h", "threshold": 1}
    crossed = {"field": "count", "operator": ">=", "value": 1}
    told = {"payOutId": "st-anew", "userId": "st-anew", "amount": "1.00", "currency": "EUR"}
    async with open_house(shared_database_url) as app:
        await publish(app, "one", document(crossed, does=[FLAG], trigger=first))
        await publish(app, "read", document(BIG, does=[FLAG], trigger="PAYOUT_REQUESTED"))
        await app.trigger("PAYOUT_REQUESTED", told)
        await begin(app, "PayOut", "st-anew", customerId="st-anew", amountMinor=200)
        await app.worker.drain()
        async with app.pool.acquire() as connection:
            one = (await statistics(connection, ["one"], START))["one"]
        await pause(app, "one", "read")
    assert (one.executions, one.hits, one.misses, one.hit_rate) == (2, 2, 0, 1.0)
