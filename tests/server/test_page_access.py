"""The page for everybody: axe-core finds nothing serious, in light, dark and forced colours."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browsing import new_page, until
from desks import new_desk
from painted import painted
from serving import Serve, Server, ids
from tidying import done, find_duplicates

pytestmark = pytest.mark.slow

pytest.importorskip(
    "axe_playwright_python", reason="needs axe-core: pip install axe-playwright-python"
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
SERIOUS = ("serious", "critical")

OPTIONS = [
    {"color_scheme": "light"},
    {"color_scheme": "dark"},
    {"color_scheme": "light", "forced_colors": "active"},
    {"color_scheme": "light", "viewport": {"width": 360, "height": 740}},
    {"color_scheme": "light", "viewport": {"width": 600, "height": 450}},  # 1200 pixels at 200 %
]
APPEARANCES = ["light", "dark", "forced", "phone", "200 %"]


def wrong(page: Page) -> list[str]:
    """What axe-core finds that is serious."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {node['html'][:200]}"
        for rule in found["violations"]
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]


def seen(page: Page) -> list[str]:
    """What is wrong with what is shown, also that it is wider than the screen."""
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return wrong(page) + (["it is too wide"] if wide else [])


def views(server: Server) -> dict[str, str]:
    """Addresses, and for each what is there when it is shown."""
    with server.client() as client:
        known = ids(client)
    cat, coffee = known["chelsea.jpg"], known["coffee.jpg"]
    return {
        "/": ".card",
        f"/pictures/{cat}?part=0.1,0.1,0.9,0.9&taken=..2030": ".results .summary",
        f"/pictures/{cat}?more={coffee}": ".beside li",
        "/text?text=cat": "main code",
        "/library": ".cells .card img",
        "/library?by=folder": ".folders a",
        "/library/state": "table",
        "/duplicates": "main button:visible",
        "/map": "main button:visible",
        "/compare": ".slot",
        f"/compare?a={cat}&b={coffee}": ".verdict",
    }


@pytest.mark.parametrize("options", OPTIONS, ids=APPEARANCES)
def test_nothing_serious(browser: Browser, server: Server, options: dict[str, Any]) -> None:
    found: dict[str, list[str]] = {}
    with new_page(browser, **options) as page:
        for address, there in views(server).items():
            page.goto(server.url + address)
            page.locator(there).first.wait_for()
            found[address] = seen(page)
    assert {address: all_ for address, all_ in found.items() if all_} == {}


@pytest.mark.parametrize("options", OPTIONS, ids=APPEARANCES)
def test_what_jobs_found(
    browser: Browser,
    serve: Serve,
    original_photos: Path,
    tmp_path: Path,
    options: dict[str, Any],
) -> None:
    desk = new_desk(serve, original_photos, tmp_path)
    with desk.server.client() as client:
        group = find_duplicates(client)["groups"][0]["id"]
        done(client, client.post("/api/v1/jobs", json={"what": "map"}))
    shown = {
        "/duplicates": ".group img",
        f"/duplicates?group={group}": ".member img",
        "/duplicates/plan": "main h1",
        "/map": ".map .listed img",
    }
    found: dict[str, list[str]] = {}
    with new_page(browser, **options) as page:
        for address, there in shown.items():
            page.goto(desk.server.url + address)
            page.locator(there).first.wait_for()
            found[address] = seen(page)
        page.goto(f"{desk.server.url}/duplicates?group={group}")
        for key in ("f", "w", "d"):  # laid over each other, and what differs
            page.locator(".member img").first.wait_for()
            page.keyboard.press(key)
            page.locator(".desk img").first.wait_for()
            found[key] = seen(page)
    assert {what: all_ for what, all_ in found.items() if all_} == {}


@pytest.mark.parametrize("options", OPTIONS, ids=APPEARANCES)
def test_words_and_what_they_find(
    browser: Browser, serve: Serve, tmp_path: Path, options: dict[str, Any]
) -> None:
    url = serve(painted(tmp_path), rate=0).url
    with new_page(browser, **options) as page:
        page.goto(url)
        page.get_by_label("Search by words").wait_for()
        page.locator(".card img").first.wait_for()
        assert seen(page) == []
        page.goto(f"{url}/text?text=red&format=png")
        page.locator(".results .card img").first.wait_for()
        assert seen(page) == []


@pytest.mark.parametrize("options", OPTIONS[:2], ids=APPEARANCES[:2])
def test_it_can_be_read_while_it_searches(
    browser: Browser, server: Server, options: dict[str, Any]
) -> None:
    with server.client() as client:
        cat = ids(client)["chelsea.jpg"]
    with new_page(browser, **options) as page:
        held: list[Route] = []
        page.route("**/api/v1/pictures/*/similar*", lambda route: held.append(route))
        page.goto(f"{server.url}/pictures/{cat}")
        page.get_by_text("Searching…").wait_for()
        waiting = seen(page)
        until(page, "document.querySelector('[aria-busy]')")
        while not held:
            page.wait_for_timeout(20)
        held.pop(0).continue_()  # by codes; the look is still to come
        page.get_by_text("Looking at them…").wait_for()
        first = seen(page)
    assert waiting + first == []


def test_dialogs_too(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.locator(".card .name").first.click()
    page.locator("dialog dl").wait_for()
    assert wrong(page) == []


def test_the_login(page: Page, locked: Server) -> None:
    page.goto(locked.url)
    page.get_by_label("Token").wait_for()
    assert wrong(page) == []
