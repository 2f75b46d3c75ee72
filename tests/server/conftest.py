"""Servers with a library of real pictures."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest
from browsing import new_page
from chromium import launched
from PIL import Image
from serving import CHANGE, TOKEN, Serve, Server, encoded, running, write_pictures

from lookalike import Library
from lookalike.server.lines import Lines
from lookalike.server.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers with settings of their own; they end with the test."""
    with ExitStack() as stack:

        def start(library: Path, *, lines: Lines | None = None, **settings: Any) -> Server:
            few = {"workers": 1, **settings}
            return stack.enter_context(running(library, Settings(**few), lines))

        yield start


@pytest.fixture(scope="session")
def filled(original_photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of ``pictures/`` beside it; read only."""
    folder = tmp_path_factory.mktemp("served")
    write_pictures(original_photos, folder / "pictures")
    with Library.open(folder / "l.lookalike", workers=1) as library:
        library.index(folder / "pictures")
    return folder / "l.lookalike"


@pytest.fixture
def own(filled: Path, tmp_path: Path) -> Path:
    """A library of its own that a test may change, of ``tmp_path / "pictures"``."""
    shutil.copytree(filled.parent / "pictures", tmp_path / "pictures")
    with Library.open(tmp_path / "l.lookalike", workers=1) as library:
        library.index(tmp_path / "pictures", exclude=["[!c]*", "cof*"])
    return tmp_path / "l.lookalike"


@pytest.fixture(scope="session")
def server(filled: Path) -> Iterator[Server]:
    """A server without a token."""
    with running(filled, Settings(rate=0, workers=1, upload_bytes=3_000_000)) as started:
        yield started


@pytest.fixture(scope="session")
def locked(filled: Path) -> Iterator[Server]:
    """A server with a token."""
    settings = Settings(rate=0, workers=1, token=TOKEN, change_token=CHANGE, wrong_tokens=10_000)
    with running(filled, settings) as started:
        yield started


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of 150 small pictures in three folders; read only."""
    folder = tmp_path_factory.mktemp("many")
    rng = np.random.default_rng(17)
    for number in range(150):
        where = folder / "pictures" / f"{number // 50}"
        where.mkdir(parents=True, exist_ok=True)
        coarse = Image.fromarray(rng.integers(0, 256, (5, 6, 3), np.uint8))
        picture = coarse.resize((96, 72), Image.Resampling.BICUBIC)
        exif = Image.Exif()
        exif.get_ifd(0x8769)[36867] = f"{2015 + number // 30}:{1 + number % 3:02}:10 12:00:00"
        picture.save(where / f"{number:03}.jpg", exif=exif)
    with Library.open(folder / "l.lookalike", workers=1) as library:
        library.index(folder / "pictures")
    return folder / "l.lookalike"


@pytest.fixture(scope="session")
def many_server(many: Path) -> Iterator[Server]:
    """A server of :func:`many`."""
    with running(many, Settings(rate=0, workers=1)) as started:
        yield started


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    """A client of :func:`server`."""
    with server.client() as opened:
        yield opened


@pytest.fixture(scope="session")
def query(filled: Path) -> bytes:
    """The cat, smaller and darker, as a poor JPEG."""
    with Image.open(filled.parent / "pictures" / "chelsea.jpg") as opened:
        small = opened.reduce(2).point(lambda value: value * 0.8)
    return encoded(small, "JPEG", quality=40)


@pytest.fixture(scope="session")
def query_file(query: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of :func:`query`."""
    path = tmp_path_factory.mktemp("query") / "query.jpg"
    path.write_bytes(query)
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for the tests of a file."""
    with launched() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of it, see :func:`browsing.new_page`."""
    with new_page(browser) as opened:
        yield opened
