"""A mail server for tests: it keeps what it takes, and refuses whom it is told to refuse."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from acceptance.harness import free_port


@dataclass
class Mailbox:
    """What has arrived, the answers to recipients that are not taken, and those for whom it takes its time."""

    port: int
    messages: list[EmailMessage] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    held: dict[str, threading.Event] = field(default_factory=dict)
    reached: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 (the server's name for it)
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.reached.append(str(message["To"]))
        if message["To"] in self.held:
            await asyncio.to_thread(self.held[message["To"]].wait)
        self.messages.append(message)
        return "250 OK"

    def to(self, address: str) -> list[str]:
        """The subjects of what somebody got."""
        return [str(one["Subject"]) for one in self.messages if one["To"] == address]


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Run a mail server on a free port of this machine."""
    box = Mailbox(free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
