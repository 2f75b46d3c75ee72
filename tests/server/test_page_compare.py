"""Comparing two pictures on the page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from browsing import says, until
from serving import Server, ids

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_a_hit_beside_the_query(page: Page, server: Server, query_file: Path) -> None:
    page.goto(server.url)
    page.set_input_files("#file", query_file)
    page.locator(".query").wait_for()
    link = page.locator(".card", has_text="chelsea.jpg").locator("a.picture")
    link.focus()
    page.keyboard.press("c")
    verdict = page.locator(".verdict")
    verdict.wait_for()
    told = verdict.inner_text()
    assert "Edited" in told
    assert "% of the size" in told
    assert "darker" in told
    which = page.locator(".overlay .shown")
    says("A: query.jpg", which)
    page.keyboard.press(" ")
    says("B: chelsea.jpg", which)
    # The same is at the same place: A is laid over all of B, which is twice as large.
    page.get_by_role("button", name="Show the other").click()
    area, over = (page.locator(".overlay .layer img").nth(n).bounding_box() for n in (0, 1))
    assert over is not None
    assert area is not None
    assert abs(over["width"] - area["width"]) < 0.02 * area["width"]
    assert abs(over["x"] - area["x"]) < 0.02 * area["width"]
    page.get_by_role("radio", name="100 %").check()
    until(page, "document.querySelector('.overlay .layer img').src.endsWith('/original')")
    page.locator("label", has_text="Swipe").click()
    page.get_by_role("slider").press("Home")
    left = page.locator(".overlay .layer").nth(1)  # A, of which nothing is left of the edge
    # Of a difference of nothing Chromium 150 says "+", 156 "-".
    clipped = left.evaluate("e => e.style.clipPath").replace("100% - 0px", "100% + 0px")
    assert clipped == "inset(0px calc(100% + 0px) 0px 0px)"
    page.locator("label", has_text="Differences").click()
    drawn = page.locator(".drawing img")
    assert drawn.evaluate("i => i.decode().then(() => i.naturalWidth)") > 500
    page.reload()
    drawn.wait_for()
    page.get_by_role("link", name="Exchange A and B").click()
    page.locator(".slot h2", has_text="A: chelsea.jpg").wait_for()
    page.locator(".verdict").wait_for()
    page.go_back()
    page.locator(".slot h2", has_text="B: chelsea.jpg").wait_for()


def test_two_of_the_library_one_after_the_other(page: Page, server: Server) -> None:
    with server.client() as client:
        known = ids(client)
    page.goto(server.url)
    first, second = (
        page.locator(".card", has=page.locator(f"a[href='/pictures/{known[name]}']"))
        for name in ("coffee.jpg", "rocket.jpg")
    )
    first.get_by_role("link", name="Compare").click()
    page.locator(".slot h2", has_text="A: coffee.jpg").wait_for()
    page.get_by_role("link", name="Search", exact=True).click()
    second.get_by_role("link", name="Compare").click()
    page.locator(".verdict", has_text="Two different pictures").wait_for()
    assert page.locator(".slot h2").all_inner_texts() == ["A: coffee.jpg", "B: rocket.jpg"]
    page.go_back()
    page.locator(".card").first.wait_for()
    page.go_forward()
    page.locator(".verdict").wait_for()
    page.get_by_role("link", name="Take away").first.click()
    page.get_by_text("Choose a file here").wait_for()


def test_files_of_ones_own(page: Page, server: Server, query_file: Path, filled: Path) -> None:
    page.goto(f"{server.url}/compare")
    page.set_input_files("#file-a", query_file)
    page.locator(".slot h2", has_text="A: query.jpg").wait_for()
    page.set_input_files("#file-b", filled.parent / "pictures" / "cat.heic")
    page.locator(".verdict", has_text="Edited").wait_for()
