"""Cursors that no list has written: each is bad input, whatever stands in it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from shop import BOSS, open_goods

from orderwright.app.credit.account import Account
from orderwright.app.goods.stock_records import Shelf
from orderwright.app.page import written
from orderwright.app.rows import ListFilter
from orderwright.errors import InputInvalid

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orderwright import Orderwright

NOW = "2026-03-01T12:00:00+00:00"
NO_PLACES = {
    "before all time": written("0001-01-01T00:00:00+14:00", "x"),
    "after all time": written("9999-12-31T23:59:59-14:00", "x"),
    "deep": base64.urlsafe_b64encode(b"[" * 20_000).decode(),
}
TOO_LARGE = ("9" * 11, "9" * 30, "9" * 5000)


@pytest.fixture(scope="module")
async def app(shared_database_url: str) -> AsyncIterator[Orderwright]:
    async with open_goods(shared_database_url) as opened:
        yield opened


@pytest.mark.parametrize("cursor", NO_PLACES.values(), ids=NO_PLACES)
async def test_a_cursor_that_is_no_moment_is_bad_input(app: Orderwright, cursor: str):
    with pytest.raises(InputInvalid, match="after"):
        await app.order_list.page(BOSS, ListFilter(), first=5, after=cursor)


@pytest.mark.parametrize("number", TOO_LARGE)
async def test_a_cursor_with_a_number_that_no_column_holds_is_bad_input(
    app: Orderwright, number: str
):
    rows, entries = written(NOW, f"i/{number}/{number}"), app.policy_office.lists.entries
    lamps, owed = Shelf("LAMP", "main"), Account("ada", "EUR")
    for rank in (number, f"-{number}"):
        with pytest.raises(InputInvalid, match="after"):
            await app.stock_list.locations(BOSS, first=5, after=written(rank, "main"))
    with pytest.raises(InputInvalid, match="after"):
        await app.stock_list.movements(BOSS, lamps, first=5, after=rows)
    with pytest.raises(InputInvalid, match="after"):
        await app.credit_view.ledger(BOSS, owed, first=5, after=rows)
    with pytest.raises(InputInvalid, match="after"):
        await entries(BOSS, "x", with_removed=True, first=5, after=written(number * 3, ""))
