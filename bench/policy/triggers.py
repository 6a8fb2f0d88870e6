"""`POST /api/v1/triggers/ORDER_CREATED` with 100 policies in force, on the embedded PostgreSQL, beside pgbench.

A request has an order of its own: its facts are taken in, the policies decide, and the execution is written with its
evaluations and actions in one transaction. One server process without a worker; the client speaks plain HTTP over
connections that stay open, and shares the machine. Slices alternate with script B, which writes what one transition
of a lifecycle does.

    narrow    an event meets one policy at most
    5 %       an event meets five: five evaluations and five actions are written

The columns: requests and transactions of B per second, the ratio, its middle half, all of it; milliseconds of a
request.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import uvicorn
import uvloop

from bench.policy.sample import TRIGGER, document
from bench.rounds import Comparison, compare, heading
from bench.runtime import pgbench
from orderwright import Orderwright
from orderwright.api.server import create_server
from orderwright.app import embedded
from orderwright.app.log import configure_log
from orderwright.app.orders import Asked
from orderwright.app.permissions import Identity, Role
from orderwright.app.policies.terms import NewTerm, put_in_force, take_out_of_force
from orderwright.app.settings import Settings
from orderwright.condition import FactField
from orderwright.json_text import dump
from orderwright.policy import load

POLICIES: Final = 100
CONCURRENT: Final = (1, 8, 16)
REQUESTS: Final = 600
SHAPES: Final = ("narrow", "5 %")
SETTINGS: Final = Settings(log_level="warning")
EXTRA: Final = {TRIGGER: {"user.orders": FactField(type="number")}}
BENCH: Final = Identity(id="bench", login="bench", name="Bench", roles=frozenset({Role.ADMIN}))
_MILLI: Final = 1000


async def serve(url: str, port: int) -> None:
    """Serve until the process is ended."""
    configure_log(SETTINGS)
    async with Orderwright.connect(url, settings=SETTINGS, facts=EXTRA) as app:
        server = create_server(app, console=None, with_worker=False)
        config = uvicorn.Config(server, port=port, log_level="warning", access_log=False)
        await uvicorn.Server(config).serve()


async def _put_in_force(app: Orderwright, shape: str) -> None:
    """Put the policies of a shape in force, in place of all others."""
    now = datetime.now(UTC)  # noqa: TID251 (a bench runs on the machine's clock)
    async with app.pool.acquire() as connection, connection.transaction():
        for row in await connection.fetch("select policy_id from orderwright.policy_deployment"):
            await take_out_of_force(connection, row["policy_id"], now)
        for number in range(POLICIES):
            policy, name = load(document(shape, number, POLICIES)), f"{shape}-{number:03}"
            text = dump(policy.to_json())
            await connection.execute(_POLICY, name, policy.name, TRIGGER, now)
            await connection.execute(_VERSION, name, text, policy.fingerprint, now)
            term = NewTerm(policy_id=name, version=1, trigger=TRIGGER, published_by="bench")
            await put_in_force(connection, term, now)


@dataclass(slots=True)
class Client:
    """Asks over connections that stay open."""

    port: int
    secret: str
    numbers: Iterator[int]
    waits: list[float]

    async def slice(self, clients: int) -> float:
        """Ask, and return requests per second."""
        begun = time.perf_counter()
        each = REQUESTS // clients
        await asyncio.gather(*(self._ask(each) for _ in range(clients)))
        return each * clients / (time.perf_counter() - begun)

    async def _ask(self, count: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for _ in range(count):
            begun = time.perf_counter()
            writer.write(self._request(next(self.numbers)))
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 200 " in head.split(b"\r\n", 1)[0], head
            length = head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]
            body = await reader.readexactly(int(length))
            assert b'"status":"decided"' in body, body
            self.waits.append((time.perf_counter() - begun) * _MILLI)
        writer.close()

    def _request(self, number: int) -> bytes:
        context = {
            "orderId": f"o{number}",
            "userId": f"u{number % POLICIES}",
            "user": {"country": f"C{number % 20}", "orders": number % 900},
            "amount": "5000.00",
            "currency": "EUR",
        }
        body = json.dumps({"context": context}).encode()
        head = (
            f"POST /api/v1/triggers/{TRIGGER} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self.secret}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


async def _race(url: str, client: Client, clients: int, rounds: int) -> Comparison:
    peer = pgbench.b(url)

    async def ours() -> float:
        return await client.slice(clients)

    async def theirs() -> float:
        return (await asyncio.to_thread(peer.slice, clients, 1)).rate

    [comparison] = await compare([ours], theirs, rounds=rounds)
    return comparison


async def _ready(port: int) -> None:
    """Wait until the server listens."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return


async def main(url: str, rounds: int) -> None:
    """Measure both shapes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    async with Orderwright.connect(url, settings=SETTINGS, facts=EXTRA) as app:
        pgbench.b(url).prepare()  # its tables are like ours
        asked = Asked(by=BENCH)
        token = await app.api_tokens.make("bench", ["trigger"], asked, expires_at=None)
        words = ("-m", "bench.policy.triggers", "--serve", url, str(port))
        server = await asyncio.create_subprocess_exec(sys.executable, *words)
        try:
            await _ready(port)
            print(f"{'':8} {'clients':>7}   {heading('B')}      p50     p99")
            numbers = itertools.count()
            for shape, clients in itertools.product(SHAPES, CONCURRENT):
                await _put_in_force(app, shape)
                client = Client(port=port, secret=token.secret, numbers=numbers, waits=[])
                found = await _race(url, client, clients, rounds)
                waits = statistics.quantiles(client.waits, n=100)
                print(f"{shape:8} {clients:7}   {found}   {waits[49]:6.2f} {waits[98]:7.2f}")
        finally:
            server.terminate()
            await server.wait()


_POLICY: Final = (
    "insert into orderwright.policy values ($1, $2, $3, $4, 'bench') on conflict (id) do nothing"
)
_VERSION: Final = """
insert into orderwright.policy_version (policy_id, version, document, fingerprint, saved_by, saved_at)
values ($1, 1, $2, $3, 'bench', $4) on conflict (policy_id, version) do nothing
"""

if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--serve", nargs=2, metavar=("URL", "PORT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        uvloop.run(serve(given.serve[0], int(given.serve[1])))
    else:
        with tempfile.TemporaryDirectory(prefix="ow-bench-") as folder:
            home = Path(folder)
            home.chmod(0o711)  # as root the server runs as another account
            with embedded.acquire(home) as lease:
                uvloop.run(main(lease.url, given.rounds))
