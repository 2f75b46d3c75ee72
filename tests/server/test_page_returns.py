"""Coming back to a comparison, the library and the self-test: all is there as it was left.

Each way is gone by the mouse or by the keyboard only, reloaded, and gone back and forward.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from browsing import are, says, tab_to, until
from hands import checked, choose, hands, is_at, leave_by, press
from serving import Serve, Server, ids

if TYPE_CHECKING:
    from playwright.sync_api import Page


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


@hands
def test_the_library_by_the_date_taken(page: Page, many_server: Server, hand: str) -> None:
    page.goto(many_server.url)
    page.locator(".grid .card").first.wait_for()
    press(page, hand, page.get_by_role("link", name="Library", exact=True))
    page.locator(".cells .card img").first.wait_for()
    checked(page, "Date taken")
    line = page.get_by_role("slider", name="Time line")
    if hand == "mouse":
        page.locator(".bars span[title^='February 2016']").click()
    else:
        tab_to(page, line)
        while line.get_attribute("aria-valuetext") != "February 2016, 10 pictures":
            page.keyboard.press("ArrowRight")
    link = page.get_by_role("link", name="Search for 058.jpg", exact=True)
    link.wait_for()
    top = leave_by(page, hand, link)
    assert top > 500
    name = page.locator(".query h1")
    says("058.jpg", name)
    page.go_back()
    is_at(page, top, link)
    month = line.get_attribute("aria-valuetext")
    assert month in ("March 2016, 10 pictures", "February 2016, 10 pictures")

    def is_there() -> None:
        is_at(page, top, link)
        assert line.get_attribute("aria-valuetext") == month
        page.get_by_role("heading", name="February 2016").wait_for()

    page.reload()
    is_there()
    page.go_forward()
    says("058.jpg", name)
    page.reload()
    says("058.jpg", name)
    page.go_back()
    is_there()
    page.go_back()
    page.locator(".grid .card").first.wait_for()
    page.go_forward()
    is_there()


@hands
def test_the_library_by_folder(page: Page, many_server: Server, hand: str) -> None:
    page.goto(f"{many_server.url}/library")
    choose(page, hand, "Folder")
    folders = page.get_by_role("navigation", name="Folders")
    told = page.locator("h1")
    folders.get_by_role("link").first.wait_for()
    press(page, hand, folders.get_by_role("link", name=re.compile("pictures 150 pictures$")))
    press(page, hand, folders.get_by_role("link", name="2 50 pictures"))
    says("50 pictures", told)
    last = page.get_by_role("link", name="Search for 149.jpg", exact=True)
    first = page.get_by_role("link", name="Search for 100.jpg", exact=True)
    first.wait_for()
    if hand == "mouse":
        page.mouse.wheel(0, 5000)
    else:
        tab_to(page, first)
        for _ in range(25):
            page.keyboard.press("ArrowDown")
        until(page, "document.activeElement.ariaLabel === 'Search for 149.jpg'")
    last.wait_for()
    top = leave_by(page, hand, last)
    assert top > 300
    says("149.jpg", page.locator(".query h1"))
    page.go_back()

    def is_there() -> None:
        is_at(page, top, last)
        checked(page, "Folder")
        says("50 pictures", told)
        are(1, folders.get_by_role("link", name="pictures/"))

    is_there()
    page.reload()
    is_there()
    page.go_forward()
    says("149.jpg", page.locator(".query h1"))
    page.go_back()
    is_there()
    page.go_back()
    says("150 pictures", told)
    are(3, folders.locator("ul").get_by_role("link"))
    page.reload()
    are(3, folders.locator("ul").get_by_role("link"))
    page.go_back()
    are(1, folders.locator("ul").get_by_role("link"))
    page.go_back()
    checked(page, "Date taken")
    are(0, folders)
    for count in (1, 3):
        page.go_forward()
        are(count, folders.locator("ul").get_by_role("link"))
        checked(page, "Folder")
    page.go_forward()
    is_there()


def test_the_self_test_by_the_keyboard(page: Page, serve: Serve, own: Path) -> None:
    page.goto(f"{serve(own, rate=0).url}/library")
    page.locator(".cells .card img").first.wait_for()
    press(page, "keyboard", page.get_by_role("link", name="State"))
    start = page.get_by_role("button", name="Run the self-test")
    press(page, "keyboard", start)
    # What was found until it is stopped is kept, and the focus isn't lost with the button.
    press(page, "keyboard", page.get_by_role("button", name="Stop"))
    early = page.get_by_text("and ended early")
    early.wait_for()
    until(page, "document.activeElement.textContent === 'Run the self-test'")
    table = page.get_by_role("region", name="By edit")
    tab_to(page, table)
    rows = table.locator("tbody tr")
    assert rows.count() > 10
    found = table.inner_text()
    press(page, "keyboard", page.get_by_role("link", name="Pictures", exact=True))
    page.locator(".cells .card img").first.wait_for()
    for go in (page.go_back, page.reload, page.go_forward, page.go_back):
        go()
        if go == page.go_forward:
            page.locator(".cells .card img").first.wait_for()
            continue
        early.wait_for()
        tab_to(page, table)
        says(found, table)
