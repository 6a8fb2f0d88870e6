"""What the browser tests do with a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Locator, Page

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
OpenPage = Callable[..., Awaitable[Page]]


async def open_form(page: Page, label: str) -> Locator:
    """Return the form of an event, unfolded."""
    form = page.get_by_role("form", name=label, exact=True)
    if not await form.is_visible():
        await page.get_by_role("button", name=label, exact=True).first.click()
    await form.wait_for()
    return form


async def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    return await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


async def serious(page: Page) -> list[str]:
    """Return what axe finds serious or critical on a page."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))  # a script tag would offend the page's policy
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['help']} ({one['nodes'][0]['html'][:200]})"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
