"""The command `orderwright`.

To add a command: write a module of this package with `add_arguments(parser)` and `run(arguments, output) -> int`,
and give it a line in `COMMANDS`. The module is imported only when its command is called, so that `db status` does
not pay for a web framework.

Exit status: 0 done; 1 refused, or problems found; 2 wrong usage; 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from orderwright import __version__
from orderwright.cli.output import Output
from orderwright.errors import InputInvalid, OrderwrightError
from orderwright.json_text import is_storable

_INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command: the module that runs it, and what it does in a few words."""

    module: str
    summary: str


COMMANDS = {
    "case": Command(module="case", summary="show what people have to look into, and resolve it"),
    "chart": Command(
        module="chart", summary="look into a chart in a file, or at the published ones"
    ),
    "credit": Command(module="credit", summary="show and set what a customer may owe"),
    "db": Command(module="db", summary="start, stop or look at the embedded PostgreSQL"),
    "deadletter": Command(
        module="deadletter", summary="show what failed for the last time, and have it tried again"
    ),
    "demo": Command(module="demo", summary="run the product with demo data"),
    "fulfilment": Command(
        module="fulfilment", summary="show fulfilments, pack, ship and deliver them"
    ),
    "import": Command(module="import_", summary="replay orders from elsewhere, such as Olist's"),
    "incident": Command(
        module="incident",
        summary="show what is in trouble, close it, have what failed tried again",
    ),
    "instance": Command(
        module="instance",
        summary="look at instances, prove their logs, move them to another version",
    ),
    "location": Command(
        module="location", summary="show where goods lie, add, rename and close locations"
    ),
    "migrate": Command(module="migrate", summary="bring the database to the newest schema"),
    "override": Command(
        module="override", summary="show override requests, vote on them, take approvals back"
    ),
    "payment": Command(
        module="payment",
        summary="show payments, register them, say what became of them, give money back",
    ),
    "people": Command(module="people", summary="give somebody a login"),
    "policy": Command(
        module="policy",
        summary="check policies in files, try them on cases, show those that are kept",
    ),
    "return": Command(module="return_", summary="show returns, with condition and worth"),
    "serve": Command(
        module="serve", summary="serve the API and the console, with a worker beside them"
    ),
    "stock": Command(module="stock", summary="show what is in stock, receive and adjust it"),
    "token": Command(module="token", summary="show, make and revoke the tokens of hosts"),
    "webhook": Command(
        module="webhook", summary="show, add, pause and resume subscriptions to domain events"
    ),
    "worker": Command(module="worker", summary="relay domain events, fire timers and run jobs"),
}


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    given = list(sys.argv[1:] if words is None else words)
    arguments = _parser(given).parse_args(given)
    output = Output(json=arguments.json)
    try:
        _require_text(arguments)
        return int(arguments.run(arguments, output))
    except OrderwrightError as error:
        output.error(error)
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED


def _require_text(arguments: argparse.Namespace) -> None:
    """Refuse what the database cannot keep; bytes that are not UTF-8 may name files, which are read as paths.

    Raises:
        InputInvalid: an argument that is text has them.
    """
    for name, value in vars(arguments).items():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and not is_storable(text):
                raise InputInvalid(name, ascii(text), "text in UTF-8 without NUL")


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="orderwright",
        description="Order lifecycles and policies as durable, explainable statecharts.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"orderwright {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    chosen = next((word for word in given if not word.startswith("-")), None)
    for name, command in COMMANDS.items():
        own = commands.add_parser(
            name, help=command.summary, description=command.summary, allow_abbrev=False
        )
        if name == chosen:
            module = import_module(f"{__name__}.{command.module}")
            module.add_arguments(own)
            own.set_defaults(run=module.run)
    return parser
