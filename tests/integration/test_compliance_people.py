"""Users, their wallets and their KYC sessions: who may do what, and what is kept once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from compliance_house import CORA, TONY, asked, open_house, state

from orderwright import Event, Orderwright
from orderwright.app.compliance.lists import WantedKyc, WantedPayOuts, WantedUsers
from orderwright.app.compliance.payouts import NewPayOut
from orderwright.app.compliance.records import KycSessionNotFound, UserNotFound, WalletNotFound
from orderwright.app.compliance.users import NewUser, NewWallet, UserEmailTaken, WalletTaken
from orderwright.app.orders import Asked
from orderwright.app.permissions import Identity, Role, RoleMissing
from orderwright.errors import InputInvalid
from orderwright.runtime.reply import IdempotencyMismatch

BOB = Identity(
    id="bob", login="bob", name="Bob", roles=frozenset({Role.CUSTOMER}), customer_id="bob"
)


@pytest.fixture(scope="module")
async def app(shared_database_url: str) -> AsyncIterator[Orderwright]:
    async with open_house(shared_database_url) as opened:
        yield opened


async def register(app: Orderwright, email: str, **more: str) -> str:
    result = await app.users.register(NewUser(email=email, **more), CORA)
    assert result.refused is None, result.refused
    await app.worker.drain()
    return result.instance_id


async def test_a_user_registers_under_the_hosts_own_id_and_is_found_by_address_and_state(
    app: Orderwright,
):
    await register(app, "Grace@Example.com", id="host-7", country="us")
    page = await app.user_list.page(CORA.by, WantedUsers(search="grace"), first=10, after=None)
    [(_, row)] = page.rows
    assert (row.id, row.email, row.country) == ("host-7", "grace@example.com", "US")
    assert row.standing.words.state == "REGISTERED"
    states = await app.user_list.states(CORA.by, WantedUsers(search="host-7"))
    assert [(words.state, count) for words, count in states] == [("REGISTERED", 1)]


async def test_an_address_is_one_users_also_when_two_register_at_once(app: Orderwright):
    new = NewUser(email="twice@example.com")
    answers = await asyncio.gather(
        *(app.users.register(new, CORA) for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in answers) == ["Result", "UserEmailTaken"]
    with pytest.raises(UserEmailTaken):
        await app.users.register(NewUser(email="TWICE@example.com"), CORA)
    assert await app.user_list.count(CORA.by, WantedUsers(search="twice@")) == 1


async def test_repeating_a_registration_with_its_key_registers_once(app: Orderwright):
    keyed = asked(Role.COMPLIANCE, "cora", key="k1")
    first, again = [
        await app.users.register(NewUser(email="key@example.com"), keyed) for _ in range(2)
    ]
    assert (first.instance_id, again.replayed) == (again.instance_id, True)
    with pytest.raises(IdempotencyMismatch):
        await app.users.register(NewUser(email="other@example.com"), keyed)


@pytest.mark.parametrize(
    ("email", "country"), [("nobody", "NG"), ("a@b@c", "NG"), ("x@example.com", "Nigeria")]
)
async def test_what_is_no_address_or_no_country_is_refused(
    app: Orderwright, email: str, country: str
):
    with pytest.raises(InputInvalid):
        await app.users.register(NewUser(email=email, country=country), CORA)


async def test_a_wallet_is_its_users_and_money_goes_to_no_other(app: Orderwright):
    mine, theirs = await register(app, "w1@example.com"), await register(app, "w2@example.com")
    added = await app.users.add_wallet(
        NewWallet(user_id=mine, address="bc1q", crypto_type="BTC"), CORA
    )
    assert added.refused is None
    assert added.snapshot is not None
    [wallet] = added.snapshot.context["wallets"]
    taken = {"walletId": wallet, "address": "other", "cryptoType": "BTC"}
    with pytest.raises(WalletTaken):
        await app.users.send(theirs, Event("ADD_WALLET", taken), CORA)
    out = {"amount": "5.00", "currency": "EUR", "reason": "prize", "wallet_id": wallet}
    with pytest.raises(WalletNotFound):
        await app.pay_outs.request(NewPayOut(user_id=theirs, **out), TONY)
    asked_for = await app.pay_outs.request(NewPayOut(user_id=mine, **out), TONY)
    [(_, row)] = (
        await app.pay_out_list.page(TONY.by, WantedPayOuts(user_id=mine), first=9, after=None)
    ).rows
    assert (row.id, row.standing.context["walletAddress"]) == (asked_for.instance_id, "bc1q")
    assert row.requested_name == "Tony"


async def test_a_wallet_with_an_address_that_none_has_is_refused(app: Orderwright):
    user = await register(app, "long@example.com")
    for length, said in ((255, None), (256, "address")):
        wallet = NewWallet(user_id=user, address="x" * length, crypto_type="BTC")
        refused = (await app.users.add_wallet(wallet, CORA)).refused
        assert (refused is None) is (said is None)
    assert refused is not None
    assert "address" in refused.message
    assert "at most 255 characters" in refused.message
    assert len(refused.message) < 200


@pytest.mark.parametrize("key", ["walletId", "address", "cryptoType"])
async def test_a_wallet_of_text_that_cannot_be_kept_is_refused_by_its_field(
    app: Orderwright, key: str
):
    user = await register(app, f"nul-{key}@example.com".lower())
    data = {"walletId": f"w-nul-{key}", "address": "bc1q", "cryptoType": "BTC", key: "b\0c"}
    with pytest.raises(InputInvalid) as refused:
        await app.users.send(user, Event("ADD_WALLET", data), CORA)
    assert refused.value.field == key
    if key in ("address", "cryptoType"):
        wallet = NewWallet(user_id=user, address=data["address"], crypto_type=data["cryptoType"])
        with pytest.raises(InputInvalid) as refused:
            await app.users.add_wallet(wallet, CORA)
        assert refused.value.field == key
    found = await app.engine.read(user)
    assert found is not None
    assert found.snapshot.context["wallets"] == {}


async def test_a_user_whose_texts_cannot_be_kept_is_refused_by_the_field(app: Orderwright):
    with pytest.raises(InputInvalid) as refused:
        await app.users.register(NewUser(email="a\0@example.com"), CORA)
    assert refused.value.field == "email"


async def test_a_customer_sees_themselves_and_their_own_sessions_only(app: Orderwright):
    bob = await register(app, "bob@example.com", customer_id="bob")
    other = await register(app, "other2@example.com")
    own = await app.users.open_kyc(bob, None, Asked(by=BOB))
    foreign = await app.users.open_kyc(other, None, CORA)
    assert await app.user_list.count(BOB, WantedUsers()) == 1
    page = await app.kyc_list.page(BOB, WantedKyc(), first=10, after=None)
    assert [row.id for _, row in page.rows] == [own.instance_id]
    submitted = Event("DOCUMENTS_SUBMITTED", {"documentType": "PASSPORT"})
    with pytest.raises(KycSessionNotFound):
        await app.users.send_kyc(foreign.instance_id, submitted, Asked(by=BOB))
    with pytest.raises(UserNotFound):
        await app.users.open_kyc(other, None, Asked(by=BOB))
    with pytest.raises(RoleMissing):
        await app.users.send_kyc(own.instance_id, Event("APPROVE"), Asked(by=BOB))
    assert (await app.users.send_kyc(own.instance_id, submitted, Asked(by=BOB))).refused is None


async def test_a_session_is_to_be_done_in_the_future(app: Orderwright):
    user = await register(app, "late@example.com")
    with pytest.raises(InputInvalid):
        await app.users.open_kyc(user, app.clock.now() - timedelta(seconds=1), CORA)
    opened = await app.users.open_kyc(user, app.clock.now() + timedelta(hours=1), CORA)
    assert await state(app, opened.instance_id) == "PENDING"
