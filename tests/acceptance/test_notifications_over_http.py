"""Notifications through GraphQL: everybody their own."""

from __future__ import annotations

from typing import Any

import httpx

from acceptance.harness import Client, Server, SignIn, until

TOLD = """
query ($unread: Boolean! = false) { notifications(unread: $unread) {
  unreadCount edges { node { id event subject body link readAt } } } }
"""
READ = """
mutation ($ids: [ID!]) { readNotifications(ids: $ids) { ... on NotificationsRead { unreadCount } } }
"""
PREFER = """
mutation ($event: String!) { setNotificationPreference(event: $event, channel: APP, isWanted: false) {
  ... on NotificationPreferenceSet { preference { event channel isWanted } } ... on Refusal { code } } }
"""
SPEAK = """
mutation ($language: String!) { setNotificationLanguage(language: $language) {
  ... on NotificationLanguage { language } ... on Refusal { code } } }
"""


async def told(client: Client, **variables: Any) -> list[Any]:
    found = (await client.ask(TOLD, **variables))["notifications"]
    return [edge["node"] for edge in found["edges"]]


async def test_people_see_and_read_what_they_were_told_and_choose_what_they_want(
    server: Server, sign_in: SignIn
):
    admin, clerk = await sign_in(server), await sign_in(server, "clerk")
    order = (await clerk.create_order())["order"]
    asked = await clerk.sale(order["id"], "ADMIN_OVERRIDE_REQUESTED", {"reason": "old friend"})
    assert asked["__typename"] == "EventApplied"
    [first] = await until(lambda: told(admin))
    assert (first["event"], first["link"]) == ("override.requested", f"/orders/{order['id']}")
    assert order["number"] in first["subject"]
    assert "old friend" in first["body"]
    assert await told(clerk) == []

    assert (await clerk.ask(READ, ids=[first["id"]]))["readNotifications"]["unreadCount"] == 0
    assert (await admin.ask(TOLD))["notifications"]["unreadCount"] == 1
    assert (await admin.ask(READ))["readNotifications"]["unreadCount"] == 0
    assert await told(admin, unread=True) == []
    [read] = await told(admin)
    assert read["readAt"] is not None

    refused = (await admin.ask(PREFER, event="sale.cleared"))["setNotificationPreference"]
    assert refused["code"] == "input.invalid"
    wish = {"event": "override.requested", "channel": "APP", "isWanted": False}
    done = (await admin.ask(PREFER, event="override.requested"))["setNotificationPreference"]
    assert done["preference"] == wish
    query = "{ notificationPreferences { event channel isWanted } }"
    wishes = (await admin.ask(query))["notificationPreferences"]
    assert [one for one in wishes if not one["isWanted"]] == [wish]
    assert (await admin.ask(SPEAK, language="xx"))["setNotificationLanguage"]["code"] == (
        "input.invalid"
    )
    assert (await admin.ask(SPEAK, language="de"))["setNotificationLanguage"]["language"] == "de"
    spoken = (await admin.ask("{ notificationLanguage { language languages } }"))[
        "notificationLanguage"
    ]
    assert spoken == {"language": "de", "languages": ["en", "de"]}
    assert await answer_to_nobody(server) == "access.login_required"


async def answer_to_nobody(server: Server) -> str:
    """What somebody hears who has not signed in."""
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        answer = await Client(http).raw(TOLD)
    return str(answer["errors"][0]["extensions"]["code"])
