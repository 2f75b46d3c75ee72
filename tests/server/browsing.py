"""What the tests of the page share: a real browser, and pages that ask nobody but the server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page


@contextmanager
def new_page(browser: Browser, **options: Any) -> Iterator[Page]:
    """A page that may neither report errors nor ask anybody but the server.

    Args:
        browser: that opens it.
        options: of its context, such as ``color_scheme="dark"``.
    """
    context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **options})
    context.set_default_timeout(60_000)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on(
        "console",
        lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None,
    )
    opened.on(
        "request",
        lambda asked: (
            None
            if asked.url.startswith(("http://127.0.0.1:", "blob:http://127.0.0.1:"))
            else wrong.append(asked.url)
        ),
    )
    yield opened
    context.close()
    assert wrong == []


def until(page: Page, expression: str) -> None:
    """Wait until an expression is true in a page, whose policy forbids Playwright's own way.

    What asks for a property of a part of the page that isn't there yet is false so far.

    Args:
        page: to ask.
        expression: of JavaScript.
    """
    last = time.monotonic() + 60
    told = (
        f"() => {{ try {{ return Boolean({expression}) }}"
        " catch (error) { if (error instanceof TypeError) return false; throw error } }"
    )
    while not page.evaluate(told):
        assert time.monotonic() < last, f"never true: {expression}"
        page.wait_for_timeout(20)


def are(number: int, found: Locator) -> None:
    """Wait until a page shows so many of a thing: what it lists may come after its heading."""
    from playwright.sync_api import expect

    expect(found).to_have_count(number, timeout=60_000)


def says(text: str, found: Locator) -> None:
    """Wait until an element of a page shows a text."""
    from playwright.sync_api import expect

    expect(found).to_have_text(text, timeout=60_000, use_inner_text=True)


def scroll_to(page: Page, what: str, number: int) -> None:
    """Scroll down until so many are there."""
    for _ in range(600):
        if page.locator(what).count() >= number:
            return
        page.mouse.wheel(0, 2000)
        page.wait_for_timeout(50)
    raise AssertionError(f"there are never {number} of {what}")


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until something has the focus, as one does without a mouse."""
    wanted.wait_for()
    for _ in range(200):
        if wanted.evaluate("e => e === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {wanted}")
