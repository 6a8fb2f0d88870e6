"""Incidents, the outbox and webhooks, as those who run the house see them through GraphQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from acceptance.harness import CONSUMERS, Client, Server, SignIn, until
from orderwright.runtime.incident import Sighting, record

INCIDENTS = """
query ($filter: IncidentFilter, $first: Int! = 50, $after: String) {
  incidents(filter: $filter, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node {
      id kind subject owner status code cause details retry canRetry count firstSeenAt lastSeenAt
      resolvedAt resolvedBy resolution instanceId belongsTo { rootId orderId quotationId number } } } } }
"""
RESOLVE = """
mutation ($id: ID!, $note: String!, $key: String) {
  resolveIncident(id: $id, resolution: $note, idempotencyKey: $key) {
    __typename
    ... on IncidentResolved { incident { id status resolution resolvedBy } }
    ... on Refusal { code message reasons { code } } } }
"""
RETRY = """
mutation ($id: ID!) { retryIncident(id: $id) {
  __typename ... on IncidentRetried { incident { id } } ... on Refusal { code message } } }
"""
OUTBOX = """
query ($root: ID, $number: String, $first: Int! = 50, $after: String) {
  outbox(rootId: $root, number: $number, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node {
      id name data instanceId rootId correlationId causationId recordedAt
      belongsTo { orderId number }
      acknowledgements { consumer status acknowledgedAt } } } } }
"""
_SUBSCRIPTION = "subscription { id url patterns pausedAt pauseReason }"
_REFUSAL = "... on Refusal { code message }"
SUBSCRIBE = f"""
mutation ($url: String!, $patterns: [String!]!, $key: String) {{
  outcome: createWebhookSubscription(url: $url, patterns: $patterns, idempotencyKey: $key) {{
    ... on WebhookSecret {{ {_SUBSCRIPTION} secret replayed }} {_REFUSAL} }} }}
"""
ROTATE = f"""
mutation ($id: ID!, $key: String) {{ outcome: rotateWebhookSecret(id: $id, idempotencyKey: $key) {{
    ... on WebhookSecret {{ {_SUBSCRIPTION} secret replayed }} {_REFUSAL} }} }}
"""
PAUSE = f"""
mutation ($id: ID!) {{ outcome: pauseWebhookSubscription(id: $id, reason: "moving") {{
    ... on WebhookChanged {{ {_SUBSCRIPTION} }} {_REFUSAL} }} }}
"""
RESUME = f"""
mutation ($id: ID!) {{ outcome: resumeWebhookSubscription(id: $id) {{
    ... on WebhookChanged {{ {_SUBSCRIPTION} }} {_REFUSAL} }} }}
"""
DELETE = f"""
mutation ($id: ID!) {{ outcome: deleteWebhookSubscription(id: $id) {{
    ... on WebhookDeleted {{ id }} {_REFUSAL} }} }}
"""
REDELIVER = f"""
mutation ($id: ID!) {{ outcome: redeliver(subscriptionId: $id) {{
    ... on WebhooksRedelivered {{ messageIds }} {_REFUSAL} }} }}
"""
SUBSCRIPTIONS = "{ webhookSubscriptions { id url patterns createdBy pausedAt failingSince } }"
DELIVERIES = """
query ($id: ID!, $status: WebhookDeliveryStatus, $first: Int! = 50, $after: String) {
  webhookDeliveries(subscriptionId: $id, status: $status, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node { messageId eventId name status nextAttemptAt deliveredAt
      attempts { attemptedAt milliseconds responseStatus error } } } } }
"""


async def trouble(server: Server, *subjects: str, **values: Any) -> None:
    """Record incidents of steps."""
    at = datetime(2026, 3, 1, tzinfo=UTC)
    named: dict[str, Any] = {"kind": "step", "code": "guard_error", "seen_at": at, **values}
    connection = await asyncpg.connect(server.database_url)
    await record(
        connection,
        [Sighting(subject=one, cause=f"{one} is wrong", **named) for one in subjects],
    )
    await connection.close()


def nodes(connection: Any) -> list[Any]:
    return [edge["node"] for edge in connection["edges"]]


async def test_an_incident_leads_to_its_order_and_is_resolved_once(
    server: Server, sign_in: SignIn
):
    admin = await sign_in(server)
    order = (await admin.create_order())["order"]
    await trouble(server, "o/PAY", details={"instance": order["id"], "missing": ["stock"]})
    [found] = nodes((await admin.ask(INCIDENTS))["incidents"])
    assert (found["kind"], found["owner"], found["status"], found["count"]) == (
        "STEP",
        "chart author",
        "OPEN",
        1,
    )
    assert found["details"]["missing"] == ["stock"]
    assert found["instanceId"] == order["id"]
    assert found["belongsTo"] == {
        "rootId": order["id"],
        "orderId": order["id"],
        "quotationId": None,
        "number": order["number"],
    }
    assert not found["canRetry"]
    refused = (await admin.ask(RETRY, id=found["id"]))["retryIncident"]
    assert refused["code"] == "incident.no_remedy"

    async def resolve(note: str, key: str | None = None) -> Any:
        return (await admin.ask(RESOLVE, id=found["id"], note=note, key=key))["resolveIncident"]

    assert (await resolve("  "))["code"] == "input.invalid"
    for _ in range(2):
        done = (await resolve("stock is counted again", "k"))["incident"]
        assert (done["status"], done["resolution"]) == ("RESOLVED", "stock is counted again")
    assert (await resolve("again"))["code"] == "incident.not_found"
    assert nodes((await admin.ask(INCIDENTS))["incidents"]) == []
    resolved = (await admin.ask(INCIDENTS, filter={"status": "RESOLVED"}))["incidents"]
    assert [one["id"] for one in nodes(resolved)] == [found["id"]]


async def test_incidents_come_in_pages_and_by_kind(server: Server, sign_in: SignIn):
    admin = await sign_in(server)
    subjects = [f"o{n}/PAY" for n in range(5)]
    await trouble(server, *subjects)
    await trouble(server, "o9/LATE", kind="timer_refused")
    wanted = {"kind": "STEP"}
    page = (await admin.ask(INCIDENTS, filter=wanted, first=3))["incidents"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (5, True)
    after = page["pageInfo"]["endCursor"]
    rest = (await admin.ask(INCIDENTS, filter=wanted, first=3, after=after))["incidents"]
    assert not rest["pageInfo"]["hasNextPage"]
    assert sorted(one["subject"] for one in nodes(page) + nodes(rest)) == subjects
    refused = await admin.raw(INCIDENTS, after="nonsense")
    assert refused["errors"][0]["extensions"]["code"] == "input.invalid"


async def test_the_outbox_shows_events_of_an_order_and_who_has_acknowledged_them(
    server: Server, sign_in: SignIn
):
    admin = await sign_in(server)
    order = (await admin.create_order())["order"]
    await admin.create_order()
    payment = {"amount": "105.00", "paymentId": "p-1"}
    await admin.sale(order["id"], "PAYMENT_CAPTURED", payment)

    async def all_acknowledged() -> Any:
        page = (await admin.ask(OUTBOX, root=order["id"]))["outbox"]
        stands = [one for node in nodes(page) for one in node["acknowledgements"]]
        names = {node["name"] for node in nodes(page)}
        is_done = any(name.startswith("fulfilment.") for name in names)
        done = is_done and all(one["acknowledgedAt"] for one in stands)
        return page if done else None

    page = await until(all_acknowledged)
    events = nodes(page)
    assert page["totalCount"] == len(events)
    assert {event["rootId"] for event in events} == {order["id"]}
    assert len({event["instanceId"] for event in events}) == 2, "of the sale and its fulfilment"
    assert {event["belongsTo"]["number"] for event in events} == {order["number"]}
    [created] = [event for event in events if event["name"] == "order.created"]
    assert created["causationId"] == f"{order['id']}/1"
    assert [one["consumer"] for one in created["acknowledgements"]] == [*CONSUMERS]
    assert (await admin.ask(OUTBOX, number=order["number"]))["outbox"] == page
    assert (await admin.ask(OUTBOX, number="SO-nothing"))["outbox"]["totalCount"] == 0
    everything = (await admin.ask(OUTBOX))["outbox"]
    assert everything["totalCount"] > page["totalCount"]
    paged, after = [], None
    while True:
        part = (await admin.ask(OUTBOX, root=order["id"], first=2, after=after))["outbox"]
        paged += nodes(part)
        after = part["pageInfo"]["endCursor"]
        if not part["pageInfo"]["hasNextPage"]:
            break
    assert [one["id"] for one in paged] == [one["id"] for one in events]


async def outcome(client: Client, mutation: str, **variables: Any) -> Any:
    return (await client.ask(mutation, **variables))["outcome"]


async def test_a_webhook_is_subscribed_paused_resumed_given_a_new_secret_and_removed(
    server: Server, sign_in: SignIn
):
    admin = await sign_in(server)
    refused = await outcome(admin, SUBSCRIBE, url="http://127.0.0.1/", patterns=["*"])
    assert refused["code"] == "input.invalid"
    asked = {"url": "https://shop.example/hooks", "patterns": ["sale.*"]}
    made = await outcome(admin, SUBSCRIBE, **asked, key="once")
    again = await outcome(admin, SUBSCRIBE, **asked, key="once")
    assert made["secret"].startswith("whsec_")
    assert not made["replayed"]
    assert again == {**made, "replayed": True}
    [listed] = (await admin.ask(SUBSCRIPTIONS))["webhookSubscriptions"]
    one = listed["id"]
    assert (listed["url"], listed["patterns"]) == (asked["url"], asked["patterns"])

    paused = await outcome(admin, PAUSE, id=one)
    assert paused["subscription"]["pauseReason"] == "moving"
    order = (await admin.create_order())["order"]
    await admin.sale(order["id"], "PAYMENT_CAPTURED", {"amount": "105.00", "paymentId": "p"})

    async def waiting() -> Any:
        page = (await admin.ask(DELIVERIES, id=one, first=1))["webhookDeliveries"]
        return page if nodes(page) else None

    page = await until(waiting)
    [delivery] = nodes(page)
    assert (delivery["status"], delivery["attempts"]) == ("WAITING", [])
    assert delivery["eventId"].startswith(order["id"])
    assert (await outcome(admin, REDELIVER, id=one))["messageIds"] == []

    rotated = await outcome(admin, ROTATE, id=one, key="turn")
    assert rotated["secret"] != made["secret"]
    assert (await outcome(admin, ROTATE, id=one, key="turn"))["secret"] == rotated["secret"]
    assert (await outcome(admin, RESUME, id=one))["subscription"]["pausedAt"] is None
    assert (await outcome(admin, DELETE, id=one))["id"] == one
    for mutation in (PAUSE, RESUME, DELETE, ROTATE, REDELIVER):
        assert (await outcome(admin, mutation, id=one))["code"] == "webhook.not_found"
    assert (await admin.ask(SUBSCRIPTIONS))["webhookSubscriptions"] == []


async def test_dead_deliveries_show_their_attempts_and_are_sent_again(
    server: Server, sign_in: SignIn
):
    admin = await sign_in(server)
    asked = {"url": "https://shop.example/hooks", "patterns": ["*"]}
    one = (await outcome(admin, SUBSCRIBE, **asked))["subscription"]["id"]
    await outcome(admin, PAUSE, id=one)
    connection = await asyncpg.connect(server.database_url)
    await connection.execute(_DEAD, one)
    await connection.close()
    page = (await admin.ask(DELIVERIES, id=one, status="DEAD"))["webhookDeliveries"]
    [delivery] = nodes(page)
    assert [one["responseStatus"] for one in delivery["attempts"]] == [500, None]
    assert delivery["attempts"][1]["error"] == "timeout"
    assert (await outcome(admin, REDELIVER, id=one))["messageIds"] == ["msg_1"]
    page = (await admin.ask(DELIVERIES, id=one, status="WAITING"))["webhookDeliveries"]
    assert [node["messageId"] for node in nodes(page)] == ["msg_1"]


_DEAD = """
with dead as (
    insert into orderwright.webhook_delivery
        (subscription_id, message_id, event_id, name, body, status, attempts, next_attempt_at, created_at)
    values ($1, 'msg_1', 'o1/1/1', 'order.created', '{}', 'dead', 2, '2026-03-01', '2026-03-01'))
insert into orderwright.webhook_attempt
    (subscription_id, message_id, attempted_at, milliseconds, response_status, error)
values ($1, 'msg_1', '2026-03-01', 12, 500, 'the endpoint answered 500'),
       ($1, 'msg_1', '2026-03-02', 15000, null, 'timeout')
"""


@pytest.mark.parametrize("login", ["clerk", "auditor", "bob"])
async def test_who_does_not_run_the_house_sees_and_changes_nothing_of_it(
    server: Server, sign_in: SignIn, login: str
):
    await trouble(server, "o/PAY")
    outsider = await sign_in(server, login)
    for query in (INCIDENTS, OUTBOX, SUBSCRIPTIONS):
        answer = await outsider.raw(query)
        assert answer["errors"][0]["extensions"]["code"] == "access.denied"
    answer = await outsider.raw(DELIVERIES, id="x")
    assert answer["errors"][0]["extensions"]["code"] == "access.denied"
    for mutation in (PAUSE, RESUME, DELETE, ROTATE, REDELIVER):
        assert (await outcome(outsider, mutation, id="x"))["code"] == "access.denied"
    asked = {"url": "https://shop.example/", "patterns": ["*"]}
    assert (await outcome(outsider, SUBSCRIBE, **asked))["code"] == "access.denied"
    refused = await outsider.ask(RESOLVE, id="x", note="done")
    assert refused["resolveIncident"]["code"] == "access.denied"
    assert (await outsider.ask(RETRY, id="x"))["retryIncident"]["code"] == "access.denied"
