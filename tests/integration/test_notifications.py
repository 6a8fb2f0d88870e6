"""Who is told of what, in the application and by mail to a real mail server; the clock is the test's."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr

import pytest
from post_office import Mailbox, mailbox

from acceptance.harness import PASSWORD
from orderwright import Event, Orderwright
from orderwright.app.notification.inbox import OLD, Notification, Preference
from orderwright.app.notification.notice import NOTICES
from orderwright.app.notification.wording import LANGUAGES, template, worded
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.domain.catalogue import CATALOGUE
from orderwright.errors import InputInvalid
from orderwright.runtime.retention import Keep, Retention

LINES = [{"sku": "ANVIL", "quantity": 1, "unitPrice": "10.00"}]
TERMS = NewTerms(customer_id="bob", channel="CONSUMER", currency="EUR", lines=LINES)


def who(login: str, *roles: Role) -> Identity:
    return Identity(id=login, login=login, name=login.title(), roles=frozenset(roles))


ADMIN, CLERK = who("admin", Role.ADMIN), who("clerk", Role.BILLER)
BOB, MIA = who("bob", Role.CUSTOMER), who("mia", Role.MANAGER)


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as running:
        yield running


@pytest.fixture
async def app(furnished_url: str, box: Mailbox) -> AsyncIterator[Orderwright]:
    """The house with a mail server; Mia, a manager, is written to in German."""
    clock = DrivenClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    settings = Settings(
        smtp_host="127.0.0.1",
        smtp_port=box.port,
        smtp_security="none",
        mail_from="house@shop.example",
    )
    async with Orderwright.connect(furnished_url, settings=settings, clock=clock) as opened:
        await opened.people.enrol(
            "mia", "Mia", PASSWORD, [Role.MANAGER], email="mia@shop.example", language="de"
        )
        await opened.pool.execute(
            "update orderwright.person set email = 'bob@home.example' where id = 'bob'"
        )
        yield opened


async def pass_time(app: Orderwright, **span: float) -> None:
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(timedelta(**span))
    await app.worker.drain()


async def told(app: Orderwright, by: Identity) -> list[Notification]:
    page = await app.notifications.page(by, unread=False, first=50, after=None)
    return [one for _, one in page.rows]


async def place(app: Orderwright) -> str:
    return (await app.orders.create_order(TERMS, Asked(by=ADMIN))).instance_id


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("event", NOTICES)
def test_every_notice_has_a_text_in_every_language_from_what_its_event_brings(
    event: str, language: str
):
    brought = set(CATALOGUE[event].properties) | {"orderNumber"}
    named = {name for part in template(event, language) for name in part.get_identifiers()}
    assert named <= brought
    assert set(re.findall(r"\$(\w+)", NOTICES[event].link)) <= brought
    said = worded(event, language, dict.fromkeys(brought, "line\nbreak"))
    assert "\n" not in said.subject
    assert said.body


async def test_an_expired_order_is_told_to_customer_biller_and_manager_and_to_nobody_twice(
    app: Orderwright, box: Mailbox
):
    order_id = await place(app)
    await app.people.enrol(
        "eve", "Eve", PASSWORD, [Role.CUSTOMER], customer_id="ada", email="eve@home.example"
    )
    await pass_time(app, days=1)
    for person in (BOB, CLERK, MIA):
        [one] = await told(app, person)
        assert (one.event, one.link) == ("sale.expired", f"/orders/{order_id}")
    assert await told(app, who("eve", Role.CUSTOMER)) == []
    assert await told(app, ADMIN) == []
    assert box.to("bob@home.example") == ["Order SO-000001 has expired"]
    assert box.to("mia@shop.example") == ["Bestellung SO-000001 ist abgelaufen"]
    assert len(box.messages) == 2
    [mail] = [one for one in box.messages if one["To"] == "bob@home.example"]
    assert parseaddr(mail["From"])[1] == "house@shop.example"
    assert "is free again" in mail.get_content()

    await app.pool.execute(
        "delete from orderwright.acknowledgement where consumer = 'notifications'"
    )
    await app.pool.execute(
        "update orderwright.consumer set ord = '0', id = 0 where name = 'notifications'"
    )
    await app.pool.execute("update orderwright.person set language = 'en' where id = 'mia'")
    await pass_time(app, hours=1)
    assert len(box.messages) == 2
    assert len(await told(app, BOB)) == 1
    assert await app.pool.fetchval("select count(*) from orderwright.parked_root") == 0


async def test_a_case_is_told_to_its_role_and_its_end_of_term_to_who_has_it(app: Orderwright):
    order_id = await place(app)
    paid = Event("PAYMENT_CAPTURED", {"amount": "4.00", "paymentId": "p"})
    await app.orders.send_sale_event(order_id, paid, Asked(by=ADMIN))
    await pass_time(app, days=1)
    assert [one.event for one in await told(app, CLERK)] == ["case.opened"]
    [opened] = await told(app, CLERK)
    assert opened.subject == "Case CA-000001: The time to pay is over, and a part is paid"
    case_id = opened.link.rpartition("=")[2]
    await app.case_desk.send(case_id, Event("TAKE"), Asked(by=MIA))
    await pass_time(app, days=1)
    assert [one.event for one in await told(app, CLERK)] == ["case.overdue", "case.opened"]
    assert [one.event for one in await told(app, MIA)] == ["case.overdue"]
    assert await told(app, BOB) == []


async def test_an_override_that_is_asked_for_is_told_to_those_who_may_decide(app: Orderwright):
    asking = Event("ADMIN_OVERRIDE_REQUESTED", {"reason": "old friend"})
    await app.orders.send_sale_event(await place(app), asking, Asked(by=ADMIN))
    await app.worker.drain()
    [one] = await told(app, MIA)
    assert (one.event, "old friend" in one.body) == ("override.requested", True)
    assert await told(app, CLERK) == []


async def test_a_channel_that_a_person_does_not_want_stays_silent(app: Orderwright, box: Mailbox):
    for channel, person in (("MAIL", BOB), ("APP", MIA)):
        wish = Preference(event="sale.expired", channel=channel, is_wanted=False)
        await app.notifications.prefer(person, wish)
    wishes = await app.notifications.preferences(BOB)
    assert [one for one in wishes if not one.is_wanted] == [
        Preference(event="sale.expired", channel="MAIL", is_wanted=False)
    ]
    with pytest.raises(InputInvalid, match=r"sale\.expired"):
        await app.notifications.prefer(BOB, Preference(event="x", channel="APP", is_wanted=True))
    await place(app)
    await pass_time(app, days=1)
    assert [str(one["To"]) for one in box.messages] == ["mia@shop.example"]
    assert (len(await told(app, BOB)), await told(app, MIA)) == (1, [])


async def test_what_was_read_is_no_longer_counted_and_everybody_reads_their_own(app: Orderwright):
    for _ in range(3):
        await place(app)
    await pass_time(app, days=1)
    first, *_ = await told(app, BOB)
    assert await app.notifications.unread(BOB) == 3
    assert await app.notifications.read(CLERK, [first.id]) == 3
    assert await app.notifications.read(BOB, [first.id]) == 2
    assert await app.notifications.read(BOB, None) == 0
    unread = await app.notifications.page(CLERK, unread=True, first=2, after=None)
    assert (len(unread.rows), unread.has_next) == (2, True)


async def test_a_mail_is_tried_again_unless_the_server_refuses_it_for_good(
    app: Orderwright, box: Mailbox
):
    box.answers = {"bob@home.example": "450 later", "mia@shop.example": "550 nobody"}
    await place(app)
    await pass_time(app, days=1)
    states = (
        "select payload->>'to' as to, status from orderwright.job where kind = 'mail' order by 1"
    )
    assert [
        tuple(row) for row in await app.pool.fetch(states.replace("payload->", "payload::jsonb->"))
    ] == [
        ("bob@home.example", "waiting"),
        ("mia@shop.example", "dead"),
    ]
    box.answers = {}
    await pass_time(app, hours=1)
    assert box.to("bob@home.example") == ["Order SO-000001 has expired"]
    assert box.to("mia@shop.example") == []


async def test_a_person_who_chooses_another_language_is_told_in_it_from_then_on(app: Orderwright):
    await app.notifications.speak(MIA, "en")
    assert await app.notifications.language(MIA) == "en"
    with pytest.raises(InputInvalid):
        await app.notifications.speak(MIA, "la")
    await place(app)
    await pass_time(app, days=1)
    [one] = await told(app, MIA)
    assert (one.event, "Bestellung" in one.subject) == ("sale.expired", False)


async def test_notifications_are_kept_for_as_long_as_the_setting_says(app: Orderwright):
    await place(app)
    await pass_time(app, days=1)
    keep = Keep(others={OLD: timedelta(days=90)})
    app.clock.advance(timedelta(days=90))
    await place(app)
    await app.worker.drain()
    await pass_time(app, days=1)
    assert len(await told(app, MIA)) == 2
    await Retention(app.pool, app.clock, keep).finish()
    assert len(await told(app, MIA)) == 1
