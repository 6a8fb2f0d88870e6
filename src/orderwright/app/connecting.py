"""What `Orderwright.connect` returns: a house that is about to open."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from types import TracebackType


class Closing(Protocol):
    """What gives back, at its own end, what its opening has taken."""

    def owns(self, stack: AsyncExitStack) -> None:
        """Take over what is to be given back."""


House = TypeVar("House", bound=Closing)


class Connecting(Generic[House]):
    """Await it, and close what it returns; or enter it."""

    def __init__(self, opening: AbstractAsyncContextManager[House]) -> None:
        self._opening = opening

    def __await__(self) -> Generator[None, None, House]:
        """Open, and leave it to the caller to close."""
        return self._open().__await__()

    async def _open(self) -> House:
        async with AsyncExitStack() as stack:
            app = await stack.enter_async_context(self._opening)
            app.owns(stack.pop_all())
        return app

    async def __aenter__(self) -> House:
        """Open for the length of the block."""
        return await self._opening.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        """Close, whatever happened."""
        return await self._opening.__aexit__(kind, error, traceback)
