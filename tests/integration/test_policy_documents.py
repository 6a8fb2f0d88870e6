"""Papers that a policy asks for: by mail and link, handed in without a login, looked at, overdue."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from acting_house import as_, do, entity, holds, later, look, row, staff, tell
from post_office import Mailbox, mailbox

from acceptance.harness import PASSWORD
from orderwright import Event, Orderwright
from orderwright.api.server import create_server
from orderwright.app.permissions import Role
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.errors import OrderwrightError
from orderwright.runtime.worker import Worker

CARLA = as_("carla", Role.COMPLIANCE)
PDF, PNG = b"%PDF-1.7 passport", b"\x89PNG\r\n\x1a\n a bill"
TYPES = ["passport", "bill"]
CASE = "select case_id from orderwright.policy_case where action_id = $1"
JUDGED = "select resolution from orderwright.policy_case where case_id = $1"


@pytest.fixture(scope="module")
def box() -> Iterator[Mailbox]:
    with mailbox() as running:
        yield running


@pytest.fixture(scope="module")
async def app(
    shared_database_url: str, box: Mailbox, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Orderwright]:
    settings = Settings(
        home=Path(tmp_path_factory.mktemp("home")),
        smtp_host="127.0.0.1",
        smtp_port=box.port,
        smtp_security="none",
        mail_from="house@shop.example",
        public_url="https://orders.example.com/",
        sale_pending_expiry_minutes=0,
    )
    clock = DrivenClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    async with Orderwright.connect(shared_database_url, settings=settings, clock=clock) as opened:
        await staff(opened, "carla")
        await opened.pool.execute(
            "update orderwright.person set email = 'bob@home.example' where id = 'bob'"
        )
        yield opened
        assert await opened.pool.fetch("select * from orderwright.parked_root") == []
        assert [one async for one in opened.replay.verify_all()] == []


@asynccontextmanager
async def enter(app: Orderwright, login: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    server = create_server(app, console=None, with_worker=False)
    transport = httpx.ASGITransport(server)
    async with httpx.AsyncClient(transport=transport, base_url="http://house") as http:
        if login is not None:
            body = {"login": login, "password": PASSWORD}
            assert (await http.post("/api/v1/session", json=body)).status_code == 200
        yield http


def link_in(box: Mailbox, subject: str) -> str:
    """The address, within the house, that the last mail with a subject leads to."""
    [*_, mail] = [one for one in box.messages if one["Subject"] == subject]
    found = re.search(r"https://orders\.example\.com(/documents/\S+)", mail.get_content())
    assert found is not None, mail.get_content()
    return found[1]


async def hand_in(
    http: httpx.AsyncClient, link: str, kind: str, content: bytes, accept: str = "*/*"
) -> httpx.Response:
    return await http.post(
        link, data={"type": kind}, files={"file": ("x.exe", content)}, headers={"accept": accept}
    )


async def test_a_customer_is_asked_by_mail_hands_in_by_link_and_the_order_goes_on(
    app: Orderwright, box: Mailbox
):
    order = await entity(app, "Order")
    asked = await do(app, "Order", order, "REQUEST_DOCUMENT", types=TYPES)
    await later(app)
    assert box.to("bob@home.example") == ["We need documents from you"]
    assert (await look(app, asked.id)).snapshot.context["untold"] is None
    link = link_in(box, "We need documents from you")
    async with enter(app) as anybody:
        shown = (await anybody.get(link)).json()
        assert (shown["missing"], shown["isOpen"], shown["message"]) == (TYPES, True, "Show us")
        answer = await hand_in(anybody, link, "passport", PDF)
        assert (answer.status_code, answer.json()["missing"]) == (201, ["bill"])
        answer = await hand_in(anybody, link, "passport", PDF)
        assert answer.status_code == 409
        assert "there already" in answer.json()["refused"]
        answer = await hand_in(anybody, link, "bill", PNG)
        assert (answer.status_code, answer.json()["isOpen"]) == (201, False)
        page = await anybody.get(link, headers={"accept": "text/html"})
        assert "Nothing more is needed" in page.text
    assert (await look(app, asked.id)).state == "SUBMITTED"
    assert await holds(app, order) == [asked.id]
    await later(app)
    assert "Documents were handed in" in box.to("carla@house.example")

    accepted = await app.acts.document_desk.answer(asked.id, "ACCEPT", "", CARLA)
    assert accepted.refused is None
    await later(app)
    assert await holds(app, order) == []


async def test_only_compliance_gets_the_files_and_only_as_what_they_are(
    app: Orderwright, box: Mailbox
):
    order = await entity(app, "Order")
    asked = await do(app, "Order", order, "REQUEST_DOCUMENT")
    await later(app)
    async with enter(app) as anybody:
        await hand_in(anybody, link_in(box, "We need documents from you"), "passport", PDF)
        kept = await row(
            app, "select id, url from orderwright.document where request_id = $1", asked.id
        )
        file = f"/api/v1/documents/{kept['id']}"
        assert (await anybody.get(file)).status_code == 401
    async with enter(app, "bob") as bob:
        assert (await bob.get(file)).status_code == 403
    async with enter(app, "carla") as carla:
        given = await carla.get(file)
        assert (given.content, given.headers["content-type"]) == (PDF, "application/pdf")
        assert given.headers["content-disposition"].startswith("attachment")
        assert (await carla.get("/api/v1/documents/nothing")).status_code == 404


async def test_a_link_opens_its_own_request_until_it_ends_and_takes_papers_only(
    app: Orderwright, box: Mailbox
):
    order = await entity(app, "Order")
    asked = await do(app, "Order", order, "REQUEST_DOCUMENT", types=["<b>passport</b>"])
    await later(app)
    link = link_in(box, "We need documents from you")
    async with enter(app) as anybody:
        page = await anybody.get(link, headers={"accept": "text/html"})
        assert "&lt;b&gt;passport" in page.text
        assert "<b>passport" not in page.text
        assert page.headers["referrer-policy"] == "no-referrer"
        for content, status in ((b"MZ program", 422), (PDF + b" " * 10 * 2**20, 422)):
            assert (await hand_in(anybody, link, "<b>passport</b>", content)).status_code == status
        assert (await hand_in(anybody, link, "selfie", PDF)).status_code == 409
        wrong = link.replace(asked.id, "a-0-0")
        assert (await anybody.get(wrong)).status_code == 403
        assert (await hand_in(anybody, wrong, "selfie", PDF)).status_code == 403
        assert (
            await anybody.get(re.sub(r"expires=\d+", "expires=9999999999", link))
        ).status_code == 403
        await later(app, days=4 + 15)
        assert (await anybody.get(link)).status_code == 403
    fresh = await app.acts.document_desk.link(asked.id, CARLA.by)
    assert (await app.acts.document_intake.wanted(fresh)).is_open


async def test_a_session_is_told_is_asked_again_for_what_will_not_do_and_reminded(
    app: Orderwright, box: Mailbox
):
    user = await entity(app, "User")
    session = await entity(app, "KYC", userId=user)
    asked = await do(app, "KYC", session, "REQUEST_DOCUMENT")
    assert (await look(app, session)).state == "DOCUMENTS_REQUESTED"
    await later(app)
    await later(app, days=2)
    address = f"{user}@home.example"
    assert box.to(address) == ["We need documents from you", "We still need documents from you"]
    async with enter(app) as anybody:
        await hand_in(anybody, link_in(box, "We still need documents from you"), "passport", PDF)
        await later(app)
        assert (await look(app, session)).state == "PENDING"
        assert (await look(app, session)).snapshot.context["submissions"] == 2
        await app.acts.document_desk.answer(asked.id, "REJECT", "it is blurred", CARLA)
        await later(app)
        assert (await look(app, session)).state == "DOCUMENTS_REQUESTED"
        again = link_in(box, "Your documents will not do")
        assert (await anybody.get(again)).json()["message"] == "it is blurred"
        await hand_in(anybody, again, "passport", PDF)
    await later(app)
    assert (await app.acts.document_desk.answer(asked.id, "ACCEPT", "", CARLA)).refused is None
    await later(app)
    assert await holds(app, session) == []


async def test_what_is_overdue_is_escalated_and_compliance_decides_without_it(app: Orderwright):
    order = await entity(app, "Order")
    asked = await do(app, "Order", order, "REQUEST_DOCUMENT")
    await later(app, days=4)
    assert (await look(app, asked.id)).state == "OVERDUE"
    assert len(await holds(app, order)) == 2
    case = await row(
        app,
        "select id, role from orderwright.case_record where root_id = $1 and case_type = 'ESCALATION'",
        order,
    )
    assert case["role"] == "COMPLIANCE"
    resolve = Event("RESOLVE", {"resolution": "ACCEPTED", "note": "known for years"})
    assert (await app.case_desk.send(case["id"], resolve, CARLA)).refused is None
    await later(app)
    assert await holds(app, order) == []
    assert (await look(app, asked.id)).state == "CANCELLED"


async def test_what_is_accepted_after_its_term_closes_the_case_and_judges_nothing(
    app: Orderwright,
):
    order = await entity(app, "Order")
    asked = await do(app, "Order", order, "REQUEST_DOCUMENT")
    link = await app.acts.document_desk.link(asked.id, CARLA.by)
    await later(app, days=4)
    case = await app.pool.fetchval(CASE, asked.id)
    assert (await app.acts.document_intake.take(link, "passport", PDF)).refused is None
    await later(app)
    assert len(await holds(app, order)) == 2
    assert (await app.acts.document_desk.answer(asked.id, "ACCEPT", "", CARLA)).refused is None
    await later(app)
    assert await holds(app, order) == []
    closed = await look(app, case)
    assert closed.state == "RESOLVED"
    assert closed.snapshot.context["resolution"]["note"] == "the documents were accepted"
    assert await app.pool.fetchval(JUDGED, case) == "WITHDRAWN"

    news = Event("REOPEN", {"reason": "they were forged"})
    assert (await app.case_desk.send(case, news, CARLA)).refused is None
    await later(app)
    assert len(await holds(app, order)) == 1


async def test_a_case_that_is_reopened_before_its_request_is_known_to_be_closed_goes_on_holding(
    app: Orderwright,
):
    order = await entity(app, "Order")
    asked = await do(app, "Order", order, "REQUEST_DOCUMENT")
    await later(app, days=4)
    case = await app.pool.fetchval(CASE, asked.id)
    solved = Event("RESOLVE", {"resolution": "SOLVED", "note": "known for years"})
    assert (await app.case_desk.send(case, solved, CARLA)).refused is None
    answers = [one for one in app.acts.consumers() if one.name == "policy-answers"]
    await Worker(app.engine, answers).drain()
    assert ((await look(app, asked.id)).state, await holds(app, order)) == ("CANCELLED", [])
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(timedelta(seconds=1))
    news = Event("REOPEN", {"reason": "somebody else"})
    assert (await app.case_desk.send(case, news, CARLA)).refused is None
    await Worker(app.engine, answers).drain()
    await later(app)
    assert (await look(app, case)).state == "OPEN"
    assert len(await holds(app, order)) == 1


async def test_what_compliance_has_declined_in_vain_is_not_let_go_by_documents_that_come_later(
    app: Orderwright,
):
    payout = await entity(app, "PayOut")
    await tell(app, payout, "PAYOUT_APPROVED", approvalId="by-treasury")
    await tell(app, payout, "START")
    asked = await do(app, "PayOut", payout, "REQUEST_DOCUMENT")
    link = await app.acts.document_desk.link(asked.id, CARLA.by)
    await later(app, days=4)
    case = await app.pool.fetchval(CASE, asked.id)
    declined = Event("RESOLVE", {"resolution": "DECLINED", "note": "too late"})
    assert (await app.case_desk.send(case, declined, CARLA)).refused is None
    await later(app)
    before = await holds(app, payout)
    assert f"{asked.id}/unconfirmed" in before
    assert (await app.acts.document_intake.take(link, "passport", PDF)).refused is None
    assert (await app.acts.document_desk.answer(asked.id, "ACCEPT", "", CARLA)).refused is None
    await later(app)
    assert await holds(app, payout) == before


async def test_a_request_that_is_cancelled_holds_nothing_and_takes_nothing(app: Orderwright):
    order = await entity(app, "Order")
    asked = await do(app, "Order", order, "REQUEST_DOCUMENT")
    link = await app.acts.document_desk.link(asked.id, CARLA.by)
    await app.acts.document_desk.answer(asked.id, "CANCEL", "not needed", CARLA)
    await later(app)
    assert await holds(app, order) == []
    assert not (await app.acts.document_intake.wanted(link)).is_open
    assert (await app.acts.document_intake.take(link, "passport", PDF)).refused is not None
    with pytest.raises(OrderwrightError):
        await app.acts.document_desk.link(asked.id, CARLA.by)


async def test_where_nobody_can_be_told_the_request_says_so_and_a_case_has_the_link_handed_over(
    app: Orderwright,
):
    payout = await entity(app, "PayOut", customerId="nobody")
    asked = await do(app, "PayOut", payout, "REQUEST_DOCUMENT")
    await later(app)
    untold = (await look(app, asked.id)).snapshot.context["untold"]
    case = (await look(app, untold)).snapshot.context
    assert (case["caseType"], case["role"]) == ("DOCUMENTS_UNTOLD", "COMPLIANCE")
    assert (case["subjectId"], case["evidence"]["requestId"]) == (payout, asked.id)
    [shown] = await app.acts.document_list.cases(CARLA.by, asked.id, untold)
    assert shown.id == untold
    link = await app.acts.document_desk.link(asked.id, CARLA.by)
    assert (await app.acts.document_intake.take(link, "passport", PDF)).refused is None
    await later(app)


async def test_who_has_been_told_by_mail_is_not_told_twice(app: Orderwright, box: Mailbox):
    before = len(box.messages)
    await app.pool.execute(
        "delete from orderwright.acknowledgement where consumer = 'policy-documents'"
    )
    await app.pool.execute(
        "update orderwright.consumer set ord = '0', id = 0 where name = 'policy-documents'"
    )
    await later(app)
    assert len(box.messages) == before


async def test_a_message_of_a_policy_goes_out_by_mail_once(app: Orderwright, box: Mailbox):
    order = await entity(app, "Order")
    told = {"to": {"address": "eve@far.example"}, "template": "Hello\r\nBcc: all\nsee you"}
    sent = await do(app, "Order", order, "SEND_NOTIFICATION", **told)
    await app.execute(sent.execution_id)
    await later(app)
    await later(app)
    assert box.to("eve@far.example") == ["Hello"]
