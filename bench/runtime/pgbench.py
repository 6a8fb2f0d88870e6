"""pgbench, the peer of the runtime: what PostgreSQL itself can do with such transactions.

A   `pgbench/transition.sql`: an instance, a log row and an outbox row of the plainest kind
B   `pgbench/write_set.sql`: every column and index that a transition of ours writes, at its size
"""

from __future__ import annotations

import re
import resource
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orderwright.app.embedded.binaries import program

SCRIPTS: Final = Path(__file__).parents[1] / "pgbench"
_RATE: Final = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
_LATENCY: Final = re.compile(r"^latency average = ([\d.]+) ms", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A slice of pgbench: transactions per second, milliseconds and client's CPU microseconds of one."""

    rate: float
    latency: float
    cpu: float


class Pgbench:
    """Runs one script; a process per slice."""

    def __init__(self, url: str, script: str, schema: str) -> None:
        self._url = url
        self._script = SCRIPTS / script
        self._schema = SCRIPTS / schema

    def prepare(self) -> None:
        """Make its tables."""
        self._run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(self._schema), self._url)

    def slice(self, clients: int, seconds: int) -> Measured:
        """Run for whole seconds."""
        before = _children_seconds()
        script = ("-n", "-M", "prepared", "-f", str(self._script))
        load = ("-c", str(clients), "-j", str(min(clients, 2)), "-T", str(seconds))
        said = self._run("pgbench", *script, *load, self._url)
        rate, latency = _RATE.search(said), _LATENCY.search(said)
        assert rate is not None, said
        assert latency is not None, said
        done = float(rate[1]) * seconds
        cpu = (_children_seconds() - before) / done * 1e6
        return Measured(rate=float(rate[1]), latency=float(latency[1]), cpu=cpu)

    def _run(self, name: str, *words: str) -> str:
        command = [str(program(name)), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 (ours)


def a(url: str) -> Pgbench:
    """Return the plain script."""
    return Pgbench(url, "transition.sql", "schema.sql")


def b(url: str) -> Pgbench:
    """Return the script with our write set."""
    return Pgbench(url, "write_set.sql", "write_set_schema.sql")


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
