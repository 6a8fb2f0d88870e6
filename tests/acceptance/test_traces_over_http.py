"""Traces of a whole causal chain, as a collector gets them from server and worker."""

from __future__ import annotations

import asyncio

import httpx

from acceptance.harness import Client, Server, SignIn, until
from collector import Seen, collecting, require_tree

CALLER = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


async def test_what_one_request_brings_about_is_one_trace(furnished_url: str, sign_in: SignIn):
    """The customer pays: the sale is cleared, gets a fulfilment, and that its stock."""
    with collecting() as collector:
        server = _server(furnished_url, collector.url)
        await server.start()
        me = await sign_in(server)
        order_id = await me.decided((await me.create_order())["order"]["id"])
        await _pay(server, me, order_id)
        fulfilment_id = (await until(lambda: _fulfilment(me, order_id, "PICK_PACK")))["id"]
        await me.fulfil(fulfilment_id, "FULFILMENT_STARTED")
        shipped = {"carrier": "DHL", "tracking": "JD01"}
        await me.fulfil(fulfilment_id, "PACKAGE_SHIPPED", shipped)
        await me.fulfil(fulfilment_id, "PACKAGE_DELIVERED")
        await until(lambda: _has_heard(me, order_id, "FULFILMENT_COMPLETED"))
        assert await server.stop() == 0
        spans = collector.spans

    [request] = [span for span in spans if span.trace == CALLER]
    assert (request.name, request.parent) == ("POST /graphql", SPAN)
    [paid] = [span for span in spans if span.name == "sale PAYMENT_CAPTURED"]
    assert request.links == {(paid.trace, paid.id)}
    paid_for = _trace(spans, paid)
    assert require_tree(paid_for) == paid
    assert {"reservation HAND_OVER", "fulfilment create", "phases sale.cleared"} <= {
        span.name for span in paid_for
    }
    assert paid.attributes["orderwright.from_state"] == "AWAITING_PAYMENT_METHOD"
    assert paid.attributes["orderwright.to_state"] == "CLEARED_FOR_FULFILMENT"
    assert paid.attributes["orderwright.actor_kind"] == "user"

    [delivered] = [span for span in spans if span.name == "fulfilment PACKAGE_DELIVERED"]
    delivery = _trace(spans, delivered)
    assert require_tree(delivery) == delivered
    names = {span.name for span in delivery}
    assert "fulfilment after.return_window.fulfilment.OUT.DELIVERED" in names
    assert "sale FULFILMENT_COMPLETED" in names


async def test_a_collector_that_hangs_holds_nothing_up(furnished_url: str, sign_in: SignIn):
    with collecting(holds=True) as collector:
        server = _server(furnished_url, collector.url)
        await server.start()
        me = await sign_in(server)
        await me.create_order()
        assert await asyncio.to_thread(collector.asked.wait, 30)
        order_id = (await me.create_order())["order"]["id"]
        frozen = await me.sale(order_id, "FREEZE", {"reason": "checking"})
        assert frozen["workflow"]["state"] == "FROZEN"
        assert await server.stop() == 0


def _server(database_url: str, endpoint: str) -> Server:
    settings = {
        "ORDERWRIGHT_OTLP_ENDPOINT": endpoint,
        "ORDERWRIGHT_RETURN_WINDOW_DAYS": "0",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    return Server(database_url, settings=settings)


async def _pay(server: Server, me: Client, order_id: str) -> None:
    """Pay as a caller who has a trace of their own."""
    header = {"traceparent": f"00-{CALLER}-{SPAN}-01"}
    async with httpx.AsyncClient(base_url=server.url, timeout=30, headers=header) as http:
        http.cookies = me.http.cookies
        data = {"amount": "105.00", "paymentId": "p1"}
        paid = await Client(http).sale(order_id, "PAYMENT_CAPTURED", data)
    assert paid["workflow"]["state"] == "CLEARED_FOR_FULFILMENT"


def _trace(spans: list[Seen], of: Seen) -> list[Seen]:
    return [span for span in spans if span.trace == of.trace]


async def _fulfilment(me: Client, order_id: str, state: str) -> dict[str, str] | None:
    found = (await me.order(order_id))["fulfilments"]
    return found[0] if found and found[0]["workflowState"] == state else None


async def _has_heard(me: Client, order_id: str, event: str) -> bool:
    return (await me.log(order_id))[-1]["eventType"] == event
