"""A receiver of webhooks on the loopback: it keeps every request and answers as it is told."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: str

    @property
    def message_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def type(self) -> str:
        return json.loads(self.body)["type"]

    def is_signed_with(self, secret: str) -> bool:
        """Verify as the specification says, without the library that signs."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.message_id}.{self.headers['webhook-timestamp']}.{self.body}"
        digest = hmac.new(key, signed.encode(), hashlib.sha256).digest()
        return self.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


@dataclass
class Receiver:
    """Answers with the next of `answers` (raw, or a status), and with 204 when there is none."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[int | bytes] = field(default_factory=list)
    silent: bool = False
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            request, *lines = head.rstrip().split("\r\n")
            headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
            body = (await reader.readexactly(int(headers["content-length"]))).decode()
            self.received.append(Received(request.split(" ")[1], headers, body))
            self.asked.set()
            if self.silent:
                await reader.read()  # until the other side gives up
                return
            said = self.answers.pop(0) if self.answers else 204
            raw = (
                b"HTTP/1.1 %d Said\r\ncontent-length: 4\r\n\r\nsaid" % said
                if isinstance(said, int)
                else said
            )
            if said == 204:
                raw = b"HTTP/1.1 204 No Content\r\n\r\n"
            writer.write(raw)
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving(context: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Run a receiver, with TLS if a context is given."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", 0, ssl=context)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks"
    try:
        yield receiver
    finally:
        server.close()
