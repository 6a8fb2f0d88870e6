"""`orderwright serve`."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from orderwright.api.server import create_server
from orderwright.app.bootstrap import Orderwright
from orderwright.app.settings import Settings
from orderwright.app.shipped import folder
from orderwright.cli import running
from orderwright.cli.output import Output, add_json
from orderwright.cli.serving import serve_at


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
    async with running.stop_signal() as stop:
        await serve_at(settings.host, settings.port, api, ready=ready, stop=stop)
