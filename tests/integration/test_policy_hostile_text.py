"""Text that no index, no database and no encoding can hold: it switches no policy off, and nobody fails by it."""

from __future__ import annotations

import json
import random  # noqa: TID251 (any seed will do: it only has to resist compression)
import string

import pytest
from policy_house import ADMIN, BIG, document, order, publish

from orderwright import Event, Orderwright
from orderwright.app.policies.hosts import Told
from orderwright.errors import InputInvalid

pytestmark = pytest.mark.usefixtures("nothing_in_force")
FREEZE = {"action": "FREEZE_ORDER", "config": {"reason": "odd"}}
TRANSFERS = "velocity.PAYOUT_REQUESTED.count.wallet.24h"


def noise(length: int) -> str:
    """Return letters that no compression makes short."""
    return "".join(random.Random(length).choices(string.ascii_letters + string.digits, k=length))


TEXTS = {
    "long": noise(6_000),
    "longest": noise(20_000),
    "nul": "a\x00b",
    "half": "a\ud800b",
}
KEPT = {"long"}
"""What policies know as a fact: it can be stored, and it is not absurdly long."""
each_text = pytest.mark.parametrize("name", TEXTS)


def payout(name: str, number: int = 1, **more: object) -> dict[str, object]:
    """Write what a host tells of a pay-out."""
    told = {"amount": "1500.00", "currency": "EUR", "userId": f"user-{name}", "country": "DE"}
    return {"payOutId": f"{name}-{number}", **told, **more}


@each_text
@pytest.mark.parametrize("field", ["userId", "walletAddress", "cryptoType", "user.country"])
async def test_a_policy_that_reads_something_else_decides_all_the_same(
    app: Orderwright, field: str, name: str
):
    await publish(app, "big", document(BIG, trigger="PAYOUT_REQUESTED"))
    told = payout(f"{field}-{name}", **{field: TEXTS[name]})
    found = await app.trigger("PAYOUT_REQUESTED", told)
    assert (found.status, found.error) == ("decided", None)
    assert [one.action for one in found.actions] == ["FREEZE_ORDER"]
    assert any(one.startswith(f"{field}: text") for one in found.flagged) is (name not in KEPT)


@each_text
async def test_a_policy_that_reads_it_holds_where_it_cannot_be_known(app: Orderwright, name: str):
    rule = {"field": "walletAddress", "operator": "starts_with", "value": "bc1q"}
    await publish(app, "wallet", document(rule, does=[FREEZE], trigger="PAYOUT_REQUESTED"))
    told = payout(f"reads-{name}", walletAddress=TEXTS[name])
    found = await app.trigger("PAYOUT_REQUESTED", told)
    held = [] if name in KEPT else ["REQUIRE_APPROVAL"]
    assert [one.action for one in found.actions] == held


@each_text
async def test_events_are_counted_under_the_wallet_that_they_name_so(app: Orderwright, name: str):
    rule = {"field": TRANSFERS, "operator": ">=", "value": 3}
    await publish(app, "often", document(rule, does=[FREEZE], trigger="PAYOUT_REQUESTED"))
    line = {"type": "AMOUNT_THRESHOLD", "aggregate": "count", "of": "PAYOUT_REQUESTED"}
    line |= {"key": "wallet", "window": "24h", "threshold": 2}
    crossed = document(
        {"field": "count", "operator": ">=", "value": 2}, does=[FREEZE], trigger=line
    )
    await publish(app, "twice", crossed)
    found = [
        await app.trigger(
            "PAYOUT_REQUESTED", payout(name, number, walletAddress=TEXTS[name] + "c")
        )
        for number in range(10, 13)
    ]
    assert [len(one.crossed) for one in found] == [0, 1, 0]
    actions = [[each.action for each in one.actions] for one in found]
    assert actions == [[], [], ["FREEZE_ORDER"]]


@each_text
async def test_a_user_who_registered_from_no_country_is_of_none(app: Orderwright, name: str):
    registered = {"userId": f"from-{name}", "email": "a@b.example", "country": TEXTS[name]}
    assert (await app.trigger("USER_REGISTERED", registered)).status == "decided"
    rule = {"field": "user.country", "operator": "==", "value": "NG"}
    await publish(app, "country", document(rule))
    found = await app.trigger("ORDER_CREATED", order(orderId=name, userId=f"from-{name}"))
    assert [one.action for one in found.actions] == ["REQUIRE_APPROVAL"]


@each_text
async def test_a_wallet_that_a_user_adds_stops_no_policy_on_a_later_one(
    app: Orderwright, name: str
):
    rule = {"field": "cryptoType", "operator": "==", "value": "BTC"}
    await publish(app, "btc", document(rule, does=[FREEZE], trigger="WALLET_ADDED"))
    user = f"adds-{name}"
    about = {"userId": user, "email": f"{name}@b.example", "country": "NG"}
    await app.engine.create("user", user, context=about, actor="x")
    for wallet, kind, address in (("w0", "ETH", "0x1"), ("w1", "BTC", "bc1q")):
        data = {"walletId": f"{name}-{wallet}", "address": address, "cryptoType": kind}
        await app.engine.send(user, Event("ADD_WALLET", data), actor="x")
    # A lifecycle takes no such address; an earlier release's did.
    told, odd = json.dumps("0x1"), json.dumps(TEXTS[name])
    await app.pool.execute(
        "update orderwright.outbox set payload = replace(payload, $2, $3) where instance_id = $1",
        *(user, told, odd),
    )
    await app.worker.drain()
    instance = await app.engine.read(user)
    assert instance is not None
    assert "RESTRICTED" in instance.state


NAMED_BY = [
    ("WALLET_ADDED", "walletId", {"cryptoType": "BTC"}),
    ("WALLET_ADDED", "address", {"cryptoType": "BTC"}),
    ("KYC_SUBMITTED", "submissions", {"documentType": "passport"}),
]
each_name = pytest.mark.parametrize(("trigger", "field", "about"), NAMED_BY)


@each_text
@each_name
async def test_an_occurrence_that_is_named_so_is_decided_once(
    app: Orderwright, trigger: str, field: str, about: dict[str, object], name: str
):
    told = {"userId": f"{field}-{name}", "kycSessionId": f"{field}-{name}", **about}
    first, again = [await app.trigger(trigger, {**told, field: TEXTS[name]}) for _ in range(2)]
    other = await app.trigger(trigger, {**told, field: f"{TEXTS[name]}c"})
    is_named = field != "submissions"  # a text is no number: each is a submission of its own
    assert (first.status, first.is_repeated, again.is_repeated) == ("decided", False, is_named)
    assert (again.id == first.id, other.is_repeated) == (is_named, False)


@each_name
async def test_a_host_keeps_its_transaction_whatever_it_tells(
    app: Orderwright, trigger: str, field: str, about: dict[str, object]
):
    told = {"userId": f"mine-{field}", "kycSessionId": f"mine-{field}", **about}
    async with app.pool.acquire() as connection, connection.transaction():
        await connection.execute("create temp table mine (name text) on commit drop")
        for text in TEXTS.values():
            found = await app.trigger(trigger, {**told, field: text}, connection=connection)
            assert found.status == "decided"
        await connection.execute("insert into mine values ('kept')")


@each_text
async def test_a_submission_that_nobody_counts_is_decided(app: Orderwright, name: str):
    told = {"userId": name, "kycSessionId": f"counts-{name}", "provider": TEXTS[name]}
    assert (await app.trigger("KYC_SUBMITTED", told)).status == "decided"


@each_text
@each_name
@pytest.mark.parametrize("key", [None, "key"])
async def test_a_host_outside_is_answered_whatever_it_tells(
    app: Orderwright,
    trigger: str,
    field: str,
    about: dict[str, object],
    name: str,
    key: str | None,
):
    subject = f"outside-{field}-{name}-{key}"
    token = (await app.api_tokens.make(subject, ["trigger"], ADMIN, expires_at=None)).token
    context = {"userId": subject, "kycSessionId": subject, **about, field: TEXTS[name]}
    told = Told(trigger=trigger, context=context)
    first, again = [await app.hosts.trigger(token, told, key) for _ in range(2)]
    is_named = field != "submissions" or key is not None
    assert (first.status, again.id == first.id) == ("decided", is_named)
    assert again.is_repeated == is_named


@each_text
async def test_a_failure_is_on_record_whatever_the_host_told(app: Orderwright, name: str):
    async with (
        app.pool.acquire() as other,
        app.pool.acquire() as host,
        other.transaction(),
        host.transaction(),
    ):
        await other.execute("lock table orderwright.policy_event in exclusive mode")
        await host.execute("set local lock_timeout = '50ms'")
        told = {"userId": f"fails-{name}", "address": TEXTS[name], "cryptoType": "BTC"}
        found = await app.trigger("WALLET_ADDED", told, connection=host)
        assert (found.status, found.actions) == ("failed", ())
    row = await app.pool.fetchrow(
        "select status, error from orderwright.policy_execution where id = $1", found.id
    )
    assert tuple(row) == ("failed", found.error)


@pytest.mark.parametrize(
    "text", ["a\x00b", "a\ud800b", "x" * 100_000], ids=["nul", "half", "long"]
)
@pytest.mark.parametrize("field", ["entity.id", "occurrence"])
async def test_what_no_id_can_be_is_said_in_words_that_can_be_sent(
    app: Orderwright, field: str, text: str
):
    entity = ("Order", text if field == "entity.id" else "o")
    occurrence = text if field == "occurrence" else None
    with pytest.raises(InputInvalid) as wrong:
        await app.trigger("ORDER_CREATED", order(), entity=entity, occurrence=occurrence)
    assert wrong.value.field == field
    assert len(json.dumps(wrong.value.values, ensure_ascii=False).encode()) < 1_000
