"""`orderwright demo`: the product with demo data, in one process tree."""

from __future__ import annotations

import argparse

from orderwright.app.seed import LOGINS, PASSWORD, seed
from orderwright.app.settings import Settings
from orderwright.cli import running
from orderwright.cli.output import Output, add_json
from orderwright.cli.serve import serve


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_json(parser)


def run(_: argparse.Namespace, output: Output) -> int:
    """Fill an empty database with demo data and serve until asked to end."""

    async def work(settings: Settings) -> None:
        async with running.application(settings) as app:
            await seed(app)
            await serve(app, lambda: _greet(settings, output))

    running.run(work, quiet=True)
    return 0


def _greet(settings: Settings, output: Output) -> None:
    url = f"http://{settings.host}:{settings.port}"
    logins = "\n".join(f"    {login:<12}{roles}" for login, roles in LOGINS.items())
    text = (
        f"Orderwright is ready: {url}\n\n  Sign in with the password '{PASSWORD}' as\n{logins}\n"
    )
    text += "\n  Ctrl-C stops it; the data stay."
    output.answer(text, {"url": url, "password": PASSWORD, "logins": dict(LOGINS)})
