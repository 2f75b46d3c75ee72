"""Searching by words on the page, by the mouse and by the keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from browsing import are, says, until
from painted import painted
from serving import Server, running

from lookalike.server.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Page

NAMES = "[...document.querySelectorAll('.results .card .name')].map(one => one.title)"


@pytest.fixture(scope="module")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of 12 pictures whose model knows the names of their colours."""
    library = painted(tmp_path_factory.mktemp("colours"))
    with running(library, Settings(rate=0, workers=1)) as started:
        yield started


def first_are(page: Page, colour: str) -> None:
    until(
        page,
        f"({NAMES}).length >= 3 && ({NAMES}).slice(0, 3).every(n => n.includes('{colour}'))",
    )


def test_words_by_the_mouse_and_by_the_keyboard(page: Page, colours: Server) -> None:
    page.goto(colours.url)
    page.get_by_label("Search by words").fill("a red picture")
    page.get_by_role("button", name="Search", exact=True).click()
    page.wait_for_url("**/text?text=a+red+picture")
    first_are(page, "red")
    are(12, page.locator(".results .card"))
    says("Pictures that show “a red picture”", page.locator("main h1"))
    assert page.locator(".results .kind").count() == 0  # all are alike, which says nothing here
    # Now by the keyboard alone, from where the focus was left.
    page.get_by_label("Search by words").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("blue")
    page.keyboard.press("Enter")
    page.wait_for_url("**/text?text=blue")
    first_are(page, "blue")
    until(page, "document.activeElement.id === 'text'")
    page.reload()
    first_are(page, "blue")
    assert page.get_by_label("Search by words").input_value() == "blue"
    page.go_back()
    first_are(page, "red")
    says("Pictures that show “a red picture”", page.locator("main h1"))
    assert page.get_by_label("Search by words").input_value() == "a red picture"
    page.go_back()
    page.locator("h1", has_text="12 pictures in the library").wait_for()
    page.go_forward()
    page.go_forward()
    first_are(page, "blue")


def test_filters_stay_for_other_words(page: Page, colours: Server) -> None:
    page.goto(f"{colours.url}/text?text=red&format=png")
    first_are(page, "red")
    page.get_by_label("Search by words").fill("green")
    page.keyboard.press("Enter")
    page.wait_for_url("**/text?text=green&format=png")
    first_are(page, "green")
    twin = page.locator("#twin").get_attribute("href")
    assert twin is not None
    with colours.client() as client:
        assert client.get(twin).json()["hits"][0]["name"].startswith("green")
    page.get_by_label("Format").select_option("jpeg")
    page.locator("p.summary", has_text="The library holds no picture that fits.").wait_for()
    page.get_by_role("link", name="No filters").click()
    first_are(page, "green")
    # A hit leads on: to what is like it, and to a comparison by the key.
    page.locator(".results .card a.picture").first.focus()
    page.keyboard.press("c")
    page.wait_for_url("**/compare?a=*")
    page.go_back()
    first_are(page, "green")
    page.locator(".results .card a.picture").first.click()
    page.locator(".query h1", has_text="green").wait_for()


def test_words_that_mean_nothing_are_told(page: Page, colours: Server) -> None:
    page.goto(f"{colours.url}/text?text={'x' * 1001}")
    page.get_by_role("alert").filter(has_text="1,001 characters").wait_for()
    page.get_by_label("Search by words").fill("red")
    page.keyboard.press("Enter")
    first_are(page, "red")
    page.goto(f"{colours.url}/text")
    until(page, "document.activeElement.id === 'text'")
    page.keyboard.type("<b>&x=1</b> green")
    page.keyboard.press("Enter")
    says("Pictures that show “<b>&x=1</b> green”", page.locator("main h1"))
    are(12, page.locator(".results .card"))


def test_a_library_whose_model_knows_no_words_says_so(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.locator(".card").first.wait_for()
    hint = page.get_by_text("lookalike reindex --model hub:Xenova/clip-vit-base-patch32")
    assert not hint.is_visible()
    page.get_by_text("Search by words").press("Enter")
    hint.wait_for()
    # An address with words, such as one that was kept from before, says it at once.
    before = len(server.asked)
    page.goto(f"{server.url}/text?text=a+cat")
    page.get_by_text("The model of this library knows no words").wait_for()
    assert ("GET", "/api/v1/text") not in server.asked[before:]
    page.locator("#file").wait_for()
