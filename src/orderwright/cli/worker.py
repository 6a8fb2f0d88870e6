"""`orderwright worker`."""

from __future__ import annotations

import argparse

from orderwright.app.settings import Settings
from orderwright.cli import running
from orderwright.cli.output import Output, add_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_json(parser)


def run(_: argparse.Namespace, output: Output) -> int:
    """Work until asked to end; any number of workers may run beside each other and beside servers."""

    async def work(settings: Settings) -> None:
        async with running.application(settings) as app, running.stop_signal() as stop:
            output.answer("working", {"status": "working"})
            await app.worker.run(stop)

    running.run(work)
    return 0
