"""What the tests share that go one way through the page by mouse and by keyboard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from browsing import tab_to, until

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

# Where a page is scrolled to, when it has stayed there for some frames: browsers scroll smoothly.
RESTS = """async () => {
  for (let last, same = 0; same < 5; last = scrollY) {
    await new Promise(requestAnimationFrame);
    same = scrollY === last ? same + 1 : 0;
  }
  return scrollY;
}"""

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


def leave_by(page: Page, hand: str, link: Locator) -> float:
    """Follow a link; where the page was scrolled to until then."""
    if hand == "mouse":
        link.scroll_into_view_if_needed()
    else:
        tab_to(page, link)
    top = float(page.evaluate(RESTS))
    press(page, hand, link)
    return top


def is_at(page: Page, top: float, link: Locator) -> None:
    """Wait until a page is where it was, and a card has the focus that it had."""
    link.wait_for()
    until(page, f"Math.abs(scrollY - {top}) < 2")
    href = link.get_attribute("href")
    until(page, f"document.activeElement.getAttribute('href') === '{href}'")
