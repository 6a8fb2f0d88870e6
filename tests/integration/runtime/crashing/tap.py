"""A tap on the line to the database: it sees every statement that a process sends, and can kill the process there.

The tap sits between asyncpg's connection and its protocol, so that nothing of ours knows of it. The death is SIGKILL:
no `finally`, no goodbye to the server, as when the kernel or a person ends a process.

before   the statement was not sent
sent     it was sent, and its answer is never read: nobody knows whether it was carried out
after    its answer was read, and nothing was done with it
"""

from __future__ import annotations

import asyncio
import functools
import os
import re
import signal
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import asyncpg

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Side = Literal["before", "sent", "after"]
SIDES: Final[tuple[Side, ...]] = get_args(Side)


class Tap:
    """Counts steps while it is open, and kills the process at the one that it was told."""

    def __init__(self, step: int | None = None, side: Side = "before") -> None:
        self._step = step
        self._side = side
        self.is_open = False
        self.seen: list[str] = []

    async def pass_through(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Let a step be done: a statement, or an effect outside of the database."""
        if not self.is_open:
            return await work()
        self.seen.append(name)
        if len(self.seen) - 1 != self._step:
            return await work()
        if self._side == "before":
            die()
        doing = asyncio.ensure_future(_awaited(work))
        await (asyncio.sleep(0) if self._side == "sent" else doing)
        die()
        raise AssertionError("dead")

    def join(self) -> None:
        """Let every pool that is opened from now on go through this tap."""

        class Tapped(asyncpg.Connection):
            def __init__(connection, protocol: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N805
                super().__init__(_Line(protocol, self), *args, **kwargs)

        asyncpg.create_pool = functools.partial(asyncpg.create_pool, connection_class=Tapped)


class _Line:
    """A protocol whose statements go through a tap."""

    def __init__(self, protocol: Any, tap: Tap) -> None:
        self._protocol = protocol
        self._tap = tap

    def __getattr__(self, name: str) -> Any:
        return getattr(self._protocol, name)

    async def query(self, query: str, timeout: float | None) -> Any:  # noqa: ASYNC109 (theirs)
        return await self._pass(query, lambda: self._protocol.query(query, timeout))

    async def bind_execute(self, state: Any, *args: Any, **kwargs: Any) -> Any:
        work = functools.partial(self._protocol.bind_execute, state, *args, **kwargs)
        return await self._pass(state.query, work)

    async def bind_execute_many(self, state: Any, *args: Any, **kwargs: Any) -> Any:
        work = functools.partial(self._protocol.bind_execute_many, state, *args, **kwargs)
        return await self._pass(state.query, work)

    async def _pass(self, query: str, work: Callable[[], Awaitable[Any]]) -> Any:
        if _WORTHLESS.search(query):
            return await work()
        return await self._tap.pass_through(name_of(query), work)


def die() -> None:
    """End this process here and now."""
    os.kill(os.getpid(), signal.SIGKILL)


def sides_of(name: str) -> tuple[Side, ...]:
    """Return where to die at a step: what only reads or locks leaves nothing behind, sent or not."""
    return SIDES if name.split(maxsplit=1)[0] in _LEAVING else ("before",)


def name_of(query: str) -> str:
    """Name a statement: what it does, and to which table."""
    text = " ".join(query.lower().split())
    if writes := _WRITES.findall(text):
        return " and ".join(f"{verb} {table}" for verb, table in writes)
    for pattern, name in _NAMES:
        if found := re.search(pattern, text):
            return name.format(*found.groups())
    return text.split(" ")[0].rstrip(";")


async def _awaited(work: Callable[[], Awaitable[Any]]) -> Any:
    return await work()


_WORTHLESS: Final = re.compile(r"pg_notify|typeinfo_tree|set_config\('jit'", re.IGNORECASE)
"""A hint to others that may be lost, from a connection of its own, and what the driver asks for itself."""
_WRITES: Final = re.compile(
    r"(insert|update|delete)(?: into| from)? (?:orderwright\.)?(\w+) (?:as \w+ )?(?:\(|set|where|using)"
)
_LEAVING: Final = frozenset({"insert", "update", "delete", "apply_steps", "commit", "effect"})
_NAMES: Final = (
    (r"orderwright\.(apply_steps)", "{}"),
    (r"advisory_xact_lock", "lock the task"),
    (r"transaction_isolation", "ask for the isolation"),
    (r"^set constraints", "check"),
    (r"select 1 as fact", "load a fact"),
    (r"from orderwright\.(\w+).* for (?:no key )?update", "lock {}"),
    (r"from orderwright\.(\w+)", "read {}"),
    (r"join orderwright\.(\w+)", "read {}"),
)
