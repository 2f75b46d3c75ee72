"""What the tests of the page about duplicates share: a library with some, and the page of it."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageOps
from serving import Serve, Server

from lookalike import Library

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

CHANGE = "a-token-that-may-change-files"


@dataclass(frozen=True)
class Desk:
    """A server with three groups of duplicates, and what it serves."""

    server: Server
    library: Path
    folder: Path

    @property
    def url(self) -> str:
        return f"{self.server.url}/duplicates"


def write_copies(originals: Path, folder: Path) -> None:
    """A cat and four copies, a cup and a small one, coins and a copy of the file."""
    folder.mkdir()
    for name in ("chelsea.jpg", "coffee.jpg", "coins.jpg", "rocket.jpg"):
        shutil.copyfile(originals / name, folder / name)
        os.utime(folder / name, (1e9, 1e9))  # what came first is proposed
    shutil.copyfile(folder / "coins.jpg", folder / "coins (1).jpg")
    with Image.open(folder / "chelsea.jpg") as opened:
        cat = opened.convert("RGB")
    shutil.copyfile(folder / "chelsea.jpg", folder / "twin.jpg")
    ImageOps.mirror(cat).save(folder / "mirror.jpg", quality=40)
    cat.save(folder / "cat.png")
    ImageDraw.Draw(cat).rectangle((300, 20, 420, 60), fill="white")
    cat.save(folder / "label.jpg", quality=40)
    with Image.open(folder / "coffee.jpg") as opened:
        opened.convert("RGB").reduce(2).save(folder / "small.jpg", quality=40)


def find(page: Page, desk: Desk) -> Locator:
    """Search for duplicates; the groups."""
    page.goto(desk.url)
    page.get_by_role("button", name="Find duplicates").click()
    page.locator(".group").nth(2).wait_for()
    return page.locator(".group")


def open_cat(page: Page) -> Locator:
    """Open the group of the cat; its pictures."""
    page.get_by_role("link", name="chelsea.jpg").click()
    page.locator(".member").nth(4).wait_for()
    return page.locator(".member")


def member(page: Page, name: str) -> Locator:
    return page.locator(".member", has=page.locator(".name", has_text=name))


def told(page: Page) -> str:
    return page.locator(".decided .told").inner_text()


def new_desk(serve: Serve, originals: Path, folder: Path) -> Desk:
    """A library of its own, and a server that knows a token for changes."""
    write_copies(originals, folder / "pictures")
    location = folder / "l.lookalike"
    with Library.open(location, workers=1) as library:
        library.index(folder / "pictures")
    return Desk(serve(location, rate=0, change_token=CHANGE), location, folder / "pictures")
