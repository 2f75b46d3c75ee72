"""The library on the page: by date, by folder, and how it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from browsing import new_page, says, until
from serving import TOKEN, Serve, Server

from lookalike import Library

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHANGES = f"{TOKEN}-that-may-change"


def test_by_the_date_taken_with_a_time_line(browser: Browser, many_server: Server) -> None:
    with new_page(browser, viewport={"width": 700, "height": 500}) as page:
        page.goto(f"{many_server.url}/library")
        page.locator(".cells .card img").first.wait_for()
        says("150 pictures", page.locator("h1"))
        headings = page.locator(".heading")
        says("March 2019", headings.first)
        # Only what is near is there.
        assert page.locator(".cells .card").count() < 100
        line = page.get_by_role("slider", name="Time line")
        assert line.get_attribute("aria-valuetext") == "March 2019, 10 pictures"
        line.focus()
        page.keyboard.press("End")
        headings.filter(has_text="January 2015").wait_for()
        page.locator(".cells a[aria-label='Search for 027.jpg']").wait_for()
        assert line.get_attribute("aria-valuetext") == "January 2015, 10 pictures"
        top = page.evaluate("scrollY")
        assert top > 1000
        page.wait_for_timeout(500)
        page.reload()
        page.locator(".cells a[aria-label='Search for 027.jpg']").wait_for()
        until(page, f"Math.abs(scrollY - {top}) < 40")
        page.locator(".cells a[aria-label='Search for 027.jpg']").click()
        page.locator(".query h1", has_text="027.jpg").wait_for()
        page.go_back()
        page.locator(".cells a[aria-label='Search for 027.jpg']").wait_for()
        until(page, f"Math.abs(scrollY - {top}) < 40")


def test_around_the_library_by_the_keyboard(page: Page, many_server: Server) -> None:
    page.goto(f"{many_server.url}/library?by=folder")
    first = page.locator(".cells a[aria-label='Search for 000.jpg']")
    first.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    until(page, "document.activeElement.ariaLabel === 'Search for 001.jpg'")
    for _ in range(60):
        page.keyboard.press("ArrowDown")
    until(page, "document.activeElement.ariaLabel === 'Search for 149.jpg'")
    page.keyboard.press("c")
    page.locator(".slot h2", has_text="149.jpg").wait_for()


def test_by_folder(page: Page, many_server: Server, many: Path) -> None:
    page.goto(f"{many_server.url}/library")
    page.locator("label[for=by-folder]").click()
    page.wait_for_url("**by=folder")
    folders = page.get_by_role("navigation", name="Folders")
    folders.get_by_role("link", name=re.compile("pictures 150 pictures$")).click()
    folders.get_by_role("link", name="1 50 pictures").click()
    page.locator("h1", has_text="50 pictures").wait_for()
    page.locator(".cells a[aria-label='Search for 050.jpg']").wait_for()
    twin = page.locator("#twin").get_attribute("href")
    with many_server.client() as client:
        assert twin is not None
        assert client.get(twin).json()["total"] == 50
    folders.get_by_role("link", name="pictures/").click()
    page.locator("h1", has_text="150 pictures").wait_for()
    page.go_back()
    page.locator("h1", has_text=re.compile("^50 pictures")).wait_for()
    page.go_forward()
    page.locator("h1", has_text="150 pictures").wait_for()
    page.go_back()
    page.locator("h1", has_text=re.compile("^50 pictures")).wait_for()
    folders.get_by_role("link", name="All folders").click()
    page.locator("label", has_text="Last added").click()
    page.locator(".cells a[aria-label='Search for 149.jpg']").wait_for()
    page.locator(".filterbox summary").click()
    page.get_by_label("Taken from").fill("2016")
    page.get_by_label("Taken until").fill("2016")
    page.keyboard.press("Enter")
    page.locator("h1", has_text=re.compile("^30 pictures")).wait_for()
    page.get_by_label("Format").select_option("png")
    page.get_by_text("No picture fits these filters").wait_for()
    assert many.exists()


def test_an_empty_library_and_one_picture(
    page: Page, serve: Serve, tmp_path: Path, query_file: Path
) -> None:
    with Library.open(tmp_path / "l.lookalike", workers=1) as library:
        assert library.status().pictures == 0
    url = serve(tmp_path / "l.lookalike", rate=0).url
    for address in ("/", "/library"):
        page.goto(url + address)
        page.get_by_text("Put some in with: lookalike index FOLDER").wait_for()
    # There is nothing to put into an order, to filter, or to test.
    assert page.locator("main .filters").count() == 0
    assert not page.locator(".filterbox").is_visible()
    page.goto(f"{url}/library/state")
    page.locator("h1", has_text="0 pictures").wait_for()
    assert page.get_by_role("button", name="Run the self-test").count() == 0
    # A search says it, too, and doesn't speak of filters that nobody has set.
    page.goto(url)
    page.set_input_files("#file", query_file)
    page.locator(".summary", has_text="The library holds no pictures yet").wait_for()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "one.jpg").write_bytes(query_file.read_bytes())
    with Library.open(tmp_path / "l.lookalike", workers=1) as library:
        library.index(tmp_path / "pictures")
    page.goto(url)
    page.get_by_role("link", name="Search for one.jpg").click()
    says("The library holds no other picture.", page.locator(".results .summary"))


def test_indexing_is_watched_and_offline_folders_are_said(
    page: Page, serve: Serve, own: Path, query_file: Path
) -> None:
    other = own.parent / "unplugged"
    other.mkdir()
    (other / "one.jpg").write_bytes(query_file.read_bytes())
    with Library.open(own, workers=1) as library:
        library.index(other)
    server = serve(own, rate=0, token=TOKEN, change_token=CHANGES)
    page.goto(f"{server.url}/library/state#token={CHANGES}")
    page.get_by_role("heading", name="Index").wait_for()
    (own.parent / "pictures" / "coat.jpg").write_bytes(query_file.read_bytes())
    page.get_by_role("button", name="Look for new and changed pictures").click()
    done = page.get_by_role("status").filter(has_text="Done: ")
    done.wait_for()
    assert "added" in done.inner_text()
    other.rename(own.parent / "elsewhere")
    page.get_by_role("button", name="Show the library anew").click()
    page.get_by_text("1 folder can't be reached now").wait_for()
    page.locator("td", has_text="offline: it").wait_for()
    page.get_by_label("Another folder").fill(str(own.parent / "nowhere"))
    page.get_by_role("button", name="Index it").click()
    page.get_by_role("alert").filter(has_text="nowhere").wait_for()
    page.goto(f"{server.url}/library?by=folder")
    page.locator(".folders .offline").wait_for()
    # Without the token for changes it says what to do.
    page.get_by_role("button", name="Log out").click()
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Log in").click()
    page.goto(f"{server.url}/library/state")
    page.get_by_text("Log in with the token for changes").wait_for()


def test_the_self_test_tells_what_it_found(page: Page, serve: Serve, own: Path) -> None:
    page.goto(f"{serve(own, rate=0).url}/library/state")
    page.get_by_text("It has not run since").wait_for()
    page.get_by_role("button", name="Run the self-test").click()
    page.get_by_role("button", name="Stop").click()  # what was found until then is kept
    page.get_by_role("heading", name="By edit").wait_for()
    assert page.get_by_role("region", name="By edit").locator("tbody tr").count() > 10
    page.reload()
    page.get_by_text("and ended early").wait_for()
