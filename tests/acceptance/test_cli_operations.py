"""Incidents and webhooks by command."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from acceptance.calling import call
from orderwright.runtime.incident import Sighting, record

HUGE = "9" * 20


async def command(url: str, *words: str) -> tuple[int, Any]:
    """Run `orderwright` and return its status and what it said, on stderr too unless that is JSON."""
    status, out, err = await call(url, *words)
    return status, json.loads(out) if "--json" in words else out + err


async def test_incidents_are_listed_and_resolved(database_url: str):
    assert await command(database_url, "incident", "list") == (0, "no incidents\n")
    at = datetime(2026, 3, 1, tzinfo=UTC)
    sighting = Sighting(kind="step", subject="o1/PAY", code="loop", cause="round", seen_at=at)
    connection = await asyncpg.connect(database_url)
    await record(connection, [sighting])
    await connection.close()

    status, said = await command(database_url, "incident", "list")
    assert status == 0
    for text in ("o1/PAY", "for chart author", "[loop] round", "send the event again", "1 of 1"):
        assert text in said
    status, told = await command(database_url, "incident", "list", "--kind", "step", "--json")
    [one] = told["incidents"]
    assert (status, told["total"], one["details"], one["count"]) == (0, 1, {}, 1)

    status, said = await command(database_url, "incident", "retry", one["incident_id"])
    assert (status, "incident.no_remedy" in said) == (1, True)
    note = ("--resolution", "a new version of the chart")
    resolve = ("incident", "resolve", one["incident_id"], *note)
    status, told = await command(database_url, *resolve, "--json")
    assert (status, told["incident"]["resolved_by"]) == (0, "cli")
    status, said = await command(database_url, *resolve)
    assert (status, "incident.not_found" in said) == (1, True)
    status, told = await command(database_url, "incident", "list", "--resolved", "--json")
    assert [one["resolution"] for one in told["incidents"]] == ["a new version of the chart"]
    assert (await command(database_url, "incident", "resolve", "x"))[0] == 2
    assert (await command(database_url, "incident", "list", "--limit", "0"))[0] == 1


async def test_webhooks_are_added_listed_paused_and_resumed(database_url: str):
    assert await command(database_url, "webhook", "list") == (0, "no subscriptions\n")
    add = ("webhook", "add", "https://shop.example/hooks", "sale.*", "order.created")
    status, told = await command(database_url, *add, "--json")
    one = told["subscription_id"]
    assert (status, told["secret"][:6]) == (0, "whsec_")
    status, said = await command(database_url, "webhook", "add", "https://10.0.0.1/", "*")
    assert (status, "webhook.address_refused" in said) == (1, True)

    assert (await command(database_url, "webhook", "pause", one, "--reason", "moving"))[0] == 0
    status, said = await command(database_url, "webhook", "list")
    assert said == f"{one}  https://shop.example/hooks  sale.* order.created  paused: moving\n"
    assert (await command(database_url, "webhook", "resume", one))[0] == 0
    status, told = await command(database_url, "webhook", "list", "--json")
    assert [row["paused_at"] for row in told["subscriptions"]] == [None]
    assert await command(database_url, "webhook", "deliveries", one) == (0, "no deliveries\n")
    for verb in ("pause", "resume", "deliveries"):
        status, said = await command(database_url, "webhook", verb, "nothing")
        assert (status, "webhook.not_found" in said) == (1, True), verb


@pytest.mark.parametrize(
    "words",
    [
        ("deadletter", "list", "--limit", HUGE),
        ("incident", "list", "--limit", HUGE),
        ("webhook", "deliveries", "s", "--limit", HUGE),
        ("instance", "simulate", "i", "--event", "PAY", "--version", HUGE),
        ("instance", "simulate", "i", "--event", "PAY", "--chart-version", HUGE),
        ("instance", "migrate", "sale", "--from", HUGE, "--to", "1"),
        ("instance", "migrate", "sale", "--from", "1", "--to", "2147483648"),
        ("chart", "diff", "sale", "--from", "1", "--to", HUGE),
        ("chart", "diff", "sale", "--from", "0", "--to", "1"),
    ],
)
async def test_a_number_that_the_database_cannot_hold_is_bad_input(
    database_url: str, words: tuple[str, ...]
):
    status, told = await command(database_url, *words, "--json")
    assert (status, told["error"]["code"]) == (1, "input.invalid")
    assert "1 to 2147483647" in told["error"]["message"]
