"""Searching on the page, by the mouse and by the keyboard."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import new_page, scroll_to, until
from serving import Server, ids

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route


@pytest.fixture
def cat(server: Server) -> str:
    with server.client() as client:
        return f"{server.url}/pictures/{ids(client)['chelsea.jpg']}"


def shown(page: Page) -> int:
    return page.locator(".results > .grid .card:visible").count()


def part_of(page: Page) -> list[float]:
    page.wait_for_url(re.compile(r"part="))
    found = re.search(r"part=([0-9.,]+)", page.url)
    assert found
    return [float(share) for share in found[1].split(",")]


def test_an_upload_shows_how_far_it_is_and_can_be_stopped(
    page: Page, server: Server, query_file: Path
) -> None:
    page.goto(server.url)
    page.locator(".card").first.wait_for()
    network = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 2000}
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", slow)
    page.set_input_files("#file", query_file)
    bar = page.get_by_role("progressbar", name="Sending query.jpg")
    bar.wait_for()
    page.get_by_role("button", name="Cancel").click()
    bar.wait_for(state="detached")
    assert page.url == f"{server.url}/"
    network.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    page.set_input_files("#file", query_file)
    page.locator(".query h1", has_text="query.jpg").wait_for()


def test_what_is_refused_says_why_and_can_be_tried_again(
    page: Page, server: Server, tmp_path: Path
) -> None:
    text = tmp_path / "text.jpg"
    text.write_text("no picture")
    page.goto(server.url)
    page.set_input_files("#file", text)
    told = page.get_by_role("alert").filter(has_text="text.jpg")
    told.wait_for()
    told.get_by_role("button", name="Close").click()
    told.wait_for(state="detached")


def test_a_part_by_the_mouse_and_by_the_keyboard(page: Page, cat: str) -> None:
    page.goto(cat)
    page.get_by_role("button", name="Search by a part").click()
    box = page.locator(".cropper").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.9, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="Search by this part").click()
    assert part_of(page) == pytest.approx([0.3, 0.2, 0.8, 0.9], abs=0.01)
    page.get_by_text("Only a part").wait_for()
    # Now from there by the keyboard.
    page.get_by_role("button", name="Another part").press("Enter")
    for key in ("ArrowRight", "ArrowUp", "Shift+ArrowLeft", "Shift+ArrowDown", "Enter"):
        page.keyboard.press(key)
    page.wait_for_url(re.compile(r"part=0\.3[12]"))
    assert part_of(page) == pytest.approx([0.32, 0.18, 0.8, 0.9], abs=0.01)
    page.reload()
    page.get_by_text("Only a part").wait_for()
    page.go_back()
    page.wait_for_url(re.compile(r"part=0\.(3,|29|30)"))
    page.go_forward()
    page.wait_for_url(re.compile(r"part=0\.3[12]"))
    page.get_by_text("Only a part").wait_for()
    page.go_back()
    page.wait_for_url(re.compile(r"part=0\.(3,|29|30)"))
    page.get_by_role("button", name="Another part").click()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Whole picture").click()
    page.get_by_role("button", name="Search by a part").wait_for()
    assert "part=" not in page.url


def test_more_and_less_of_the_same(page: Page, cat: str, query_file: Path) -> None:
    page.goto(cat)
    page.get_by_text("no nearer than chance").click()
    coffee = page.locator(".fold .card", has_text="coffee.jpg")
    coffee.get_by_role("link", name="More like this").click()
    page.locator(".beside").get_by_text("more like coffee.jpg").wait_for()
    # Together they have no chance: the slider is for the similarity.
    slider = page.get_by_role("slider", name="How alike")
    slider.press("End")
    page.wait_for_url("**similarity=1")
    page.get_by_text("similarity 1.00 or more").wait_for()
    assert shown(page) == 0
    page.get_by_role("button", name="All", exact=True).click()
    # By the keyboard: the key on the picture.
    page.locator(".card", has_text="rocket.jpg").locator("a.picture").focus()
    page.keyboard.press("-")
    page.locator(".beside").get_by_text("less like rocket.jpg").wait_for()
    page.locator(".card", has_text="rocket.jpg").wait_for(state="detached")
    page.reload()
    assert page.locator(".beside li").count() in (0, 2)
    page.locator(".beside li").nth(1).wait_for()
    page.get_by_role("link", name="Take away: more like coffee.jpg").click()
    page.locator(".beside li").nth(1).wait_for(state="detached")
    page.set_input_files("#also", query_file)
    page.locator(".beside").get_by_text("more like query.jpg").wait_for()
    page.go_back()
    page.go_back()
    page.locator(".beside").get_by_text("more like coffee.jpg").wait_for()
    page.go_forward()
    page.locator(".beside").get_by_text("more like coffee.jpg").wait_for(state="detached")
    page.locator(".beside").get_by_text("less like rocket.jpg").wait_for()
    page.go_forward()
    page.locator(".beside").get_by_text("more like query.jpg").wait_for()


def test_the_line_moves(page: Page, cat: str) -> None:
    page.goto(cat)
    slider = page.get_by_role("slider", name="How alike")
    slider.wait_for()
    usual = shown(page)
    folded = page.locator(".fold .card").count()
    slider.focus()
    page.keyboard.press("End")
    page.wait_for_url("**max_chance=1000")
    until(page, "document.querySelectorAll('.fold .card').length === 0")
    assert shown(page) == usual + folded
    assert slider.get_attribute("aria-valuetext") == "all"
    page.keyboard.press("Home")
    page.wait_for_url("**max_chance=0")
    assert page.locator(".results > .grid .kind.alike").count() == 0
    page.reload()
    page.get_by_text("copies and parts only").wait_for()
    page.get_by_role("button", name="Usual line").click()
    page.wait_for_url(lambda url: "max_chance" not in url)
    assert shown(page) == usual


def test_filters_are_in_the_address(page: Page, many_server: Server, many: Path) -> None:
    with many_server.client() as client:
        known = ids(client)
    page.goto(f"{many_server.url}/pictures/{known['000.jpg']}?max_chance=1000")
    page.locator(".results .card").first.wait_for()
    page.locator(".filterbox summary").click()
    page.get_by_label("Format").select_option("png")
    page.locator(".summary", has_text="no other picture that fits").wait_for()
    page.get_by_label("Format").select_option("jpeg")
    page.get_by_label("Taken from").fill("2016")
    page.get_by_label("Taken until").fill("2016")
    page.keyboard.press("Enter")
    page.wait_for_url("**taken=2016*")
    page.locator(".results .card").first.wait_for()
    until(page, "document.querySelectorAll('.results .card').length === 30")
    page.get_by_label("Folder").fill(str(many.parent / "pictures" / "1"))
    page.keyboard.press("Enter")
    until(page, "document.querySelectorAll('.results .card').length === 10")
    twin = page.locator("#twin").get_attribute("href")
    with many_server.client() as client:
        assert twin is not None
        assert len(client.get(twin).json()["hits"]) == 10
    page.reload()
    until(page, "document.querySelectorAll('.results .card').length === 10")
    assert page.get_by_label("Taken from").input_value() == "2016"
    page.go_back()
    until(page, "document.querySelectorAll('.results .card').length === 30")
    assert page.get_by_label("Folder").input_value() == ""
    page.get_by_label("Taken from").fill("last year")
    page.keyboard.press("Enter")
    page.get_by_role("alert").filter(has_text="last year").wait_for()
    page.get_by_role("link", name="No filters").click()
    page.locator(".results .card").first.wait_for()
    assert page.get_by_role("alert").count() == 0


def test_results_go_on_without_end_and_keep_their_place(page: Page, many_server: Server) -> None:
    with many_server.client() as client:
        known = ids(client)
    page.goto(f"{many_server.url}/pictures/{known['000.jpg']}?max_chance=1000")
    page.locator(".results .card").first.wait_for()
    scroll_to(page, ".results .card", 149)
    link = page.locator(".card a.picture").nth(110)
    link.scroll_into_view_if_needed()
    href, top = link.get_attribute("href"), page.evaluate("scrollY")
    link.press("Enter")
    page.wait_for_url(f"**{href}")
    page.locator(".results .card").first.wait_for()
    page.go_back()
    until(page, f"Math.abs(scrollY - {top}) < 40")
    until(page, f"document.activeElement.getAttribute('href') === '{href}'")


def test_a_query_that_is_forgotten_says_so(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/queries/{'x' * 24}")
    page.get_by_role("alert").filter(has_text="send the picture again").wait_for()
    page.locator("#file").wait_for()


def test_a_file_that_is_too_large_says_the_limit(
    page: Page, server: Server, tmp_path: Path
) -> None:
    large = tmp_path / "large.jpg"
    large.write_bytes(bytes(3_500_000))
    page.goto(server.url)
    page.set_input_files("#file", large)
    page.get_by_role("alert").filter(has_text="3.0 MB at most").wait_for()
    assert ("POST", "/api/v1/queries") not in server.asked[-5:]


def test_the_first_hits_come_before_they_are_looked_at(
    page: Page, server: Server, query_file: Path
) -> None:
    waiting: list[Route] = []
    page.route(
        re.compile(r"/results\?"),
        lambda route: (
            route.continue_() if "look=false" in route.request.url else waiting.append(route)
        ),
    )
    page.goto(server.url)
    page.locator(".card").first.wait_for()
    page.set_input_files("#file", query_file)
    page.locator(".summary", has_text="Looking at them").wait_for()
    first = page.locator(".results .card a.picture").first
    first.wait_for()
    first.focus()
    href = first.get_attribute("href")
    assert page.locator(".results .card .edits").count() == 0
    until(page, "document.querySelectorAll('.results .card').length > 1")
    while not waiting:
        page.wait_for_timeout(20)
    waiting.pop().continue_()
    page.locator(".summary", has_text="of it").wait_for()
    # What has the focus keeps it, though its card is another one now.
    until(page, f"document.activeElement.getAttribute('href') === '{href}'")
    assert page.locator(".results .card .edits").count() > 0


def test_what_is_found_is_in_sight_at_200_percent(browser: Browser, cat: str) -> None:
    with new_page(browser, viewport={"width": 600, "height": 450}) as page:
        page.goto(cat)
        page.locator(".results .card").first.wait_for()
        told = page.locator(".results .summary").bounding_box()
        assert told is not None
        assert told["y"] + told["height"] <= 450
