"""A process that has imported all commands, and forks a fresh one for each call: nobody waits for imports.

`python -m acceptance.forge` says at which Unix socket it answers until its input ends. A caller sends an order, a line
of JSON, with three files, which become the input, the output and the errors of the command. The answers are a line
with its pid and, when it has ended, one with its status. That commands start by themselves is proved in
`test_fresh_start`.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import NoReturn

from orderwright.cli import COMMANDS, main

_MOST = 1 << 20


def order(words: Sequence[str], environment: Mapping[str, str]) -> bytes:
    """Write down a call."""
    return json.dumps([list(words), dict(environment)]).encode() + b"\n"


def serve() -> None:
    """Fork for everybody who calls, until the input ends."""
    for command in COMMANDS.values():
        import_module(f"orderwright.cli.{command.module}")
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how those ended who mind a command
    with (
        tempfile.TemporaryDirectory(prefix="ow-forge-") as folder,
        socket.socket(socket.AF_UNIX) as listener,
    ):
        listener.bind(f"{folder}/socket")
        listener.listen()
        print(f"{folder}/socket", flush=True)  # noqa: T201 (the caller waits for it)
        while sys.stdin not in select.select([sys.stdin, listener], [], [])[0]:
            caller, _ = listener.accept()
            with caller:
                if os.fork() == 0:
                    listener.close()
                    _mind(caller)


def _mind(caller: socket.socket) -> NoReturn:
    """Fork a command, and tell its caller how it goes."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        text, files, _, _ = socket.recv_fds(caller, _MOST, 3)
        while not text.endswith(b"\n"):
            text += caller.recv(_MOST)
        child = os.fork()
        if child == 0:
            caller.close()
            _become(text, files)
        for file in files:
            os.close(file)
        caller.sendall(f"{child}\n".encode())
        _, status = os.waitpid(child, 0)
        caller.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    finally:
        os._exit(0)


def _become(text: bytes, files: Sequence[int]) -> NoReturn:
    words, environment = json.loads(text)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()  # noqa: TID251 (it becomes the caller's)
    os.environ.update(environment)  # noqa: TID251
    status: object = 1
    try:
        sys.argv = ["orderwright", *words]
        status = main()
    except SystemExit as end:
        status = end.code
    except BaseException:  # noqa: BLE001 (said as Python says it)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 1 if status else 0)


if __name__ == "__main__":
    serve()
