"""`orderwright serve`."""

from __future__ import annotations

import argparse
import asyncio
import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from orderwright.api.server import create_server
from orderwright.app.bootstrap import Orderwright
from orderwright.app.settings import Settings
from orderwright.app.shipped import folder
from orderwright.cli import running
from orderwright.cli.output import Output, add_json
from orderwright.errors import RuntimeFault

_GRACE = 10  # seconds that open requests get at the end


class AddressTaken(RuntimeFault):
    """Another process listens where this one should."""

    code = "server.address_taken"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_json(parser)


def run(_: argparse.Namespace, output: Output) -> int:
    """Serve until asked to end."""

    async def work(settings: Settings) -> None:
        async with running.application(settings) as app:
            url = f"http://{settings.host}:{settings.port}"
            await serve(app, lambda: output.answer(f"listening on {url}", {"url": url}))

    running.run(work)
    return 0


async def serve(app: Orderwright, ready: Callable[[], None]) -> None:
    """Serve an application at the address of its settings until the process is asked to end.

    Args:
        app: the open application.
        ready: called once requests are answered.

    Raises:
        AddressTaken: the port is in use; says how to choose another.
    """
    settings = app.settings
    api = create_server(app, console=folder("console"), with_worker=settings.worker)
    config = uvicorn.Config(
        api,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_GRACE,
        ws_max_size=2**20,
        server_header=False,
    )
    server = _Server(config, ready)
    with _listening(settings) as listener:
        async with running.stop_signal() as stop:
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


def _listening(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        hint = "; choose another with PORT=..." if error.errno == errno.EADDRINUSE else ""
        message = f"cannot listen on {settings.host}:{settings.port}: {error.strerror}{hint}"
        raise AddressTaken(message, values={"port": settings.port}) from error
    return listener
