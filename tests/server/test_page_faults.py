"""Faults that the page had: each as somebody met it, in a real browser."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from browsing import are, new_page, says, scroll_to, until
from PIL import Image
from serving import TOKEN, Serve, Server, ids, running

from lookalike.server.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def sent(server: Server) -> int:
    """How often a picture was sent."""
    return sum(method == "POST" for method, _ in server.asked)


def test_a_search_by_a_file_outlives_a_reload(page: Page, server: Server, query_file: Path) -> None:
    page.goto(server.url)
    page.set_input_files("#file", query_file)
    page.locator(".card .kind.edited").first.wait_for()
    before = page.locator(".card:visible .name").all_inner_texts()
    page.reload()
    page.locator(".card .kind.edited").first.wait_for()
    says("query.jpg", page.locator(".query h1"))
    assert page.locator(".card:visible .name").all_inner_texts() == before
    assert page.locator(".query img").evaluate("i => i.decode().then(() => i.naturalWidth)") > 0


def test_back_shows_the_search_of_before(
    page: Page, server: Server, query_file: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.jpg"
    with Image.open(query_file) as opened:
        opened.rotate(90, expand=True).save(other)
    page.goto(server.url)
    for file in (query_file, other):
        page.set_input_files("#file", file)
        page.locator(".query h1", has_text=file.name).wait_for()
        page.locator(".card .kind.edited").first.wait_for()
    page.go_back()
    page.locator(".query h1", has_text=query_file.name).wait_for()
    page.go_forward()
    page.locator(".query h1", has_text=other.name).wait_for()
    page.go_back()
    page.go_back()
    page.locator("h1", has_text="in the library").wait_for()


def test_what_is_away_is_shown_and_searched_with(page: Page, serve: Serve, own: Path) -> None:
    for name in ("chelsea.jpg", "cat.heic"):
        (own.parent / "pictures" / name).unlink()
    page.goto(serve(own, rate=0).url)
    cat = page.locator(".card", has_text="chelsea.jpg")
    cat.locator(".away").wait_for()
    are(2, page.locator(".card .away"))
    for image in page.locator(".card img").all():
        assert image.evaluate("i => i.decode().then(() => i.naturalWidth)") > 0
    assert page.get_by_text("no preview").count() == 0
    cat.locator("a.picture").click()
    page.locator(".query h1", has_text="chelsea.jpg").wait_for()
    page.locator(".card", has_text="cat.heic").locator(".away").wait_for()
    assert "away" in page.locator(".query .facts").first.inner_text()
    page.locator(".card", has_text="cat.heic").locator(".name").click()
    page.locator("dialog").get_by_text("can't be reached now").wait_for()
    assert page.locator("dialog").get_by_text("Open file").count() == 0


def test_a_token_in_the_address_of_an_open_page(page: Page, locked: Server) -> None:
    page.goto(f"{locked.url}/library")
    page.get_by_label("Token").wait_for()
    # As somebody pastes the address that was printed: the page isn't loaded again.
    page.evaluate(f"location.hash = 'token={TOKEN}'")
    page.get_by_role("button", name="Log out").wait_for()
    assert page.get_by_label("Token").count() == 0
    assert TOKEN not in page.url


def test_showing_more_sends_nothing_again(
    page: Page, many_server: Server, query_file: Path
) -> None:
    page.goto(many_server.url)
    before = sent(many_server)
    page.set_input_files("#file", query_file)
    page.locator(".fold summary").click()
    scroll_to(page, ".card", 100)
    assert sent(many_server) - before == 1


def test_a_folder_that_is_dropped(page: Page, server: Server, filled: Path, tmp_path: Path) -> None:
    page.goto(server.url)
    page.locator(".card").first.wait_for()
    browser = page.context.new_cdp_session(page)

    def drop(path: Path) -> None:
        data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            browser.send(
                "Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 500, "data": data}
            )

    (tmp_path / "empty").mkdir()
    drop(tmp_path / "empty")
    page.get_by_role("alert").filter(has_text="“empty” is a folder").wait_for()
    drop(filled.parent / "pictures")
    dialog = page.get_by_role("dialog", name="is a folder: which of its pictures?")
    dialog.get_by_role("button", name="coffee.jpg").click()
    page.locator(".query h1", has_text="coffee.jpg").wait_for()
    page.locator(".card .kind.same-bytes").wait_for()


def test_back_to_the_front_page_keeps_the_place(page: Page, many_server: Server) -> None:
    page.goto(many_server.url)
    page.locator(".card").first.wait_for()
    scroll_to(page, ".card", 150)
    link = page.locator(".card a.picture").nth(120)
    link.scroll_into_view_if_needed()
    name = link.get_attribute("href")
    top = page.evaluate("scrollY")
    link.click()
    page.locator(".query").wait_for()
    for go in (page.go_back, page.go_forward, page.go_back, page.reload):
        go()
        page.wait_for_timeout(100)
    page.locator(f".card a[href='{name}']").wait_for()
    until(page, f"Math.abs(scrollY - {top}) < 40")


def test_it_goes_on_when_the_server_is_back(page: Page, filled: Path) -> None:
    settings = Settings(rate=0, workers=1)
    with running(filled, settings) as server:
        page.goto(server.url)
        page.locator(".card").first.wait_for()
        with server.client() as client:
            cat = ids(client)["chelsea.jpg"]
    page.get_by_role("link", name="Search for chelsea.jpg").click()
    page.get_by_role("alert").filter(has_text="doesn't answer").wait_for()
    with running(filled, settings, port=server.port):
        page.locator(".query h1", has_text="chelsea.jpg").wait_for()
        assert page.get_by_role("alert").count() == 0
        assert page.url.endswith(cat)


def test_the_chosen_filter_shows_in_forced_colours(browser: Browser, server: Server) -> None:
    with server.client() as client:
        cat = ids(client)["chelsea.jpg"]
    with new_page(browser, forced_colors="active") as page:
        page.goto(f"{server.url}/pictures/{cat}")
        labels = page.locator(".filters label")
        labels.first.wait_for()
        colours = "e => { const s = getComputedStyle(e); return s.color + s.backgroundColor }"
        chosen, other = (labels.nth(at).evaluate(colours) for at in (0, 1))
        assert chosen != other
        # And in what is drawn.
        drawn = [
            Image.open(io.BytesIO(labels.nth(at).screenshot())).convert("RGB").getpixel((20, 3))
            for at in (0, 1)
        ]
        assert drawn[0] != drawn[1]


def test_the_order_of_the_front_page_is_told(page: Page, serve: Serve, own: Path) -> None:
    page.goto(serve(own, rate=0).url)
    page.locator(".card").first.wait_for()
    told = page.locator("h1").inner_text()
    assert told.endswith("last added first")
    assert "newest" not in told


def test_that_something_is_going_on_shows_in_forced_colours(
    browser: Browser, server: Server
) -> None:
    with new_page(browser, forced_colors="active") as page:
        page.route("**/api/v1/pictures*", lambda _route: None)  # never answered
        page.goto(server.url)
        waiting = page.locator(".busy")
        waiting.wait_for()
        dot, ground = (
            waiting.evaluate(f"e => getComputedStyle(e, {what}).backgroundColor")
            for what in ("'::before'", "null")
        )
        assert dot != ground
