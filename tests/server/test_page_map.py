"""The map of the page, in a real browser: laying it out, moving about, selecting."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from browsing import are, new_page, says
from serving import Serve, Server, ids, running

from lookalike import Library
from lookalike.server.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page


@pytest.fixture(scope="module")
def laid(original_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of eight pictures, which are laid out by the first test that needs it."""
    folder = tmp_path_factory.mktemp("laid")
    shutil.copytree(original_photos, folder / "pictures", copy_function=shutil.copyfile)
    with Library.open(folder / "l.lookalike", workers=1) as library:
        library.index(folder / "pictures")
    with running(folder / "l.lookalike", Settings(rate=0, workers=1)) as started:
        yield started


def open_map(page: Page, laid: Server) -> Locator:
    """The canvas, with all pictures in view."""
    page.goto(f"{laid.url}/map")
    start = page.get_by_role("button", name="Lay out the map")
    canvas = page.locator("canvas")
    start.or_(canvas).first.wait_for()
    if start.count():
        start.click()
    canvas.wait_for()
    page.get_by_role("heading", name="In view: 8 pictures").wait_for()
    return canvas


def selected(page: Page) -> str:
    return page.locator(".chosen .told").inner_text()


def zoom_of(page: Page) -> float:
    found = re.search(r"at=[^&]*%2C([\d.]+)$", page.url)
    assert found is not None, page.url
    return float(found[1])


def middle(canvas: Locator) -> tuple[float, float, float, float]:
    box = canvas.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["width"], box["height"]


def test_by_mouse_from_the_layout_to_a_lasso(page: Page, laid: Server) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    canvas = open_map(page, laid)
    says("Map of 8 pictures", page.locator("h1"))
    are(8, page.locator(".listed li"))
    x, y, width, height = middle(canvas)
    # Nearer, and back with the button; the address tells it.
    page.mouse.move(x, y)
    page.mouse.wheel(0, -400)
    page.wait_for_url(re.compile(r"at=.*%2C2\.\d+"))
    assert zoom_of(page) == pytest.approx(np.exp(0.8), rel=0.01)
    page.get_by_role("button", name="Show all").click()
    page.wait_for_url(re.compile(r"%2C1\.00$"))
    # Around all of it.
    page.get_by_role("button", name="Draw a lasso").click()
    page.mouse.move(x - width / 2 + 3, y - height / 2 + 3)
    page.mouse.down()
    for across, down in ((1, -1), (1, 1), (-1, 1)):
        page.mouse.move(x + across * (width / 2 - 3), y + down * (height / 2 - 3), steps=4)
    page.mouse.up()
    eight = page.get_by_text("8 pictures selected", exact=True)
    eight.wait_for()
    page.reload()
    eight.wait_for()
    page.get_by_role("link", name="Library").click()
    page.locator(".cells .card").first.wait_for()
    page.go_back()
    eight.wait_for()
    page.go_forward()
    page.locator(".cells .card").first.wait_for()
    page.go_back()
    eight.wait_for()
    page.get_by_role("button", name="Copy paths").click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert len(copied) == 8
    assert all(Path(path).exists() for path in copied)
    page.get_by_role("button", name="Select nothing").click()
    assert selected(page) == "Nothing is selected"


def test_by_keyboard_and_by_the_list(page: Page, laid: Server) -> None:
    canvas = open_map(page, laid)
    canvas.focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    page.wait_for_url(re.compile(r"%2C2\.25$"))
    before = page.url
    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda url: url != before)
    page.keyboard.press("0")
    page.wait_for_url(re.compile(r"0\.50000%2C0\.50000%2C1\.00$"))
    page.keyboard.press("v")
    assert selected(page) == "8 pictures selected"
    page.keyboard.press("Escape")
    assert selected(page) == "Nothing is selected"
    # The list does the same without the map.
    with laid.client() as client:
        known = ids(client)
    for name in ("chelsea.jpg", "coins.jpg"):
        page.get_by_role("checkbox", name=f"Select {name}").press("Space")
    assert selected(page) == "2 pictures selected"
    pair = page.get_by_role("link", name="Compare the two").get_attribute("href")
    assert pair is not None
    assert set(re.findall(r"[ab]=([\w-]+)", pair)) == {known["chelsea.jpg"], known["coins.jpg"]}
    page.get_by_role("button", name="Show as list").press("Enter")
    page.get_by_role("heading", name="Selected: 2 pictures").wait_for()
    page.locator(".listed li").nth(1).wait_for()
    assert page.locator(".listed a").all_inner_texts() == ["chelsea.jpg", "coins.jpg"]
    # What is selected, and what is in view, is there again after a reload and going back.
    canvas.focus()
    page.keyboard.press("+")
    page.wait_for_url(re.compile(r"%2C1\.50$"))
    page.reload()
    page.get_by_text("2 pictures selected", exact=True).wait_for()
    assert zoom_of(page) == 1.5
    page.get_by_role("link", name="Compare the two").press("Enter")
    page.wait_for_url(re.compile("/compare"))
    page.go_back()
    page.get_by_text("2 pictures selected", exact=True).wait_for()
    assert zoom_of(page) == 1.5
    page.go_forward()
    page.wait_for_url(re.compile("/compare"))


def test_a_click_selects_what_is_there(page: Page, laid: Server) -> None:
    canvas = open_map(page, laid)
    with laid.client() as client:
        points = client.get("/api/v1/map").json()["points"]
    x, y, width, height = middle(canvas)
    scale = 0.9 * min(width, height)
    for point in points[:2]:
        right = x + (point["x"] / 65535 - 0.5) * scale
        low = y + (point["y"] / 65535 - 0.5) * scale
        page.mouse.click(right, low)
        assert selected(page) == "1 picture selected"
    page.keyboard.down("Control")
    right = x + (points[0]["x"] / 65535 - 0.5) * scale
    page.mouse.click(right, y + (points[0]["y"] / 65535 - 0.5) * scale)
    page.keyboard.up("Control")
    assert selected(page) == "2 pictures selected"
    page.get_by_role("button", name="Show as list").click()
    page.get_by_role("heading", name="Selected: 2 pictures").wait_for()


def test_axe_finds_nothing_serious(page: Page, laid: Server) -> None:
    access = pytest.importorskip("test_page_access")
    open_map(page, laid)
    assert access.wrong(page) == []


def test_there_may_be_no_picture_and_one(
    page: Page, serve: Serve, original_photos: Path, tmp_path: Path
) -> None:
    location = tmp_path / "l.lookalike"
    with Library.open(location, workers=1):
        pass
    server = serve(location, rate=0)
    for view in ("map", "duplicates"):  # there is nothing to begin with
        page.goto(f"{server.url}/{view}")
        page.get_by_text("The library holds no pictures yet").wait_for()
        assert page.locator("main button:visible").count() == 0
    (tmp_path / "pictures").mkdir()
    shutil.copyfile(original_photos / "coins.jpg", tmp_path / "pictures" / "coins.jpg")
    with Library.open(location, workers=1) as library:
        library.index(tmp_path / "pictures")
    page.goto(f"{server.url}/duplicates")
    page.get_by_role("button", name="Find duplicates").click()
    page.get_by_role("heading", name="No duplicates").wait_for()
    page.goto(f"{server.url}/map")
    page.get_by_role("button", name="Lay out the map").press("Enter")
    page.get_by_role("heading", name="In view: 1 picture", exact=True).wait_for()
    page.reload()
    page.get_by_role("heading", name="In view: 1 picture", exact=True).wait_for()


def test_fingers_on_a_phone_with_high_contrast(browser: Browser, laid: Server) -> None:
    phone: dict[str, Any] = {
        "viewport": {"width": 360, "height": 740},
        "is_mobile": True,
        "has_touch": True,
        "forced_colors": "active",
    }
    with new_page(browser, **phone) as opened:
        canvas = open_map(opened, laid)
        assert opened.evaluate("document.documentElement.scrollWidth") <= 360
        x, y, _, _ = middle(canvas)
        session = opened.context.new_cdp_session(opened)
        touched = {"touchStart": 30, "touchMove": 90}
        for kind, far in touched.items():
            points = [{"x": x + side * far, "y": y, "id": side + 1} for side in (-1, 1)]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        opened.wait_for_url(re.compile(r"%2C[23]\.\d\d$"))
        assert zoom_of(opened) == pytest.approx(3, rel=0.1)


PLANE = """async ([points, box, polygon, at]) => {
  const { Plane } = await import("/static/map-plane.js");
  const plane = new Plane(points.map(([x, y], n) => ({ id: String(n), x, y })));
  return [plane.within(box), plane.lassoed(polygon), plane.nearest(...at, 0.05)];
}"""


@pytest.mark.parametrize("count", [0, 1, 700, 100_000])
def test_what_is_in_view_is_what_lies_there(page: Page, laid: Server, count: int) -> None:
    random = np.random.default_rng(count)
    points = random.integers(0, 65_536, (count, 2))
    points[: count // 10] = points[:1]  # many at one place
    page.goto(f"{laid.url}/library")
    box = {"left": 0.1, "top": 0.3, "right": 0.6, "bottom": 0.31}
    square = [[0.2, 0.2], [0.5, 0.2], [0.5, 0.5], [0.2, 0.5]]
    at = [0.5, 0.5]
    within, lassoed, nearest = page.evaluate(PLANE, [points.tolist(), box, square, at])
    x, y = (points / 65_535).astype(np.float32).T
    assert within == np.flatnonzero((x >= 0.1) & (x <= 0.6) & (y >= 0.3) & (y <= 0.31)).tolist()
    inner = (x > 0.2) & (x < 0.5) & (y > 0.2) & (y < 0.5)
    assert lassoed == np.flatnonzero(inner).tolist()
    far = np.hypot(x - np.float64(0.5), y - np.float64(0.5))
    wanted = int(far.argmin()) if count and far.min() < 0.05 else -1
    assert nearest == wanted
