"""Pictures of every view of the page, to look at: light, dark, forced, on a phone, at 200 %.

    python scripts/page_screens.py PICTURES FOLDER [--sizes 0,1,1500] [--only map,library]

For each size a library of that many of the pictures is made, with some copies among them where
there are a hundred and more. Each view is opened in Chromium in each appearance, and a picture of
what is seen goes to FOLDER as SIZE-VIEW-APPEARANCE.png. What is wider than the screen, and each
error of the page, is told; then the exit code is 1. Needs Playwright and Chromium.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from PIL import Image, ImageOps

from lookalike import Library
from lookalike.client import Client

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

API = "/api/v1"
TOKEN = "a-token-for-the-pictures-of-the-page"  # noqa: S105
COPIES = 40
LOOKED = ".results .summary:not(:has-text('Looking'))"

APPEARANCES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced": {"color_scheme": "dark", "forced_colors": "active"},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
    # What a window of 1200 x 900 shows at 200 %.
    "200": {"viewport": {"width": 600, "height": 450}, "device_scale_factor": 2},
}


def made(pictures: Path, folder: Path, count: int) -> Path:
    """A library of so many pictures, some of them copies; one that is there is taken."""
    location = folder.parent / f"{folder.name}.lookalike"
    if location.exists():
        return location
    folder.mkdir()
    found = sorted(path for path in pictures.rglob("*.jpg"))
    copies = COPIES if count >= 100 else 0
    chosen = found[:: max(1, len(found) // max(1, count - copies))][: count - copies]
    for number, path in enumerate(chosen):
        target = folder / path.parent.name / f"{path.stem}.jpg"
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, target)
        if number < copies:
            with Image.open(path) as opened:
                picture = opened.convert("RGB")
            if number % 2:
                picture = ImageOps.mirror(picture)
            picture.save(target.with_name(f"{path.stem} (copy).jpg"), quality=60)
    with Library.open(location) as library:
        library.index(folder)
    return location


@contextmanager
def serving(library: Path, token: str | None = None) -> Iterator[str]:
    """Serve it in a process of its own; the address."""
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "lookalike", "serve", str(library), "--port", "0", "--rate", "0"],
        env=env if token is None else {**env, "LOOKALIKE_TOKEN": token},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found is not None
        while httpx.get(f"{found[0]}/readyz").status_code != 200:
            pass
        yield found[0]
    finally:
        process.terminate()
        process.wait()


def views(url: str, sample: Path) -> dict[str, tuple[str, str]]:
    """By name the address of each view, and what is there when it is shown.

    Args:
        url: of the server.
        sample: a picture that is sent, as somebody does who searches by a file.
    """
    found = {
        "front": ("/", "main h1"),
        "text": ("/text?text=a+red+boat", "main h1"),
        "compare-empty": ("/compare", ".slot"),
        "library": ("/library", ".cells .card img, .message"),
        "library-folders": ("/library?by=folder", ".folders a, .message"),
        "state": ("/library/state", "table"),
    }
    with Client(url, timeout=600) as client:
        ids = [one.id for one, _ in zip(client.pictures(order="path"), range(200), strict=False)]
        for what in ("duplicates", "map"):
            found[f"{what}-before"] = (f"/{what}", "main button:visible, .message:not(.busy)")
        sent = client.send(sample)
        found["sent"] = (f"/queries/{sent.id}", LOOKED)
        found["searching"] = (f"/queries/{sent.id}", ".busy")
        found["forgotten"] = (f"/queries/{'x' * 24}", ".wrong")
        if not ids:
            return found
        some = ids[0]
        found["search"] = (f"/pictures/{some}", LOOKED)
        found["part"] = (f"/pictures/{some}?part=0.1,0.1,0.9,0.9&format=jpeg", ".part-frame")
        if len(ids) > 1:
            found["more"] = (f"/pictures/{some}?more={ids[1]}", ".beside li img")
            found["compare"] = (f"/compare?a={some}&b={ids[1]}", ".verdict")
    return found


def later(url: str) -> dict[str, tuple[str, str]]:
    """Views of what jobs found."""
    with Client(url, timeout=600) as client:
        for what in ("duplicates", "map"):
            job = client.wait(client.begin(what))  # type: ignore[arg-type]
            assert job.state == "done", job
        groups = list(client.duplicates())
    found = {
        "map": ("/map", ".map .listed img, .message"),
        "duplicates": ("/duplicates", ".group, .message"),
        "plan": ("/duplicates/plan", "main h1"),
    }
    if groups:
        found["group"] = (f"/duplicates?group={groups[0]['id']}", ".member img")
    return found


def shoot(
    browser: Browser,
    url: str,
    shown: dict[str, tuple[str, str]],
    folder: Path,
    size: str,
    appearances: list[str],
) -> list[str]:
    """Take the pictures; what is wrong with the pages, as far as a program sees it."""
    wrong: list[str] = []
    held: list[Route] = []
    for appearance in appearances:
        options = {"viewport": {"width": 1200, "height": 900}, **APPEARANCES[appearance]}
        with browser.new_context(**options) as context:
            page = context.new_page()
            for view, (address, there) in shown.items():
                name = f"{size}-{view}-{appearance}"
                if view == "searching":  # for as long as it is looked at
                    page.route("**/results?*", lambda route: held.append(route))
                page.goto(url + address)
                try:
                    page.locator(there).first.wait_for(timeout=30_000)
                except Exception as error:  # what is there instead is in the picture
                    wrong.append(f"{name}: {str(error).splitlines()[0]}")
                page.wait_for_timeout(700)
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    wrong.append(f"{name}: wider than the screen")
                page.screenshot(path=folder / f"{name}.png")
                while held:
                    held.pop().abort()
                page.unroute_all()
    return wrong


def main() -> int:
    """Run the script."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pictures", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", default="0,1,1500")
    parser.add_argument("--only", default="", help="views, with commas between them")
    parser.add_argument("--appearances", default=",".join(APPEARANCES))
    parser.add_argument("--place", type=Path, help="where libraries are made, and kept")
    given = parser.parse_args()
    only, appearances = set(filter(None, given.only.split(","))), given.appearances.split(",")
    given.folder.mkdir(parents=True, exist_ok=True)
    sample = max(given.pictures.rglob("*.jpg"))
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as own, sync_playwright() as driver:
        place = given.place or Path(own)
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for size in given.sizes.split(","):
            library = made(given.pictures, place / size, int(size))

            def kept(shown: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
                return {name: of for name, of in shown.items() if not only or name in only}

            with serving(library) as url:
                for step in (partial(views, sample=sample), later):
                    shown = kept(step(url))
                    wrong += shoot(browser, url, shown, given.folder, size, appearances)
            if not only or "login" in only:
                with serving(library, TOKEN) as url:
                    shown = {"login": ("/", ".login")}
                    wrong += shoot(browser, url, shown, given.folder, size, appearances)
            print(f"{size} pictures: done", flush=True)
        browser.close()
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
