"""Cases on a real database: what opens them, their terms, who works on them; the clock is the test's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import pytest

from orderwright import Event, Orderwright
from orderwright.app.case_desk import Asking, CaseNotFound
from orderwright.app.case_list import CaseRow, Wanted
from orderwright.app.cases import OPENINGS
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role, RoleMissing
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.domain.catalogue import CATALOGUE
from orderwright.errors import InputInvalid
from orderwright.runtime.replay import Replay
from orderwright.runtime.reply import IdempotencyMismatch

LINES = [{"sku": "ANVIL", "quantity": 1, "unitPrice": "10.00"}]
TERMS = NewTerms(customer_id="ada", channel="CONSUMER", currency="EUR", lines=LINES)
EVERY = Wanted(states=("OPEN", "ASSIGNED", "RESOLVED"))


def asked(login: str, *roles: Role, key: str | None = None) -> Asked:
    identity = Identity(id=login, login=login, name=login.title(), roles=frozenset(roles))
    return Asked(by=identity, idempotency_key=key)


ADMIN = asked("admin", Role.ADMIN)
CLERK = asked("clerk", Role.BILLER)
AUDITOR = asked("auditor", Role.READ_ONLY)
ACCOUNTANT = asked("tony", Role.ACCOUNTANT)


@pytest.fixture
async def app(furnished_url: str) -> AsyncIterator[Orderwright]:
    clock = DrivenClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    async with Orderwright.connect(furnished_url, settings=Settings(), clock=clock) as opened:
        yield opened
        for (one,) in await opened.pool.fetch("select instance_id from orderwright.instance"):
            assert await Replay(opened.pool).verify(one) == ()


async def pass_time(app: Orderwright, **span: float) -> None:
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(timedelta(**span))
    await app.worker.drain()


async def place(app: Orderwright) -> str:
    return (await app.orders.create_order(TERMS, ADMIN)).instance_id


async def send(app: Orderwright, order_id: str, event: str, **data: object) -> None:
    result = await app.orders.send_sale_event(order_id, Event(event, data), ADMIN)
    assert result.refused is None, result.refused
    await app.worker.drain()


async def cases(app: Orderwright, by: Asked = ADMIN, wanted: Wanted = EVERY) -> list[CaseRow]:
    page = await app.case_list.page(by.by, wanted, first=50, after=None)
    return [row for _, row in page.rows]


async def decide(app: Orderwright, case: CaseRow, event: str, by: Asked, **data: object) -> Any:
    result = await app.case_desk.send(case.id, Event(event, data), by)
    await app.worker.drain()
    return result


async def overpay(app: Orderwright) -> tuple[str, CaseRow]:
    order_id = await place(app)
    await send(app, order_id, "PAYMENT_CAPTURED", amount="10.01", paymentId="p")
    [case] = await cases(app, wanted=Wanted(root_id=order_id))
    return order_id, case


def test_every_event_that_opens_a_case_is_in_the_catalogue_and_its_type_says_which_it_was():
    assert set(OPENINGS) <= set(CATALOGUE)
    for case_type, names in groupby(sorted(OPENINGS, key=_case_type), key=_case_type):
        lifecycles = [name.partition(".")[0] for name in names]
        assert len(set(lifecycles)) == len(lifecycles), case_type


def _case_type(name: str) -> str:
    return OPENINGS[name].case_type


async def test_money_that_does_not_fit_opens_a_case_with_its_evidence(app: Orderwright):
    order_id, case = await overpay(app)
    context = case.standing.context
    assert (case.number, case.case_type, case.role) == ("CA-000001", "OVERCAPTURE", "ACCOUNTANT")
    assert (context["subjectType"], context["subjectId"]) == ("Order", order_id)
    assert context["evidence"]["data"]["excessMinor"] == 1
    await send(app, order_id, "PAYMENT_CAPTURED", amount="1.00", paymentId="q")
    assert len(await cases(app)) == 2

    late = await place(app)
    await pass_time(app, days=1)
    await send(app, late, "PAYMENT_CAPTURED", amount="10.00", paymentId="r")
    [found] = await cases(app, wanted=Wanted(root_id=late))
    assert (found.case_type, found.standing.context["priority"]) == ("LATE_PAYMENT", "HIGH")
    instance = await app.engine.read(late)
    assert instance is not None
    assert instance.state == "EXPIRED"


async def test_a_domain_event_that_is_repeated_opens_nothing_twice(app: Orderwright):
    _, case = await overpay(app)
    await app.pool.execute("delete from orderwright.acknowledgement where consumer = 'cases'")
    await app.pool.execute(
        "update orderwright.consumer set ord = '0', id = 0 where name = 'cases'"
    )
    await app.worker.drain()
    assert [one.id for one in await cases(app)] == [case.id]
    assert await app.pool.fetchval("select count(*) from orderwright.parked_root") == 0


async def test_what_an_import_takes_over_opens_no_case(app: Orderwright):
    order_id = await place(app)
    captured = Event("PAYMENT_CAPTURED", {"amount": "11.00", "paymentId": "p"})
    await app.engine.send(order_id, captured, actor="import", origin="import")
    await app.worker.drain()
    assert await cases(app) == []


async def test_the_term_of_a_part_paid_order_ends_in_one_case_and_no_incident(app: Orderwright):
    order_id = await place(app)
    await send(app, order_id, "PAYMENT_CAPTURED", amount="4.00", paymentId="p")
    for _ in range(3):
        await pass_time(app, days=1)
    [case] = await cases(app)
    assert (case.case_type, case.role) == ("PART_PAID_EXPIRY", "BILLER")
    assert case.standing.context["evidence"]["data"] == {
        "orderId": order_id,
        "capturedMinor": 400,
        "grandTotalMinor": 1000,
        "currency": "EUR",
    }
    assert await app.pool.fetchval("select count(*) from orderwright.incident") == 0


async def test_a_deadline_that_passes_while_an_order_is_frozen_leaves_no_incident(
    app: Orderwright,
):
    order_id = await place(app)
    await send(app, order_id, "FREEZE", reason="odd address")
    await pass_time(app, days=2)
    instance = await app.engine.read(order_id)
    assert instance is not None
    assert instance.state == "FROZEN"
    await send(app, order_id, "RELEASE")
    released = await app.engine.read(order_id)
    assert released is not None
    assert released.state == "EXPIRED"
    assert await app.pool.fetchval("select count(*) from orderwright.incident") == 0


async def test_a_term_that_passes_raises_the_priority_once_and_work_does_not_stop_it(
    app: Orderwright,
):
    _, case = await overpay(app)
    assert (await decide(app, case, "TAKE", ADMIN)).refused is None
    await pass_time(app, hours=23, minutes=59)
    [waiting] = await cases(app)
    assert waiting.standing.context["priority"] == "NORMAL"
    for _ in range(2):
        await pass_time(app, days=1)
        [late] = await cases(app)
        context = late.standing.context
        assert (context["priority"], context["isOverdue"]) == ("HIGH", True)
    told = await app.pool.fetch("select name from orderwright.outbox where name = 'case.overdue'")
    assert len(told) == 1


async def test_a_resolution_ends_the_term_and_a_reopened_case_gets_a_new_one(app: Orderwright):
    _, case = await overpay(app)
    done = await decide(app, case, "RESOLVE", ADMIN, resolution="SOLVED", note="sent back")
    assert done.refused is None
    await pass_time(app, days=3)
    assert await cases(app, wanted=Wanted()) == []
    assert (await decide(app, case, "REOPEN", ADMIN, reason="it came back")).refused is None
    await pass_time(app, days=1)
    [late] = await cases(app, wanted=Wanted())
    assert (late.standing.words.label, late.standing.context["isOverdue"]) == ("Open", True)


async def test_each_role_sees_and_works_its_queue_and_who_stands_above_too(app: Orderwright):
    _, case = await overpay(app)
    assert [one.id for one in await cases(app, ACCOUNTANT)] == [case.id]
    assert await cases(app, CLERK) == []
    assert await app.case_list.find(CLERK.by, case.id) is None
    with pytest.raises(CaseNotFound):
        await decide(app, case, "TAKE", CLERK)
    assert [one.id for one in await cases(app, AUDITOR)] == [case.id]
    with pytest.raises(RoleMissing):
        await decide(app, case, "COMMENT", AUDITOR, text="hm")
    with pytest.raises(RoleMissing):
        await cases(app, asked("bob", Role.CUSTOMER))
    with pytest.raises(RoleMissing):
        await decide(app, case, "ASSIGN", ACCOUNTANT, assigneeId="admin")


async def test_a_case_is_assigned_to_somebody_who_works_on_its_queue(app: Orderwright):
    await app.people.enrol("tony", "Tony", "correct horse battery", [Role.ACCOUNTANT])
    _, case = await overpay(app)
    names = [one.id for one in await app.case_desk.colleagues(ADMIN.by, case.id)]
    assert names == ["admin", "tony"]
    with pytest.raises(InputInvalid, match="somebody who works on cases of ACCOUNTANT"):
        await decide(app, case, "ASSIGN", ADMIN, assigneeId="clerk")
    assert (await decide(app, case, "ASSIGN", ADMIN, assigneeId="tony")).refused is None
    [mine] = await cases(app, ACCOUNTANT, Wanted(assignee_id="tony"))
    assert (mine.id, mine.assignee_name) == (case.id, "Tony")
    refused = await decide(app, case, "TAKE", ACCOUNTANT)
    assert refused.refused.reasons[0].code == "case.same_assignee"


async def test_people_open_cases_about_orders_and_a_key_opens_one(app: Orderwright):
    order_id = await place(app)
    about = Asking(subject_id=order_id, title=" Ask for the address ", role=Role.BILLER)
    for key in ("k", "k"):
        opened = await app.case_desk.open(about, asked("clerk", Role.BILLER, key=key))
        assert opened.refused is None
    assert opened.replayed
    for other in (replace(about, priority="URGENT"), replace(about, sla_minutes=5)):
        with pytest.raises(IdempotencyMismatch):
            await app.case_desk.open(other, asked("clerk", Role.BILLER, key="k"))
    [case] = await cases(app, CLERK)
    assert (case.id, case.case_type, case.root_id) == (opened.instance_id, "MANUAL", order_id)
    assert case.standing.context["title"] == "Ask for the address"
    with pytest.raises(InputInvalid, match="subjectId"):
        await app.case_desk.open(Asking(subject_id="x", title="y", role=Role.BILLER), CLERK)
    odd = Asking(subject_id=order_id, title="a\0b", role=Role.BILLER)
    with pytest.raises(InputInvalid, match="title"):
        await app.case_desk.open(odd, CLERK)
    [case] = await cases(app, CLERK)


async def test_the_queue_comes_in_pages_and_what_waits_longest_comes_first(app: Orderwright):
    order_id = await place(app)
    for n in range(5):
        about = Asking(subject_id=order_id, title=f"case {n}", role=Role.BILLER)
        await app.case_desk.open(about, CLERK)
        await pass_time(app, minutes=1)
    first = await app.case_list.page(CLERK.by, Wanted(), first=3, after=None)
    after = first.rows[-1][0].cursor()
    second = await app.case_list.page(CLERK.by, Wanted(), first=3, after=after)
    titles = [row.standing.context["title"] for _, row in [*first.rows, *second.rows]]
    assert titles == [f"case {n}" for n in range(5)]
    assert (first.has_next, second.has_next) == (True, False)
    assert await app.case_list.count(CLERK.by, Wanted()) == 5
