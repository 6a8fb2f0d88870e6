"""Overrides by command, each as somebody with a login."""

from __future__ import annotations

from test_cli_operations import command

from orderwright import Orderwright
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.settings import Settings

LINES = [{"sku": "ANVIL", "quantity": 1, "unitPrice": "400.00"}]
TERMS = NewTerms(customer_id="bob", channel="CONSUMER", currency="EUR", lines=LINES)


async def test_requests_are_listed_voted_on_and_revoked_by_people_who_may(furnished_url: str):
    async with Orderwright.connect(furnished_url, settings=Settings()) as app:
        clerk = Asked(by=await app.people.named("clerk"))
        order = await app.orders.create_order(TERMS, clerk)
        await app.overrides.request(order.instance_id, "ADMIN", "always pays", clerk)
        await app.worker.drain()

    status, told = await command(furnished_url, "override", "list", "--as", "auditor", "--json")
    [one] = told["overrides"]
    assert (status, told["total"], one["state"], one["amount"]) == (0, 1, "PENDING", "400.00")
    vote = ("override", "vote", one["id"], "approve", "--reason", "fine")
    status, said = await command(furnished_url, *vote, "--as", "clerk")
    assert (status, "access.denied" in said) == (1, True)
    status, told = await command(furnished_url, *vote, "--as", "admin", "--json")
    assert (status, told["override"]["state"]) == (0, "APPROVED")
    status, said = await command(furnished_url, *vote, "--as", "admin")
    assert (status, "override.refused" in said) == (1, True)
    revoke = ("override", "revoke", one["id"], "--reason", "news", "--as", "admin")
    status, said = await command(furnished_url, *revoke)
    assert (status, "Revoked" in said) == (0, True)
    assert (await command(furnished_url, "override", "list", "--as", "nobody"))[0] == 1
    status, said = await command(furnished_url, "override", "list", "--as", "admin")
    assert (status, said) == (0, "no override requests\n")
