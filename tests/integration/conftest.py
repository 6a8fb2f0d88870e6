"""A house with policies for the tests of a module, of which none leaves anything in force for the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from policy_house import clear, open_house

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orderwright import Orderwright


@pytest.fixture(scope="module")
async def app(shared_database_url: str) -> AsyncIterator[Orderwright]:
    """A house that all tests of a module share."""
    async with open_house(shared_database_url) as opened:
        yield opened


@pytest.fixture
async def nothing_in_force(app: Orderwright) -> AsyncIterator[None]:
    """After the test no policy of its is in force; a module asks for it by its mark."""
    yield
    await clear(app)
