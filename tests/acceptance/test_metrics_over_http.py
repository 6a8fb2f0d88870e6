"""Figures of a server and of a worker, as a scraper gets them."""

from __future__ import annotations

import asyncio
import signal
from urllib.parse import urlsplit

import asyncpg
import httpx

from acceptance.calling import begin
from acceptance.harness import CONSUMERS, Server, SignIn, free_port, until
from pages import Page


async def page_at(url: str) -> Page:
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        answer = await http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return Page(answer.text)


async def test_what_is_sent_is_counted_by_chart_event_and_outcome(server: Server, sign_in: SignIn):
    person = await sign_in(server)
    orders = [(await person.create_order())["order"]["id"] for _ in range(3)]
    for order in orders:
        await person.sale(order, "FREEZE", {"reason": "checking"}, key=f"freeze {order}")
    await person.sale(orders[0], "FREEZE", {"reason": "checking"}, key=f"freeze {orders[0]}")
    await person.sale(orders[0], "FREEZE", {"reason": "again"})
    page = await page_at(server.url)
    sent = {"chart": "sale", "event": "FREEZE"}
    assert page.value("transitions_total", chart="sale", event="create", outcome="applied") == 3
    assert page.value("transitions_total", **sent, outcome="applied") == 3
    assert page.value("transitions_total", **sent, outcome="replayed") == 1
    [refused] = [one for one in page.labels("transitions_total") if one["outcome"] == "refused"]
    assert refused == {**sent, "outcome": "refused", "code": "blocked"}
    assert page.value("batch_commands_count") >= 5


async def test_requests_are_counted_by_the_pattern_of_their_path(server: Server):
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        for number in range(3):
            await http.get(f"/api/v1/nothing/{number}")
        await http.get("/healthz")
        await http.request("PROPFIND", "/healthz")
    page = await page_at(server.url)
    assert page.value("http_request_seconds_count", route="/healthz", method="GET") == 1
    assert page.value("http_request_seconds_count", method="(other)", status="405") == 1
    routes = {one["route"] for one in page.labels("http_request_seconds_count")}
    assert not any("nothing" in route for route in routes)


async def test_a_page_says_what_the_database_knows(server: Server, sign_in: SignIn):
    person = await sign_in(server)
    await person.create_order()
    page = await page_at(server.url)
    assert page.value("database_up") == 1
    assert [one["consumer"] for one in page.labels("outbox_lag_events")] == [*CONSUMERS]
    assert page.samples("timers_overdue") == [0]
    assert {one["kind"] for one in page.labels("incidents_open")} > {"step", "timer_failed"}
    assert page.value("pool_connections_max", pool="lifecycles") == 8
    assert page.value("build_info") == 1


async def test_a_database_that_is_away_makes_no_scrape_fail(
    server: Server, database_url: str, server_url: str
):
    assert (await page_at(server.url)).value("database_up") == 1
    name = urlsplit(database_url).path.strip("/")
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute(f'alter database "{name}" with allow_connections false')
        await connection.execute(_CUT, name)

        async def is_down() -> Page | None:
            page = await page_at(server.url)
            return None if page.value("database_up") else page

        page = await until(is_down)
        assert page.samples("timers_overdue") == []
        assert page.value("build_info") == 1
    finally:
        await connection.execute(f'alter database "{name}" with allow_connections true')
        await connection.close()

    async def is_up() -> bool:
        return (await page_at(server.url)).value("database_up") == 1

    assert await until(is_up)


async def test_a_worker_serves_its_figures_where_it_is_told_to(server: Server, sign_in: SignIn):
    await server.stop()
    serving = Server(server.database_url, with_worker=False)
    await serving.start()
    port = free_port()
    worker = await begin(
        "worker",
        ORDERWRIGHT_DATABASE_URL=server.database_url,
        ORDERWRIGHT_METRICS_PORT=str(port),
        ORDERWRIGHT_LOG_LEVEL="error",
    )
    try:
        async with asyncio.timeout(30):
            assert await worker.stdout.readline() == b"working\n"
        person = await sign_in(serving)
        await person.create_order()

        async def handled() -> bool:
            page = await page_at(f"http://127.0.0.1:{port}")
            return page.value("events_handled_total", consumer="webhooks", outcome="handled") > 0

        assert await until(handled)
        async with httpx.AsyncClient(timeout=30) as http:
            ready = (await http.get(f"http://127.0.0.1:{port}/readyz")).json()
        assert ready["worker"] == "ok"
    finally:
        worker.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            status, _, _ = await worker.said()
        await serving.stop()
    assert status == 0


_CUT = """
select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()
"""
