"""Servers with a library of real pictures."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from serving import TOKEN, Serve, Server, encoded, running, write_pictures

from lookalike import Library
from lookalike.server.settings import Settings


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers with settings of their own; they end with the test."""
    with ExitStack() as stack:

        def start(library: Path, **settings: Any) -> Server:
            few = {"workers": 1, **settings}
            return stack.enter_context(running(library, Settings(**few)))

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
    with running(filled, Settings(rate=0, workers=1, token=TOKEN)) as started:
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
