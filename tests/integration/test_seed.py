from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fuse import Fuse

from orderwright import Orderwright
from orderwright.app import payment_list
from orderwright.app.override_list import Wanted
from orderwright.app.permissions import Role
from orderwright.app.policies.policy_list import PoliciesWanted
from orderwright.app.seed import LOGINS, PASSWORD, seed
from orderwright.app.seed.stories import orders, quotations
from orderwright.app.settings import Settings
from orderwright.app.words import leaf_nodes
from orderwright.runtime.replay import Replay

STATES = "select chart_id, state, count(*) from orderwright.instance group by 1, 2"
TABLES = """
select table_name from information_schema.tables where table_schema = 'orderwright' order by 1
"""
RECEIPTS = "select id, reference from orderwright.payment where receipt_key is not null"
PASSING = {
    "quotation": set(),
    "sale": {"WHERE_PAYMENT_STANDS"},
    "fulfilment": {"ALLOCATING_STOCK"},  # phase changes leave it at once
}


@pytest.fixture(scope="module")
def shared_source(charted: str) -> str:
    """Nobody is there yet."""
    return charted


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the receipts lie."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
async def app(shared_database_url: str, home: Path) -> AsyncIterator[Orderwright]:
    """A seeded application, which the tests look at."""
    async with Orderwright.connect(shared_database_url, settings=Settings(home=home)) as opened:
        assert await seed(opened) is True
        yield opened


async def contents(app: Orderwright) -> dict[str, tuple[int, str]]:
    names = [row["table_name"] for row in await app.pool.fetch(TABLES)]
    query = "select count(*), md5(string_agg(t::text, '|' order by t::text)) from orderwright.{} t"
    return {name: tuple(await app.pool.fetchrow(query.format(name))) for name in names}


async def test_a_month_of_trade_stands_in_every_state(app: Orderwright):
    found: dict[str, set[str]] = {}
    for row in await app.pool.fetch(STATES):
        found.setdefault(row["chart_id"], set()).add(row["state"])
    for chart_id, passing in PASSING.items():
        chart = await app.queries.chart(chart_id)
        assert found[chart_id] | passing == {node.key for node in leaf_nodes(chart)}, chart_id
    now = app.clock.now()
    times = await app.pool.fetchrow(
        "select min(occurred_at) as first, max(occurred_at) as last from orderwright.log"
    )
    assert (now - times["first"]).days < 31
    assert times["last"] <= now
    replay = Replay(app.pool)
    for row in await app.pool.fetch("select instance_id from orderwright.instance"):
        assert await replay.verify(row["instance_id"]) == ()


async def test_payments_stand_where_an_accountant_meets_them_some_with_a_receipt_that_opens(
    app: Orderwright, home: Path
):
    accountant = (await app.people.sign_in("accountant", PASSWORD)).identity
    counts = await app.payment_list.states(accountant, payment_list.Wanted())
    assert {words.state: count for words, count in counts} == {
        "PENDING": 2,
        "CONFIRMED": 3,
        "FAILED": 1,
        "PARTLY_REFUNDED": 1,
    }
    page = await app.payment_list.page(
        accountant, payment_list.Wanted(states=["CONFIRMED"]), first=9, after=None
    )
    sales = [await app.engine.read(row.order_id or "") for _, row in page.rows]
    assert sorted(sale.state for sale in sales if sale is not None) == [
        "CLEARED_FOR_FULFILMENT",
        "CLEARED_FOR_FULFILMENT",
        "PAYMENT_PENDING_CONFIRMATION",
    ]
    given = await app.pool.fetch(RECEIPTS)
    files = [path for path in (home / "receipts").rglob("*") if path.is_file()]
    assert (len(given), len(files)) == (3, 3)
    for row in given:
        link = await app.receipts.link(row["id"], accountant)
        until = int(link.expires_at.timestamp())
        opened = await app.receipts.open(row["id"], until, link.signature, accountant)
        assert opened.media_type == "application/pdf"
        assert row["reference"].encode() in opened.content


async def test_every_login_signs_in_and_the_customer_sees_their_own_orders(app: Orderwright):
    for login, role in LOGINS.items():
        session = await app.people.sign_in(login, PASSWORD)
        assert session.identity.roles == {Role(role)}
        assert (session.identity.customer_id is not None) == (login == "customer")


async def test_overrides_wait_that_the_manager_can_decide(app: Orderwright):
    manager = (await app.people.sign_in("manager", PASSWORD)).identity
    page = await app.override_list.page(manager, Wanted(states=["PENDING"]), first=10, after=None)
    quorums = {row.kind: row.standing.context["quorum"]["approvers"] for _, row in page.rows}
    assert quorums == {"ADMIN": 1, "CREDIT": 2}
    for _, row in page.rows:
        told = await app.workflows.next(await app.workflows.instance(row.id), manager)
        assert [one.declared.type for one in told.allowed] == ["APPROVE", "DENY"]


async def test_policies_stand_in_every_state_but_one_that_is_archived(app: Orderwright):
    reader = (await app.people.sign_in("auditor", PASSWORD)).identity
    listed = app.policy_office.listed
    page = await listed.page(reader, PoliciesWanted(), first=50, after=None)
    stands = Counter(
        (row.standing.words.state, row.in_force.mode if row.in_force else None)
        for _, row in page.rows
    )
    assert stands == {
        ("ACTIVE", "enforce"): 5,
        ("ACTIVE", "shadow"): 4,
        ("PAUSED", None): 1,
        ("PENDING_PUBLICATION", None): 1,
        ("DRAFT", None): 1,
    }
    assert {row.name for row in await app.policy_office.lists.lists(reader)} == {
        "sanctioned-countries",
        "temporary-mail-domains",
    }


async def test_what_happens_once_policies_are_in_force_is_decided_by_them(app: Orderwright):
    rows = await app.pool.fetch(
        "select distinct action, entity_type, status from orderwright.policy_action"
    )
    assert {tuple(row) for row in rows} == {
        ("REQUIRE_APPROVAL", "Order", "applied"),
        ("REQUIRE_APPROVAL", "PayOut", "applied"),
        ("FLAG_FOR_REVIEW", "User", "applied"),
        ("REQUEST_DOCUMENT", "User", "applied"),
    }
    large = {"orderId": "o1", "amount": "20000.00", "currency": "EUR"}
    decided = await app.trigger("ORDER_CREATED", large)
    assert [one.action for one in decided.actions] == ["REQUIRE_APPROVAL"]
    other = await app.trigger("ORDER_CREATED", {**large, "orderId": "o2", "currency": "NGN"})
    assert other.actions == ()


async def test_compliance_has_something_in_most_states(app: Orderwright):
    found: dict[str, set[str]] = {}
    for row in await app.pool.fetch(STATES):
        found.setdefault(row["chart_id"], set()).add(row["state"])
    assert found["user"] == {"REGISTERED", "ACTIVE", "RESTRICTED", "BLOCKED"}
    assert found["kyc"] == {"PENDING", "DOCUMENTS_REQUESTED", "APPROVED", "REJECTED"}
    assert found["payin"] >= {"PENDING", "PARTIAL", "MISMATCH", "VERIFIED", "FAILED", "FROZEN"}
    assert found["payout"] == {"REQUESTED", "QUEUED", "SENT", "FROZEN"}


async def test_seeding_again_changes_nothing(app: Orderwright):
    before = await contents(app)

    assert await seed(app) is False

    assert await contents(app) == before


@pytest.mark.parametrize("looks", [6, 60, 180, 300])
async def test_seeding_that_was_interrupted_goes_on(database_url: str, tmp_path: Path, looks: int):
    fuse, settings = Fuse(looks), Settings(home=tmp_path)
    async with Orderwright.connect(database_url, settings=settings, clock=fuse) as app:
        await fuse.interrupt(seed(app))

        assert await seed(app) is True

        sold = [story for story in quotations() if story.name in ("approved", "approved-and-sold")]
        stood = await app.pool.fetchval("select count(*) from orderwright.sale_order")
        assert stood == len(orders()) + len(sold) + 1  # what the policies have decided on
        assert await app.pool.fetchval("select count(*) from orderwright.quotation") == len(
            quotations()
        )
