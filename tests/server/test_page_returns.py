"""Coming back on the page: what one chose and where one was is there again, by mouse and keyboard.

Each way is gone with one hand only, reloaded, and gone back and forward.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest
from browsing import are, says, tab_to, until
from serving import Serve, Server, ids

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

hands = pytest.mark.parametrize("hand", ["mouse", "keyboard"])


def press(page: Page, hand: str, wanted: Locator) -> None:
    """Click something, or go to it by Tab and press Enter."""
    if hand == "mouse":
        wanted.click()
        return
    tab_to(page, wanted)
    page.keyboard.press("Enter")


def choose(page: Page, hand: str, name: str) -> None:
    """Choose one of several by its label, or by the arrow keys from the one that is chosen."""
    wanted = page.get_by_role("radio", name=re.compile(f"^{name}"))
    if hand == "mouse":
        page.locator(f"label[for={wanted.get_attribute('id')}]").click()
    else:
        group = wanted.locator("xpath=..").get_by_role("radio", checked=True)
        tab_to(page, group)
        for _ in range(10):
            if wanted.is_checked():
                break
            page.keyboard.press("ArrowRight")
    checked(page, name)


def checked(page: Page, name: str) -> None:
    """Wait until one of several is the one that is chosen."""
    from playwright.sync_api import expect

    wanted = page.get_by_role("radio", name=re.compile(f"^{name}"))
    expect(wanted).to_be_checked(timeout=60_000)


SHOWN = {
    "Swipe": ".overlay .shown:text-is('A: coffee.jpg | B: rocket.jpg')",
    "Flicker": ".overlay .shown:text-is('A: coffee.jpg')",
    "Differences": ".compared .drawing img",
    "Side by side": ".compared .pair figure:nth-child(2)",
}


@hands
def test_two_pictures_and_how_they_are_compared(page: Page, server: Server, hand: str) -> None:
    with server.client() as client:
        known = ids(client)
    page.goto(server.url)
    for name in ("coffee.jpg", "rocket.jpg"):
        card = page.locator(".grid .card", has=page.locator(f"a[href='/pictures/{known[name]}']"))
        if hand == "mouse":
            card.get_by_role("link", name="Compare").click()
        else:
            tab_to(page, card.locator("a.picture"))
            page.keyboard.press("c")
        if name == "coffee.jpg":
            says("A: coffee.jpg", page.locator(".slot h2").first)
            press(page, hand, page.get_by_role("link", name="Search", exact=True))
    page.locator(".verdict").wait_for()

    def is_there(mode: str) -> None:
        page.locator(SHOWN[mode]).wait_for()
        checked(page, mode)
        assert page.locator(".slot h2").all_inner_texts() == ["A: coffee.jpg", "B: rocket.jpg"]
        are(1, page.locator(".compared > :is(.overlay, .drawing, .pair)"))

    for mode in SHOWN:
        choose(page, hand, mode)
        is_there(mode)
        page.reload()
        is_there(mode)
        page.go_back()
        page.locator(".grid .card").first.wait_for()
        page.go_forward()
        is_there(mode)
    press(page, hand, page.get_by_role("link", name="Library", exact=True))
    cells = page.locator(".cells .card img").first
    cells.wait_for()
    page.go_back()
    is_there(mode)
    page.go_forward()
    cells.wait_for()
    page.go_back()
    is_there(mode)
    # The other way round they are compared the same way.
    press(page, hand, page.get_by_role("link", name="Exchange A and B"))
    says("A: rocket.jpg", page.locator(".slot h2").first)
    checked(page, mode)
    page.go_back()
    is_there(mode)
