"""What the documentation shows as Python runs as it stands."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

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


async def test_the_pure_core_works_as_it_is_shown():
    await run("reference/statechart.md")
