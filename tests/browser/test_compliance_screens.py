"""Pay-ins, pay-outs, KYC sessions, users and lists in the console: what blocks each, and why, and by which policy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from acceptance.harness import PASSWORD, Client, Server
from acceptance.policing import euro, is_, policy, put_in_force
from browser.page import OpenPage, overflow, serious
from orderwright import Orderwright
from orderwright.app.permissions import Role
from orderwright.app.settings import Settings

pytestmark = pytest.mark.browser

PEOPLE = {
    "cleo": Role.COMPLIANCE,
    "cora": Role.COMPLIANCE,
    "tony": Role.ACCOUNTANT,
    "tess": Role.TREASURY,
}
ON_LIST = {"field": "country", "operator": "in", "value": {"list": "sanctioned-countries"}}
PAPERS = {"types": ["proof of address"], "due_days": 4, "message": "Show us where you live"}
POLICIES = (
    policy(
        "PAYIN_RECEIVED",
        [is_("amount", euro("750.00"))],
        "Unknown senders",
        "ESCALATE_TO_COMPLIANCE",
        reason="Nobody knows who has sent {{amount}}",
    ),
    policy(
        "PAYOUT_REQUESTED",
        [is_("amount", euro("900.00"))],
        "Large prizes",
        "REQUIRE_APPROVAL",
        role="COMPLIANCE",
        minimum=2,
    ),
    policy(
        "KYC_SUBMITTED", [is_("country", "NG")], "Where they live", "REQUEST_DOCUMENT", **PAPERS
    ),
    policy(
        "USER_REGISTERED",
        [ON_LIST],
        "Sanctions",
        "ESCALATE_TO_COMPLIANCE",
        reason="{{country}} is on the list",
    ),
)
_DONE = "__typename ... on Refusal { message }"
LIST = """mutation { made: createPolicyList(name: "sanctioned-countries",
  description: "Where nobody may send us money from") { __typename } }"""
ADD = """mutation { made: addPolicyListEntries(name: "sanctioned-countries", values: ["KP", "IR"]) {
  __typename } }"""
USER = f"""mutation ($country: String!, $email: String!) {{
  made: registerUser(input: {{email: $email, country: $country}}) {{ {_DONE}
    ... on UserApplied {{ is: user {{ id number }} }} }} }}"""
KYC = f"""mutation ($user: ID!) {{ made: openKycSession(userId: $user) {{ {_DONE}
  ... on KycSessionApplied {{ is: session {{ id number }} }} }} }}"""
SUBMIT = f"""mutation ($id: ID!, $data: JSON) {{
  made: sendKycEvent(kycSessionId: $id, event: "DOCUMENTS_SUBMITTED", data: $data) {{ {_DONE} }} }}"""
PAYIN = f"""mutation {{ made: expectPayIn(input: {{amount: "750.00", currency: "EUR", method: "TRANSFER"}}) {{
  {_DONE} ... on PayInApplied {{ is: payIn {{ id number }} }} }} }}"""
RECEIVE = f"""mutation ($id: ID!, $data: JSON) {{
  made: sendPayInEvent(payInId: $id, event: "PAYIN_RECEIVED", data: $data) {{ {_DONE} }} }}"""
PAYOUT = f"""mutation ($amount: String!) {{
  made: requestPayOut(input: {{amount: $amount, currency: "EUR", reason: "a prize"}}) {{
    {_DONE} ... on PayOutApplied {{ is: payOut {{ id number }} }} }} }}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Something that a policy holds back.

    Attributes:
        at: where its list is.
        id, number: its own.
        why: the reason of the policy, as it is shown.
        by: the name of the policy.
        blocks: what cannot be done, by label; empty where what goes on by itself waits.
    """

    at: str
    id: str
    number: str
    why: str
    by: str
    blocks: str


async def make(who: Client, query: str, **given: Any) -> Any:
    made = (await who.ask(query, **given))["made"]
    assert made["__typename"] != "Refusal", made
    return made.get("is")


@pytest.fixture(scope="module")
async def server(shared_database_url: str) -> AsyncIterator[Server]:
    """One server with its data for all tests here, which change nothing that another looks at."""
    async with Orderwright.connect(shared_database_url, settings=Settings()) as app:
        for login, role in PEOPLE.items():
            await app.people.enrol(login, login.title(), PASSWORD, [role])
    running = Server(shared_database_url)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


@pytest.fixture(scope="module")
async def people(server: Server) -> AsyncIterator[dict[str, Client]]:
    doors = {login: httpx.AsyncClient(base_url=server.url, timeout=30) for login in PEOPLE}
    for login, http in doors.items():
        answer = await http.post("/api/v1/session", json={"login": login, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
    yield {login: Client(http) for login, http in doors.items()}
    for http in doors.values():
        await http.aclose()


@pytest.fixture(scope="module")
async def held(people: dict[str, Client]) -> tuple[Held, ...]:
    """What four policies hold back, one of each kind."""
    cora, tony = people["cora"], people["tony"]
    await make(cora, LIST)
    await make(cora, ADD)
    for document in POLICIES:
        await put_in_force(people["cleo"], cora, document)
    user = await make(cora, USER, country="KP", email="kim@home.example")
    other = await make(cora, USER, country="NG", email="ada.obi@home.example")
    session = await make(cora, KYC, user=other["id"])
    papers = {"documentType": "PASSPORT", "country": "NG", "provider": "acme", "reference": "A-1"}
    await make(cora, SUBMIT, id=session["id"], data=papers)
    pay_in = await make(tony, PAYIN)
    await make(tony, RECEIVE, id=pay_in["id"], data={"amount": "750.00", "reference": "t1"})
    pay_out = await make(tony, PAYOUT, amount="900.00")
    unknown = "Nobody knows who has sent 750.00 EUR"
    papers_wanted = str(PAPERS["message"])
    return (
        _held("/pay-ins", pay_in, unknown, "Unknown senders", "Verify"),
        _held("/pay-outs", pay_out, "2 of COMPLIANCE must approve", "Large prizes", ""),
        _held("/kyc", session, papers_wanted, "Where they live", "Approve"),
        _held("/users", user, "KP is on the list", "Sanctions", "Activate"),
    )


def _held(at: str, made: Any, why: str, by: str, blocks: str) -> Held:
    return Held(at=at, id=made["id"], number=made["number"], why=why, by=by, blocks=blocks)


async def look(page: Page) -> None:
    """Assert that a page fits and is fit for everybody, wide in light and narrow in dark."""
    for width, scheme in ((1440, "light"), (360, "dark")):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme=scheme)
        found = (await overflow(page), await serious(page))
        assert found == (0, []), (page.url, width, scheme, found)
    await page.set_viewport_size({"width": 1440, "height": 900})
    await page.emulate_media(color_scheme="light")


async def test_lists_and_pages_say_what_is_held_back_why_and_by_which_policy_to_every_eye(
    held: tuple[Held, ...], open_page: OpenPage
) -> None:
    page = await open_page(login="cora")
    for one in held:
        await page.goto(one.at)
        row = page.get_by_role("row").filter(has_text=one.number)
        await expect(row).to_contain_text(one.why, timeout=15_000)
        await look(page)

        await row.get_by_role("link", name=one.number).click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text(one.number)
        stops = page.get_by_role("region", name="Policies", exact=True)
        for text in (one.why, f"{one.by}, version 1"):
            await expect(stops).to_contain_text(text)
        name = "Not possible now" if one.blocks else "Waiting for"
        blocked = page.get_by_role("region", name=name)
        for text in (one.blocks, one.why, "Can be lifted by"):
            await expect(blocked).to_contain_text(text)
        await expect(page.get_by_role("region", name="Policies that matched")).to_be_visible()
        await look(page)


async def test_a_pay_out_is_approved_on_its_page_and_goes_on_unless_a_policy_holds_it(
    held: tuple[Held, ...], people: dict[str, Client], open_page: OpenPage
) -> None:
    small = await make(people["tony"], PAYOUT, amount="10.00")
    page = await open_page(login="tess")
    [large] = [one for one in held if one.at == "/pay-outs"]
    state = page.get_by_role("status", name="State")
    for pay_out, becomes in ((small["id"], "Queued"), (large.id, "Requested")):
        await page.goto(f"/pay-outs/{pay_out}")
        await expect(state).to_have_text("Requested")
        vote = page.get_by_role("region", name="Vote")
        await expect(vote.get_by_role("button", name="Approve")).to_be_disabled()
        await vote.get_by_label("Reason").fill("won fairly")
        await vote.get_by_role("button", name="Approve").click()
        await expect(vote).to_have_count(0, timeout=15_000)
        await expect(state).to_have_text(becomes)
    waiting = page.get_by_role("region", name="Waiting for")
    await expect(waiting).to_contain_text(large.why)
    await expect(waiting).not_to_contain_text("consent")


@pytest.mark.usefixtures("held")
async def test_on_a_narrow_screen_the_part_that_one_is_in_is_seen_and_cards_have_no_empty_lines(
    open_page: OpenPage,
) -> None:
    page = await open_page(login="cora", width=360)
    await page.goto("/users")
    parts = page.get_by_role("navigation", name="Parts of compliance")
    await expect(parts.get_by_role("link", name="Users")).to_be_in_viewport(ratio=0.9)
    free = page.get_by_role("row").filter(has_text="ada.obi@home.example")
    await expect(free).to_contain_text("NG")
    await expect(free.locator("td:empty:visible")).to_have_count(0)


@pytest.mark.usefixtures("held")
async def test_what_a_list_holds_is_shown_and_an_entry_is_added_and_taken_away(
    open_page: OpenPage,
) -> None:
    page = await open_page(login="cora")
    await page.goto("/lists")
    row = page.get_by_role("row").filter(has_text="sanctioned-countries")
    await expect(row).to_contain_text("Where nobody may send us money from")
    await look(page)
    await row.get_by_role("link", name="sanctioned-countries").click()
    entries = page.get_by_role("table", name="Entries")
    await expect(entries.get_by_role("row").filter(has_text="KP")).to_contain_text("Cora")
    await page.get_by_text("Add entries").first.click()
    form = page.get_by_role("form", name="Add entries")
    await form.get_by_label("Entries").fill("SY\nKP")
    await look(page)
    await form.get_by_role("button", name="Add 2").click()
    await expect(form).to_contain_text("1 added, 1 were there")
    await page.get_by_role("button", name="Take away SY").click()
    await expect(entries.get_by_role("row").filter(has_text="SY")).to_have_count(0)
