"""What a host changes of a list, it changes as a whole."""

from __future__ import annotations

import pytest
from policy_house import ADMIN, BOSS, open_house

from orderwright.errors import InputInvalid
from orderwright.runtime.reply import IdempotencyMismatch


@pytest.mark.parametrize("key", [None, "key"])
async def test_a_change_whose_second_half_fails_leaves_a_list_as_it_was(
    shared_database_url: str, key: str | None
):
    name = f"numbers-{key}".lower()
    async with open_house(shared_database_url) as app:
        lists = app.policy_office.lists
        await lists.create(name, "number", "Of banks", ADMIN)
        await lists.add(name, ["7"], ADMIN)
        made = await app.api_tokens.make(name, ["lists"], ADMIN, expires_at=None)
        before = await app.pool.fetchval("select revision from orderwright.policy_set")
        with pytest.raises(InputInvalid):
            await app.hosts.change_list(made.token, name, add=["1"], remove=["seven"], key=key)
        page = await lists.entries(BOSS, name, with_removed=True, first=10, after=None)
        assert [(one.value, one.removed_at) for _, one in page.rows] == [("7", None)]
        assert await app.pool.fetchval("select revision from orderwright.policy_set") == before
        for _ in range(2 if key else 1):
            done = await app.hosts.change_list(
                made.token, name, add=["1", "2"], remove=["7", "2"], key=key
            )
            assert done == (2, 2)
        page = await lists.entries(BOSS, name, with_removed=False, first=10, after=None)
        assert [one.value for _, one in page.rows] == ["1"]


async def test_one_key_stands_for_one_change_of_a_list_and_no_other(shared_database_url: str):
    async with open_house(shared_database_url) as app:
        lists = app.policy_office.lists
        await lists.create("keyed", "text", "Of words", ADMIN)
        made = await app.api_tokens.make("keyed", ["lists"], ADMIN, expires_at=None)
        change = app.hosts.change_list
        assert await change(made.token, "keyed", add=["a"], remove=[], key="one") == (1, 0)
        for add, remove in (([], ["a"]), (["a"], ["b"]), (["a", "b"], [])):
            with pytest.raises(IdempotencyMismatch):
                await change(made.token, "keyed", add=add, remove=remove, key="one")
        page = await lists.entries(BOSS, "keyed", with_removed=True, first=10, after=None)
        assert [(one.value, one.removed_at) for _, one in page.rows] == [("a", None)]
        assert await change(made.token, "keyed", add=["a"], remove=[], key="one") == (1, 0)
