"""Coming back to a search: its filters and the place in what was found are there as they were left.

Each way is gone by the mouse or by the keyboard only, reloaded, and gone back and forward.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import are, says, tab_to, until
from hands import RESTS, checked, choose, hands, is_at, leave_by, press
from PIL import Image
from serving import Serve, Server, ids

from lookalike import Library

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route


def searched(page: Page) -> None:
    """Wait until a search has ended."""
    page.locator(".results .controls").wait_for(state="attached")
    until(page, "!document.querySelector('.results[aria-busy]')")


def shows(page: Page, numbers: range) -> None:
    """Wait until the hits are pictures of these numbers only, and as many as come at first."""
    number = "one => Number(one.ariaLabel.match(/([0-9]{3})[.]jpg/)[1])"
    hits = f"[...document.querySelectorAll('.results .picture')].map({number})"
    until(page, f"!{hits}.some(one => one < {numbers.start} || one >= {numbers.stop})")
    until(page, f"{hits}.length >= {min(40, len(numbers))}")


def write(page: Page, hand: str, field: Locator, text: str) -> None:
    """Fill in a field of the filters, and have it applied."""
    if hand == "mouse":
        field.click()
        field.fill(text)
        page.get_by_role("button", name="Apply").click()
    else:
        tab_to(page, field)
        page.keyboard.type(text)
        page.keyboard.press("Enter")


@hands
def test_filters_that_one_writes(page: Page, many_server: Server, many: Path, hand: str) -> None:
    with many_server.client() as client:
        known = ids(client)
    page.goto(f"{many_server.url}/pictures/{known['000.jpg']}?max_chance=1000")
    summary = page.locator(".filterbox summary")
    press(page, hand, summary)
    under, taken = page.get_by_label("Folder"), page.get_by_label("Taken from")
    folder = str(many.parent / "pictures" / "1")

    def are_set(count: int) -> None:
        says(f"Filters ({count})" if count else "Filters", summary)
        assert under.input_value() == (folder if count > 0 else "")
        assert taken.input_value() == ("2018" if count > 1 else "")
        shows(page, [range(1, 150), range(50, 100), range(90, 100)][count])
        if not count:  # all of them, not those of the folder
            page.get_by_role("link", name=re.compile("Search for 1..[.]jpg")).first.wait_for()

    are_set(0)
    write(page, hand, under, folder)
    are_set(1)
    write(page, hand, taken, "2018")
    are_set(2)
    page.reload()
    are_set(2)
    for go, count in (
        (page.go_back, 1),
        (page.reload, 1),
        (page.go_back, 0),
        (page.go_forward, 1),
        (page.go_forward, 2),
        (page.reload, 2),
    ):
        go()
        are_set(count)


@pytest.fixture
def sorts(serve: Serve, original_photos: Path, tmp_path: Path) -> str:
    """The address of a cat of which there are large and small copies, and of what isn't a cat."""
    (tmp_path / "pictures").mkdir()
    for name in ("chelsea", "coffee"):
        with Image.open(original_photos / f"{name}.jpg") as opened:
            for size, width in (("large", 1000), ("small", 300)):
                for ending in ("jpg", "png"):
                    target = tmp_path / "pictures" / f"{name}-{size}.{ending}"
                    opened.resize((width, width * 2 // 3)).save(target)
    with Library.open(tmp_path / "l.lookalike", workers=1) as library:
        library.index(tmp_path / "pictures")
    server = serve(tmp_path / "l.lookalike", rate=0)
    with server.client() as client:
        return f"{server.url}/pictures/{ids(client)['chelsea-small.jpg']}?max_chance=1000"


@hands
def test_filters_that_one_chooses(page: Page, sorts: str, hand: str) -> None:
    page.goto(sorts)
    hits = page.locator(".results > .grid .card")
    are(7, hits)
    press(page, hand, page.locator(".filterbox summary"))
    size, form = page.get_by_label("Size"), page.get_by_label("Format")

    def pick(field: Locator, name: str) -> None:
        if hand == "mouse":
            field.select_option(label=name)
        else:
            tab_to(page, field)
            page.keyboard.type(name[:3])

    def are_there(*names: str) -> None:
        are(len(names), hits)
        for name in names:
            are(1, hits.filter(has=page.locator(f"[aria-label^='Search for {name}']")))
        assert size.input_value() == ("0.5MP" if len(names) < 7 else "")
        assert form.input_value() == ("png" if len(names) < 4 else "")

    large = [
        f"{name}-large.{ending}" for name in ("chelsea", "coffee") for ending in ("jpg", "png")
    ]
    pick(size, "0.5 megapixels or more")
    are_there(*large)
    pick(form, "PNG")
    both = ["chelsea-large.png", "coffee-large.png"]
    are_there(*both)
    page.reload()
    are_there(*both)
    page.go_back()
    are_there(*large)
    page.reload()
    are_there(*large)
    page.go_back()
    are(7, hits)
    page.go_forward()
    are_there(*large)
    page.go_forward()
    are_there(*both)
    # The kind, and how alike, go with the place that they were chosen at.
    choose(page, hand, "Edited")
    are_there("chelsea-large.png")
    page.reload()
    are_there("chelsea-large.png")
    checked(page, "Edited")
    page.go_back()
    are_there(*large)
    checked(page, "All")
    page.go_forward()
    are_there("chelsea-large.png")
    choose(page, hand, "All")
    slider = page.get_by_role("slider", name="How alike")
    if hand == "mouse":
        box = slider.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + 2, box["y"] + box["height"] / 2)
    else:
        tab_to(page, slider)
        page.keyboard.press("Home")
    for go in (lambda: None, page.reload, page.go_back, page.go_forward):
        go()
        if go == page.go_back:
            are_there(*large)
        else:
            are_there("chelsea-large.png")
            page.get_by_text("copies and parts only").wait_for()


@hands
def test_far_down_in_what_was_found(page: Page, many_server: Server, hand: str) -> None:
    with many_server.client() as client:
        known = ids(client)
    page.goto(f"{many_server.url}/pictures/{known['000.jpg']}?max_chance=1000")
    searched(page)
    links = page.locator(".results .card a.picture")
    if hand == "keyboard":
        tab_to(page, links.first)
    last = time.monotonic() + 60
    while links.count() < 149:  # one End may come before what was asked for at the one before
        assert time.monotonic() < last
        if hand == "mouse":
            page.mouse.wheel(0, 100_000)
        else:
            page.keyboard.press("End")
        page.evaluate("new Promise(requestAnimationFrame)")
    if hand == "keyboard":
        for _ in range(15):
            page.keyboard.press("ArrowDown")
        far = page.evaluate("document.activeElement.getAttribute('href')")
    else:
        far = links.nth(90).get_attribute("href")
    link = page.locator(f".results a.picture[href='{far}']")
    hit = next(name for name, known_id in known.items() if far == f"/pictures/{known_id}")
    top = leave_by(page, hand, link)
    assert top > 2000
    name = page.locator(".query h1")
    says(hit, name)
    searched(page)

    def is_there() -> None:
        says("000.jpg", name)
        is_at(page, top, link)

    page.go_back()
    is_there()
    page.reload()
    is_there()
    page.go_forward()
    says(hit, name)
    page.reload()
    says(hit, name)
    page.go_back()
    is_there()


def test_who_scrolls_before_all_is_there_stays(page: Page, many_server: Server) -> None:
    with many_server.client() as client:
        known = ids(client)
    waiting: list[Route] = []
    page.route(
        re.compile(r"/similar[?]"),
        lambda route: (
            route.continue_() if "look=false" in route.request.url else waiting.append(route)
        ),
    )
    page.goto(f"{many_server.url}/pictures/{known['000.jpg']}?max_chance=1000")
    page.locator(".summary", has_text="Looking at them").wait_for()
    page.locator(".results .card").nth(35).wait_for()
    page.mouse.wheel(0, 600)
    until(page, "scrollY > 300")
    while not waiting:
        page.wait_for_timeout(20)
    waiting.pop().continue_()
    searched(page)
    assert page.evaluate(RESTS) > 300
