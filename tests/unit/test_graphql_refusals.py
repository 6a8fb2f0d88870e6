"""Which errors a mutation shows as a refusal, which says that nothing was done."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from orderwright.api.graphql.results import Refusal, answered_plainly
from orderwright.errors import InputInvalid, OrderwrightError
from orderwright.runtime.reply import OutcomeUnknown


async def _fail(error: OrderwrightError) -> str:
    raise error


async def test_an_error_of_the_callers_is_a_refusal() -> None:
    error = InputInvalid("quantity", "0", "1 or more")
    found = await answered_plainly(_fail(error), str, SimpleNamespace(response=None))
    assert isinstance(found, Refusal)


async def test_where_nobody_knows_whether_anything_was_done_nothing_says_that_it_was_not() -> None:
    with pytest.raises(OutcomeUnknown):
        await answered_plainly(
            _fail(OutcomeUnknown("who knows")), str, SimpleNamespace(response=None)
        )
