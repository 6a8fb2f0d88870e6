"""An ASGI application on a port, until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI

from orderwright.errors import RuntimeFault

_GRACE: Final = 10  # seconds that open requests get at the end


class AddressTaken(RuntimeFault):
    """Another process listens where this one should."""

    code = "server.address_taken"


async def serve_at(
    host: str, port: int, api: FastAPI, *, ready: Callable[[], None], stop: asyncio.Event
) -> None:
    """Serve until `stop` is set; `ready` is called once requests are answered.

    Raises:
        AddressTaken: the port is in use; says how to choose another.
    """
    config = uvicorn.Config(
        api,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_GRACE,
        ws_max_size=2**20,
        server_header=False,
    )
    server = _Server(config, ready)
    with _listening(host, port) as listener:
        ending = asyncio.create_task(_end(server, stop))
        try:
            await server.serve(sockets=[listener])
        finally:
            ending.cancel()


class _Server(uvicorn.Server):
    """Uvicorn that leaves signals to us and says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def _end(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()  # two may be bound to a port, and are told apart only here
    except OSError as error:
        listener.close()
        hint = "; choose another with PORT=..." if error.errno == errno.EADDRINUSE else ""
        message = f"cannot listen on {host}:{port}: {error.strerror}{hint}"
        raise AddressTaken(message, values={"port": port}) from error
    return listener
