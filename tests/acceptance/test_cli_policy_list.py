"""Policies and tokens by command, on a database."""

from __future__ import annotations

import json

import pytest
from test_cli_operations import command

from orderwright import Orderwright
from orderwright.app.api_tokens import TokenRefused
from orderwright.app.orders import Asked
from orderwright.app.settings import Settings
from orderwright.app.shipped import folder


async def test_policies_are_listed_and_a_token_is_made_and_revoked(furnished_url: str):
    assert await command(furnished_url, "policy", "list") == (0, "no policies\n")
    make = ("token", "make", "shop", "--scope", "trigger", "--days", "2", "--as", "admin")
    status, told = await command(furnished_url, *make, "--json")
    assert (status, told["token"]["scopes"]) == (0, ["trigger"])
    async with Orderwright.connect(furnished_url, settings=Settings()) as app:
        admin = Asked(by=await app.people.named("admin"))
        document = json.loads((folder("policies") / "high-amount.json").read_text())
        await app.policy_office.desk.create(document, None, admin)
        assert (await app.api_tokens.whose(told["secret"])).name == "shop"
        order = {"orderId": "o-1", "userId": "u-1", "amount": 1, "currency": "EUR"}
        execution = await app.trigger("ORDER_CREATED", order)
        await command(furnished_url, "token", "revoke", told["token"]["id"], "--as", "admin")
        with pytest.raises(TokenRefused):
            await app.api_tokens.whose(told["secret"])

    status, told = await command(furnished_url, "policy", "list", "--json")
    [policy] = told["policies"]
    assert (policy["name"], policy["state"], policy["in_force"]) == ("High amount", "DRAFT", None)
    assert policy["priority"] == document["priority"]
    status, said = await command(furnished_url, "policy", "figures", policy["id"])
    assert (status, "precision unknown" in said) == (0, True)
    assert await command(furnished_url, "policy", "executions", "--outcome", "hit") == (
        0,
        "nothing was decided\n",
    )
    status, told = await command(furnished_url, "policy", "executions", "--json")
    assert [one["id"] for one in told["executions"]] == [execution.id]
    on_order = (policy["id"], "Order", "o-1", "--as")
    snooze = ("policy", "snooze", *on_order, "admin", "--reason", "known to us", "--for")
    status, told = await command(furnished_url, *snooze, "7d", "--json")
    snoozed = told["snooze"]
    assert (status, snoozed["entity"], snoozed["by"]) == (
        0,
        {"type": "Order", "id": "o-1"},
        "admin",
    )
    status, said = await command(furnished_url, *snooze, "never")
    assert (status, "input.invalid" in said) == (1, True)
    status, said = await command(furnished_url, "policy", "wake", *on_order, "clerk")
    assert (status, "access.denied" in said) == (1, True)
    status, said = await command(furnished_url, "policy", "wake", *on_order, "admin")
    assert (status, said) == (0, f"policy {policy['id']} has its say on Order o-1\n")
    status, said = await command(furnished_url, "token", "list", "--as", "admin")
    assert (status, "revoked" in said, "last used never" in said) == (0, True, False)
    status, said = await command(furnished_url, "token", "list", "--as", "clerk")
    assert (status, "access.denied" in said) == (1, True)
