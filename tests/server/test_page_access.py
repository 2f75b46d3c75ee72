"""The page for everybody: axe-core finds nothing serious, in light, dark and forced colours."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest
from browsing import new_page
from serving import Server, ids

pytestmark = pytest.mark.slow

pytest.importorskip(
    "axe_playwright_python", reason="needs axe-core: pip install axe-playwright-python"
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
SERIOUS = ("serious", "critical")


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


def views(server: Server) -> dict[str, str]:
    """Addresses, and for each what is there when it is shown."""
    with server.client() as client:
        known = ids(client)
    cat, coffee = known["chelsea.jpg"], known["coffee.jpg"]
    return {
        "/": ".card",
        f"/pictures/{cat}?part=0.1,0.1,0.9,0.9&taken=..2030": ".results .summary",
        f"/pictures/{cat}?more={coffee}": ".beside li",
        "/library": ".cells .card img",
        "/library?by=folder": ".folders a",
        "/library/state": "table",
        "/duplicates": "main button:visible",
        "/map": "main button:visible",
        "/compare": ".slot",
        f"/compare?a={cat}&b={coffee}": ".verdict",
    }


@pytest.mark.parametrize(
    "options",
    [
        {"color_scheme": "light"},
        {"color_scheme": "dark"},
        {"color_scheme": "light", "forced_colors": "active"},
        {"color_scheme": "light", "viewport": {"width": 360, "height": 740}},
    ],
    ids=["light", "dark", "forced", "phone"],
)
def test_nothing_serious(browser: Browser, server: Server, options: dict[str, Any]) -> None:
    found: dict[str, list[str]] = {}
    with new_page(browser, **options) as page:
        for address, there in views(server).items():
            page.goto(server.url + address)
            page.locator(there).first.wait_for()
            # At 200 % a page of 720 pixels has 360: nothing may be wider than what is seen.
            wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            found[address] = wrong(page) + (["it is too wide"] if wide else [])
    assert {address: all_ for address, all_ in found.items() if all_} == {}


def test_dialogs_too(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.locator(".card .name").first.click()
    page.locator("dialog dl").wait_for()
    assert wrong(page) == []


def test_the_login(page: Page, locked: Server) -> None:
    page.goto(locked.url)
    page.get_by_label("Token").wait_for()
    assert wrong(page) == []
