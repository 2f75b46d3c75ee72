"""The page about duplicates, in a real browser: finding, deciding, and being there again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browsing import are, new_page, says
from desks import Desk, find, member, new_desk, open_cat, told
from serving import Serve

from lookalike import Library
from lookalike.actions import read_plan
from lookalike.actions.planning import plan_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(serve: Serve, original_photos: Path, tmp_path: Path) -> Desk:
    """One of its own for each test: decisions stay in the library."""
    return new_desk(serve, original_photos, tmp_path)


def test_from_finding_to_the_plan_by_mouse(page: Page, desk: Desk, tmp_path: Path) -> None:
    groups = find(page, desk)
    are(3, groups)
    assert page.locator("h1").inner_text().startswith("3 groups of duplicates, ")
    first = groups.first.locator(".title").inner_text()
    assert first.startswith("Edited: 5 pictures, ")
    assert told(page) == "Nothing is marked yet"
    # Filters are in the address.
    page.locator("label[for=kind-same-bytes]").click()
    page.locator("h1", has_text="1 group of duplicates").wait_for()
    assert page.url.endswith("?kind=same-bytes")
    page.reload()
    page.locator("h1", has_text="1 group of duplicates").wait_for()
    are(1, groups)
    page.go_back()
    page.locator("h1", has_text="3 groups").wait_for()
    page.get_by_label("Folder").fill(str(desk.folder / "none"))
    page.get_by_label("Folder").press("Enter")
    page.locator("h1", has_text="No duplicates that fit").wait_for()
    page.go_back()
    page.locator("h1", has_text="3 groups").wait_for()
    # One by hand, the others as proposed.
    open_cat(page)
    assert "Proposed to be kept" in member(page, "chelsea.jpg").inner_text()
    facts = member(page, "label.jpg").inner_text()
    assert "451 \u00d7 300" in facts
    assert "JPEG, " in facts
    assert "something laid over it" in facts
    assert str(desk.folder / "label.jpg") in facts
    page.get_by_role("button", name="Remove: twin.jpg").click()
    assert told(page).startswith("1 file of 1 group marked, ")
    page.get_by_role("link", name="All groups").click()
    row = page.locator(".group", has_text="coins.jpg")
    row.get_by_role("button", name="Take the proposal").click()
    says("1 file marked", row.locator(".verdict"))
    page.get_by_role("link", name="To the plan").click()
    page.locator("h1", has_text="The plan: 2 files").wait_for()
    shown = page.locator(".plan .act .path").all_inner_texts()
    assert {Path(path).name for path in shown} == {"twin.jpg", "coins (1).jpg"}
    with page.expect_download() as caught:
        page.get_by_role("link", name="Save the plan").click()
    caught.value.save_as(tmp_path / "plan.json")
    acted = [file for group in read_plan(tmp_path / "plan.json").groups for file in group.act]
    assert sorted(file.path for file in acted) == sorted(shown)


def test_all_proposals_are_the_plan_of_the_command(page: Page, desk: Desk, tmp_path: Path) -> None:
    find(page, desk)
    page.get_by_role("button", name="Take all proposals").click()
    page.get_by_text("6 files of 3 groups marked").wait_for()
    page.get_by_role("link", name="To the plan").click()
    with page.expect_download() as caught:
        page.get_by_role("link", name="Save the plan").click()
    caught.value.save_as(tmp_path / "plan.json")
    with Library.open(desk.library) as library:
        wanted = plan_of(library.duplicates())
    read = read_plan(tmp_path / "plan.json")
    assert sorted(read.groups, key=lambda one: one.id) == sorted(wanted.groups, key=lambda g: g.id)


def test_all_of_it_by_keyboard(page: Page, desk: Desk) -> None:
    find(page, desk)
    keys = page.keyboard
    keys.press("ArrowDown")
    keys.press("Enter")
    page.locator(".member").nth(4).wait_for()
    current = page.locator(".member.current .name")
    keys.press("ArrowLeft")
    says("chelsea.jpg", current)
    for _ in range(4):
        keys.press("ArrowRight")
    last = current.inner_text()
    keys.press("x")
    assert told(page).startswith("1 file of 1 group")
    keys.press("x")
    assert told(page) == "Nothing is marked yet"
    keys.press("k")
    assert "Keep" in page.locator(".member.kept .badge").inner_text()
    says(last, page.locator(".member.kept .name"))
    keys.press("u")
    keys.press("u")
    assert told(page).startswith("1 file of 1 group")
    keys.press("u")
    assert page.get_by_role("button", name="Undo").is_disabled()
    # The list of the keys, and the way to be without.
    keys.press("?")
    dialog = page.locator("dialog.keys")
    assert dialog.locator("dt").count() == dialog.locator("dd").count() > 15
    dialog.get_by_role("checkbox").press("Space")
    keys.press("Escape")
    dialog.wait_for(state="detached")
    keys.press("a")
    assert told(page) == "Nothing is marked yet"
    page.get_by_role("button", name="Keys").press("Enter")
    dialog.get_by_role("checkbox").press("Space")
    keys.press("Escape")
    # What is proposed, and on to the next one; and back to the list, where it is said.
    keys.press("a")
    page.locator("h1", has_text="group 2 of 3").wait_for()
    assert told(page).startswith("4 files of 1 group")
    keys.press("ArrowUp")
    page.locator("h1", has_text="group 1 of 3").wait_for()
    keys.press("Escape")
    page.locator(".group").nth(2).wait_for()
    says("4 files marked", page.locator(".group").first.locator(".verdict"))


def test_what_is_said_for_good_is_in_the_library_and_undone(page: Page, desk: Desk) -> None:
    find(page, desk)
    open_cat(page)
    member(page, "label.jpg").get_by_role("button", name="No duplicate").click()
    page.locator(".member.apart").wait_for()
    with Library.open(desk.library) as library:
        groups = [{Path(p.path).name for p in g.pictures} for g in library.duplicates().groups]
    assert not any({"chelsea.jpg", "label.jpg"} <= names for names in groups)
    page.get_by_role("button", name="Remove: label.jpg").is_disabled()
    page.get_by_role("button", name="Undo").click()
    page.locator(".member.apart").wait_for(state="detached")
    # Two files of the same bytes can't be told apart: it says what to do instead.
    member(page, "twin.jpg").locator(".frame").click()
    page.keyboard.press("r")
    page.get_by_role("alert").filter(has_text="Settle the group").wait_for()
    page.keyboard.press("s")
    page.locator("h1", has_text="group 2 of 3").wait_for()
    with Library.open(desk.library) as library:
        found = library.duplicates()
    assert (len(found.groups), found.settled) == (2, 1)
    page.keyboard.press("Escape")
    row = page.locator(".group", has_text="chelsea.jpg")
    says("settled", row.locator(".verdict"))
    # After a reload the server lists two, and the third one comes back with undo.
    page.reload()
    page.locator("h1", has_text="2 groups").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.reload()
    page.locator("h1", has_text="3 groups").wait_for()
    with Library.open(desk.library) as library:
        assert len(library.duplicates().groups) == 3


def test_it_is_there_again_after_a_reload_and_going_back(page: Page, desk: Desk) -> None:
    find(page, desk)
    open_cat(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    page.keyboard.press("f")
    page.locator(".overlay").wait_for()
    here, name = page.url, page.locator(".member.current .name").inner_text()
    page.reload()
    page.locator(".overlay").wait_for()
    says(name, page.locator(".member.current .name"))
    says(name, page.locator(".member.going .name"))
    assert page.get_by_label("Flicker").is_checked()
    page.get_by_role("link", name="To the plan").click()
    page.locator("h1", has_text="The plan: 1 file").wait_for()
    page.reload()
    page.locator("h1", has_text="The plan: 1 file").wait_for()
    page.go_back()
    page.locator(".member.going").wait_for()
    assert page.url == here
    page.go_back()
    page.locator(".group").nth(2).wait_for()
    focused = page.evaluate("document.activeElement.closest('.group')?.innerText ?? ''")
    assert "chelsea.jpg" in focused
    page.go_forward()
    page.locator(".member.going").wait_for()


def test_a_search_is_stopped_and_begun_again(page: Page, desk: Desk) -> None:
    page.goto(desk.url)
    start = page.get_by_role("button", name="Find duplicates")
    start.wait_for()
    with desk.server.client() as client:  # what takes longer, and comes first
        client.post("/api/v1/jobs", json={"what": "selftest", "sample": 200})
    start.click()
    page.get_by_text("Waiting for what runs before it").wait_for()
    page.reload()
    page.get_by_text("Waiting for what runs before it").wait_for()
    page.get_by_role("button", name="Stop, and keep what was found").click()
    start.wait_for()
    with desk.server.client() as client:
        jobs = client.get("/api/v1/jobs").json()["jobs"]
        assert next(job for job in jobs if job["what"] == "duplicates")["state"] == "stopped"
        for job in jobs:
            client.delete(f"/api/v1/jobs/{job['id']}")
    # A proxy that keeps events back changes nothing.
    page.route("**/events", lambda route: route.abort())
    start.click()
    page.locator(".group").nth(2).wait_for()


def test_it_fits_a_phone_and_high_contrast(browser: Browser, desk: Desk) -> None:
    phone: dict[str, Any] = {
        "viewport": {"width": 360, "height": 740},
        "is_mobile": True,
        "has_touch": True,
        "forced_colors": "active",
    }
    with new_page(browser, **phone) as opened:
        find(opened, desk)
        wide = "document.documentElement.scrollWidth"
        assert opened.evaluate(wide) <= 360
        open_cat(opened)
        assert opened.evaluate(wide) <= 360
        opened.get_by_role("button", name="Remove: twin.jpg").tap()
        pressed = opened.get_by_role("button", name="Remove: twin.jpg")
        other = opened.get_by_role("button", name="Remove: mirror.jpg")
        ground = "e => getComputedStyle(e).backgroundColor"
        assert pressed.evaluate(ground) != other.evaluate(ground)
        opened.get_by_text("Swipe", exact=True).tap()
        opened.locator(".overlay").wait_for()
        assert opened.evaluate(wide) <= 360
        opened.get_by_role("link", name="To the plan").tap()
        opened.locator(".plan").wait_for()
        assert opened.evaluate(wide) <= 360


def test_axe_finds_nothing_serious(browser: Browser, desk: Desk) -> None:
    access = pytest.importorskip("test_page_access")
    with new_page(browser, color_scheme="dark") as opened:
        opened.goto(desk.url)
        opened.get_by_role("button", name="Find duplicates").wait_for()
        found = {"start": access.wrong(opened)}
        find(opened, desk)
        found["list"] = access.wrong(opened)
        open_cat(opened)
        opened.keyboard.press("x")
        found["group"] = access.wrong(opened)
        opened.keyboard.press("w")
        opened.locator(".overlay").wait_for()
        found["swipe"] = access.wrong(opened)
        opened.keyboard.press("?")
        found["keys"] = access.wrong(opened)
        opened.keyboard.press("Escape")
        opened.get_by_role("link", name="To the plan").click()
        opened.locator(".plan").wait_for()
        found["plan"] = access.wrong(opened)
    assert {view: wrong for view, wrong in found.items() if wrong} == {}


def test_a_group_has_an_address_for_others(page: Page, desk: Desk) -> None:
    find(page, desk)
    open_cat(page)
    address = page.url
    other = page.context.new_page()
    other.goto(address)
    are(5, other.locator(".member"))
    assert other.locator("h1").inner_text().startswith("Edited: 5 pictures")
    # By the keyboard to the next one, whose address is another one; going back leads to the list.
    other.keyboard.press("ArrowDown")
    other.wait_for_url(lambda url: url != address)
    are(2, other.locator(".member"))
    other.reload()
    are(2, other.locator(".member"))
    other.goto(f"{desk.url}?group={'0' * 64}")
    other.get_by_role("alert").filter(has_text="isn't there any more").wait_for()
    are(3, other.locator(".group"))
    other.go_back()
    are(2, other.locator(".member"))
    other.close()
