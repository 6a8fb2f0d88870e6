"""The server dies between requests and nothing is lost; what one process does, clients of another see."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import asyncpg
import websockets

from acceptance.harness import Server, SignIn, free_port, until
from orderwright import Orderwright
from orderwright.app.settings import Settings
from orderwright.runtime.replay import Replay


async def test_a_killed_server_loses_nothing_between_any_two_requests(
    server: Server, sign_in: SignIn, database_url: str
) -> None:
    me = await sign_in(server)
    order_id = await me.decided((await me.create_order())["order"]["id"])
    steps = [
        ("SET_PAYMENT_METHOD", {"method": "CARD"}),
        ("PAYMENT_CAPTURED", {"amount": "5.00", "paymentId": "p1"}),
        ("PAYMENT_FAILED", {}),
        ("PAYMENT_CAPTURED", {"amount": "100.00", "paymentId": "p2"}),
    ]
    for number, (event, data) in enumerate(steps):
        answer = await me.sale(order_id, event, data, key=f"step-{number}")
        assert answer["__typename"] == "EventApplied"
        await server.kill()
        await server.start()
        repeated = await me.sale(order_id, event, data, key=f"step-{number}")
        assert repeated["replayed"] is True
        assert repeated["version"] == answer["version"]

    async def fulfilled() -> object:
        return (await me.order(order_id))["fulfilments"]

    [fulfilment] = await until(fulfilled)
    assert fulfilment["lines"] == [{"sku": "ANVIL", "quantity": 2}]
    assert [row["version"] for row in await me.log(order_id)] == [1, 2, 3, 4, 5, 6]
    async with Orderwright.connect(database_url, settings=Settings()) as app:
        assert await Replay(app.pool).verify(order_id) == ()


async def test_a_timer_that_fell_due_while_the_server_was_dead_fires_once(
    server: Server, sign_in: SignIn, database_url: str
) -> None:
    me = await sign_in(server)
    order_id = await me.decided((await me.create_order())["order"]["id"])
    await server.kill()
    connection = await asyncpg.connect(database_url)
    past = datetime.now(UTC) - timedelta(hours=1)  # noqa: TID251 (the server's clock is the machine's)
    await connection.execute("update orderwright.timer set due_at = $1", past)
    await connection.execute("update orderwright.log set occurred_at = $1", past)
    await connection.close()
    others = [Server(database_url) for _ in range(2)]
    await asyncio.gather(*(one.start() for one in others))
    await server.start()

    async def expired() -> bool:
        return (await me.order(order_id))["workflowState"] == "EXPIRED"

    await until(expired)
    for one in others:
        await one.stop()
    log = await me.log(order_id)
    assert [row["eventType"] for row in log].count("SALE_EXPIRED") == 1
    assert log[-1]["actor"]["id"] == "timer"


async def test_a_server_that_is_asked_to_end_ends_cleanly(server: Server, sign_in: SignIn) -> None:
    me = await sign_in(server)
    await me.create_order()
    assert await server.stop() == 0
    await server.start()
    assert (await me.ask("{ orders { totalCount } }"))["orders"]["totalCount"] == 1


async def test_a_change_in_one_process_reaches_the_clients_of_another(
    server: Server, sign_in: SignIn, database_url: str
) -> None:
    other = Server(database_url, port=free_port(), with_worker=False)
    await other.start()
    try:
        me, elsewhere = await sign_in(server), await sign_in(other)
        order_id = (await me.create_order())["order"]["id"]
        cookie = f"orderwright_session={elsewhere.http.cookies['orderwright_session']}"
        address = other.url.replace("http", "ws") + "/graphql"
        async with websockets.connect(
            address,
            subprotocols=["graphql-transport-ws"],
            open_timeout=30,
            additional_headers={"Cookie": cookie},
        ) as socket:
            await socket.send(json.dumps({"type": "connection_init"}))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            query = "subscription ($id: ID!) { workflowChanged(orderId: $id) { orderId } }"
            payload = {"query": query, "variables": {"id": order_id}}
            await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
            async with asyncio.timeout(30):
                while True:
                    await me.sale(order_id, "SET_PAYMENT_METHOD", {"method": "CARD"})
                    try:
                        heard = json.loads(await asyncio.wait_for(socket.recv(), 0.5))
                        break
                    except TimeoutError:
                        continue
        assert heard["payload"]["data"] == {"workflowChanged": {"orderId": order_id}}
    finally:
        await other.stop()


async def test_a_subscription_without_login_or_from_another_site_is_refused(
    server: Server, sign_in: SignIn
) -> None:
    me = await sign_in(server)
    order_id = (await me.create_order())["order"]["id"]
    address = server.url.replace("http", "ws") + "/graphql"
    async with websockets.connect(
        address, subprotocols=["graphql-transport-ws"], open_timeout=30
    ) as socket:
        await socket.send(json.dumps({"type": "connection_init"}))
        await socket.recv()
        query = f'subscription {{ workflowChanged(orderId: "{order_id}") {{ orderId }} }}'
        await socket.send(
            json.dumps({"type": "subscribe", "id": "1", "payload": {"query": query}})
        )
        answer = json.loads(await asyncio.wait_for(socket.recv(), 30))
        assert answer["type"] == "error" or answer["payload"]["errors"]
    try:
        async with websockets.connect(
            address,
            subprotocols=["graphql-transport-ws"],
            open_timeout=30,
            origin="https://evil.example",
        ):
            raise AssertionError("another site was let in")
    except websockets.exceptions.InvalidStatus:
        pass


async def test_health_tells_what_works(server: Server, sign_in: SignIn) -> None:
    me = await sign_in(server)
    assert (await me.http.get("/healthz")).json() == {"status": "ok"}
    ready = await me.http.get("/readyz")
    assert ready.status_code == 200
    answer = ready.json()
    relay = answer.pop("relay")
    assert answer == {"status": "ok", "database": "ok", "worker": "ok"}
    assert 0 <= relay["horizon_seconds"] < 60
    [phases] = [one for one in relay["consumers"] if one["consumer"] == "phases"]
    assert set(phases) - {"consumer"} == {
        "events",
        "seconds",
        "parked_roots",
        "dead_roots",
        "waiting_events",
    }
    assert phases["parked_roots"] == 0


async def test_health_is_degraded_while_a_root_is_parked(
    server: Server, sign_in: SignIn, database_url: str
) -> None:
    me = await sign_in(server)
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "insert into orderwright.parked_root values"
        " ('phases', 'o1', 'o1/2/1', 24, 'no', now(), now(), now())"
    )
    await connection.close()

    ready = await me.http.get("/readyz")

    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    [phases] = [one for one in ready.json()["relay"]["consumers"] if one["consumer"] == "phases"]
    assert (phases["parked_roots"], phases["dead_roots"]) == (1, 1)
