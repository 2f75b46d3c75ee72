"""Whole ways through the page: by the mouse and by the keyboard, reloaded, back and forward.

Other files test these flows closer: here each is gone in full with one hand only.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browsing import are, says, tab_to, until
from desks import CHANGE, new_desk
from hands import hands, press
from serving import TOKEN, Serve, Server

from lookalike import Library
from lookalike.server import tasks
from lookalike.server.context import Context
from lookalike.server.jobs import Job, Work

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHANGES = f"{TOKEN}-that-may-change"


@hands
def test_searching_by_a_file(page: Page, server: Server, query_file: Path, hand: str) -> None:
    page.goto(server.url)
    page.locator(".card").first.wait_for()
    with page.expect_file_chooser() as asked:
        press(page, hand, page.locator("#file"))
    asked.value.set_files(query_file)
    name, copies = page.locator(".query h1"), page.locator(".summary", has_text="copies of it")
    copies.wait_for()
    says("query.jpg", name)
    page.reload()
    copies.wait_for()
    says("query.jpg", name)
    press(page, hand, page.get_by_role("link", name="Search for chelsea.jpg"))
    says("chelsea.jpg", name)
    page.go_back()
    says("query.jpg", name)
    page.go_back()
    page.locator("h1", has_text="in the library").wait_for()
    page.go_forward()
    copies.wait_for()
    says("query.jpg", name)
    page.go_forward()
    says("chelsea.jpg", name)


@pytest.mark.slow
@hands
def test_from_finding_duplicates_to_undoing(
    page: Page, serve: Serve, original_photos: Path, tmp_path: Path, hand: str
) -> None:
    desk = new_desk(serve, original_photos, tmp_path)
    before, aside = sorted(desk.folder.iterdir()), tmp_path / "aside"
    page.goto(f"{desk.server.url}/#token={CHANGE}")
    page.locator(".card").first.wait_for()
    page.goto(desk.url)
    press(page, hand, page.get_by_role("button", name="Find duplicates"))
    page.locator(".group").nth(2).wait_for()
    press(page, hand, page.get_by_role("button", name="Take all proposals"))
    press(page, hand, page.get_by_role("link", name="To the plan"))
    plan = page.locator("h1", has_text="The plan: 6 files")
    plan.wait_for()
    page.reload()
    plan.wait_for()
    page.go_back()
    page.locator(".group").nth(2).wait_for()
    page.go_forward()
    plan.wait_for()
    choice = page.get_by_label("What becomes of the files")
    folder = page.get_by_label("Folder to move to")
    if hand == "mouse":
        choice.select_option("move")
        folder.fill(str(aside))
    else:
        tab_to(page, choice)
        page.keyboard.type("move")
        tab_to(page, folder)
        page.keyboard.type(str(aside))
    try_it = page.get_by_role("button", name="See what would happen")
    press(page, hand, try_it)
    dialog = page.locator("dialog.asking")
    press(page, hand, dialog.get_by_role("button", name="Leave everything as it is"))
    page.get_by_text("Nothing was touched.").wait_for()
    assert sorted(desk.folder.iterdir()) == before
    press(page, hand, try_it)
    press(page, hand, dialog.get_by_role("button", name="Do it"))
    page.locator("h1", has_text="Done").wait_for()
    are(6, page.locator("tr.done"))
    # After a reload, and coming back, nothing is done again; what was done can still be undone.
    undo = page.get_by_role("button", name="Undo run 1")
    page.reload()
    page.get_by_text("Nothing is marked for removal yet").wait_for()
    undo.wait_for()
    page.go_back()
    page.locator("h1", has_text="No duplicates").wait_for()
    page.go_forward()
    undo.wait_for()
    assert len([path for path in aside.rglob("*") if path.is_file()]) == 6
    press(page, hand, undo)
    page.get_by_text("6 files brought back").wait_for()
    # The button is gone: the focus is where it is told what came of it.
    until(page, "document.activeElement.textContent.includes('brought back')")
    assert sorted(desk.folder.iterdir()) == before
    undone = page.locator(".journal li", has_text="; undone")
    for go in (page.reload, page.go_back, page.go_forward):
        go()
        if go == page.go_back:
            page.locator("h1", has_text="uplicates").wait_for()
        else:
            are(1, undone)
            are(0, undo)


@hands
def test_indexing(
    page: Page,
    serve: Serve,
    own: Path,
    query_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    hand: str,
) -> None:
    real, go_on = tasks.index, threading.Event()

    def held(context: Context, folders: Sequence[str]) -> Work:
        work = real(context, folders)

        def later(job: Job) -> Mapping[str, Any]:
            assert go_on.wait(120)
            return work(job)

        return later

    monkeypatch.setattr(tasks, "index", held)
    url = serve(own, rate=0, token=TOKEN, change_token=CHANGES).url
    page.goto(f"{url}/library/state#token={CHANGES}")
    start = page.get_by_role("button", name="Look for new and changed pictures")
    start.wait_for()
    with Library.open(own) as library:
        count = library.status().pictures
    says(f"{count} pictures", page.locator("h1"))
    (own.parent / "pictures" / "coat.jpg").write_bytes(query_file.read_bytes())
    press(page, hand, start)
    bar = page.get_by_role("progressbar", name="Indexing")
    bar.wait_for()
    page.reload()
    bar.wait_for()
    press(page, hand, page.get_by_role("link", name="Pictures", exact=True))
    cells = page.locator(".cells .card").first
    cells.wait_for()
    page.go_back()
    bar.wait_for()
    page.go_forward()
    cells.wait_for()
    page.go_back()
    bar.wait_for()
    go_on.set()
    page.get_by_role("status").filter(has_text="Done: 1 added").wait_for()
    press(page, hand, page.get_by_role("button", name="Show the library anew"))
    says(f"{count + 1} pictures", page.locator("h1"))


@hands
def test_the_ledger(page: Page, serve: Serve, tmp_path: Path, hand: str) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(205):
        (folder / f"{number:03}.jpg").write_text("no picture")
    with Library.open(tmp_path / "l.lookalike", workers=1) as library:
        library.index(folder)
    page.goto(f"{serve(tmp_path / 'l.lookalike', rate=0).url}/library")
    empty = page.get_by_text("The library holds no pictures yet")
    empty.wait_for()
    press(page, hand, page.get_by_role("link", name="State"))
    table = page.get_by_role("region", name="No picture: 205 files")
    rows = table.locator("tbody tr")
    are(100, rows)
    if hand == "keyboard":
        tab_to(page, table)  # so that it can be scrolled
    more = page.get_by_role("button", name="Show more")
    press(page, hand, more)
    are(200, rows)
    press(page, hand, more)
    are(205, rows)
    assert not more.is_visible()
    page.reload()
    are(100, rows)
    page.go_back()
    empty.wait_for()
    page.go_forward()
    are(100, rows)


@hands
def test_logging_in_and_out(page: Page, locked: Server, hand: str) -> None:
    field = page.get_by_label("Token")

    def enter(token: str) -> None:
        if hand == "mouse":
            field.fill(token)
            page.get_by_role("button", name="Log in").click()
            return
        until(page, "document.activeElement.id === 'token'")
        page.keyboard.type(token)
        page.keyboard.press("Enter")

    page.goto(f"{locked.url}/library")
    enter("a wrong token for this")
    page.get_by_role("alert").wait_for()
    enter(TOKEN)
    cells, cards = page.locator(".cells .card").first, page.locator(".grid .card").first
    cells.wait_for()
    page.reload()
    cells.wait_for()
    press(page, hand, page.get_by_role("link", name="Search", exact=True))
    cards.wait_for()
    page.go_back()
    cells.wait_for()
    page.go_forward()
    cards.wait_for()
    press(page, hand, page.get_by_role("button", name="Log out"))
    for go in (lambda: None, page.reload, page.go_back, page.go_forward):
        go()
        field.wait_for()
        are(0, page.locator(".card"))
    enter(TOKEN)
    cards.wait_for()
