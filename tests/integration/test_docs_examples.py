"""What the documentation shows as Python runs as it stands."""

from __future__ import annotations

import ast
import asyncio
import inspect
import os
import re
import sys
from pathlib import Path

from orderwright import Orderwright

DOCS = Path(__file__).parents[2] / "docs"


def example(page: str) -> str:
    """Return the Python blocks of a page as one program."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE))


async def run(page: str, **names: object) -> None:
    code = compile(
        example(page), page, "exec", dont_inherit=True, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    )
    coroutine = eval(code, {"__name__": "example", **names})
    if inspect.isawaitable(coroutine):
        await coroutine


async def test_joining_a_hosts_transaction_works_as_it_is_shown(database_url: str):
    await run("how-to/join-a-host-transaction.md", url=database_url)


async def test_policies_are_triggered_from_a_host_as_it_is_shown(database_url: str):
    await run("how-to/trigger-policies-from-a-host.md", url=database_url)


async def test_actions_are_handled_in_a_host_as_it_is_shown(database_url: str):
    await run("how-to/handle-actions-in-a-host.md", url=database_url)


async def test_work_outside_is_run_as_it_is_shown(database_url: str):
    await run("how-to/run-work-outside.md", url=database_url)


async def test_the_pure_core_works_as_it_is_shown():
    await run("statechart.md")


async def test_a_condition_works_as_it_is_shown():
    await run("reference/condition.md")


async def test_a_policy_works_as_it_is_shown():
    await run("reference/policy.md")


async def test_charts_and_machines_are_translated_as_it_is_shown():
    await run("reference/xstate.md")


async def test_the_readme_shows_what_works(database_url: str):
    async with Orderwright.connect(database_url) as app:
        context = {"orderId": "o1", "currency": "EUR", "grandTotalMinor": 100}
        await app.engine.create("sale", "o1", context=context, actor="ada")
        await run("../README.md", url=database_url, order_id="o1")
        assert (await app.engine.read("o1")).state == "PAYMENT_INITIATED"


async def test_people_and_master_data_are_added_as_it_is_shown(database_url: str):
    program = example("how-to/run-in-production.md")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        env={**inherited(), "ORDERWRIGHT_DATABASE_URL": database_url},
    )
    assert await process.wait() == 0
    async with Orderwright.connect(database_url) as app:
        session = await app.people.sign_in("ada", "a long password")
        assert [one.id for one in await app.queries.customers(session.identity, "", 9)] == ["c1"]


def inherited() -> dict[str, str]:
    """The environment without settings of ours."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("ORDERWRIGHT_", "SALE_"))}  # noqa: TID251
