"""Lines of the log, as a collector of logs reads them: JSON, with the names that tie them together."""

from __future__ import annotations

import json
from typing import Any

import asyncpg
import httpx

from acceptance.harness import Server, SignIn, until

JSON_LINES = {"ORDERWRIGHT_LOG_FORMAT": "json"}


def lines(server: Server) -> list[dict[str, Any]]:
    server.log.seek(0)
    return [json.loads(line) for line in server.log.read().splitlines()]


async def test_a_request_is_one_line_with_the_id_that_the_caller_gave(furnished_url: str):
    server = Server(furnished_url, settings=JSON_LINES)
    await server.start()
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        given = await http.get("/api/v1/session?q=secret", headers={"X-Request-ID": "abc-123"})
        quiet = await http.get("/healthz")
        made = await http.get("/nothing/here", headers={"X-Request-ID": "not good\\"})
    try:

        async def told() -> list[dict[str, Any]]:
            found = [line for line in lines(server) if line["event"] == "request"]
            return found if len(found) > 1 else []

        found = await until(told)
    finally:
        await server.stop()
    assert given.headers["x-request-id"] == "abc-123"
    assert quiet.headers["x-request-id"]
    assert len(found) == 2
    [one, other] = found
    wanted = {
        "request_id": "abc-123",
        "method": "GET",
        "path": "/api/v1/session",
        "route": "/api/v1/session",
        "status": 401,
        "level": "info",
    }
    assert wanted.items() <= one.items()
    assert one["milliseconds"] >= 0
    assert "secret" not in json.dumps(found)
    assert other["request_id"] == made.headers["x-request-id"] != "not good\\"


async def test_what_a_worker_fails_at_is_logged_with_its_causes(
    furnished_url: str, sign_in: SignIn
):
    """The consumer finds no product to allocate, because somebody has taken the table away."""
    settings = {**JSON_LINES, "ORDERWRIGHT_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    server = Server(furnished_url, settings=settings)
    await server.start()
    me = await sign_in(server)
    order_id = await me.decided((await me.create_order())["order"]["id"])
    connection = await asyncpg.connect(furnished_url)
    await connection.execute("alter table orderwright.fulfilment rename to fulfilment_away")
    try:
        paid = {"amount": "105.00", "paymentId": "p1"}
        await me.sale(order_id, "PAYMENT_CAPTURED", paid)

        async def failed() -> list[dict[str, Any]]:
            return [line for line in lines(server) if line["event"] == "consumer_failed"]

        [line] = (await until(failed))[:1]
    finally:
        await connection.execute("alter table orderwright.fulfilment_away rename to fulfilment")
        await connection.close()
        await server.stop()
    row = f"{order_id}/3"
    wanted = {
        "consumer": "phases",
        "event_type": "sale.cleared",
        "instance_id": order_id,
        "root_id": order_id,
        "correlation_id": row,
    }
    assert wanted.items() <= line.items()
    assert line["causation_id"].startswith(f"{row}/")
    assert len(line["trace_id"]) == 32
    assert "fulfilment" in line["exception"]
