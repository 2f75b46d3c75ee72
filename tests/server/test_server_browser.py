"""The page in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from browsing import are, says
from pictures import encode, scene
from serving import AWKWARD, TOKEN, Serve, Server, ids

from lookalike import Library

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def names(page: Page) -> list[str]:
    return page.locator(".card:visible .name").all_inner_texts()


def test_from_a_file_to_its_original(page: Page, server: Server, query_file: Path) -> None:
    page.goto(server.url)
    page.locator(".card").first.wait_for()
    assert "pictures in the library" in page.locator("h1").inner_text()
    page.set_input_files("#file", query_file)
    folded = page.get_by_text("no nearer than chance")
    folded.wait_for()
    assert page.locator(".card:visible .kind.alike").count() == 0
    says("query.jpg", page.locator(".query h1"))
    first = page.locator(".card").first
    assert first.locator(".kind").inner_text().startswith("Edited")
    assert "/256 bits" in first.locator(".kind").inner_text()
    everything = page.locator(".card:visible").count()
    folded.click()
    page.locator(".card:visible .kind.alike").first.wait_for()
    assert page.locator(".card:visible").count() > everything
    # A click on a hit searches with it.
    page.get_by_role("link", name="Search for chelsea.jpg").click()
    page.locator(".query h1", has_text="chelsea.jpg").wait_for()
    page.get_by_text("no nearer than chance").wait_for()
    are(1, page.locator(".card .kind.same-bytes"))
    twin = page.locator("#twin").get_attribute("href")
    with server.client() as client:
        assert twin is not None
        assert len(client.get(twin).json()["hits"]) == page.locator(".card:visible").count()
    # Only one kind.
    shown = page.locator(".card:visible").count()
    page.locator("label", has_text="Edited").click()
    page.wait_for_url("**kind=edited")
    assert 0 < page.locator(".card:visible").count() < shown
    page.go_back()
    page.locator(".query h1", has_text="query.jpg").wait_for()


def test_details_and_the_path_by_keyboard(page: Page, server: Server, filled: Path) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    with server.client() as client:
        known = ids(client)
    page.goto(f"{server.url}/pictures/{known['coffee.jpg']}")
    page.get_by_text("no nearer than chance").click()
    page.locator(".fold .card").first.wait_for()
    page.locator(".fold .card a.picture").first.focus()
    page.keyboard.press("ArrowRight")
    second = page.locator(".fold .card").nth(1)
    assert second.locator("a.picture").evaluate("e => e === document.activeElement")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    dialog = page.locator("dialog")
    dialog.locator("dl").wait_for()
    path = dialog.locator(".path").inner_text()
    assert path.startswith(str(filled.parent / "pictures"))
    page.get_by_role("button", name="Copy path").press("Enter")
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == path
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert second.locator(".name").evaluate("e => e === document.activeElement")


def test_names_stay_text(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.locator(".card").first.wait_for()
    shown = [name.replace("\n", "") for name in names(page)]
    assert AWKWARD in shown
    assert page.locator("main img[onerror]").count() == 0
    allowed = page.evaluate(
        "() => { try { document.body.innerHTML = '<b>x</b>'; return true } catch { return false } }"
    )
    assert allowed is False


def test_dropping_and_pasting(page: Page, server: Server, query: bytes) -> None:
    page.goto(server.url)
    page.locator(".card").first.wait_for()
    hand_over = """([event, property, bytes, name]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(bytes)], name, {type: "image/jpeg"}));
        const options = {bubbles: true, cancelable: true, [property]: transfer};
        const kind = event === "paste" ? ClipboardEvent : DragEvent;
        document.body.dispatchEvent(new kind(event, options));
    }"""
    for event, held in (("drop", "dataTransfer"), ("paste", "clipboardData")):
        page.evaluate(hand_over, [event, held, list(query), f"{event}.jpg"])
        page.locator(".query h1", has_text=f"{event}.jpg").wait_for()
        page.locator(".card .kind.edited").first.wait_for()
    page.evaluate(hand_over, ["drop", "dataTransfer", list(b"no picture"), "text.jpg"])
    page.get_by_role("alert").filter(has_text="not a picture").wait_for()


def test_the_token_opens_the_page(page: Page, locked: Server) -> None:
    page.goto(f"{locked.url}/library")
    page.get_by_label("Token").fill("a wrong token for this")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("alert").wait_for()
    page.goto(f"{locked.url}/#token={TOKEN}")
    page.locator(".card").first.wait_for()
    assert TOKEN not in page.url
    assert TOKEN not in page.evaluate("document.cookie")
    page.goto(f"{locked.url}/library/state")
    page.locator("table").first.wait_for()
    page.goto(locked.url)
    page.get_by_role("button", name="Log out").click()
    page.get_by_label("Token").wait_for()


def test_it_fits_a_phone(browser: Browser, server: Server) -> None:
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True, color_scheme="dark"
    )
    opened = context.new_page()
    for path in ("/", "/library", "/library/state"):
        opened.goto(server.url + path)
        opened.locator(".card, table").first.wait_for()
        assert opened.evaluate("document.documentElement.scrollWidth") <= 360
    paper = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(21, 23, 26)"
    context.close()


def test_files_without_a_code_by_cause(page: Page, serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    whole = encode(scene(64, 48), "animated GIF")
    (folder / "torn.gif").write_bytes(whole[: -len(whole) // 5])
    (folder / "cut.jpg").write_bytes(encode(scene(64, 48), "JPEG")[:400])
    (folder / "<b>text.jpg").write_text("no picture")
    with Library.open(tmp_path / "l.lookalike", workers=1) as library:
        library.index(folder, members=5)
    page.goto(f"{serve(tmp_path / 'l.lookalike', rate=0).url}/library/state")
    page.get_by_role("heading", name="2 files without a code").wait_for()
    groups = {
        "Damaged: 1 file": "cut.jpg",
        "No picture: 1 file": "<b>text.jpg",
        "Read with a loss: 1 file": "torn.gif",
    }
    for heading, name in groups.items():
        section = page.locator("section", has=page.get_by_role("heading", name=heading))
        assert section.locator("tbody td").first.inner_text().endswith(name)
        assert section.locator("p").inner_text().endswith(".")
    # Those read with a loss have codes: they are no part of those above.
    assert len(page.locator("h3").all()) == 2
