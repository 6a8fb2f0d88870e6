"""`orderwright worker`."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable

from orderwright.api.health import create_health_server
from orderwright.app.bootstrap import Orderwright
from orderwright.app.settings import Settings
from orderwright.cli import running
from orderwright.cli.output import Output, add_json
from orderwright.cli.serving import AddressTaken, serve_at


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_json(parser)


def run(_: argparse.Namespace, output: Output) -> int:
    """Work until asked to end; any number of workers may run beside each other and beside servers."""

    def say() -> None:
        output.answer("working", {"status": "working"})

    async def work(settings: Settings) -> None:
        async with running.application(settings) as app, running.stop_signal() as stop:
            if settings.metrics_port is None:
                say()
                await app.worker.run(stop)
            else:
                await _work_and_show(app, settings.metrics_port, say, stop)

    running.run(work)
    return 0


async def _work_and_show(
    app: Orderwright, port: int, ready: Callable[[], None], stop: asyncio.Event
) -> None:
    """Work, and serve health and metrics meanwhile; if either ends with an error, so does the other."""
    server = create_health_server(app)
    try:
        async with asyncio.TaskGroup() as group:
            server.state.worker = group.create_task(app.worker.run(stop))
            await serve_at(app.settings.host, port, server, ready=ready, stop=stop)
    except* AddressTaken as taken:
        raise taken.exceptions[0] from None
