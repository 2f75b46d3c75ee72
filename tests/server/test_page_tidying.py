"""The page about duplicates, in a real browser: a close look at two, doing a plan, undoing it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from browsing import are, until
from desks import CHANGE, Desk, find, member, new_desk, open_cat, told
from PIL import Image
from serving import Serve

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(serve: Serve, original_photos: Path, tmp_path: Path) -> Desk:
    """One of its own for each test: decisions stay in the library."""
    return new_desk(serve, original_photos, tmp_path)


def pixels(view: Locator) -> Any:
    with Image.open(io.BytesIO(view.screenshot())) as opened:
        return np.asarray(opened.convert("RGB"), np.int16)


def test_two_pictures_lie_over_each_other(page: Page, desk: Desk) -> None:
    find(page, desk)
    open_cat(page)
    member(page, "mirror.jpg").locator(".frame").click()
    page.keyboard.press("f")
    view = page.locator(".overlay .view")
    view.wait_for()
    decoded = "images => Promise.all(images.map(image => image.decode()))"
    page.locator(".overlay img").evaluate_all(decoded)
    below = pixels(view)
    assert "chelsea.jpg" in page.locator(".overlay .shown").inner_text()
    page.keyboard.press(" ")
    assert "mirror.jpg" in page.locator(".overlay .shown").inner_text()
    over = pixels(view)
    # Mirrored back, it is the same but for what JPEG does; laid as it is it would be far off.
    far = np.abs(over[:, ::-1] - below).mean()
    assert np.abs(over - below).mean() < far / 3
    page.keyboard.press("w")
    edge = page.get_by_role("slider")
    left = page.locator(".overlay .layer").nth(1)
    until(page, "document.querySelectorAll('.overlay .layer')[1].style.clipPath.includes(' ')")
    half = left.evaluate("e => e.style.clipPath")
    edge.focus()
    page.keyboard.press("Home")
    assert left.evaluate("e => e.style.clipPath") != half
    line = page.locator(".overlay .line").bounding_box()
    box = view.bounding_box()
    assert line is not None
    assert box is not None
    page.mouse.move(line["x"] + line["width"] / 2, line["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, line["y"] + 40)
    page.mouse.up()
    assert float(edge.input_value()) == pytest.approx(75, abs=1)
    assert page.get_by_label("Fit").is_checked()
    page.locator("body").click(position={"x": 5, "y": 5})
    page.keyboard.press("z")
    assert page.get_by_label("100 %").is_checked()
    width = page.locator(".overlay .layer img").first.evaluate("e => e.offsetWidth")
    assert width == 451
    page.keyboard.press("d")
    drawing = page.locator(".drawing")
    drawing.evaluate("image => image.decode()")
    assert drawing.evaluate("image => image.naturalWidth") > 300


@pytest.fixture
def aside(tmp_path: Path) -> Path:
    """Where files are moved to; a real trash isn't touched by tests."""
    return tmp_path / "aside"


def test_it_is_done_and_undone(page: Page, desk: Desk, aside: Path) -> None:
    page.goto(f"{desk.server.url}/#token={CHANGE}")
    page.locator(".card").first.wait_for()
    find(page, desk)
    page.get_by_role("button", name="Take all proposals").click()
    page.get_by_role("link", name="To the plan").click()
    page.get_by_label("What becomes of the files").select_option("move")
    page.get_by_role("button", name="See what would happen").click()
    page.get_by_role("alert").filter(has_text="Name the folder").wait_for()
    page.get_by_label("Folder to move to").fill(str(aside))
    before = sorted(path.name for path in desk.folder.iterdir())
    page.get_by_role("button", name="See what would happen").click()
    dialog = page.locator("dialog.asking")
    dialog.wait_for()
    assert dialog.locator("h2").inner_text().startswith("6 files")
    are(6, dialog.locator("tbody tr"))
    # Nothing is done unless it is said so.
    page.keyboard.press("Escape")
    page.get_by_text("Nothing was touched.").wait_for()
    assert not aside.exists()
    page.get_by_role("button", name="See what would happen").press("Enter")
    dialog.get_by_role("button", name="Do it").press("Enter")
    page.locator("h1", has_text="Done").wait_for()
    are(6, page.locator("tr.done"))
    kept = {"chelsea.jpg", "coffee.jpg", "coins.jpg", "rocket.jpg"}
    assert {path.name for path in desk.folder.iterdir()} == kept
    assert len(list(aside.rglob("*.*"))) == 6
    # The groups are gone; undo brings all back.
    page.get_by_role("link", name="All groups").click()
    page.locator("h1", has_text="No duplicates").wait_for()
    assert told(page) == "Nothing is marked yet"
    page.go_back()
    page.get_by_role("button", name="Undo run 1").click()
    page.get_by_text("6 files brought back").wait_for()
    assert sorted(path.name for path in desk.folder.iterdir()) == before


def test_where_nothing_may_be_changed_it_says_how_else(
    page: Page, serve: Serve, desk: Desk
) -> None:
    shut = Desk(serve(desk.library, rate=0), desk.library, desk.folder)
    find(page, shut)
    page.get_by_role("button", name="Take all proposals").click()
    page.get_by_role("link", name="To the plan").click()
    page.get_by_label("Commands").wait_for()
    lines = page.get_by_label("Commands").inner_text().splitlines()
    assert lines[1] == "lookalike duplicates --plan plan.json --apply trash --yes"
    assert page.get_by_role("button", name="See what would happen").count() == 0
    are(1, page.get_by_text("lookalike serve --allow-changes"))
