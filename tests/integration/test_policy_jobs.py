"""Actions that jobs do: what fails is tried again and held meanwhile, a job and an execute do it once; hosts' own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from acting_house import ADMIN, CONFIGS, begin, entity, holds, later, look, plan, row, stored, tell

from orderwright import Orderwright
from orderwright.app.policies.acting import ATTEMPTS, POLICY_ACTION
from orderwright.app.policies.hosted import ActionSkipped, HostAction
from orderwright.app.policies.telling import POLICIES
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock

FREEZE = ("FREEZE_ORDER", CONFIGS["FREEZE_ORDER"])
AWAY = ConnectionError("the host's system is away")

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANSWER = {"frozen": True}


class Host:
    """A host's system: it keeps what it was asked, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.asked: list[HostAction] = []
        self.failures = 0
        self.failure: BaseException = AWAY
        self.seen: list[str] = []
        self.meanwhile: Callable[[], object] = bool
        self.database: Orderwright | None = None
        self.answer: object = ANSWER

    def freeze(self, action: HostAction) -> object:
        self.asked.append(action)
        if self.failures:
            self.failures -= 1
            raise self.failure
        self.meanwhile()
        return self.answer

    async def escalate(self, action: HostAction) -> None:
        """Look how the action stands while it is being done."""
        assert self.database is not None
        self.seen.append((await stored(self.database, action.key)).status)
        raise ConnectionError

    async def reject(self, action: HostAction) -> None:
        self.asked.append(action)
        raise ActionSkipped("it was paid out already\0")


@pytest.fixture(scope="module")
def host() -> Host:
    return Host()


@pytest.fixture(scope="module")
async def app(shared_database_url: str, host: Host) -> AsyncIterator[Orderwright]:
    clock = DrivenClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    handlers = {
        "FREEZE_ORDER": host.freeze,
        "REJECT_TRANSACTION": host.reject,
        "ESCALATE_TO_COMPLIANCE": host.escalate,
    }
    async with Orderwright.connect(
        shared_database_url, settings=Settings(), clock=clock, action_handlers=handlers
    ) as opened:
        yield opened
        assert await opened.pool.fetch("select * from orderwright.parked_root") == []
        assert [one async for one in opened.replay.verify_all()] == []


@pytest.fixture(autouse=True)
def forget(host: Host) -> None:
    host.asked.clear()
    host.failures, host.failure = 0, AWAY
    host.meanwhile = bool
    host.answer = ANSWER


async def queue(app: Orderwright, execution: str) -> None:
    async with app.pool.acquire() as connection, connection.transaction():
        await app.acts.actions.queue(connection, execution)


async def try_so_often(app: Orderwright, times: int) -> None:
    """Let the pauses between attempts pass."""
    for _ in range(times):
        await later(app, hours=2)


async def test_a_job_does_what_is_queued_and_lifts_the_hold_in_the_same_step(app: Orderwright):
    order = await entity(app, "Order")
    execution, [action] = await plan(app, "Order", order, FREEZE)
    await queue(app, execution)
    await queue(app, execution)
    assert (await stored(app, action)).status == "queued"
    assert await holds(app, order) == [action]
    await later(app)
    assert (await stored(app, action)).status == "applied"
    assert (await look(app, order)).state == "FROZEN"
    assert await holds(app, order) == []


async def test_a_job_and_executes_at_the_same_time_do_an_action_once(app: Orderwright):
    order = await entity(app, "Order")
    execution, ids = await plan(
        app, "Order", order, FREEZE, ("FLAG_FOR_REVIEW", CONFIGS["FLAG_FOR_REVIEW"])
    )
    await queue(app, execution)
    at_once = [app.worker.drain(), *(app.execute(execution) for _ in range(6))]
    await asyncio.gather(*at_once)
    report = await app.execute(execution)
    assert [one.status for one in report.actions] == ["applied", "applied"]
    frozen = "select count(*) from orderwright.log where instance_id = $1 and event_type = $2"
    assert await app.pool.fetchval(frozen, order, "FREEZE") == 1
    assert await app.pool.fetchval(frozen, order, "HOLD_LIFTED") == 2
    cases = "select count(*) from orderwright.policy_case where action_id = any($1::text[])"
    assert await app.pool.fetchval(cases, ids) == 1


async def test_an_action_that_can_never_be_done_fails_at_once_with_a_case_and_stays_held(
    app: Orderwright,
):
    order = await entity(app, "Order")
    broken = ("REQUIRE_APPROVAL", {"role": "NOBODY"})
    execution, [bad, good] = await plan(app, "Order", order, broken, FREEZE)
    report = await app.execute(execution)
    assert [one.status for one in report.actions] == ["queued", "applied"]
    await later(app)
    failed = await stored(app, bad)
    assert (failed.status, failed.code) == ("failed", "policy.action_broken")
    assert (await stored(app, good)).status == "applied"
    assert await holds(app, order) == [bad]
    letters = await app.dead_letters.page(ADMIN.by, name=POLICY_ACTION, first=10, after=None)
    assert [letter.key for _, letter in letters.rows] == [bad]
    case = await row(
        app,
        "select * from orderwright.case_record where root_id = $1 and case_type = $2",
        order,
        "POLICY_ACTION_FAILED",
    )
    assert case["role"] == "COMPLIANCE"
    assert (await app.execute(execution)).actions[0].status == "failed"


@pytest.mark.parametrize(
    ("entity", "failure", "said"),
    [
        ("theirs-1", AWAY, "the host's system is away"),
        ("theirs-1c", asyncio.CancelledError(), "was cancelled, but not by who waits for it"),
    ],
)
async def test_a_handler_that_goes_on_failing_is_a_dead_letter_until_a_person_retries_it(
    app: Orderwright, host: Host, entity: str, failure: BaseException, said: str
):
    host.failures, host.failure = ATTEMPTS, failure
    execution, [action] = await plan(app, "Order", entity, FREEZE, source="host")
    report = await app.execute(execution)
    assert [one.status for one in report.actions] == ["queued"]
    await try_so_often(app, ATTEMPTS)
    assert [one.attempt for one in host.asked] == list(range(1, ATTEMPTS + 1))
    failed = await stored(app, action)
    assert failed.status == "failed"
    assert said in failed.message
    [(_, letter)] = (
        await app.dead_letters.page(ADMIN.by, name=POLICY_ACTION, first=1, after=None)
    ).rows
    assert letter.key == action
    await app.dead_letters.retry(letter.id, ADMIN)
    await later(app)
    assert (await stored(app, action)).status == "applied"
    assert {one.key for one in host.asked} == {action}


@asynccontextmanager
async def nothing_freezes(app: Orderwright) -> AsyncIterator[None]:
    """Have the database break whatever would freeze something."""
    await app.pool.execute(_BREAK)
    try:
        yield
    finally:
        await app.pool.execute("drop function out_of_order cascade")


async def test_what_goes_on_failing_for_what_lives_here_stays_held_until_a_person_retries_it(
    app: Orderwright, host: Host
):
    order = await entity(app, "Order")
    execution, [action] = await plan(app, "Order", order, FREEZE)
    async with nothing_freezes(app):
        report = await app.execute(execution)
        assert [one.status for one in report.actions] == ["queued"]
        await try_so_often(app, ATTEMPTS)
        failed = await stored(app, action)
        assert (failed.status, failed.message) == ("failed", "freezing is out of order")
        assert host.asked == []  # hosts' handlers are for what lives with them
        await tell(app, order, "PAYMENT_CAPTURED", amount="100.00", paymentId=f"p-{order}")
        await later(app)
        assert (await look(app, order)).state == "PAYMENT_PENDING_CONFIRMATION"
        assert await holds(app, order) == [action]
    case = await row(
        app,
        "select case_type, role from orderwright.case_record where root_id = $1",
        order,
    )
    assert case == {"case_type": "POLICY_ACTION_FAILED", "role": "COMPLIANCE"}
    letters = await app.dead_letters.page(ADMIN.by, name=POLICY_ACTION, first=1, after=None)
    [letter] = [letter for _, letter in letters.rows if letter.key == action]
    await app.dead_letters.retry(letter.id, ADMIN)
    await later(app)
    assert (await stored(app, action)).status == "applied"
    assert (await look(app, order)).state == "FROZEN"
    assert await holds(app, order) == []


async def test_a_handler_that_fails_for_a_while_has_done_it_in_the_end(
    app: Orderwright, host: Host
):
    host.failures = 2
    execution, [action] = await plan(app, "User", "theirs-2", FREEZE, source="http")
    await queue(app, execution)
    await try_so_often(app, 3)
    assert len(host.asked) == 3
    assert (host.asked[0].entity_type, host.asked[0].entity_id) == ("User", "theirs-2")
    result = await row(app, "select result from orderwright.policy_action where id = $1", action)
    assert result == {"result": '{"handler":{"frozen":true}}'}


@pytest.mark.parametrize("answer", [{"note": "a\0b"}, "\ud800", {"at": START}, float("nan")])
async def test_what_a_handler_answers_that_nobody_can_keep_is_left_out_and_it_has_done_it(
    app: Orderwright, host: Host, answer: object
):
    host.answer, theirs = answer, f"odd-{answer!a}"
    execution, [action] = await plan(app, "Order", theirs, FREEZE, source="host")
    await queue(app, execution)
    await try_so_often(app, 3)
    assert (len(host.asked), (await stored(app, action)).status) == (1, "applied")
    result = await row(app, "select result from orderwright.policy_action where id = $1", action)
    assert result == {"result": '{"handler":null}'}
    told = {"orderId": theirs, "amount": "1.00", "currency": "EUR"}
    assert (await app.trigger("ORDER_CREATED", told)).status == "decided"


async def test_a_handler_may_say_that_an_action_does_not_apply(app: Orderwright, host: Host):
    reject = ("REJECT_TRANSACTION", CONFIGS["REJECT_TRANSACTION"])
    execution, [action] = await plan(app, "PayOut", "theirs-3", reject, source="host")
    await queue(app, execution)
    await later(app)
    done = await stored(app, action)
    assert (done.status, done.code) == ("skipped", "policy.action_skipped")
    assert done.message == "it was paid out already\\x00"
    assert len(host.asked) == 1


async def test_without_a_handler_subscribers_are_told_and_without_any_it_is_skipped(
    app: Orderwright,
):
    approve = ("AUTO_APPROVE", CONFIGS["AUTO_APPROVE"])
    execution, [unheard] = await plan(app, "KYC", "theirs-4", approve, source="host")
    await app.execute(execution)
    done = await stored(app, unheard)
    assert (done.status, done.code) == ("skipped", "entity.not_found")

    await app.webhooks.subscribe("https://host.example/hooks", ["policy.*"], by="admin")
    execution, [heard] = await plan(app, "KYC", "theirs-4", approve, source="host")
    await app.execute(execution)
    await app.execute(execution)
    assert (await stored(app, heard)).status == "applied"
    await later(app)
    waiting = await row(
        app, "select body from orderwright.webhook_delivery where name = 'policy.action_requested'"
    )
    assert f'"actionId":"{heard}"' in waiting["body"].replace(" ", "")


async def test_what_a_host_asks_people_about_is_begun_here(app: Orderwright):
    flag = ("FLAG_FOR_REVIEW", CONFIGS["FLAG_FOR_REVIEW"])
    execution, [action] = await plan(app, "Order", "theirs-5", flag, source="host")
    await app.execute(execution)
    assert (await look(app, action)).snapshot.context["subjectId"] == "theirs-5"


async def test_the_last_attempt_is_on_record_as_failed_before_it_begins_lest_its_host_be_lost(
    app: Orderwright, host: Host
):
    escalate = ("ESCALATE_TO_COMPLIANCE", CONFIGS["ESCALATE_TO_COMPLIANCE"])
    execution, [action] = await plan(app, "Order", "theirs-6", escalate, source="host")
    host.database = app
    await queue(app, execution)
    await try_so_often(app, ATTEMPTS)
    assert host.seen == ["queued"] * (ATTEMPTS - 1) + ["failed"]
    assert (await stored(app, action)).status == "failed"


_BREAK = """
create function out_of_order() returns trigger language plpgsql as $$
begin raise exception 'freezing is out of order'; end $$;
create trigger out_of_order before insert on orderwright.log
    for each row when (new.event_type = 'FREEZE') execute function out_of_order()
"""


async def test_what_a_handler_has_frozen_is_frozen_here_too_once_it_lives_here_and_asked_no_more(
    app: Orderwright, host: Host
):
    execution, [action] = await plan(app, "User", "theirs-7", FREEZE, source="host")
    await queue(app, execution)
    await later(app)
    assert ((await stored(app, action)).status, len(host.asked)) == ("applied", 1)
    context = {"userId": "theirs-7", "email": "seven@home.example", "country": "NG"}
    await app.engine.create("user", "theirs-7", context=context, actor=POLICIES)
    await later(app)
    assert (await look(app, "theirs-7")).state == "RESTRICTED"
    assert (await holds(app, "theirs-7"), len(host.asked)) == ([], 1)
    assert (await stored(app, action)).status == "applied"


async def test_what_comes_to_live_here_while_a_handler_freezes_it_is_frozen_here_too(
    app: Orderwright, host: Host
):
    loop = asyncio.get_running_loop()

    async def come() -> None:
        await begin(app, "User", "theirs-8")
        told = await app.trigger("USER_REGISTERED", {"userId": "theirs-8"})
        assert (told.status, await holds(app, "theirs-8")) == ("decided", [action])

    execution, [action] = await plan(app, "User", "theirs-8", FREEZE, source="host")
    host.meanwhile = lambda: asyncio.run_coroutine_threadsafe(come(), loop).result()
    await queue(app, execution)
    await later(app)
    assert ((await stored(app, action)).status, len(host.asked)) == ("applied", 1)
    assert (await look(app, "theirs-8")).state == "RESTRICTED"
    assert await holds(app, "theirs-8") == []
