"""What commands say: a line for people, or one JSON document for machines (`--json`)."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO, TypeVar

from orderwright.errors import OrderwrightError, RuntimeFault

T = TypeVar("T")


class OutputLost(RuntimeFault):
    """Nobody reads stdout any more, or it has no room; what the command was to do is done."""

    code = "output.lost"


class Output:
    """Writes answers to stdout and errors to stderr; with `json` both as JSON on stdout."""

    def __init__(self, *, json: bool) -> None:
        self.json = json

    def answer(self, text: str, document: Mapping[str, object]) -> None:
        """Give the result of a command in whichever form was asked for.

        Raises:
            OutputLost: it cannot be written.
        """
        try:
            _write(sys.stdout, json.dumps(document) if self.json else text)
        except OSError as error:
            _give_up(sys.stdout)
            raise OutputLost(
                f"done, but the answer could not be written: {error.strerror}"
            ) from error

    def listed(
        self,
        name: str,
        found: Sequence[T],
        total: int,
        *,
        line: Callable[[T], str],
        told: Callable[[T], object],
        none: str,
    ) -> None:
        """Give what was found, line by line, and how many there are; `name` is its key in the document."""
        lines = [*map(line, found), f"{len(found)} of {total}"] if found else [none]
        self.answer("\n".join(lines), {name: [told(one) for one in found], "total": total})

    def shown(self, name: str, lines: Sequence[str], told: object, log: Sequence[str]) -> None:
        """Give one thing with what has happened to it; `name` is its key in the document."""
        steps = (f"    {step}" for step in log)
        self.answer("\n".join([*lines, *steps]), {name: told, "log": list(log)})

    def error(self, error: OrderwrightError) -> None:
        """Say in one line why a command was refused or failed."""
        told = {"code": error.code, "message": error.message, "values": error.values}
        lines = [(sys.stderr, f"error [{error.code}]: {error.message}")]
        if self.json:
            lines.append((sys.stdout, json.dumps({"error": told}, default=str)))
        for stream, line in lines:
            try:
                _write(stream, line)
            except OSError:  # the status still tells
                _give_up(stream)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Give a command the option `--json`."""
    parser.add_argument("--json", action="store_true", help="answer with one JSON document")


def _give_up(stream: TextIO) -> None:
    """Let a stream that failed end in nothing: at its end Python writes once more what it could not, and fails."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _write(stream: TextIO, line: str) -> None:
    stream.write(f"{line}\n")
    stream.flush()
