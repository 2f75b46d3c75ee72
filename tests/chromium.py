"""Chromium for tests: launched, and as a second decoder that shows a picture file."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Chromium's own sandbox needs rights that a container doesn't give; pictures and pages are our own.
_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
]
_PAGE = "https://pictures.test/"  # a secure context, which some calls need; never asked for

# Lays a picture (or a frame) over a colour and gives its pixels: what a user sees.
_SCRIPT = """async ([encoded, type, ground, frame]) => {
  const bytes = Uint8Array.from(atob(encoded), c => c.charCodeAt(0));
  let drawn, width, height;
  if (frame === null) {
    drawn = new Image();
    drawn.src = URL.createObjectURL(new Blob([bytes], {type}));
    try { await drawn.decode(); } catch (error) { return null; }
    [width, height] = [drawn.naturalWidth, drawn.naturalHeight];
  } else {
    const decoder = new ImageDecoder({data: bytes, type});
    try { drawn = (await decoder.decode({frameIndex: frame})).image; }
    catch (error) { return null; }
    [width, height] = [drawn.displayWidth, drawn.displayHeight];
  }
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = ground;
  context.fillRect(0, 0, width, height);
  context.drawImage(drawn, 0, 0);
  const pixels = context.getImageData(0, 0, width, height).data;
  let text = '';
  for (let at = 0; at < pixels.length; at += 32768)
    text += String.fromCharCode(...pixels.subarray(at, at + 32768));
  return [width, height, btoa(text)];
}"""


class Chromium:
    """A page that shows pictures."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def shown(
        self, data: bytes, media_type: str, *, ground: str = "white", frame: int | None = None
    ) -> npt.NDArray[np.int16] | None:
        """RGB (height, width, 3), upright, in sRGB; ``None`` for what it calls broken.

        Args:
            data: the file.
            media_type: that the page names.
            ground: what it lies over.
            frame: of an animation, from 0 on; ``None`` for what a page shows first.
        """
        arguments: list[Any] = [base64.b64encode(data).decode(), media_type, ground, frame]
        answer = self._page.evaluate(_SCRIPT, arguments)
        if answer is None:
            return None
        width, height, text = answer
        pixels = np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)
        return pixels[:, :, :3].astype(np.int16)


@contextmanager
def launched(*options: str) -> Iterator[Browser]:
    """Start Chromium; the test is skipped where it can't be.

    Args:
        options: of its command line, besides those that all tests need.
    """
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="needs Playwright: pip install playwright"
    )
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=[*_OPTIONS, *options])
        yield browser
        browser.close()


@contextmanager
def opened() -> Iterator[Chromium]:
    """Open a page for pictures; the test is skipped where that can't be."""
    with launched("--force-color-profile=srgb") as browser:
        page = browser.new_page()
        page.route("**/*", lambda route: route.fulfill(body="<!doctype html>"))
        page.goto(_PAGE)
        yield Chromium(page)
