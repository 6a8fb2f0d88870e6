"""A real Chromium against a real server."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from acceptance.harness import PASSWORD, Server
from browser.page import OpenPage
from orderwright.app.shipped import ShippedFilesMissing, folder

_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
_PATIENCE = 30_000  # milliseconds, as for everything else that a page is asked
_NOBODY = (
    "401 (Unauthorized)"  # the console asks who is signed in; Chromium logs the answer "nobody"
)


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The system's Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.fail("no Chromium: apt-get install chromium, or make test as root")
    expect.set_options(timeout=_PATIENCE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(scope="session", autouse=True)
def _console() -> None:
    """The console must have been built."""
    try:
        folder("console")
    except ShippedFilesMissing as missing:
        pytest.fail(str(missing))


@pytest.fixture
async def open_page(chromium: Browser, server: Server) -> AsyncIterator[OpenPage]:
    """Opens a page of its own context; whatever the page complains about fails the test."""
    contexts, complaints = [], []

    async def enter(
        *, width: int = 1440, scheme: str = "light", login: str | None = "admin"
    ) -> Page:
        context = await chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, base_url=server.url
        )
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda said: complaints.append(said.text) if said.type == "error" else None
        )
        if login is not None:
            body = {"login": login, "password": PASSWORD}
            answer = await context.request.post("/api/v1/session", data=body)
            assert answer.ok
        return page

    yield enter
    for context in contexts:
        await context.close()
    unexpected = [one for one in complaints if _NOBODY not in one]
    assert unexpected == []
