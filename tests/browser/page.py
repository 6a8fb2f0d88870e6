"""What the browser tests do with a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Locator, Page, expect

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
OpenPage = Callable[..., Awaitable[Page]]


async def open_form(page: Page, label: str) -> Locator:
    """Return the form of an event, unfolded."""
    form = page.get_by_role("form", name=label, exact=True)
    toggle = page.get_by_role("button", name=label, exact=True).and_(
        page.locator("[aria-expanded]")
    )
    await toggle.wait_for()
    # The event that comes next unfolds by itself, maybe just before the click: then that folded it.
    while await toggle.get_attribute("aria-expanded") == "false":
        await toggle.click()
    await form.wait_for()
    return form


async def lit(page: Page, chart: str, node: str) -> None:
    """Wait until a state is the active one of a chart."""
    active = page.get_by_label(chart).locator(f'[data-node-id="{node}"][data-active="true"]')
    await expect(active).to_be_visible()


async def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    return await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


# Colours that are on their way from light to dark have a contrast that nobody sees for long.
_COLOURS_HAVE_CHANGED = """async () => {
  const soon = new Promise((done) => setTimeout(done, 1000));
  const wait = (what) => Promise.race([what, soon]);
  await wait(new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const running = document.getAnimations().filter((one) => one instanceof CSSTransition);
  await wait(Promise.allSettled(running.map((one) => one.finished)));
}"""


async def serious(page: Page) -> list[str]:
    """Return what axe finds serious or critical on a page."""
    await page.evaluate(_COLOURS_HAVE_CHANGED)
    await page.evaluate(
        AXE.read_text(encoding="utf-8")
    )  # a script tag would offend the page's policy
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['help']} ({one['nodes'][0]['html'][:200]})"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


async def fits_everywhere(page: Page) -> None:
    """Assert that a page, narrow and wide, in light and dark, fits the window and has nothing serious against it."""
    for width in (360, 1440):
        await page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            found = (await overflow(page), await serious(page))
            assert found == (0, []), (width, scheme, found)
