"""Locations in the console: one is added and renamed; a full one says why it is not closed, an empty one is closed."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from browser.page import OpenPage, fits_everywhere

pytestmark = pytest.mark.browser


async def test_a_location_is_added_renamed_closed_and_left_out_of_receiving(
    open_page: OpenPage,
) -> None:
    page = await open_page()
    await page.goto("/stock")
    await page.get_by_role("link", name="Locations", exact=True).click()
    places = page.get_by_role("list", name="Locations").get_by_role("listitem")
    await expect(places).to_have_count(1)
    await page.get_by_text("Add a location", exact=True).click()
    form = page.get_by_role("form", name="Add a location")
    await form.get_by_label("Id").fill("East Wing")
    await form.get_by_label("Name").fill("East")
    await form.get_by_role("button", name="Add").click()
    await expect(form.get_by_role("alert")).to_contain_text("id: 'East Wing' is not acceptable")
    await form.get_by_label("Id").fill("east")
    await form.get_by_role("button", name="Add").click()
    await expect(places).to_have_count(2)

    east = places.filter(has_text="East")
    await east.get_by_role("button", name="Rename").click()
    await page.get_by_role("form", name="Rename East").get_by_label("Name").fill("East wing")
    await page.get_by_role("form", name="Rename East").get_by_role("button").click()
    await expect(east).to_contain_text("East wing")
    main = places.filter(has_text="Main warehouse")
    await main.get_by_role("button", name="Close").click()
    await expect(main.get_by_role("alert")).to_contain_text("Main warehouse cannot be closed")
    await east.get_by_role("button", name="Close").click()
    await expect(east).to_contain_text("Closed")
    await fits_everywhere(page)

    await page.goto("/stock/receive")
    await page.get_by_role("combobox", name="Location").click()
    await expect(page.get_by_role("option", name="Main warehouse")).to_be_visible()
    await expect(page.get_by_role("option", name="East wing")).to_have_count(0)
